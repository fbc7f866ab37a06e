"""The worked examples of guidance, of schools and authorities, and of the choices made here."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from registers import MONDAY, Marks, marks, pupil, register, weekdays

from linkwork import policy as policies
from linkwork.register import Pupil, Register
from linkwork.triggers import Finding, evaluate

ENGLAND = policies.builtin("england-2024")
CONTINUOUS, WINDOW = "continuous-unauthorised", "penalty-window"
PERSISTENT, SEVERE = "persistent-absence", "severe-absence"


def judged(*stories: Marks | str, pupils: tuple[Pupil, ...] = ()) -> list[Finding]:
    """The findings of stories told from 5 January 2026 on, on the last day told."""
    held = register(*stories, pupils=pupils)
    return evaluate(held, ENGLAND, held.sessions[-1].date)


def met(story: Marks | str, trigger: str) -> bool:
    """Whether the story's pupil meets the trigger."""
    return any(found.trigger == trigger for found in judged(story))


# Ten sessions in ten school weeks, as published


@pytest.mark.parametrize(
    ("story", "expected"),
    [
        pytest.param("G*2 /*6 U+\\ U+\\ /*5 U+\\ /*10 U+\\ /*4 U+\\ U+\\ /*3", True, id="A1"),
        pytest.param("G*5 /*5", True, id="A2"),
        pytest.param("O*3 /*2 O+\\ /*4 O+\\ /*4 O+\\ /*4 O+\\ /*4", True, id="A3"),
        pytest.param("O*4 /*41 /+O", False, id="C17"),
        pytest.param("O+\\ /*44 O*4 O+\\", True, id="C18"),
        pytest.param("O+\\ /*49 O*4 O+\\", False, id="C18, a week later"),
        pytest.param("G+C*5", False, id="C21"),
        pytest.param("U+\\*10", True, id="ten U alone"),
    ],
)
def test_the_penalty_window_of_published_examples(story: str, expected: bool) -> None:
    assert met(story, WINDOW) is expected


def test_weeks_of_a_summer_holiday_are_no_school_weeks() -> None:
    summer = weekdays(date(2026, 7, 6), 10)
    autumn = weekdays(date(2026, 9, 7), 40)
    told = {
        **marks("/*9 O", summer),
        **marks("O*4 /*36", autumn),
    }
    [found] = [each for each in judged(told) if each.trigger == WINDOW]
    assert (found.first, found.last) == (date(2026, 7, 17), date(2026, 9, 10))
    assert found.value == 10


def test_a_window_is_the_ten_sessions_and_no_session_is_used_twice() -> None:
    found = [each for each in judged("O*11") if each.trigger == WINDOW]
    assert [len(each.why) for each in found] == [10, 10]
    assert not set(found[0].why) & set(found[1].why)


# A tenth and a half of possible sessions


def year(absent: int, possible: int = 380, code: str = "I") -> Marks:
    """A school year of so many possible sessions, the first so many of them absent."""
    days = [day for day in weekdays(date(2025, 9, 1), 240) if day.month != 8 or day.year == 2025]
    sessions = [(day, half) for day in days for half in ("AM", "PM")][:possible]
    return {each: code if n < absent else "/" for n, each in enumerate(sessions)}


@pytest.mark.serves("S13")
@pytest.mark.serves("S14")
@pytest.mark.parametrize(
    ("absent", "persistent", "severe"),
    [
        pytest.param(37, False, False, id="C1: 9.74 % is not rounded up"),
        pytest.param(38, True, False, id="A8, B1: exactly 90.0 %"),
        pytest.param(76, True, False, id="B3"),
        pytest.param(189, True, False, id="C2: 49.74 %"),
        pytest.param(190, True, True, id="C2: exactly 50.0 %"),
    ],
)
def test_persistent_and_severe_include_their_boundary(
    absent: int, persistent: bool, severe: bool
) -> None:
    assert met(year(absent), PERSISTENT) is persistent
    assert met(year(absent), SEVERE) is severe


def test_two_of_twenty_sessions_are_persistent() -> None:
    assert met("/*9 I", PERSISTENT)


def test_late_after_closing_is_an_absence_and_late_before_is_not() -> None:
    [found] = [each for each in judged("U+B L+\\ /*3") if each.trigger == PERSISTENT]
    assert (found.value, found.possible, found.threshold) == (1, 10, 1)
    assert not met("U+B L+\\ /*8", PERSISTENT)


def test_a_part_time_timetable_reaches_half_but_no_rule_about_permission() -> None:
    found = judged("/+C2*10")
    assert {each.trigger for each in found} == {PERSISTENT, SEVERE, "part-time"}


@pytest.mark.parametrize("code", ["#", "D", "X", "Y1", "Q", "Z"])
def test_a_pupil_without_a_possible_session_has_no_rate(code: str) -> None:
    assert not {f.trigger for f in judged(f"{code}*10", "/*10")} & {PERSISTENT, SEVERE}


def test_exceptional_circumstances_were_not_possible_before_august_2024_either() -> None:
    days = weekdays(date(2024, 1, 8), 10)
    assert not met(marks("Y*8 /*2", days), PERSISTENT)
    assert met(marks("Y*8 /+I /", days), PERSISTENT)


def test_an_interview_became_an_absence_in_august_2024() -> None:
    before = marks("J+\\ /*9", weekdays(date(2024, 6, 3), 10))
    after = marks("J1+\\ /*4", weekdays(date(2024, 9, 2), 5))
    assert not met(before, PERSISTENT)
    assert met(after, PERSISTENT)


# Ten school days in a row, each choice a setting


@pytest.mark.serves("R26")
@pytest.mark.parametrize(
    ("story", "expected"),
    [
        pytest.param("O*5 O*5", True, id="C8"),
        pytest.param("O*9", False, id="C10"),
        pytest.param("O*5 I O*4 O", False, id="C11"),
        pytest.param("O*5 Y2 O*5", True, id="C12"),
        pytest.param("O*9 O+\\", False, id="C13"),
        pytest.param("N*10", True, id="C15 before"),
        pytest.param("I*10", False, id="C15 after"),
        pytest.param("O*5 D O*5", True, id="dual registration is taken out"),
        pytest.param("O*5 -*3 O*5", True, id="unknown days neither count nor break"),
        pytest.param("O*5 -*5", False, id="unknown days do not count"),
        pytest.param("O*9 M+O", True, id="half a day authorised"),
        pytest.param("O*5 B+O O*5", False, id="an activity is an attendance"),
        pytest.param("U+O*10", True, id="U counts and does not break"),
        pytest.param("O*5 # O*5", True, id="a closure is skipped"),
        pytest.param("O*9 O+-", True, id="half a day unknown"),
    ],
)
def test_ten_school_days_without_permission(story: str, expected: bool) -> None:
    assert met(story, CONTINUOUS) is expected


def test_the_run_names_its_days_its_sessions_and_the_day_that_broke_it() -> None:
    [found] = [each for each in judged("/ O*6 M+G O*3 / /") if each.trigger == CONTINUOUS]
    day = weekdays(MONDAY, 13)
    assert (found.value, found.unit, found.threshold) == (10, "school days", 10)
    assert (found.first, found.last, found.ended) == (day[1], day[10], day[11])
    assert len(found.why) == 19
    assert found.why[12] == (day[7], "PM", "G")
    assert found.statutory


def test_one_finding_covers_the_whole_run() -> None:
    found = [each for each in judged("O*23 / O*10") if each.trigger == CONTINUOUS]
    assert [each.value for each in found] == [23, 10]
    assert [each.ended is None for each in found] == [False, True]


def test_a_day_late_after_closing_says_the_pupil_was_seen() -> None:
    [found] = [each for each in judged("O*9 U+O") if each.trigger == CONTINUOUS]
    assert found.seen == (weekdays(MONDAY, 10)[9],)


@pytest.mark.serves("C93")
def test_recoding_an_absence_as_authorised_takes_the_findings_away() -> None:
    before = {each.trigger for each in judged("O*10 /*10")}
    after = {each.trigger for each in judged("O*4 I O*3 C O /*10")}
    assert before >= {CONTINUOUS, WINDOW}
    assert CONTINUOUS not in after
    assert met("O*4 I*6 /*10", WINDOW) is False


# Provisional and unknown


def test_a_run_that_needs_the_latest_n_marks_is_provisional() -> None:
    [found] = [each for each in judged("O*8 N*2") if each.trigger == CONTINUOUS]
    assert found.status == "provisional"


def test_n_marks_older_than_five_school_days_are_not_provisional() -> None:
    [found] = [each for each in judged("N*10 O*5") if each.trigger == CONTINUOUS]
    assert found.status == "confirmed"
    [found] = [each for each in judged("O*5 N*5 /*4") if each.trigger == CONTINUOUS]
    assert found.status == "provisional"
    [found] = [each for each in judged("O*5 N*5 /*5") if each.trigger == CONTINUOUS]
    assert found.status == "confirmed"


def test_missing_registers_give_bounds_instead_of_a_guess() -> None:
    [found] = [each for each in judged("O*8 - O*3 - -", "/*14") if each.trigger == CONTINUOUS]
    assert (found.at_least, found.value, found.at_most) == (8, 11, 14)
    assert found.missing == 2
    [found] = [each for each in judged("-*2 /*16 I*2", "/*20") if each.trigger == PERSISTENT]
    assert (found.at_least, found.value, found.at_most) == (4, 4, 8)


def test_a_blank_session_never_counts_as_absence() -> None:
    # Today's blanks are a question to the school, of no consequence beyond it.
    assert {found.audience for found in judged("-*20", "/*20")} == {"school"}
    assert judged("-*20 /", "/*21") == []


def test_an_unknown_code_is_neither_absence_nor_presence() -> None:
    assert judged("@@*10 /*10") == []
    assert met("O*5 @@ O*5", CONTINUOUS)


def test_marks_after_the_day_asked_about_are_not_looked_at() -> None:
    held = register("/*5 O*10")
    day = weekdays(MONDAY, 15)
    assert not any(f.trigger == CONTINUOUS for f in evaluate(held, ENGLAND, day[13]))
    assert any(f.trigger == CONTINUOUS for f in evaluate(held, ENGLAND, day[14]))


# Whose days count


def test_only_days_on_roll_count() -> None:
    day = weekdays(MONDAY, 12)
    joined = pupil(on_roll=[(day[3], None)])
    assert not any(f.trigger == CONTINUOUS for f in judged("O*12", "/*12", pupils=(joined,)))
    left = pupil(on_roll=[(None, day[9])])
    [found] = [f for f in judged("O*12", "/*12", pupils=(left,)) if f.trigger == CONTINUOUS]
    assert (found.value, found.last, found.ended) == (10, day[9], None)
    assert (found.over, found.end) == (day[10], day[10])


def test_a_run_does_not_join_two_stays_at_the_school() -> None:
    day = weekdays(MONDAY, 14)
    twice = pupil(on_roll=[(None, day[5]), (day[8], None)])
    found = judged("O*14", "/*14", pupils=(twice,))
    assert not any(each.trigger == CONTINUOUS for each in found)
    assert any(each.trigger == WINDOW for each in found)


@pytest.mark.serves("C98")
def test_a_year_twelve_pupil_meets_no_rule_bound_to_compulsory_age() -> None:
    sixth_former = pupil(born=date(2009, 5, 1))
    found = judged("O*10", pupils=(sixth_former,))
    assert {each.trigger for each in found} == {PERSISTENT, SEVERE, "not-seen"}
    assert {each.age for each in found} == {"outside"}


def test_only_the_days_from_compulsory_age_on_count() -> None:
    # Five on 1 January, so of compulsory age from 31 March 2026.
    four = pupil(born=date(2021, 1, 1))
    days = weekdays(date(2026, 3, 24), 16)
    [found] = [
        each for each in judged(marks("O*16", days), pupils=(four,)) if each.trigger == CONTINUOUS
    ]
    assert (found.first, found.value) == (date(2026, 3, 31), 11)
    assert found.age == "compulsory"


def test_an_unknown_date_of_birth_is_judged_as_compulsory_and_said_so() -> None:
    [found] = [each for each in judged("O*10") if each.trigger == CONTINUOUS]
    assert found.age == "unknown"


# Years


def test_rates_start_again_on_the_first_of_august_and_runs_do_not() -> None:
    summer = weekdays(date(2026, 7, 13), 5)
    autumn = weekdays(date(2026, 9, 7), 5)
    told = {**marks("O*5", summer), **marks("O*5", autumn)}
    found = {each.trigger: each for each in judged(told)}
    assert found[CONTINUOUS].value == 10
    assert found[SEVERE].possible == 10


def test_a_rate_covers_entry_to_leaving_of_this_year_only() -> None:
    days = weekdays(date(2025, 9, 1), 40)
    here = pupil(on_roll=[(days[10], days[29])])
    held = register(marks("O*10 /*18 I*2 O*10", days), marks("/*40", days), pupils=(here,))
    [found] = evaluate(held, ENGLAND, days[39])
    assert (found.trigger, found.value, found.possible) == (PERSISTENT, 4, 40)


# The order things come in changes nothing


def shuffled(held: Register) -> Register:
    """The same register with pupils in the opposite order."""
    return Register(
        pupils=held.pupils[::-1],
        sessions=held.sessions,
        codes=held.codes,
        rows=[bytearray(row[::-1]) for row in held.rows],
    )


def test_findings_come_sorted_whatever_the_order_of_pupils() -> None:
    held = register("O*10", "/*10", "I*10", "N*10")
    last = held.sessions[-1].date
    found = evaluate(held, ENGLAND, last)
    assert evaluate(shuffled(held), ENGLAND, last) == found
    assert [(f.pupil_id, f.trigger) for f in found] == sorted(
        (f.pupil_id, f.trigger) for f in found
    )


def test_another_pupil_changes_nobodys_findings() -> None:
    alone = judged("O*6 N*5 /*9")
    assert [f for f in judged("O*6 N*5 /*9", "U*20") if f.pupil_id == "P1"] == alone


def test_a_week_of_closures_changes_nobodys_findings() -> None:
    days = weekdays(MONDAY, 20)
    later = days[:10] + [day + timedelta(days=7) for day in days[10:]]
    closed = [day for day in weekdays(MONDAY, 30) if day not in later][:5]
    with_week = {**marks("/*10 O*10", later), **marks("#*5", closed)}
    found, expected = judged(with_week), judged("/*10 O*10")
    assert [(f.trigger, f.value, f.status) for f in found] == [
        (f.trigger, f.value, f.status) for f in expected
    ]
