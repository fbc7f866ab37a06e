"""Terms, holidays and closures as entries; half terms, given and inferred."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkwork import terms
from linkwork.terms import Entry

#: A whole school year as an authority publishes it.
YEAR = (
    Entry("Autumn", date(2025, 9, 1), date(2025, 12, 19), "term"),
    Entry("October", date(2025, 10, 27), date(2025, 10, 31), "half-term"),
    Entry("Spring", date(2026, 1, 5), date(2026, 3, 27), "term"),
    Entry("February", date(2026, 2, 16), date(2026, 2, 20), "half-term"),
    Entry("Summer", date(2026, 4, 13), date(2026, 7, 21), "term"),
    Entry("May", date(2026, 5, 25), date(2026, 5, 29), "half-term"),
    Entry("Staff day", date(2025, 9, 1), date(2025, 9, 1), "inset"),
    Entry("Boiler", date(2026, 1, 12), date(2026, 1, 12), "closure"),
)
NAMES = ["Autumn 1", "Autumn 2", "Spring 1", "Spring 2", "Summer 1", "Summer 2"]


def test_a_year_of_terms_has_six_half_terms() -> None:
    found = terms.half_terms(YEAR)
    assert [half.name for half in found] == NAMES
    assert [half.position for half in found] == [1, 2, 3, 4, 5, 6]
    assert {half.year for half in found} == {2025}
    assert (found[1].first, found[1].last) == (date(2025, 11, 1), date(2025, 12, 19))
    assert not any(half.inferred for half in found)


def test_the_same_half_terms_are_found_in_the_school_days_alone() -> None:
    days = sorted(terms.open_days(YEAR))
    found = terms.inferred_half_terms(days, 5)
    assert [half.name for half in found] == NAMES
    assert all(half.inferred for half in found)
    given_by = terms.half_terms(YEAR)
    for day in days:
        [one] = [half.name for half in found if half.holds(day)]
        [other] = [half.name for half in given_by if half.holds(day)]
        assert one == other


@pytest.mark.parametrize("year", range(2019, 2035))
def test_the_terms_are_named_right_wherever_easter_falls(year: int) -> None:
    """Schools break up for two weeks around Easter, or in the first half of April."""
    from linkwork.bank_holidays import easter

    friday = easter(year) - timedelta(days=2)
    back = friday + timedelta(days=17)
    days = [date(year, 1, 6) + timedelta(days=n) for n in range(200)]
    half = {date(year, 2, 16) + timedelta(days=n) for n in range(7)}
    open_days = [
        day for day in days if day.weekday() < 5 and not friday <= day < back and day not in half
    ]
    found = {h.name: h for h in terms.inferred_half_terms(open_days, 5)}
    assert found["Spring 1"].first == open_days[0]
    assert found["Summer 1"].first >= back
    assert found["Summer 1"].first - back < timedelta(days=4)


def test_closed_are_the_days_of_the_whole_school_and_apart_those_of_one_year_group() -> None:
    trip = Entry("Trip", date(2026, 6, 8), date(2026, 6, 9), "closure", year_group="8")
    entries = (*YEAR, trip)
    assert date(2026, 1, 12) in terms.closed_days(entries)
    assert date(2026, 6, 8) in terms.open_days(entries)
    assert terms.closed_days(entries, "8") == {date(2026, 6, 8), date(2026, 6, 9)}
    assert terms.closed_days(entries, "9") == frozenset()


def test_a_schools_own_term_stands_for_the_general_one_and_closures_add_up() -> None:
    own = Entry("Autumn", date(2025, 9, 3), date(2025, 12, 17), "term", urn="100001")
    flood = Entry("Flood", date(2026, 2, 2), date(2026, 2, 3), "closure", urn="100001")
    held = terms.of_school((*YEAR, own, flood), "100001")
    assert own in held
    assert flood in held
    assert YEAR[0] not in held
    assert YEAR[7] in held
    assert terms.of_school((*YEAR, own, flood), "100002") == terms.of_school(YEAR, None)


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        (Entry("Lent", date(2026, 1, 5), date(2026, 3, 27), "holiday"), "kind"),
        (Entry("Lent", date(2026, 3, 27), date(2026, 1, 5), "term"), "last"),
        (Entry("Lent", date(2026, 3, 1), date(2026, 4, 2), "term"), "first"),
        (Entry("Lent", date(2026, 8, 1), date(2026, 8, 2), "term", year_group="8"), "year_group"),
        (Entry("Lent", date(2026, 8, 1), date(2026, 8, 2), "inset", year_group="Y8"), "year_group"),
    ],
)
def test_an_entry_that_cannot_be_is_named_by_its_field(entry: Entry, field: str) -> None:
    wrong = terms.problem(entry, YEAR)
    assert wrong is not None
    assert wrong[0] == field


def test_a_second_year_and_another_school_may_have_terms_of_the_same_days() -> None:
    another = Entry("Spring", date(2026, 1, 6), date(2026, 3, 27), "term", urn="100001")
    assert terms.problem(another, YEAR) is None


entries = st.lists(
    st.builds(
        lambda name, start, length, kind, group: Entry(
            name,
            date(2025, 9, 1) + timedelta(days=start),
            date(2025, 9, 1) + timedelta(days=start + length),
            kind,
            year_group=group if kind in terms.OF_A_YEAR_GROUP else "",
        ),
        st.sampled_from("ABC"),
        st.integers(0, 320),
        st.integers(0, 80),
        st.sampled_from(terms.KINDS),
        st.sampled_from(["", "", "7", "R"]),
    ),
    max_size=7,
).map(
    lambda drawn: [
        entry for place, entry in enumerate(drawn) if terms.problem(entry, drawn[:place]) is None
    ]
)


@given(entries)
def test_open_days_and_half_terms_are_those_of_a_look_at_every_day(drawn: list[Entry]) -> None:
    halves, open_days = terms.half_terms(drawn), terms.open_days(drawn)
    for number in range(420):
        day = date(2025, 9, 1) + timedelta(days=number)
        on = [entry for entry in drawn if entry.first <= day <= entry.last]
        in_term = any(entry.kind == "term" for entry in on)
        shut = any(entry.kind != "term" and not entry.year_group for entry in on)
        assert (day in open_days) == (in_term and not shut and day.weekday() < 5)
        in_half = in_term and not any(entry.kind == "half-term" for entry in on)
        assert sum(half.holds(day) for half in halves) == in_half


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(1, 90))
def test_weekdays_between_two_days_are_counted_one_by_one(day: date, length: int) -> None:
    later = day + timedelta(days=length)
    between = [day + timedelta(days=n) for n in range(1, length)]
    assert terms.weekdays_between(day, later) == sum(each.weekday() < 5 for each in between)
