"""A pupil's school year by half term, and which year a September list goes by."""

from __future__ import annotations

from datetime import date

from registers import marks, pupil, register, weekdays

from linkwork import policy as policies
from linkwork.results import goes_by_last_year, half_terms, last_years_rates, year_results
from linkwork.sample import make_school
from linkwork.sheet import lay_out
from linkwork.tally import Tally, tallies

ENGLAND = policies.builtin("england-2024")
AUTUMN = weekdays(date(2025, 9, 8), 10)
LATER = weekdays(date(2025, 11, 3), 10)


def test_a_break_of_a_week_ends_a_half_term_and_a_bank_holiday_does_not() -> None:
    bank_holiday = [day for day in LATER if day != LATER[5]]
    found = half_terms([*AUTUMN, *bank_holiday])
    assert [(each.number, each.first, each.last) for each in found] == [
        (1, AUTUMN[0], AUTUMN[-1]),
        (2, LATER[0], LATER[-1]),
    ]
    assert half_terms([]) == []


def test_a_calendar_that_names_the_half_terms_is_followed() -> None:
    given = [(LATER[0], LATER[4]), (AUTUMN[0], AUTUMN[-1]), (LATER[5], LATER[-1])]
    found = half_terms([*AUTUMN, *LATER], given)
    assert [each.first for each in found] == [AUTUMN[0], LATER[0], LATER[5]]


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
    assert sum(tallies(sheet), Tally()).possible > found[made.pupils[0].pupil_id].possible


def test_a_september_list_goes_by_last_year_until_the_first_half_term_is_over() -> None:
    first, both = half_terms(AUTUMN), half_terms([*AUTUMN, *LATER])
    assert goes_by_last_year(AUTUMN[3], first)
    assert goes_by_last_year(AUTUMN[-1], first)
    assert not goes_by_last_year(LATER[0], both)


def test_a_half_term_that_starts_in_january_is_not_the_first() -> None:
    assert not goes_by_last_year(date(2026, 1, 20), half_terms(weekdays(date(2026, 1, 5), 12)))


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
