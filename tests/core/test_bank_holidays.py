"""Bank holidays of England and Wales, beside published dates and another program's."""

from __future__ import annotations

from datetime import date

import holidays
import pytest

from linkwork.bank_holidays import bank_holiday, bank_holidays, easter

#: As published on www.gov.uk/bank-holidays (England and Wales), years with something unusual.
PUBLISHED = {
    2020: "01-01 04-10 04-13 05-08 05-25 08-31 12-25 12-28",
    2022: "01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-26 12-27",
    2023: "01-02 04-07 04-10 05-01 05-08 05-29 08-28 12-25 12-26",
    2026: "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28",
}


@pytest.mark.parametrize("year", PUBLISHED)
def test_the_days_are_those_published(year: int) -> None:
    expected = [date.fromisoformat(f"{year}-{day}") for day in PUBLISHED[year].split()]
    assert list(bank_holidays(year)) == expected


@pytest.mark.parametrize("nation", ["ENG", "WLS"])
def test_the_days_are_those_of_another_program_from_1978_on(nation: str) -> None:
    for year in range(1978, 2100):
        theirs = holidays.country_holidays("GB", subdiv=nation, years=year)
        assert set(bank_holidays(year)) == {day for day in theirs if day.weekday() < 5}, year


def test_easter_is_a_sunday_after_the_equinox_and_as_tabulated() -> None:
    assert [easter(year) for year in (1818, 1943, 2000, 2024, 2038)] == [
        date(1818, 3, 22),
        date(1943, 4, 25),
        date(2000, 4, 23),
        date(2024, 3, 31),
        date(2038, 4, 25),
    ]
    assert all(easter(year).weekday() == 6 for year in range(1900, 2100))


def test_a_day_has_its_name_or_none() -> None:
    assert bank_holiday(date(2026, 5, 4)) == "Early May bank holiday"
    assert bank_holiday(date(2026, 5, 5)) is None
    assert bank_holiday(date(1970, 12, 25)) is None
