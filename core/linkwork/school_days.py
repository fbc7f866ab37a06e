"""The days a register's school was open, declared or inferred, and what looks wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from linkwork import terms
from linkwork.bank_holidays import bank_holiday
from linkwork.codes import CLOSED
from linkwork.register import NO_MARK, Register
from linkwork.school_year import HOLIDAY, on_roll

#: A school day on which a smaller share of pupils than 1 in this has a mark looks wrong.
THIN = 5


@dataclass(frozen=True, slots=True)
class ThinDay:
    """A school day on which few pupils have a mark: perhaps it was not one."""

    day: date
    marked: int
    pupils: int


class OddDay(NamedTuple):
    """A school day that is a bank holiday or of a weekend; `why` says which."""

    day: date
    why: str


@dataclass(frozen=True, slots=True)
class SchoolDays:
    """The school's days, in order, and what looks wrong with them. Nothing of it is dropped.

    `source` is "declared" or "inferred", `origin` says it in words. `gaps` are weekdays inside a
    term (declared: school days) without any mark; `closed` are days of nothing but closures;
    `unlisted` are days with marks on which the calendar says the school was shut, and whose marks
    therefore count for nothing. `odd` are school days that are a bank holiday or of a weekend;
    `left_out` are bank holidays inside a term on which nobody has a mark: no school days.
    `holidays` are the stretches without a mark that an inferred calendar takes for holidays.
    """

    days: tuple[date, ...]
    source: str
    thin: tuple[ThinDay, ...] = ()
    gaps: tuple[date, ...] = ()
    closed: tuple[date, ...] = ()
    unlisted: tuple[date, ...] = ()
    odd: tuple[OddDay, ...] = ()
    left_out: tuple[OddDay, ...] = ()
    holidays: tuple[tuple[date, date], ...] = ()
    origin: str = "inferred"


def school_days(register: Register, as_of: date | None = None) -> SchoolDays:
    """The school days up to `as_of` (None: all), declared by the source or else inferred.

    Inferred: a day is a school day when any pupil has a mark other than a closure.
    """
    held, closed = _held_days(register, as_of)
    declared = declared_days(register)
    left_out: tuple[OddDay, ...] = ()
    holidays: tuple[tuple[date, date], ...] = ()
    if declared is None:
        shut = terms.closed_days(register.terms)
        days = tuple(sorted(held - shut))
        gaps = _blanks(register, days, closed | shut)
        unlisted = tuple(sorted(held & shut))
        holidays = _holidays(days, {*gaps, *closed, *shut})
    else:
        days = _within(register, declared, as_of)
        if register.calendar is None:
            days, left_out = _without_bank_holidays(days, held)
        gaps = tuple(day for day in days if day not in held)
        unlisted = tuple(sorted(held - declared))
    return SchoolDays(
        days,
        "inferred" if declared is None else "declared",
        tuple(_thin_days(register, held, days)),
        gaps,
        tuple(sorted(closed)),
        unlisted,
        tuple(OddDay(day, why) for day in days if (why := odd(day))),
        left_out,
        holidays,
        "inferred" if declared is None else _declared_by(register),
    )


def declared_days(register: Register) -> AbstractSet[date] | None:
    """The days a calendar or the terms say the school is open; None when neither says."""
    if register.calendar is not None:
        return register.calendar
    if any(entry.kind == terms.TERM for entry in register.terms):
        return terms.open_days(register.terms)
    return None


def odd(day: date) -> str | None:
    """Why a day is an unlikely school day: its weekend's name or its bank holiday's, or None."""
    return _WEEKEND.get(day.weekday()) or bank_holiday(day)


def school_dates(register: Register, as_of: date | None = None) -> tuple[date, ...]:
    """The days of `school_days` alone, without looking for what is wrong with them."""
    held, _ = _held_days(register, as_of)
    declared = declared_days(register)
    if declared is None:
        return tuple(sorted(held - terms.closed_days(register.terms)))
    days = _within(register, declared, as_of)
    return days if register.calendar is not None else _without_bank_holidays(days, held)[0]


def last_held_day(register: Register) -> date | None:
    """The last date with a mark other than a closure; without any, the last with a mark.

    Closures are entered ahead, up to the end of the summer; they do not make a date "now".
    """
    held, _ = _held_days(register, None)
    return max(held) if held else register.last_marked_day()


def coming_days(register: Register, after: date) -> Iterator[date]:
    """The school days after a date, to year 9999: what is declared, and then what is likely.

    Declared are the days of a calendar, or those of the terms without their bank holidays. After
    the last of them, every weekday that is no bank holiday and in no closure.
    """
    known = sorted(day for day in declared_days(register) or () if day > after)
    if register.calendar is None:
        known = [day for day in known if bank_holiday(day) is None]
    yield from known
    day, closed = known[-1] if known else after, terms.closed_days(register.terms)
    while day < date.max:
        day += timedelta(days=1)
        if odd(day) is None and day not in closed:
            yield day


def weekday_gaps(days: Sequence[date]) -> list[date]:
    """Weekdays between school days that are none, where they are too few for a holiday."""
    gaps: list[date] = []
    for earlier, later in pairwise(days):
        off = _weekdays_off(earlier, later)
        if len(off) < HOLIDAY:
            gaps.extend(off)
    return gaps


_WEEKEND = {5: "Saturday", 6: "Sunday"}


def _declared_by(register: Register) -> str:
    return f"declared by {register.calendar_from}" if register.calendar_from else "declared"


def _within(
    register: Register, calendar: AbstractSet[date], as_of: date | None
) -> tuple[date, ...]:
    """The calendar's days inside the time the register was read for."""
    last = register.last_marked_day()
    if last is None:
        return ()
    first, last = register.sessions[0].date, min(last, as_of or last)
    return tuple(sorted(day for day in calendar if first <= day <= last))


def _without_bank_holidays(
    days: Sequence[date], held: AbstractSet[date]
) -> tuple[tuple[date, ...], tuple[OddDay, ...]]:
    """Terms do not name the bank holidays inside them; one with marks stays, and is questioned."""
    off = {day: why for day in days if day not in held and (why := bank_holiday(day))}
    return tuple(day for day in days if day not in off), tuple(
        OddDay(*each) for each in off.items()
    )


def _blanks(register: Register, days: Sequence[date], known: AbstractSet[date]) -> tuple[date, ...]:
    """Weekdays without a mark that are no holiday.

    They are too few for one, or the source holds their rows, and every one is blank.
    """
    found = set(weekday_gaps(days))
    if days:
        listed = {s.date for s in register.sessions if days[0] < s.date < days[-1]}
        found |= {day for day in listed - set(days) if day.weekday() < 5}
    return tuple(sorted(found - known))


def _holidays(days: Sequence[date], explained: AbstractSet[date]) -> tuple[tuple[date, date], ...]:
    """First and last weekday of the stretches that an inferred calendar takes for holidays."""
    found: list[tuple[date, date]] = []
    for earlier, later in pairwise(days):
        off = [day for day in _weekdays_off(earlier, later) if day not in explained]
        if len(off) >= HOLIDAY:
            found.append((off[0], off[-1]))
    return tuple(found)


def _weekdays_off(earlier: date, later: date) -> list[date]:
    between = (earlier + timedelta(days=n) for n in range(1, (later - earlier).days))
    return [day for day in between if day.weekday() < 5]


def _held_days(register: Register, as_of: date | None) -> tuple[set[date], set[date]]:
    """Days with a mark other than a closure, and days with closures alone."""
    not_held = bytes(i for i, code in enumerate(register.codes) if i == NO_MARK or code == CLOSED)
    held: set[date] = set()
    closed: set[date] = set()
    for session, row in zip(register.sessions, register.rows, strict=True):
        if as_of is not None and session.date > as_of:
            break
        if session.date in held:
            continue
        # Stripping stops at the first mark that says the school was open: nearly always at once.
        if row.lstrip(not_held):
            held.add(session.date)
        elif any(row):
            closed.add(session.date)
    return held, closed - held


def _thin_days(register: Register, held: Iterable[date], days: Sequence[date]) -> Iterator[ThinDay]:
    """School days with marks, but of fewer than one pupil on roll in five."""
    not_held = bytes(i for i, code in enumerate(register.codes) if code in ("", CLOSED))
    rows: dict[date, list[bytearray]] = {day: [] for day in held}
    for session, row in zip(register.sessions, register.rows, strict=True):
        if session.date in rows:
            rows[session.date].append(row)
    for day, pupils in zip(days, on_roll(register.pupils, days), strict=True):
        # The fuller session is a lower bound of the pupils with a mark, and quick to count; only
        # a day it leaves in doubt is counted pupil by pupil.
        at_least = max((len(row.translate(None, not_held)) for row in rows.get(day, ())), default=0)
        if at_least and at_least * THIN < pupils:
            marked = _marked(rows[day], not_held)
            if marked * THIN < pupils:
                yield ThinDay(day, marked, pupils)


def _marked(rows: Sequence[bytearray], not_held: bytes) -> int:
    return sum(any(mark not in not_held for mark in marks) for marks in zip(*rows, strict=True))
