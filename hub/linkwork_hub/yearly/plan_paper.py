"""A yearly action plan as a paper: the record of its meeting, and who agreed it."""

from __future__ import annotations

from collections.abc import Iterator

from linkwork.wire import LinkworkRecord
from linkwork_hub.actions.rules import who_words
from linkwork_hub.db import day_of
from linkwork_hub.documents.models import Block, Grid, Heading, Para
from linkwork_hub.documents.words import long_date
from linkwork_hub.meetings.models import Agreed, Side
from linkwork_hub.yearly.models import PlanStanding

_SIDES = ((Side.SERVICE, "The service"), (Side.SCHOOL, "The school"))


def blocks(shown: tuple[LinkworkRecord, Agreed], standing: PlanStanding) -> Iterator[Block]:
    """The plan of a school: its parts, its actions, both sides' agreement, its review."""
    record, agreed = shown
    review = f" To be reviewed by {long_date(standing.review)}." if standing.review else ""
    yield Para(
        f"Made at the meeting of {long_date(record.day)}, version {record.version}. "
        f"URN {record.urn}.{review}"
    )
    for part in (*record.discussed, *record.advised):
        yield Heading(part.title)
        yield from (Para(line) for line in part.text.splitlines() if line.strip())
    yield Heading("Actions")
    rows = tuple((one.what, who_words(one.who), long_date(one.due)) for one in record.agreed)
    if rows:
        yield Grid(("What", "Who", "By"), rows, wide=frozenset({"What"}))
    else:
        yield Para("No action was agreed with it.", empty=True)
    yield Heading("Agreed by both sides")
    said = [(words, *agreed.confirmed[side][:2]) for side, words in _SIDES]
    yield Grid(
        ("For", "Confirmed by", "On"),
        tuple((words, by, long_date(day_of(at))) for words, by, at in said),
        wide=frozenset({"Confirmed by"}),
    )
    yield Para(f"Fingerprint of the agreed record: {agreed.digest}")
