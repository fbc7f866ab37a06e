"""The made-up school year is one an English school could have, for any year."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from linkwork.sample import school_calendar
from linkwork.sample.terms import easter_sunday

YEARS = range(2020, 2040)


@pytest.mark.parametrize("year", YEARS)
def test_a_year_has_190_days_with_pupils_and_five_without(year: int) -> None:
    calendar = school_calendar(year)
    assert (len(calendar.days), len(set(calendar.inset))) == (190, 5)
    assert not set(calendar.days) & set(calendar.inset)


@pytest.mark.parametrize("year", YEARS)
def test_school_is_on_weekdays_from_september_to_july_outside_holidays(year: int) -> None:
    calendar = school_calendar(year)
    easter = easter_sunday(year + 1)
    assert all(day.weekday() < 5 for day in calendar.days)
    assert calendar.days[0].month == 9
    assert calendar.days[-1].month == 7
    closed = {
        date(year, 12, 25),
        date(year + 1, 1, 1),
        easter - timedelta(2),
        easter + timedelta(1),
    }
    assert not closed & set(calendar.days)
    for period in calendar.periods:
        if period.kind == "half-term":
            assert not [day for day in calendar.days if period.first <= day <= period.last]
        if period.kind == "term":
            assert 40 <= len([d for d in calendar.days if period.first <= d <= period.last]) <= 80


@pytest.mark.parametrize(
    ("year", "day"),
    [
        (1954, date(1954, 4, 18)),
        (1981, date(1981, 4, 19)),
        (2008, date(2008, 3, 23)),
        (2026, date(2026, 4, 5)),
        (2038, date(2038, 4, 25)),
    ],
)
def test_easter_is_where_almanacs_have_it(year: int, day: date) -> None:
    assert easter_sunday(year) == day
