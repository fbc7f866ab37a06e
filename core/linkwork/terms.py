"""Terms, half-term holidays, staff days and closures, as a school or its authority sets them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Protocol, TypeVar

from linkwork.vocabulary import year_group

TERM, HALF_TERM, INSET, CLOSURE = "term", "half-term", "inset", "closure"
#: What an entry of a calendar may be. `half-term` is the holiday inside a term.
KINDS = (TERM, HALF_TERM, INSET, CLOSURE)
#: Of these a school's own stands for the general one; staff days and closures add up.
REPLACED = (TERM, HALF_TERM)
#: A school year, and with it every rate, starts on this month and day.
YEAR_STARTS = (8, 1)
#: Only these may be of one year group alone.
OF_A_YEAR_GROUP = (INSET, CLOSURE)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a calendar, both ends inclusive.

    `urn` is the school it is for, empty for every school; `year_group` the only one it is for, as
    `vocabulary.year_group` gives it, empty for all.
    """

    name: str
    first: date
    last: date
    kind: str
    urn: str = ""
    year_group: str = ""

    def days(self) -> Iterator[date]:
        """Every day of it, weekends too."""
        return (self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1))


def problem(entry: Entry, before: Iterable[Entry] = ()) -> tuple[str, str] | None:
    """The field of an entry that cannot be, and why; None when it can stand after `before`.

    Two terms of one school may not share a day: whose half terms would those days be?
    """
    if entry.kind not in KINDS:
        return "kind", f"the kind is none of {', '.join(KINDS)}"
    if entry.last < entry.first:
        return "last", f"{entry.name} ends on {entry.last}, before it begins on {entry.first}"
    if entry.year_group and entry.kind not in OF_A_YEAR_GROUP:
        return "year_group", f"a {entry.kind} is of the whole school"
    if entry.year_group and year_group(entry.year_group) != entry.year_group:
        return "year_group", "the year group is none of N1, N2, R, 1 to 14, X"
    if entry.kind == TERM:
        for other in before:
            if other.kind == TERM and other.urn == entry.urn and overlap(entry, other):
                return "first", f"{entry.name} shares days with {other.name}, {_span(other)}"
    return None


class Dated(Protocol):
    """An entry of any calendar: its kind and name, and its days, both ends inclusive."""

    @property
    def kind(self) -> str:
        """One of KINDS."""

    @property
    def name(self) -> str:
        """Its name, which may come again every year."""

    @property
    def first(self) -> date:
        """The first day."""

    @property
    def last(self) -> date:
        """The last day."""


D = TypeVar("D", bound=Dated)


def of_school(entries: Iterable[Entry], urn: str | None) -> tuple[Entry, ...]:
    """The entries that hold for one school, in order of their first day."""
    held = [entry for entry in entries if entry.urn in ("", urn or "")]
    kept = in_force(held, lambda entry: bool(entry.urn))
    return tuple(sorted(kept, key=lambda entry: (entry.first, entry.last, entry.name)))


def in_force(entries: Sequence[D], own: Callable[[D], bool]) -> list[D]:
    """The entries that hold for one school, of the general ones and its `own`, in their order.

    A term or half-term of the school's own stands for the general one `stands_for` finds, and
    only for that: names such as Spring come again every year. Staff days and closures add up.
    """
    general = [entry for entry in entries if not own(entry) and entry.kind in REPLACED]
    replaced = {id(o) for entry in entries if own(entry) for o in stands_for(entry, general)}
    return [entry for entry in entries if id(entry) not in replaced]


def stands_for(entry: Dated, others: Iterable[D]) -> list[D]:
    """Those of `others` that `entry` is another version of: of its kind and its name, and in time.

    It stands for all that it overlaps. A term or half-term that overlaps none stands for the
    nearest of its school year, which begins on 1 August; a staff day or closure for none, as
    several of one name may stand in a year.
    """
    named = [
        other
        for other in others
        if other.kind == entry.kind and other.name.casefold() == entry.name.casefold()
    ]
    touched = [other for other in named if overlap(entry, other)]
    if touched or entry.kind not in REPLACED:
        return touched
    near = [other for other in named if year_of(other.first) == year_of(entry.first)]
    return sorted(near, key=lambda other: abs(other.first - entry.first))[:1]


def overlap(one: Dated, other: Dated) -> bool:
    """Whether two entries share a day."""
    return one.first <= other.last and other.first <= one.last


def year_of(day: date) -> int:
    """The calendar year in which the school year that holds `day` began."""
    return day.year if (day.month, day.day) >= YEAR_STARTS else day.year - 1


def open_days(entries: Sequence[Entry]) -> frozenset[date]:
    """Weekdays inside a term and in no holiday, staff day or closure of the whole school.

    Bank holidays are among them: a calendar that means to be closed says so, and one that does
    not is questioned where the marks are known.
    """
    inside = {day for entry in entries if entry.kind == TERM for day in entry.days()}
    return frozenset(day for day in inside - closed_days(entries) if day.weekday() < 5)


def closed_days(entries: Sequence[Entry], group: str | None = None) -> frozenset[date]:
    """The days on which the whole school (None) or just one year group is shut by an entry."""
    wanted = "" if group is None else group
    shut = (e for e in entries if e.kind != TERM and e.year_group == wanted)
    return frozenset(day for entry in shut for day in entry.days())


@dataclass(frozen=True, slots=True)
class HalfTerm:
    """One of the (as a rule six) parts of a school year.

    `name` as in "Autumn 2"; `position` counts from 1 within the school year that starts in August
    of `year`; `first` and `last` are inclusive; `inferred` when no calendar gave it.
    """

    name: str
    year: int
    position: int
    first: date
    last: date
    inferred: bool

    def holds(self, day: date) -> bool:
        """Whether a day lies in it."""
        return self.first <= day <= self.last


def half_terms(entries: Sequence[Entry]) -> tuple[HalfTerm, ...]:
    """The half terms of a calendar: each term, split by the half-term holidays inside it."""
    parts: list[tuple[str, date, date]] = []
    for term in sorted((e for e in entries if e.kind == TERM), key=lambda e: e.first):
        start, number = term.first, 1
        holidays = (e for e in entries if e.kind == HALF_TERM and overlap(e, term))
        for holiday in sorted(holidays, key=lambda e: e.first):
            if start < holiday.first:
                parts.append((f"{term.name} {number}", start, holiday.first - _DAY))
                number += 1
            start = max(start, holiday.last + _DAY)
        if start <= term.last:
            parts.append((f"{term.name} {number}", start, term.last))
    return _numbered(parts, inferred=False)


def inferred_half_terms(days: Sequence[date], holiday: int) -> tuple[HalfTerm, ...]:
    """The half terms that the school days themselves show.

    A new one begins after `holiday` or more weekdays without a school day, and with a school year,
    on 1 August. Terms are named by
    their place in the year: from August autumn, from January spring, and summer after the long
    holiday around Easter.
    """
    blocks: list[tuple[date, date]] = []
    for day in days:
        before = blocks[-1][1] if blocks else None
        near = before is not None and weekdays_between(before, day) < holiday
        if before is not None and near and year_of(before) == year_of(day):
            blocks[-1] = (blocks[-1][0], day)
        else:
            blocks.append((day, day))
    parts: list[tuple[str, date, date]] = []
    counted: dict[tuple[int, str], int] = {}
    for (first, last), season in zip(blocks, _seasons(blocks), strict=True):
        place = (year_of(first), season)
        counted[place] = counted.get(place, 0) + 1
        parts.append((f"{season} {counted[place]}", first, last))
    return _numbered(parts, inferred=True)


def weekdays_between(earlier: date, later: date) -> int:
    """How many weekdays lie strictly between two days."""
    between = (later - earlier).days - 1
    weeks, rest = divmod(max(0, between), 7)
    return 5 * weeks + sum((earlier + timedelta(days=n)).weekday() < 5 for n in range(1, rest + 1))


_DAY = timedelta(days=1)
#: The holiday between spring and summer term ends between these days, and is this long at least.
_SPRING_ENDS, _LONG = ((3, 20), (5, 4)), 8
#: Where no such holiday shows, a half term that begins from this day on is of the summer.
_SUMMER_FROM = (4, 12)


def _seasons(blocks: Sequence[tuple[date, date]]) -> Iterator[str]:
    summer: set[int] = set()
    gaps = [0, *(weekdays_between(a[1], b[0]) for a, b in pairwise(blocks))][: len(blocks)]
    for (first, _), gap in zip(blocks, gaps, strict=True):
        when = (first.month, first.day)
        if first.month >= 8:
            yield "Autumn"
            continue
        after_easter = gap >= _LONG and _SPRING_ENDS[0] <= when <= _SPRING_ENDS[1]
        if after_easter or when >= _SUMMER_FROM:
            summer.add(first.year)
        yield "Summer" if first.year in summer else "Spring"


def _numbered(parts: Iterable[tuple[str, date, date]], *, inferred: bool) -> tuple[HalfTerm, ...]:
    found: list[HalfTerm] = []
    for name, first, last in parts:
        year = year_of(first)
        position = found[-1].position + 1 if found and found[-1].year == year else 1
        found.append(HalfTerm(name, year, position, first, last, inferred))
    return tuple(found)


def _span(entry: Entry) -> str:
    return f"{entry.first} to {entry.last}"
