"""A linkwork record while it is written: its sections, and what two people wrote at once. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from linkwork.errors import Refused
from linkwork_hub.meetings.kinds import Kind, MeetingRules
from linkwork_hub.meetings.models import Attendee, Entry, Section

#: What a meeting without an agenda is written under.
_WHOLE = "discussion"
#: Beyond what anybody types in an hour; a form of more was not typed.
LONGEST = 20_000


def sections(rules: MeetingRules, kind: Kind) -> tuple[Section, ...]:
    """What a record of this kind of meeting is written under, in order."""
    parts = [Section(part.part, part.title, part.about) for part in kind.agenda]
    advice = [Section(f"advice-{one.id}", one.name, "", advice=True) for one in rules.advice]
    return (*(parts or [Section(_WHOLE, "Discussion", "")]), *advice)


def not_there(kind: Kind, came: Iterable[Attendee]) -> tuple[str, ...]:
    """The parts that must be at this kind of meeting and are not recorded as there, in order."""
    present = {one.part for one in came if one.present}
    return tuple(part for part in kind.must if part not in present)


def check_there(missing: Sequence[str], *, anyway: bool) -> None:
    """Raises Refused when parts are missing and nobody said to agree the record without them."""
    if missing and not anyway:
        raise Refused(
            f"Not recorded as there, although this meeting needs them: {', '.join(missing)}. "
            "Say above who was there, or tick below that it was held without them."
        )


def heads(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """The texts of one section that stand: those that no later one was written over.

    One, as a rule. Two when two people saved without seeing each other's: both stand until
    somebody who saw both writes one of them.
    """
    over = {number for entry in entries for number in entry.over}
    return tuple(entry for entry in entries if entry.number not in over)


def standing(entries: Mapping[str, Sequence[Entry]]) -> dict[str, str]:
    """The text of each section. Raises Refused while a section has more than one."""
    texts: dict[str, str] = {}
    for section, written in entries.items():
        stands = [entry for entry in heads(written) if entry.text]
        if len(stands) > 1:
            raise Refused("Two texts stand under one heading. Make one of them first, below.")
        if stands:
            texts[section] = stands[0].text
    return texts


def written_over(
    entries: Sequence[Entry], text: str, seen: Collection[int]
) -> tuple[int, ...] | None:
    """Which texts a new one takes the place of; None when nothing is to be kept of it.

    Only what its writer saw is written over. A form that was sent again after a dropped line, or
    that says what stands already, is not kept twice. Raises Refused for a text nobody wrote.
    """
    if len(text) > LONGEST:
        raise Refused(f"This text is longer than {LONGEST:,} characters. Nothing was kept of it.")
    known = {entry.number for entry in entries}
    if not set(seen) <= known:
        raise Refused("This form is of another record. Open the record again and save once more.")
    stands = heads(entries)
    over = tuple(sorted(set(seen)))
    if any(entry.text == text and set(entry.over) == set(over) for entry in entries):
        return None
    if not text and not stands:
        return None
    if len(stands) == 1 and stands[0].text == text:
        return None
    return over


def both(entries: Sequence[Entry]) -> str:
    """The standing texts of a section, one after the other, as the next form starts with."""
    return "\n\n".join(entry.text for entry in heads(entries) if entry.text)
