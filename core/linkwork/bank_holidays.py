"""Bank holidays of England and Wales, worked out: to question a calendar with, never to change it.

Source: Banking and Financial Dealings Act 1971, schedule 1, and the royal proclamations under it
as published on www.gov.uk/bank-holidays. A proclamation yet to come is not known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from types import MappingProxyType

#: The first year that has all of today's holidays: the early May one began in 1978.
FIRST_YEAR = 1978

_EARLY_MAY, _SPRING = "Early May bank holiday", "Spring bank holiday"
#: Moved by proclamation: the day of a year and a holiday that has another day then.
_MOVED: Mapping[tuple[int, str], date] = {
    (1995, _EARLY_MAY): date(1995, 5, 8),
    (2002, _SPRING): date(2002, 6, 4),
    (2012, _SPRING): date(2012, 6, 4),
    (2020, _EARLY_MAY): date(2020, 5, 8),
    (2022, _SPRING): date(2022, 6, 2),
}
#: Given once, by proclamation.
_ONCE: Mapping[date, str] = {
    date(1981, 7, 29): "Royal wedding",
    date(1999, 12, 31): "Millennium",
    date(2002, 6, 3): "Golden Jubilee",
    date(2011, 4, 29): "Royal wedding",
    date(2012, 6, 5): "Diamond Jubilee",
    date(2022, 6, 3): "Platinum Jubilee",
    date(2022, 9, 19): "State funeral",
    date(2023, 5, 8): "Coronation",
}


@cache
def bank_holidays(year: int) -> Mapping[date, str]:
    """The bank holidays of a calendar year that fall on a weekday, each with its name.

    One that falls on a weekend is given by its substitute day. Before 1978 it is empty.
    """
    if year < FIRST_YEAR:
        return MappingProxyType({})
    sunday = easter(year)
    found = {
        _weekday(date(year, 1, 1)): "New Year's Day",
        sunday - timedelta(days=2): "Good Friday",
        sunday + timedelta(days=1): "Easter Monday",
        _MOVED.get((year, _EARLY_MAY), _monday(date(year, 5, 1))): _EARLY_MAY,
        _MOVED.get((year, _SPRING), _monday(date(year, 5, 25))): _SPRING,
        _monday(date(year, 8, 25)): "Summer bank holiday",
    }
    christmas = _weekday(date(year, 12, 25))
    boxing = _weekday(date(year, 12, 26))
    found[christmas] = "Christmas Day"
    found[boxing if boxing != christmas else christmas + timedelta(days=1)] = "Boxing Day"
    found |= {day: name for day, name in _ONCE.items() if day.year == year}
    return MappingProxyType(dict(sorted(found.items())))


def bank_holiday(day: date) -> str | None:
    """The name of the bank holiday on `day`, or None."""
    return bank_holidays(day.year).get(day)


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar. Source: the method of Meeus, Jones and Butcher."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (b - (b + 8) // 25 + 1) // 3
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = h + m - 7 * ((a + 11 * h + 22 * m) // 451) + 114
    return date(year, n // 31, n % 31 + 1)


def _weekday(day: date) -> date:
    """The day, or the Monday after a weekend."""
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)


def _monday(day: date) -> date:
    """The first Monday on or after `day`."""
    return day + timedelta(days=-day.weekday() % 7)
