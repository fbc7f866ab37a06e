"""Counting in school days: the school year, school weeks, holidays, and time on the roll."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import accumulate, pairwise

from linkwork import terms
from linkwork.register import HALVES, Pupil

#: This many weekdays in a row without a school day are a holiday, fewer a gap in a term.
HOLIDAY = 5


def school_year(day: date) -> tuple[date, date]:
    """The first and last day of the school year that holds `day`: 1 August to 31 July."""
    first, starts = terms.year_of(day), terms.YEAR_STARTS
    return date(first, *starts), date(first + 1, *starts) - timedelta(days=1)


def school_weeks(days: Sequence[date]) -> tuple[int, ...]:
    """For each school day, the running number of its school week.

    A school week is an ISO week (Monday to Sunday) with at least one school day; weeks without
    one are not numbered, so ten school weeks can span a holiday or two school years.
    """
    numbers: list[int] = []
    number, before = -1, -1
    for week in calendar_weeks(days):
        number += week != before
        before = week
        numbers.append(number)
    return tuple(numbers)


def good_weeks(days: Sequence[date], sessions: int) -> tuple[int, ...]:
    """Like `school_weeks`, but a week of fewer `sessions` has the number of the week before it."""
    weeks = school_weeks(days)
    held = Counter(weeks)
    good = [0] * (max(weeks, default=-1) + 1)
    number = 0
    for week in sorted(held):
        number += held[week] * len(HALVES) >= sessions
        good[week] = number
    return tuple(good[week] for week in weeks)


def calendar_weeks(days: Sequence[date]) -> tuple[int, ...]:
    """For each school day, the running number of its week, Monday to Sunday, holidays included."""
    return tuple((day.toordinal() - 1) // 7 for day in days)


def after_holidays(days: Sequence[date], weekdays: int = HOLIDAY) -> list[int]:
    """The positions of school days before which at least so many weekdays had no school."""
    return [
        place
        for place, (earlier, later) in enumerate(pairwise(days), 1)
        if terms.weekdays_between(earlier, later) >= weekdays
    ]


def spans(pupil: Pupil, days: Sequence[date], *, registered: bool = False) -> list[tuple[int, int]]:
    """The pupil's time on roll as half-open ranges of positions in `days`, in order.

    Enrolments that overlap, or with no school day between them, are one range. With `registered`
    only those on this school's own roll count: a guest's do not.
    """
    if len(pupil.enrolments) == 1:
        # Nearly everybody's only one.
        [stay] = pupil.enrolments
        low, high = between(days, stay.start, stay.end)
        return [(low, high)] if low < high and (stay.registered or not registered) else []
    found = sorted(
        between(days, each.start, each.end)
        for each in pupil.enrolments
        if each.registered or not registered
    )
    joined: list[tuple[int, int]] = []
    for low, high in found:
        if low == high:
            continue
        if joined and low <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
        else:
            joined.append((low, high))
    return joined


def on_roll(pupils: Iterable[Pupil], days: Sequence[date]) -> list[int]:
    """How many of the pupils are on roll on each of the days."""
    change = [0] * (len(days) + 1)
    for pupil in pupils:
        for low, high in spans(pupil, days):
            change[low] += 1
            change[high] -= 1
    return list(accumulate(change))[:-1]


def between(days: Sequence[date], first: date | None, last: date | None) -> tuple[int, int]:
    """The half-open range of positions in sorted `days` from `first` to `last` inclusive."""
    low = 0 if first is None else bisect_left(days, first)
    high = len(days) if last is None else bisect_right(days, last)
    return low, max(low, high)
