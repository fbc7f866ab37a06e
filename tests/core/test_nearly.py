"""Who crosses next and when: worked by hand, and against appending the days and asking again."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from random_registers import registers
from registers import MONDAY, marks, only, register, weekdays

from linkwork import policy as policies
from linkwork.nearly import Nearly, nearly
from linkwork.policy import Policy
from linkwork.register import Register, RegisterBuilder
from linkwork.school_days import coming_days, school_days
from linkwork.triggers import evaluate

ENGLAND = policies.builtin("england-2024")


def of(story: str, trigger: str, within: int = 10, calendar: tuple[date, ...] = ()) -> list[Nearly]:
    """The answers about one pupil and one rule."""
    held = register(story, calendar=calendar or None)
    found = nearly(held, ENGLAND, held.sessions[-1].date, within)
    return [each for each in found if each.trigger == trigger]


@pytest.mark.serves("I8")
def test_who_worsens_if_left_is_ranked_by_the_day_it_happens() -> None:
    held = register("/*12 O*8", "/*15 O*5", "/*20")
    found = nearly(held, only(ENGLAND, "continuous-unauthorised"), held.sessions[-1].date, 10)
    days = weekdays(MONDAY, 30)
    assert [(n.pupil_id, n.needed, n.value, n.on) for n in found] == [
        ("P1", 2, 8, days[21]),
        ("P2", 5, 5, days[24]),
    ]
    assert {n.code for n in found} == {"O"}


def test_a_holiday_in_the_calendar_moves_the_day() -> None:
    days = weekdays(MONDAY, 10)
    later = weekdays(days[-1] + timedelta(days=9), 10)
    [one] = of("/*2 O*8", "continuous-unauthorised", calendar=(*days, *later))
    assert one.on == later[1]
    [plain] = of("/*2 O*8", "continuous-unauthorised")
    assert plain.on == weekdays(MONDAY, 12)[11]


def test_an_overdue_reason_needs_nothing_but_time() -> None:
    [one] = of("/*8 N / /", "overdue-reason")
    assert (one.needed, one.code) == (0, "\\")
    assert one.on == weekdays(MONDAY, 14)[13]


def test_a_pupil_who_meets_a_rule_already_is_not_named_for_it_again() -> None:
    assert of("/*5 O*12", "continuous-unauthorised") == []
    # The second window of ten sessions is another finding.
    [window] = of("/*5 O*5 O+\\ /*2 O", "penalty-window")
    assert (window.value, window.needed) == (3, 7)


def test_a_pupil_in_school_comes_no_nearer() -> None:
    assert of("O*8 /*2", "continuous-unauthorised") == []


def brute(held: Register, policy: Policy, as_of: date, within: int) -> set[tuple[str, str, date]]:
    """Every first crossing, by writing the days down and asking again."""
    known = {
        (f.pupil_id, f.trigger, c.date, c.half)
        for f in evaluate(held, policy, as_of)
        for c in f.why
    }
    crossed: dict[tuple[str, str], date] = {}
    days = school_days(held, as_of).days
    future = coming_days(held, as_of)
    later: list[date] = []
    for _ in range(within):
        later.append(next(future))
        into = RegisterBuilder()
        into.calendar([*days, *later])
        for number, pupil in enumerate(held.pupils):
            into.add_pupil(pupil)
            past = [(s, code) for s, code in held.marks(number) if s.date <= as_of]
            for session, code in past:
                into.add(pupil.pupil_id, *session, code or "")
            real = [code for _, code in past if code and code != "#"]
            for day in later:
                for half in ("AM", "PM"):
                    into.add(pupil.pupil_id, day, half, real[-1] if real else "")
        for found in evaluate(into.build(), policy, later[-1]):
            key = found.pupil_id, found.trigger
            old = any((*key, c.date, c.half) in known for c in found.why)
            if not old and found.trigger != "first-day":
                crossed.setdefault(key, later[-1])
    return {(*key, day) for key, day in crossed.items()}


@settings(max_examples=60, derandomize=True, suppress_health_check=list(HealthCheck))
@given(registers())
def test_nearly_says_what_appending_the_days_says(given: tuple[Register, date]) -> None:
    held, as_of = given
    found = nearly(held, ENGLAND, as_of, 6)
    assert {(n.pupil_id, n.trigger, n.on) for n in found} == brute(held, ENGLAND, as_of, 6)
    assert [n.on for n in found] == sorted(n.on for n in found)


def test_marks_after_the_day_asked_about_are_not_looked_at() -> None:
    days = weekdays(MONDAY, 12)
    held = register({**marks("/*2 O*8", days[:10]), **marks("/*2", days[10:])})
    found = nearly(held, only(ENGLAND, "continuous-unauthorised"), days[9], 5)
    assert [each.on for each in found] == [days[11]]
