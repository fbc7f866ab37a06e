"""`check --by`: what a meeting looks at, by year group and form; sums only, nobody's name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from linkwork.codes import CodeClass
from linkwork.errors import BadInput
from linkwork.policy import RateRule
from linkwork.register import Pupil
from linkwork.school_year import between, school_year, spans
from linkwork.sheet import Sheet
from linkwork.tally import Tally, tallies
from linkwork.vocabulary import NOT_KNOWN, listed, school_order

if TYPE_CHECKING:
    from linkwork_agent.check_result import Result

_LATE, _CLOSED, _OTHER = "lc."


@dataclass(frozen=True, slots=True)
class Row:
    """One group so far this school year, in sessions and pupils; `met`: pupils by rate."""

    name: str
    pupils: int
    sessions: Tally
    late: int
    late_after_closing: int
    met: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Grouped:
    """The rows of each grouping asked for, and the whole school's.

    `first` is the first day of the school year that is summed; `early` counts pupils who meet a
    rate on fewer sessions than the policy wants before it lists anybody.
    """

    result: Result
    first: date
    rates: tuple[RateRule, ...]
    by: Mapping[str, tuple[Row, ...]]
    school: Row
    early: int


@dataclass(frozen=True, slots=True)
class _Member:
    pupil: Pupil
    sessions: Tally
    late: int
    late_after_closing: int
    met: frozenset[str]


def grouped(result: Result, by: Sequence[str]) -> Grouped:
    """The register's sums for each of `by`, names of `GROUPINGS`.

    Raises BadInput when no pupil has the column a grouping needs.
    """
    enabled = result.sheet.policy.enabled
    rates = tuple(rule for rule in enabled if isinstance(rule, RateRule) and _of_the_year(rule))
    names = {rule.name for rule in rates}
    listed_from = {rule.name: rule.min_possible_listed for rule in rates}
    met: dict[str, set[str]] = {}
    early: set[str] = set()
    for found in result.findings:
        if found.trigger in names:
            met.setdefault(found.pupil_id, set()).add(found.trigger)
            if found.possible < listed_from[found.trigger]:
                early.add(found.pupil_id)
    first = school_year(result.sheet.as_of)[0]
    members = _members(result.sheet, first, met)
    return Grouped(
        result,
        first,
        rates,
        {name: _rows(members, name, result.register.source, names) for name in dict.fromkeys(by)},
        _row("", members, names),
        len(early),
    )


def _of_the_year(rule: RateRule) -> bool:
    """A rate of the whole year that others than the school's own desk look at."""
    year = rule.period == "school-year" and rule.school_weeks is None
    return year and rule.audience != "school"


def _members(sheet: Sheet, first: date, met: Mapping[str, Iterable[str]]) -> list[_Member]:
    lines = sheet.read(_lateness)
    start, end = between(sheet.days, first, None)
    found: list[_Member] = []
    counted = tallies(sheet, first)
    for index, (pupil, tally) in enumerate(zip(sheet.register.pupils, counted, strict=True)):
        line = lines.of(index)
        ranges = spans(pupil, sheet.days)
        on_roll = "".join(line[2 * max(a, start) : 2 * min(b, end)] for a, b in ranges)
        late, closed = on_roll.count(_LATE), on_roll.count(_CLOSED)
        if tally.expected:
            met_here = frozenset(met.get(pupil.pupil_id, ()))
            found.append(_Member(pupil, tally, late, closed, met_here))
    return found


def _lateness(known: CodeClass | None) -> str:
    if known is None or not known.late:
        return _OTHER
    return _CLOSED if known.absent else _LATE


def _rows(
    members: Sequence[_Member], by: str, source: str, rates: Iterable[str]
) -> tuple[Row, ...]:
    of, column, order = GROUPINGS[by]
    together: dict[str, list[_Member]] = {}
    for each in members:
        together.setdefault(of(each.pupil), []).append(each)
    if members and set(together) == {NOT_KNOWN}:
        raise BadInput(
            f"no pupil has a {column}, so there is nothing to sum by {by}",
            remedy=f"Export {column} too, or leave out --by {by}",
            file=source or None,
            column=column,
        )
    return tuple(_row(name, together[name], rates) for name in sorted(together, key=order))


def _row(name: str, members: Sequence[_Member], rates: Iterable[str]) -> Row:
    return Row(
        name,
        len(members),
        Tally.total([each.sessions for each in members]),
        sum(each.late for each in members),
        sum(each.late_after_closing for each in members),
        {rate: sum(rate in each.met for each in members) for rate in sorted(rates)},
    )


def _year(pupil: Pupil) -> str:
    return listed("year_group", pupil.year_group)


def _form(pupil: Pupil) -> str:
    return (pupil.form or "").strip() or NOT_KNOWN


def _as_counted(name: str) -> tuple[bool, list[tuple[int, str]]]:
    """9B before 10A; pupils without a form last."""
    parts = [part for part in re.split(r"(\d+)", name.casefold()) if part]
    numbered = [(int(p), "") if p.isdecimal() else (-1, p) for p in parts]
    return (name == NOT_KNOWN, numbered)


#: Each grouping: what a pupil belongs to, the column that says so, and the order of the groups.
GROUPINGS: Mapping[str, tuple[Callable[[Pupil], str], str, Callable[[str], tuple[Any, ...]]]] = {
    "year": (_year, "year_group", school_order),
    "form": (_form, "form", _as_counted),
}
