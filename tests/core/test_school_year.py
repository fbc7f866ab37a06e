"""School days, school weeks, the school year and compulsory school age."""

from __future__ import annotations

from datetime import date

import pytest
from registers import MONDAY, marks, pupil, register, weekdays

from linkwork.age import compulsory_age
from linkwork.school_days import last_held_day, school_days
from linkwork.school_year import school_weeks, school_year

ENDS = {
    date(2010, 8, 15): date(2026, 6, 26),
    date(2010, 9, 15): date(2027, 6, 25),
    date(2010, 8, 31): date(2026, 6, 26),
    date(2010, 9, 1): date(2027, 6, 25),
    date(2008, 2, 29): date(2024, 6, 28),
}
STARTS = {
    date(2021, 8, 31): date(2026, 8, 31),
    date(2021, 9, 1): date(2026, 12, 31),
    date(2021, 12, 31): date(2026, 12, 31),
    date(2021, 1, 1): date(2026, 3, 31),
    date(2020, 2, 29): date(2025, 3, 31),
}


@pytest.mark.serves("C98")
@pytest.mark.parametrize(("born", "last"), ENDS.items())
def test_compulsory_age_ends_with_the_last_friday_of_june(born: date, last: date) -> None:
    assert compulsory_age(born, last) == "compulsory"
    assert compulsory_age(born, date.fromordinal(last.toordinal() + 1)) == "outside"


@pytest.mark.serves("C98")
@pytest.mark.parametrize(("born", "first"), STARTS.items())
def test_compulsory_age_starts_on_the_prescribed_day_after_five(born: date, first: date) -> None:
    assert compulsory_age(born, first) == "compulsory"
    assert compulsory_age(born, date.fromordinal(first.toordinal() - 1)) == "outside"


def test_no_date_of_birth_is_an_age_unknown() -> None:
    assert compulsory_age(None, MONDAY) == "unknown"


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        (date(2026, 7, 31), date(2025, 8, 1), date(2026, 7, 31)),
        (date(2026, 8, 1), date(2026, 8, 1), date(2027, 7, 31)),
    ],
)
def test_a_school_year_runs_from_august_to_july(day: date, first: date, last: date) -> None:
    assert school_year(day) == (first, last)


def test_a_day_is_a_school_day_when_anyone_has_a_mark_but_a_closure() -> None:
    held = register("/ # - / -", "# # - # -")
    day = weekdays(MONDAY, 5)
    found = school_days(held)
    assert found.days == (day[0], day[3])
    assert found.source == "inferred"
    assert found.closed == (day[1],)


def test_a_declared_calendar_decides_and_what_differs_is_named() -> None:
    day = weekdays(MONDAY, 6)
    found = school_days(register("/ / / - / /", calendar=[day[0], day[1], day[3], day[5]]))
    assert found.source == "declared"
    assert found.days == (day[0], day[1], day[3], day[5])
    assert found.gaps == (day[3],)
    assert found.unlisted == (day[2], day[4])


def test_a_weekday_in_a_term_without_any_mark_is_named_and_a_holiday_is_not() -> None:
    day = weekdays(MONDAY, 20)
    term = {**marks("/ / - / /", day[:5]), **marks("/*5", day[10:15])}
    assert school_days(register(term)).gaps == (day[2],)


def test_a_day_on_which_under_a_fifth_of_pupils_have_a_mark_is_named() -> None:
    held = register("/ / /", "/ / -", "/ / -", "/ - -", "/ - -", "/ - -")
    [thin] = school_days(held).thin
    assert (thin.day, thin.marked, thin.pupils) == (weekdays(MONDAY, 3)[2], 1, 6)
    assert school_days(register("/ /", "/ -", "/ -", "/ -", "/ -")).thin == ()


def test_pupils_not_on_roll_do_not_make_a_day_thin() -> None:
    day = weekdays(MONDAY, 3)
    gone = [pupil(number, on_roll=[(None, day[0])]) for number in range(2, 7)]
    held = register("/ / /", *["/ - -"] * 5, pupils=[pupil(1), *gone])
    assert school_days(held).thin == ()


def test_school_weeks_are_weeks_with_a_school_day_across_holidays_and_years() -> None:
    days = [date(2026, 12, 18), date(2026, 12, 31), date(2027, 1, 1), date(2027, 1, 11)]
    assert school_weeks(days) == (0, 1, 1, 2)
    assert school_weeks([date(2026, 1, 4), date(2026, 1, 5)]) == (0, 1)
    assert school_weeks([]) == ()


def test_the_last_day_of_the_register_is_not_a_closure_entered_ahead() -> None:
    day = weekdays(MONDAY, 4)
    assert last_held_day(register("/ / # #")) == day[1]
    assert last_held_day(register("# #")) == day[1]
    assert last_held_day(register("- -")) is None
