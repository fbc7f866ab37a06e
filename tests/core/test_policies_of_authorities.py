"""What authorities have written down about their own figures, as policies: each a few lines."""

from __future__ import annotations

from datetime import date

import pytest
from registers import MONDAY, Marks, marks, register, weekdays

from linkwork import policy as policies
from linkwork.policy import Policy
from linkwork.triggers import Finding, evaluate

HEAD = policies.builtin("england-2024").text.partition("[[trigger]]")[0]
EVERY = 'audience = "authority"\nsource = "its own page"\nversion = "1"\n'


def policy(*rules: str) -> Policy:
    """England's head with these rules."""
    return policies.loads(HEAD + "".join(f"[[trigger]]\n{EVERY}{rule}\n" for rule in rules))


def found(of: Policy, story: Marks | str, trigger: str | None = None) -> list[Finding]:
    """What the policy finds of a story on its last day."""
    held = register(story)
    findings = evaluate(held, of, held.sessions[-1].date)
    return [each for each in findings if trigger in (None, each.trigger)]


HERTFORDSHIRE = policy(
    """name = "ten-days"
title = "10 or more days, either consecutively or irregularly"
kind = "any"
any_of = ["consecutively", "irregularly"]
findings = "one"
""",
    """name = "consecutively"
title = "Consecutively"
kind = "run"
part = true
threshold = 10
counts = ["unauthorised"]
""",
    """name = "irregularly"
title = "Irregularly"
kind = "count"
part = true
of = "days"
threshold = 10
counts = ["unauthorised"]
""",
)
BARNSLEY = policy(
    """name = "continuous"
title = "20+ sessions continuous unauthorised"
kind = "run"
of = "sessions"
threshold = 20
counts = ["unauthorised"]
""",
    """name = "in-the-half-term"
title = "20+ sessions authorised and unauthorised in a half term"
kind = "count"
period = "half-term"
threshold = 20
counts = ["authorised", "unauthorised"]
""",
)
WORCESTERSHIRE = policy(
    """name = "continuous"
title = "10 days continuous, authorised or unauthorised"
kind = "run"
threshold = 10
counts = ["authorised", "unauthorised"]
"""
)
LIQUIDLOGIC = policy(
    """name = "ten-marks"
title = "Ten consecutive marks of O or N"
kind = "run"
of = "sessions"
threshold = 10
counts = ["O", "N"]
"""
)
TORFAEN = policy(
    """name = "ten-sessions"
title = "10 sessions, which need not be consecutive, in twelve weeks"
kind = "window"
threshold = 10
calendar_weeks = 12
counts = ["unauthorised"]
""",
    """name = "leave"
title = "10 sessions of leave in consecutive school days"
kind = "run"
of = "sessions"
threshold = 10
counts = ["G"]
""",
)
GOOD_WEEKS = policy(
    """name = "good-weeks"
title = "10 sessions in 10 whole school weeks"
kind = "window"
threshold = 10
school_weeks = 10
good_week_sessions = 10
counts = ["unauthorised"]
"""
)


@pytest.mark.parametrize(
    ("of", "story", "expected"),
    [
        pytest.param(HERTFORDSHIRE, "O*10", {"ten-days"}, id="Hertfordshire: consecutively"),
        pytest.param(
            HERTFORDSHIRE, "O+\\ /*6 " * 10, {"ten-days"}, id="Hertfordshire: irregularly"
        ),
        pytest.param(HERTFORDSHIRE, "O+\\ /*6 " * 9, set(), id="Hertfordshire: nine days"),
        pytest.param(HERTFORDSHIRE, "I*30", set(), id="Hertfordshire: with permission"),
        pytest.param(
            BARNSLEY,
            "/+O O*9 O+\\",
            {"continuous", "in-the-half-term"},
            id="Barnsley: 20 sessions, half term too",
        ),
        pytest.param(WORCESTERSHIRE, "I*5 O*5", {"continuous"}, id="Worcestershire: mixed"),
        pytest.param(WORCESTERSHIRE, "I*5 / O*5", set(), id="Worcestershire: a day in school"),
        pytest.param(LIQUIDLOGIC, "/+O O*4 N+\\", {"ten-marks"}, id="Liquidlogic: across days"),
        pytest.param(LIQUIDLOGIC, "O*4 O+G O*4", set(), id="Liquidlogic: omits G and U"),
        pytest.param(
            TORFAEN, "O+\\ /*5 " * 9 + "/*2 O", {"ten-sessions"}, id="Torfaen: not consecutive"
        ),
        pytest.param(TORFAEN, "G*5", {"ten-sessions", "leave"}, id="Torfaen: leave"),
    ],
)
def test_an_authoritys_own_definition(of: Policy, story: str, expected: set[str]) -> None:
    assert {each.trigger for each in found(of, story)} == expected


def test_barnsley_counts_each_half_term_by_itself() -> None:
    days = weekdays(MONDAY, 30)
    autumn, spring = days[:20], [date(2026, 2, 23), *weekdays(date(2026, 2, 24), 19)]
    split = {**marks("/*13 I*5 O*2", autumn), **marks("I*5 /*15", spring)}
    assert found(BARNSLEY, split, "in-the-half-term") == []
    whole = {**marks("/*10 I*5 O*5", autumn), **marks("/*20", spring)}
    [one] = found(BARNSLEY, whole, "in-the-half-term")
    assert (one.value, one.unit, one.first) == (20, "sessions", autumn[10])
    assert found(BARNSLEY, "/*5 O*10", "continuous")
    assert not found(BARNSLEY, "/*5 O*9 O+I", "continuous")


def test_a_window_of_whole_weeks_passes_over_short_ones() -> None:
    days = weekdays(MONDAY, 70)
    # Every second week has four days: of ten whole weeks, twenty go by.
    short = [day for day in days if day.isocalendar().week % 2 or day.weekday() < 4]
    told = dict.fromkeys(((day, half) for day in short for half in ("AM", "PM")), "/")
    for day in (short[0], short[-1]):
        told |= {(day, half): "O" for half in ("AM", "PM")}
    for day in short[30:33]:
        told |= {(day, half): "O" for half in ("AM", "PM")}
    assert len(found(GOOD_WEEKS, told)) == 1
    plain = policies.loads(GOOD_WEEKS.text.replace("good_week_sessions = 10\n", ""))
    assert found(plain, told) == []


def test_a_calendar_window_counts_holidays_and_a_school_window_does_not() -> None:
    before, after = weekdays(date(2026, 7, 13), 5), weekdays(date(2026, 9, 7), 5)
    told = {**marks("/*2 O*3", before), **marks("O*2 /*3", after)}
    four = TORFAEN.text.replace("calendar_weeks = 12", "calendar_weeks = 8")
    assert found(policies.loads(four), told, "ten-sessions") == []
    school = TORFAEN.text.replace("calendar_weeks = 12", "school_weeks = 2")
    assert found(policies.loads(school), told, "ten-sessions")
    days = TORFAEN.text.replace("calendar_weeks = 12", "school_days = 4")
    assert found(policies.loads(days), told, "ten-sessions") == []


MONDAYS = policy(
    """name = "mondays"
title = "Absent on four of the last six Mondays"
kind = "weekday"
weekdays = ["Monday"]
threshold = 4
last = 6
counts = ["authorised", "unauthorised"]
""",
    """name = "edges"
title = "Absent beside two of the last four holiday edges"
kind = "term-edge"
threshold = 2
last = 4
counts = ["authorised", "unauthorised"]
""",
)


@pytest.mark.serves("I3")
def test_a_pattern_of_mondays_is_found_and_one_of_tuesdays_is_not() -> None:
    [one] = found(MONDAYS, "I /*4 " * 4 + "/*10", "mondays")
    assert (one.value, one.unit, {c.date.weekday() for c in one.why}) == (4, "school days", {0})
    assert not found(MONDAYS, "/ I /*3 " * 4 + "/*10", "mondays")
    # Longer ago than the last six Mondays it is no pattern any more.
    assert not found(MONDAYS, "I /*4 " * 4 + "/*20", "mondays")


def test_absence_beside_a_holiday_is_found() -> None:
    first, second = weekdays(date(2026, 2, 2), 10), weekdays(date(2026, 2, 23), 10)
    longer = {**marks("/*9 O", first), **marks("O /*9", second)}
    [one] = found(MONDAYS, longer, "edges")
    assert [c.date for c in one.why] == [first[-1]] * 2 + [second[0]] * 2
    inside = {**marks("/*8 O /", first), **marks("/ O /*8", second)}
    assert not found(MONDAYS, inside, "edges")


def test_what_one_part_counts_for_certain_no_gap_in_another_makes_doubtful() -> None:
    days = weekdays(MONDAY, 11)

    def of(story: str) -> Finding:
        held = register(story, "/*11")
        [one] = [f for f in evaluate(held, HERTFORDSHIRE, days[-1]) if f.trigger == "ten-days"]
        return one

    gap = of("O*5 - O*5")
    assert (gap.at_least, gap.value, gap.at_most) == (20, 20, 22)
    # That is what filling the gap gives, either way.
    assert (of("O*5 / O*5").value, of("O*11").value) == (gap.at_least, gap.at_most)
