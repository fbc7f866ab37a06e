"""The days of a made-up register: which are open, and when absence is likelier."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from linkwork.errors import WrongUse
from linkwork.sample.dice import Dice, running
from linkwork.sample.terms import SchoolCalendar, calendars

#: Absence by weekday, Monday first, and what a day beside a holiday adds.
WEEKDAYS, EDGE = (1.12, 0.93, 0.92, 0.96, 1.15), 0.35
#: Days apart at which two school days have a holiday between them.
HOLIDAY_GAP = 5


@dataclass(frozen=True, slots=True)
class SchoolYear:
    """The open days of one school year, as places in `Days.dates`, and their likelihoods."""

    open: tuple[int, ...]
    sums: tuple[float, ...]
    edges: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Days:
    """Every date of the register in order. `closed` are places of days marked #."""

    dates: tuple[date, ...]
    closed: frozenset[int]
    open: tuple[int, ...]
    years: tuple[SchoolYear, ...]

    def age(self) -> dict[int, int]:
        """How many open days ago each of the last open days is; 0 for the last."""
        return {place: ago for ago, place in enumerate(reversed(self.open))}


def school_days(first: date, last: date, dice: Dice) -> Days:
    """The register's days of `first`..`last`, one of them a planned closure.

    Raises WrongUse when no school day lies between.
    """
    years = [year for year in calendars(first, last) if _within(year.days, first, last)]
    dates = sorted(day for year in years for day in _within((*year.days, *year.inset), first, last))
    staff_days = {day for year in years for day in year.inset}
    open_days = [day for day in dates if day not in staff_days]
    if not open_days:
        raise WrongUse(
            f"no school day lies from {first.isoformat()} to {last.isoformat()}: "
            "choose dates inside a term"
        )
    # Away from both ends, so that a week or an absence can be seen around the closed day.
    middle = open_days[len(open_days) // 4 : -len(open_days) // 4]
    if middle:
        open_days.remove(dice.pick(middle))
    closed = frozenset(place for place, day in enumerate(dates) if day not in set(open_days))
    places = tuple(place for place in range(len(dates)) if place not in closed)
    return Days(tuple(dates), closed, places, _years(dates, places, years))


def _years(
    dates: list[date], places: tuple[int, ...], years: list[SchoolCalendar]
) -> tuple[SchoolYear, ...]:
    found = []
    for year in years:
        held = set(year.days)
        own = tuple(place for place in places if dates[place] in held)
        edges = tuple(place for place in own if _beside_holiday(place, dates, year.days))
        weights = [
            WEEKDAYS[dates[place].weekday()] + (EDGE if place in edges else 0.0) for place in own
        ]
        found.append(SchoolYear(own, tuple(running(weights)), edges))
    return tuple(one for one in found if one.open)


def _beside_holiday(place: int, dates: list[date], days: tuple[date, ...]) -> bool:
    at = days.index(dates[place])
    before = at == 0 or (days[at] - days[at - 1]).days > HOLIDAY_GAP
    after = at == len(days) - 1 or (days[at + 1] - days[at]).days > HOLIDAY_GAP
    return before or after


def _within(days: Collection[date], first: date, last: date) -> list[date]:
    return [day for day in days if first <= day <= last]
