"""How alike a school codes absence: its register and what its agent remembers, put together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from linkwork.codes import CodeClass
from linkwork.consistency import Consistency, consistency
from linkwork.policy import PolicySeries
from linkwork.sheet import Sheet, lay_out
from linkwork_agent import check
from linkwork_agent.store.changes import Changed

if TYPE_CHECKING:
    from linkwork_agent.source import Source


@dataclass(frozen=True, slots=True)
class Corrected:
    """Marks that were of one kind and became of another in this school year.

    Kinds are "no reason yet" (N), "with permission", "without permission", "attended", "other".
    """

    was: str
    now: str
    marks: int
    pupils: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Alike:
    """The whole report. `corrected` None: nobody kept which marks became other ones.

    `waiting` are the pupils with an N that is older than it may be, and how many each has.
    """

    sheet: Sheet
    found: Consistency
    corrected: tuple[Corrected, ...] | None
    waiting: Mapping[str, int]


def report(source: Source, policy: PolicySeries, as_of: date | None) -> Alike:
    """Everything there is to ask of one school. Raises as `explain` does."""
    register = source.with_what_stands(source.register(policy))
    sheet = lay_out(register, policy, check.judged_on(register, as_of))
    found = consistency(sheet)
    changed = source.taken_over(found.first)
    keys = {source.key_of(pupil.pupil_id): pupil.pupil_id for pupil in register.pupils}
    corrected = None if changed is None else _corrected(changed, keys, policy, found.first)
    return Alike(sheet, found, corrected, _waiting(sheet, found.first))


def _corrected(
    changed: Sequence[Changed], keys: Mapping[str, str], policy: PolicySeries, first: date
) -> tuple[Corrected, ...]:
    """What became of what. A mark that changed twice counts twice: each was a decision."""
    counts: Counter[tuple[str, str]] = Counter()
    pupils: dict[tuple[str, str], dict[str, None]] = {}
    for each in changed:
        day = date.fromisoformat(each.date)
        if day < first or each.pupil_key not in keys:
            continue
        codes = policy.codes_on(day)
        turn = _kind(codes.classify(each.old)), _kind(codes.classify(each.new))
        if turn[0] != turn[1]:
            counts[turn] += 1
            pupils.setdefault(turn, {})[keys[each.pupil_key]] = None
    return tuple(
        Corrected(*turn, marks, tuple(pupils[turn]))
        for turn, marks in sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    )


def _kind(known: CodeClass | None) -> str:
    if known is None or not known.possible:
        return "other"
    if known.provisional:
        return "no reason yet"
    if known.present or known.late:
        return "attended"
    return "with permission" if known.authorised else "without permission"


def _waiting(sheet: Sheet, first: date) -> dict[str, int]:
    """Pupils with an N older than the days allowed for it, and how many, the most first."""
    lines = sheet.read(lambda known: "n" if known and known.provisional else ".")
    start = sum(day < first for day in sheet.days)
    counts = {
        pupil.pupil_id: lines.of(index)[2 * start : 2 * sheet.recent].count("n")
        for index, pupil in enumerate(sheet.register.pupils)
    }
    return {p: n for p, n in sorted(counts.items(), key=lambda one: (-one[1], one[0])) if n}
