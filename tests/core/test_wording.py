"""A finding in a person's words: exact, and never rounded towards a flag."""

from __future__ import annotations

from datetime import date

import pytest
from registers import days, register

from linkwork import policy as policies
from linkwork import wording
from linkwork.triggers import Finding, evaluate

ENGLAND = policies.builtin("england-2024")


def found(story: str, trigger: str, *others: str) -> Finding:
    """The first finding of a trigger in a story."""
    held = register(story, *others)
    findings = evaluate(held, ENGLAND, held.sessions[-1].date)
    return next(each for each in findings if each.trigger == trigger)


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (1, "1 session (½ day)"),
        (2, "2 sessions (1 day)"),
        (9, "9 sessions (4½ days)"),
        (10, "10 sessions (5 days)"),
        (1050, "1,050 sessions (525 days)"),
    ],
)
def test_sessions_are_given_with_the_days_they_make(count: int, words: str) -> None:
    assert wording.sessions(count) == words


def test_a_share_is_never_rounded_up_to_a_threshold() -> None:
    assert wording.percent(37, 380) == "9.7 %"
    assert wording.percent(999, 10_000) == "9.9 %"
    assert wording.percent(38, 380) == "10.0 %"


def test_dates_are_written_the_same_on_every_machine() -> None:
    assert wording.day(date(2026, 3, 2)) == "Mon 2 Mar 2026"
    many = [date(2026, 3, n) for n in range(1, 12)]
    assert wording.days(many, 2) == "Sun 1 Mar 2026, Mon 2 Mar 2026 and 9 more"


def test_each_kind_of_finding_says_what_was_counted_and_when() -> None:
    run, window, rate = ENGLAND.triggers[0], ENGLAND.triggers[1], ENGLAND.triggers[3]
    assert wording.what(found("O*9 M+G /", run.name), run) == (
        "10 school days, Mon 5 Jan 2026 to Fri 16 Jan 2026, ended Mon 19 Jan 2026: 18 O, 1 G"
    )
    assert wording.what(found("O*4 U+\\ U+\\", window.name), window) == (
        "10 sessions (5 days) within 10 school weeks, Mon 5 Jan 2026 to Mon 12 Jan 2026: 8 O, 2 U"
    )
    assert wording.what(found("I /*9", rate.name), rate) == (
        "absent for 2 of 20 possible sessions (10.0 %), Mon 5 Jan 2026 to Mon 5 Jan 2026: 2 I"
    )


def test_what_is_unknown_and_waiting_is_said() -> None:
    run = ENGLAND.triggers[0]
    notes = " ".join(wording.notes(found("O*8 - U+N*3", run.name, "/*12"), run))
    for words in (
        "Seen in school, late after the register closed, on Fri 16 Jan 2026",
        "At least 8, at most 12 school days; in between 2 sessions without a mark.",
        "Date of birth not known",
    ):
        assert words in notes
    [_, unknown, _] = wording.notes(found("O*8 ?? Q9+- N*3", run.name, "/*13"), run)
    assert unknown == (
        "At least 8, at most 13 school days; in between 1 session without a mark and 3 sessions "
        "with a code that nobody knows."
    )
    [waiting, _] = wording.notes(found("O*8 N*3", run.name), run)
    assert waiting == (
        "Provisional: not met without the N marks of the last days (the latest N: "
        "Mon 19 Jan 2026, its reason due Mon 26 Jan 2026)."
    )


@pytest.mark.parametrize(("story", "more"), [("I /*9", 1), ("I*10", 181), ("I*2 /*8", 21)])
def test_a_rate_says_after_how_many_sessions_it_leaves_the_list(story: str, more: int) -> None:
    rule = ENGLAND.triggers[3]
    assert isinstance(rule, policies.RateRule)
    each = found(story, rule.name)
    assert wording.to_leave(each, rule) == more
    assert rule.met(each.value, each.possible + more - 1)
    assert not rule.met(each.value, each.possible + more)
    assert "without absence" in wording.change(each, rule)


def test_a_run_says_what_would_end_it_or_take_it_away() -> None:
    run = ENGLAND.triggers[0]
    assert "Ends with an attended day" in wording.change(found("O*10", run.name), run)
    assert "fewer than 10 days" in wording.change(found("O*10 /", run.name), run)


@pytest.mark.parametrize(
    ("story", "trigger", "words", "looked_at"),
    [
        (
            "/*60 /*14 I*6",
            "sudden-drop",
            (
                "absent for 12 of 40 possible sessions (30.0 %) in the last 4 school weeks; "
                "0 of 120 (0.0 %) in the 12 before"
            ),
            "the last 4 school weeks: Mon 30 Mar 2026 to Fri 24 Apr 2026",
        ),
        (
            "I*10 /*5",
            "sickness-prompt",
            "20 sessions (10 days) in the school year, Mon 5 Jan 2026 to Fri 16 Jan 2026: 20 I",
            "the school year: Mon 5 Jan 2026 to Fri 23 Jan 2026",
        ),
        (
            "/*4 -",
            "first-day",
            "Fri 9 Jan 2026: 2 without a mark",
            "today: Fri 9 Jan 2026",
        ),
        (
            "/+C2*5",
            "part-time",
            "absent for 5 of 10 possible sessions (50.0 %) in the last 4 school weeks",
            "the last 4 school weeks: Mon 5 Jan 2026 to Fri 9 Jan 2026",
        ),
        (
            "O*4 U+\\ U+\\",
            "penalty-window",
            "10 sessions (5 days) within 10 school weeks",
            "10 school weeks: Mon 5 Jan 2026 to Mon 12 Jan 2026",
        ),
    ],
)
def test_every_kind_says_what_it_counted_and_where_it_looked(
    story: str, trigger: str, words: str, looked_at: str
) -> None:
    rule = ENGLAND.trigger(trigger)
    each = found(story, trigger, f"/*{len(days(story))}")
    assert words in wording.what(each, rule)
    assert wording.window(each, rule) == looked_at


def test_a_rule_that_counts_any_absence_ends_only_with_a_day_in_school() -> None:
    rule = ENGLAND.trigger("not-seen")
    assert wording.change(found("I*10", rule.name), rule) == "Ends with an attended day."


def test_what_would_change_a_share_of_some_weeks_is_not_a_number_of_sessions() -> None:
    rules = {rule.name: rule for rule in ENGLAND.triggers}
    part_time = found("/+C2*20", "part-time")
    assert wording.change(part_time, rules["part-time"]) == (
        "Off the list once the last 4 school weeks hold less than that share."
    )
    drop = found("/*60 O*10", "sudden-drop")
    assert wording.change(drop, rules["sudden-drop"]) == (
        "Off the list once the last 4 school weeks lie less than 15 points below the 12 before."
    )
