"""School weeks, compulsory age, time on roll and check letters beside plain-minded references."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkwork import upn
from linkwork.age import AGE_RULE, compulsory_age
from linkwork.register import Enrolment, Pupil
from linkwork.school_year import school_weeks, school_year, spans

ONE = timedelta(days=1)
#: Years of 53 ISO weeks lie among these: 2015, 2020, 2026, 2032.
days_of_schools = st.lists(
    st.dates(date(2014, 12, 1), date(2033, 2, 1)), min_size=1, max_size=40, unique=True
).map(sorted)


def weeks_by_walking(days: list[date]) -> tuple[int, ...]:
    """Number the weeks by walking from Monday to Monday."""
    monday = days[0] - timedelta(days=days[0].weekday())
    numbers: list[int] = []
    number = -1
    while len(numbers) < len(days):
        inside = [day for day in days if monday <= day < monday + 7 * ONE]
        if inside:
            number += 1
            numbers += [number] * len(inside)
        monday += 7 * ONE
    return tuple(numbers)


@given(days_of_schools)
def test_school_weeks_are_those_found_by_walking_from_monday_to_monday(days: list[date]) -> None:
    assert school_weeks(days) == weeks_by_walking(days)


def by_week_number_alone(days: list[date]) -> tuple[int, ...]:
    """A wrong way: the year of the calendar with the ISO week."""
    seen = sorted({(day.year, day.isocalendar().week) for day in days})
    return tuple(seen.index((day.year, day.isocalendar().week)) for day in days)


def test_a_reckoning_by_calendar_year_and_week_number_would_be_noticed() -> None:
    days = [date(2020, 12, 31), date(2021, 1, 1), date(2021, 1, 4)]
    assert school_weeks(days) == weeks_by_walking(days) == (0, 0, 1)
    assert by_week_number_alone(days) != school_weeks(days)


def years_old(born: date, day: date) -> int:
    """Whole years on a day, counted birthday by birthday; 29 February's is 1 March."""
    had = 0
    for year in range(born.year + 1, day.year + 1):
        leap = (born.month, born.day) == (2, 29) and not _leap(year)
        birthday = date(year, 3, 1) if leap else date(year, born.month, born.day)
        had += birthday <= day
    return had


def _leap(year: int) -> bool:
    return (year % 4 == 0 and year % 100 != 0) or year % 400 == 0


def age_by_stepping(born: date) -> tuple[date, date]:
    """The first and last day of compulsory school age, found a day at a time from the law's words.

    Section 8: from the fifth birthday if it is a prescribed day, else the next prescribed day;
    until the school leaving date of the school year (from September) in which the child reaches
    sixteen. The leaving date is the last Friday of June.
    """
    day = born
    while years_old(born, day) < 5 or (day.month, day.day) not in {(3, 31), (8, 31), (12, 31)}:
        day += ONE
    first = day
    while years_old(born, day) < 16:
        day += ONE
    # Sixteen between the leaving date and the next school year: the leaving date is past.
    last_of_june = date(day.year if day.month < 9 else day.year + 1, 6, 30)
    while last_of_june.weekday() != 4:
        last_of_june -= ONE
    return first, last_of_june


@given(st.dates(date(1999, 1, 1), date(2030, 12, 31)))
@settings(deadline=None, max_examples=150)
def test_compulsory_age_is_what_stepping_through_the_days_finds(born: date) -> None:
    first, last = age_by_stepping(born)
    assert AGE_RULE.interval(born) == (first, last)
    expected = {first - ONE: "outside", first: "compulsory", last: "compulsory"}
    for day, word in (expected | {last + ONE: "outside"}).items():
        assert compulsory_age(born, day) == word


@pytest.mark.serves("C98")
@pytest.mark.parametrize(
    ("born", "first", "last"),
    [
        # C22, C23, C25, C26: a birthday on a prescribed day, the day after, and sixteen after
        # the leaving date in the same or in the next school year.
        (date(2021, 8, 31), date(2026, 8, 31), None),
        (date(2021, 9, 1), date(2026, 12, 31), None),
        (date(2010, 8, 15), None, date(2026, 6, 26)),
        (date(2010, 9, 15), None, date(2027, 6, 25)),
        # Born on 29 February: five on 1 March 2021 and 2025, so at the end of that March.
        (date(2016, 2, 29), date(2021, 3, 31), date(2032, 6, 25)),
        (date(2020, 2, 29), date(2025, 3, 31), date(2036, 6, 27)),
    ],
)
def test_the_worked_examples_of_compulsory_age(
    born: date, first: date | None, last: date | None
) -> None:
    found = AGE_RULE.interval(born)
    assert found == age_by_stepping(born)
    assert first in (None, found[0])
    assert last in (None, found[1])


@given(st.dates(date(1990, 1, 1), date(2060, 12, 31)))
def test_a_school_year_is_found_by_stepping_back_to_a_first_of_august(day: date) -> None:
    back, on = day, day + ONE
    while (back.month, back.day) != (8, 1):
        back -= ONE
    while (on.month, on.day) != (8, 1):
        on += ONE
    assert school_year(day) == (back, on - ONE)


enrolments = st.lists(
    st.tuples(
        st.none() | st.integers(0, 40),
        st.none() | st.integers(0, 40),
        st.sampled_from(["C", "M", "S", "G", "F"]),
    ),
    min_size=1,
    max_size=4,
)
school_days = st.lists(st.integers(0, 40), max_size=25, unique=True).map(sorted)


@given(enrolments, school_days, st.booleans())
def test_time_on_roll_is_what_a_look_at_every_day_finds(
    drawn: list[tuple[int | None, int | None, str]], numbers: list[int], registered: bool
) -> None:
    def day(number: int | None) -> date | None:
        return None if number is None else date(2026, 1, 5) + timedelta(days=number)

    spells = tuple(Enrolment(day(start), day(end), mode) for start, end, mode in drawn)
    days = [date(2026, 1, 5) + timedelta(days=number) for number in numbers]
    found = spans(Pupil("P1", enrolments=spells), days, registered=registered)
    on = [
        any(spell.covers(each) and not (registered and spell.mode in "GF") for spell in spells)
        for each in days
    ]
    assert [any(a <= place < b for a, b in found) for place in range(len(days))] == on
    assert all(a < b for a, b in found)
    assert all(b < c for (_, b), (c, _) in pairwise(found))


ALPHABET = "ABCDEFGHJKLMNPQRTUVWXYZ"


def letter_by_the_guide(rest: str) -> str:
    """The check letter by running sums: each character is added once more than the one before."""
    remainder = 0
    sums = [0] * 14
    for place, sign in enumerate(rest):
        value = "0123456789".find(sign) if sign in "0123456789" else ALPHABET.index(sign)
        for step in range(2 + place):
            sums[step] += value
    for each in sums:
        remainder = (remainder + each) % 23
    return ALPHABET[remainder]


uppers = st.text("0123456789", min_size=11, max_size=11)


@given(uppers, st.sampled_from("0123456789" + ALPHABET), st.sampled_from(ALPHABET))
def test_a_upn_is_right_when_its_letter_is_that_of_an_independent_reckoning(
    digits: str, last: str, letter: str
) -> None:
    rest = digits + last
    assert upn.check_letter(rest) == letter_by_the_guide(rest)
    assert (upn.problem(letter + rest) is None) == (letter == letter_by_the_guide(rest))


@pytest.mark.parametrize("number", ["B801200005001", "Y823432112001", "P681400026001",
                                    "B302201526001", "F999999999999", "M80120000500A"])  # fmt: skip
def test_the_worked_examples_of_upns_are_right(number: str) -> None:
    """A13 and the sums of the worked examples; 681 is an authority of Wales."""
    assert upn.problem(number) is None
    assert letter_by_the_guide(number[1:]) == number[0]
    assert upn.is_temporary(number) is (number == "M80120000500A")


@pytest.mark.parametrize(
    "wrong",
    [
        "A801200005001",
        "I801200005001",
        "O801200005001",
        "S801200005001",
        "B80120000500I",
        # The right digits in another script.
        "B" + "".join(chr(0x660 + int(sign)) for sign in "801200005001"),
        "b801200005001",
        " B801200005001",
        "B801200005001\n",
    ],
)
def test_what_only_looks_like_a_upn_is_none(wrong: str) -> None:
    assert upn.problem(wrong) is not None


def test_a_reckoning_with_other_weights_would_be_noticed() -> None:
    def off_by_one(rest: str) -> str:
        return ALPHABET[sum(n * int(sign) for n, sign in enumerate(rest, 1)) % 23]

    reckonings: list[Callable[[str], str]] = [upn.check_letter, letter_by_the_guide, off_by_one]
    letters = [reckoning("801200005001") for reckoning in reckonings]
    assert letters[0] == letters[1] == "B" != letters[2]
