"""A plausible English school year: terms, half-terms, bank holidays and staff days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

#: Days a maintained school's staff work, of which five are without pupils.
STAFF_DAYS = 195
DAY, WEEK = timedelta(days=1), timedelta(days=7)
MONDAY, FRIDAY = 0, 4


@dataclass(frozen=True, slots=True)
class Period:
    """A named stretch of days, both ends inclusive. Kind: term, half-term or inset."""

    name: str
    kind: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class SchoolCalendar:
    """One school year from 1 September. `days` have pupils; `inset` are staff days."""

    year: int
    periods: tuple[Period, ...]
    days: tuple[date, ...]
    inset: tuple[date, ...]


def school_calendar(year: int) -> SchoolCalendar:
    """The school year that starts in September of `year`: 190 days with pupils, 5 without.

    Not any authority's published dates: late-October, mid-February and late-May half-terms,
    two weeks each at Christmas and around Easter, and a summer term as long as it must be.
    """
    easter = easter_sunday(year + 1)
    good_friday = easter - 2 * DAY
    autumn = _first_weekday(date(year, 9, 1))
    christmas = _friday_by(date(year, 12, 21))
    spring = _monday_from(date(year + 1, 1, 3))
    if spring.day == 3:  # then 1 January was a Saturday, and this Monday is its bank holiday
        spring += DAY
    spring_end = _friday_by(good_friday - 4 * DAY)
    summer = _monday_from(spring_end + 15 * DAY)
    october = _monday_from(date(year, 10, 24))
    february = _monday_from(date(year + 1, 2, 12))
    may = _last_monday_of_may(year + 1)
    off = {october, february, may}
    bank = {_monday_from(date(year + 1, 5, 1)), good_friday, easter + DAY, date(year + 1, 1, 1)}
    staff: list[date] = []
    for first, last in ((autumn, christmas), (spring, spring_end), (summer, date.max)):
        day = first
        while day <= last and len(staff) < STAFF_DAYS:
            in_half_term = day - day.weekday() * DAY in off
            if day.weekday() <= FRIDAY and day not in bank and not in_half_term:
                staff.append(day)
            day += DAY
    after_half_term = next(day for day in staff if day > february)
    inset = (staff[0], staff[1], spring, after_half_term, staff[-1])
    days = tuple(day for day in staff if day not in inset)
    return SchoolCalendar(
        year,
        (
            Period(f"Autumn {year}", "term", autumn, christmas),
            Period(f"Spring {year + 1}", "term", spring, spring_end),
            Period(f"Summer {year + 1}", "term", summer, staff[-1]),
            Period("October half-term", "half-term", october, october + 4 * DAY),
            Period("February half-term", "half-term", february, february + 4 * DAY),
            Period("May half-term", "half-term", may, may + 4 * DAY),
            *(Period("Staff day", "inset", day, day) for day in inset),
        ),
        days,
        inset,
    )


def calendars(first: date, last: date) -> list[SchoolCalendar]:
    """Every school year that `first`..`last` touches."""
    return [school_calendar(year) for year in range(first.year - 1, last.year + 1)]


def easter_sunday(year: int) -> date:
    """Easter in the Gregorian calendar (the rule of Meeus, Jones and Butcher)."""
    century, of_century = divmod(year, 100)
    moon = (19 * (year % 19) + century - century // 4 - (8 * century + 13) // 25 + 15) % 30
    moon -= (moon // 28) * (1 - (29 // (moon + 1)) * ((21 - year % 19) // 11))
    weekday = (of_century + of_century // 4 + century // 4 - 2 * century + moon + 2) % 7
    return date(year, 3, 28) + (moon - weekday) * DAY


def _first_weekday(day: date) -> date:
    return day if day.weekday() <= FRIDAY else _monday_from(day)


def _monday_from(day: date) -> date:
    return day + (-day.weekday() % 7) * DAY


def _friday_by(day: date) -> date:
    return day - ((day.weekday() - FRIDAY) % 7) * DAY


def _last_monday_of_may(year: int) -> date:
    return date(year, 5, 31) - date(year, 5, 31).weekday() * DAY
