"""A pupil's school year by half term, and which year a September list goes by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from registers import marks, pupil, register, weekdays

from linkwork import policy as policies
from linkwork.results import goes_by_last_year, half_terms, last_years_rates, year_results
from linkwork.sample import make_school
from linkwork.sheet import Sheet, lay_out
from linkwork.tally import Tally, tallies
from linkwork.terms import Entry

ENGLAND = policies.builtin("england-2024")
AUTUMN = weekdays(date(2025, 9, 8), 10)
LATER = weekdays(date(2025, 11, 3), 10)


def laid_out(days: Sequence[date], **more: Any) -> Sheet:
    """A pupil who is always there, on these school days."""
    held = replace(register(marks(f"/*{len(days)}", days)), **more)
    return lay_out(held, ENGLAND, days[-1])


def test_a_break_of_a_week_ends_a_half_term_and_a_bank_holiday_does_not() -> None:
    bank_holiday = [day for day in LATER if day != LATER[5]]
    found = half_terms(laid_out([*AUTUMN, *bank_holiday]), AUTUMN[0])
    assert [(each.number, each.first, each.last) for each in found] == [
        (1, AUTUMN[0], AUTUMN[-1]),
        (2, LATER[0], LATER[-1]),
    ]
    assert half_terms(laid_out(AUTUMN), date(2024, 9, 9)) == []


def test_a_terms_file_that_names_the_half_terms_is_followed_and_only_in_its_years() -> None:
    # The break of the file is of two days, which no gap between school days would show.
    entries = (
        Entry("Autumn", AUTUMN[0], AUTUMN[-1], "term"),
        Entry("Break", AUTUMN[5], AUTUMN[6], "half-term"),
    )
    before = weekdays(date(2025, 6, 2), 20)
    here = [*before, *AUTUMN[:5], *AUTUMN[7:]]
    sheet = laid_out(here, terms=entries, calendar=frozenset(here))
    assert [(each.first, each.last) for each in half_terms(sheet, AUTUMN[0])] == [
        (AUTUMN[0], AUTUMN[4]),
        (AUTUMN[7], AUTUMN[-1]),
    ]
    [now] = year_results(sheet)
    [then] = year_results(sheet, before[0])
    assert (now.known, then.known) == ("calendar", "inferred")
    assert (now.expected, then.expected) == (16, 40)
    # A school day outside every half term of the file: the file is not followed, nothing is lost.
    later = laid_out([*here, *LATER], terms=entries, calendar=frozenset([*here, *LATER]))
    [now] = year_results(later)
    assert (now.known, now.expected) == ("inferred", 36)


def test_a_week_without_a_mark_is_no_holiday_where_the_source_holds_its_sessions() -> None:
    days = weekdays(date(2025, 9, 8), 20)
    held = register(marks("/*10 -*5 /*5", days))
    assert len(half_terms(lay_out(held, ENGLAND, days[-1]), days[0])) == 1
    shut = laid_out([*days[:10], *days[15:]])
    assert len(half_terms(shut, days[0])) == 2


def test_no_half_term_reaches_over_the_end_of_a_school_year() -> None:
    days = weekdays(date(2026, 7, 27), 10)
    sheet = laid_out(days)
    found = [half_terms(sheet, day) for day in (days[0], days[-1])]
    assert [[(each.first, each.last) for each in year] for year in found] == [
        [(days[0], days[4])],
        [(days[5], days[9])],
    ]


def test_a_year_is_counted_by_half_term_with_and_without_permission() -> None:
    held = register(marks("/*7 I*2 - /*5 O*4 Y2", [*AUTUMN, *LATER]))
    [found] = year_results(lay_out(held, ENGLAND, LATER[-1]))
    counted = [
        (each.half_term.number, each.expected, each.possible, each.authorised, each.unauthorised)
        for each in found.half_terms
    ]
    assert counted == [(1, 18, 18, 4, 0), (2, 20, 18, 0, 8)]
    assert (found.year, found.known) == (date(2025, 8, 1), "inferred")
    assert (found.expected, found.possible, found.absent) == (38, 36, 12)


def test_only_days_on_roll_count_and_a_pupil_of_another_year_has_no_result() -> None:
    story = marks("O*20", [*AUTUMN, *LATER])
    held = register(
        story,
        story,
        pupils=[pupil(1, on_roll=[(LATER[5], None)]), pupil(2, on_roll=[(None, date(2024, 7, 1))])],
    )
    [found] = year_results(lay_out(held, ENGLAND, LATER[-1]))
    assert (found.pupil_id, found.possible, len(found.half_terms)) == ("P1", 10, 1)


def test_the_half_terms_add_up_to_the_year_of_every_pupil_of_a_school() -> None:
    made = make_school(5, pupils=120, first=date(2025, 9, 3), last=date(2026, 7, 17)).register
    sheet = lay_out(made, ENGLAND, date(2026, 7, 17))
    found = {each.pupil_id: each for each in year_results(sheet)}
    for who, tally in zip(made.pupils, tallies(sheet), strict=True):
        each = found[who.pupil_id]
        assert (each.expected, each.possible, each.authorised, each.unauthorised) == (
            tally.expected,
            tally.possible,
            tally.authorised,
            tally.unauthorised,
        )
    assert len({len(each.half_terms) for each in found.values()}) >= 1
    assert max(len(each.half_terms) for each in found.values()) == 6
    # The control: the tally of one pupil is not that of all.
    assert Tally.total(tallies(sheet)).possible > found[made.pupils[0].pupil_id].possible


def test_a_september_list_goes_by_last_year_until_the_first_half_term_is_over() -> None:
    first = half_terms(laid_out(AUTUMN), AUTUMN[0])
    both = half_terms(laid_out([*AUTUMN, *LATER]), AUTUMN[0])
    assert goes_by_last_year(AUTUMN[3], first)
    assert goes_by_last_year(AUTUMN[-1], first)
    assert not goes_by_last_year(LATER[0], both)


def test_a_half_term_that_starts_in_january_is_not_the_first() -> None:
    days = weekdays(date(2026, 1, 5), 12)
    assert not goes_by_last_year(days[-1], half_terms(laid_out(days), days[0]))


def test_last_years_rates_are_those_of_pupils_on_roll_in_the_first_half_term_alone() -> None:
    days = [*weekdays(date(2026, 6, 1), 20), *weekdays(date(2026, 9, 7), 10)]
    after = [*days, *weekdays(date(2026, 11, 2), 5)]
    stories = [marks("O*5 /*25", days), marks("/*20 O*10", days), marks("O*20 -*10", days)]
    left = pupil(3, on_roll=[(None, date(2026, 7, 31))])
    found = last_years_rates(lay_out(register(*stories, pupils=[left]), ENGLAND, days[-1]))
    assert [(each.pupil_id, each.absent, each.possible) for each in found] == [
        ("P1", 10, 40),
        ("P2", 0, 40),
    ]
    later = register(marks("O*5 /*30", after))
    assert last_years_rates(lay_out(later, ENGLAND, after[-1])) == []
    alone = register(marks("/*10", days[20:]))
    assert last_years_rates(lay_out(alone, ENGLAND, days[-1])) == []
