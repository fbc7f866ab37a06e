"""A paper with a family as it stands on paper: to be signed, or as it was signed."""

from __future__ import annotations

from collections.abc import Iterator

from linkwork_hub.db import day_of
from linkwork_hub.documents.models import Block, Grid, Heading, Para
from linkwork_hub.documents.words import long_date
from linkwork_hub.forms.kinds import FormKind
from linkwork_hub.forms.models import Form, Signature, Version


def blocks(one: Form, kind: FormKind, version: Version, school: str) -> Iterator[Block]:
    """Its number and version, its sections, and a line for each who signs."""
    said = version.content
    yield Para(
        f"{one.number}, version {version.number} of {long_date(day_of(version.written))}. {school}."
    )
    if said.consulted:
        who, on = said.consulted
        yield Para(
            f"Written on behalf of the school and in consultation with it: {who}, {long_date(on)}."
        )
    for section in kind.sections:
        text = said.texts.get(section.id, "")
        if text:
            yield Heading(section.title)
            yield from (Para(line) for line in text.splitlines() if line.strip())
    if said.review:
        yield Heading("Review")
        yield Para(f"To be reviewed on {long_date(said.review)}.")
    if one.ended:
        yield Para(f"Ended on {long_date(one.ended)}: {one.ended_how}")
    yield Heading("Signatures")
    names = {party.id: party.name for party in kind.parties}
    rows = tuple(
        (names.get(who.party, who.party), who.name, *_line(version.signatures.get(place)))
        for place, who in enumerate(said.signatories)
    )
    yield Grid(("For", "Name", "Signature", "Date"), rows, wide=frozenset({"Signature"}))


def _line(said: Signature | None) -> tuple[str, str]:
    """What stands in the two last cells; empty until somebody signed."""
    if said is None:
        return "", ""
    return said.said.value.capitalize(), long_date(said.on)
