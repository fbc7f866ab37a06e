"""The meetings a term should hold beside those it holds, and who comes at intervals. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from linkwork_hub.access.models import Term
from linkwork_hub.meetings.kinds import Kind
from linkwork_hub.meetings.models import Meeting, Status, Window
from linkwork_hub.meetings.rules import windows


class Stands(StrEnum):
    """Where one meeting of the programme stands."""

    MISSED = "none was held"
    LACKING = "none is planned"
    UNWRITTEN = "its day is over, no record is agreed"
    PLANNED = "planned"
    HELD = "held"
    TO_COME = "to come, none is planned"


#: What somebody has to see to, the worst first.
MISSING = (Stands.MISSED, Stands.LACKING, Stands.UNWRITTEN)


@dataclass(frozen=True)
class Due:
    """One meeting a school's term should hold, and the one there is."""

    school_id: str
    window: Window
    stands: Stands
    meeting: Meeting | None

    @property
    def missing(self) -> bool:
        """Whether somebody has to see to it now."""
        return self.stands in MISSING


@dataclass(frozen=True)
class Presence:
    """Whether a part came to a held meeting of a stretch; `last` is when it ever came last."""

    school_id: str
    part: str
    window: Window
    came: date | None
    last: date | None
    over: bool


def told_apart(term: Term) -> str:
    """A term's name with its year, which many authorities already write into the name."""
    year = str(term.first.year)
    return term.name if year in term.name else f"{term.name} {year}"


def current(terms: Iterable[Term], today: date) -> Term | None:
    """The term that runs, else the next, else the last one there was; None without any."""
    ordered = sorted(
        (term for term in terms if term.kind == "term"), key=lambda term: (term.first, term.id)
    )
    ahead = [term for term in ordered if term.last >= today]
    return ahead[0] if ahead else ordered[-1] if ordered else None


def stretches(term: Term, entries: Iterable[Term], kind: Kind, cadence: str = "") -> list[Window]:
    """The stretches of a term that each hold one meeting; `cadence` "" is the kind's own.

    `entries` are the terms and breaks in force at the school.
    """
    if cadence:
        kind = kind.model_copy(update={"cadence": cadence})
    breaks = [
        Window(off.first, off.last)
        for off in entries
        if off.kind == "half-term" and term.first <= off.first <= term.last
    ]
    return windows(term.first, term.last, breaks, kind)


def due(school_id: str, window: Window, meetings: Iterable[Meeting], today: date) -> Due:
    """Where the meeting of one stretch stands; `meetings` of that school and kind that stand."""
    found = [one for one in meetings if window.holds(one.half_day.day)]
    held = [one for one in found if one.status is Status.HELD]
    ahead = [one for one in found if one.half_day.day >= today]
    if held:
        return Due(school_id, window, Stands.HELD, held[-1])
    if ahead:
        return Due(school_id, window, Stands.PLANNED, ahead[0])
    if found:
        return Due(school_id, window, Stands.UNWRITTEN, found[-1])
    if window.last < today:
        return Due(school_id, window, Stands.MISSED, None)
    stands = Stands.LACKING if window.first <= today else Stands.TO_COME
    return Due(school_id, window, stands, None)


def presences(
    school_id: str,
    term: Term,
    entries: Sequence[Term],
    kind: Kind,
    came: Mapping[str, Sequence[date]],
    today: date,
) -> list[Presence]:
    """For each part that comes at intervals, each stretch of the term that has begun.

    `came` are the days of held meetings at which each part was there.
    """
    found = []
    for wanted in kind.attends:
        days = sorted(came.get(wanted.part, ()))
        for window in stretches(term, entries, kind, wanted.every):
            if window.first <= today:
                inside = [day for day in days if window.holds(day)]
                there, last = (each[-1] if each else None for each in (inside, days))
                over = window.last < today
                found.append(Presence(school_id, wanted.part, window, there, last, over))
    return found
