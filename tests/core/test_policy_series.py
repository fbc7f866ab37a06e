"""Two policies in force in one year, each for its own dates; and what is not in force at all."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from registers import marks, register, weekdays

from linkwork import policy as policies
from linkwork.errors import BadInput
from linkwork.findings import Finding
from linkwork.policy import Policy, PolicySeries, series
from linkwork.register import Register
from linkwork.triggers import evaluate, flags

ENGLAND = policies.builtin("england-2024")
CHANGE = date(2026, 3, 2)


def of_dates(
    name: str,
    first: date,
    last: date | None,
    figure: int = 10,
    rule: str = "continuous-unauthorised",
) -> Policy:
    """England's policy under another name, for some dates, with another figure in one rule."""
    text = ENGLAND.text.replace('name = "england-2024"', f'name = "{name}"')
    until = "" if last is None else f"\nvalid_to = {last}"
    text = text.replace("valid_from = 2024-08-19", f"valid_from = {first}{until}")
    before, own = text.split(f'[[trigger]]\nname = "{rule}"\n')
    own = own.replace("threshold = 10", f"threshold = {figure}", 1)
    text = f'{before}[[trigger]]\nname = "{rule}"\n{own}'
    return policies.loads(text)


def test_a_rule_that_stays_the_same_looks_across_the_change() -> None:
    both = series(
        [
            of_dates("new", CHANGE, None),
            of_dates("old", date(2025, 9, 1), CHANGE - timedelta(days=1)),
        ]
    )
    days = weekdays(CHANGE - timedelta(days=7), 10)
    held = register(marks("O*10", days))
    found = evaluate(held, both, days[-1])
    [run] = [each for each in found if each.trigger == "continuous-unauthorised"]
    assert (run.value, run.first) == (10, days[0])
    assert found == evaluate(held, ENGLAND, days[-1])


def of_rule(held: Register, policy: Policy | PolicySeries, as_of: date, name: str) -> list[Finding]:
    return [each for each in evaluate(held, policy, as_of) if each.trigger == name]


RUN, WINDOW = "continuous-unauthorised", "penalty-window"


def changed(old: int, new: int, rule: str = RUN) -> PolicySeries:
    """One figure to the day before the change, another from it on."""
    before = of_dates("old", date(2025, 9, 1), CHANGE - timedelta(days=1), old, rule)
    return series([before, of_dates("new", CHANGE, None, new, rule)])


@pytest.mark.parametrize(("old", "new"), [(10, 9), (5, 10), (10, 12), (12, 15)])
def test_a_run_across_the_change_of_a_figure_is_found_once_and_whole(old: int, new: int) -> None:
    days = weekdays(CHANGE - timedelta(days=14), 20)
    held = register(marks("/*2 O*15 /*3", days))
    [run] = of_rule(held, changed(old, new), days[-1], RUN)
    assert (run.value, run.threshold, run.first, run.last) == (15, new, days[2], days[16])


def test_what_the_old_figure_found_stays_found_when_the_new_one_asks_for_more() -> None:
    days = weekdays(CHANGE - timedelta(days=14), 20)
    held = register(marks("/*2 O*11 /*7", days))
    [run] = of_rule(held, changed(5, 12), days[-1], RUN)
    assert (run.value, run.threshold, run.last, run.ended) == (11, 5, days[12], days[13])
    # The control: what ended before the change is no matter of the new figure.
    assert of_rule(register(marks("/*1 O*8 /*11", days)), changed(10, 5), days[-1], RUN) == []


def test_a_window_across_the_change_uses_no_session_twice() -> None:
    days = weekdays(CHANGE - timedelta(days=14), 20)
    held = register(marks("/*4 O*5 / O*5 /*5", days))
    first, second = of_rule(held, changed(10, 6, WINDOW), days[-1], WINDOW)
    assert [each.threshold for each in (first, second)] == [10, 6]
    assert not set(first.why) & set(second.why)
    # Nine sessions before and one after are ten, and the tenth came under the new figure.
    held = register(marks("/*4 O*4 O+/ / O+/ /*9", days))
    [window] = of_rule(held, changed(10, 10, WINDOW), days[-1], WINDOW)
    assert window.last == CHANGE
    assert of_rule(held, changed(10, 9, WINDOW), days[-1], WINDOW) != []


@given(
    absent=st.lists(st.booleans(), min_size=40, max_size=40),
    figures=st.tuples(st.integers(2, 12), st.integers(2, 12)),
    rule=st.sampled_from((RUN, WINDOW)),
)
def test_a_pupil_is_found_when_some_day_meets_the_figure_of_that_day(
    absent: list[bool], figures: tuple[int, int], rule: str
) -> None:
    """The reference asks day by day; England's window is longer than these eight weeks."""
    days = weekdays(CHANGE - timedelta(days=28), 40)
    held = register(marks(" ".join("O" if each else "/" for each in absent), days))
    met, row, sessions = False, 0, 0
    for day, away in zip(days, absent, strict=True):
        row, sessions = (row + 1 if away else 0), sessions + 2 * away
        asked = figures[day >= CHANGE]
        met |= away and (row if rule == RUN else sessions) >= asked
    found = of_rule(held, changed(*figures, rule), days[-1], rule)
    assert bool(found) is met
    assert flags(held, changed(*figures, rule), days[-1])[rule] == bytes([met])


def test_before_the_change_only_the_old_policy_speaks() -> None:
    old = of_dates("old", date(2025, 9, 1), CHANGE - timedelta(days=1), 5)
    both = series([old, of_dates("new", CHANGE, None)])
    held = register(marks("O*6", weekdays(date(2026, 1, 5), 6)))
    assert evaluate(held, both, date(2026, 1, 12)) == evaluate(held, old, date(2026, 1, 12))
    assert both.in_force(date(2026, 1, 12)).name == "old"
    assert both.in_force(CHANGE).name == "new"


@pytest.mark.parametrize(
    ("old_ends", "says"),
    [
        (date(2026, 2, 20), "no policy is in force from 2026-02-21 to 2026-03-01"),
        (date(2026, 3, 5), "old and new are both in force on 2026-03-02"),
        (None, "old and new are both in force on 2026-03-02: old has no valid_to"),
    ],
)
def test_a_gap_or_an_overlap_is_refused_with_both_names(old_ends: date | None, says: str) -> None:
    old = of_dates("old", date(2025, 9, 1), old_ends)
    with pytest.raises(BadInput, match=says) as refused:
        series([of_dates("new", CHANGE, None), old])
    assert "old" in str(refused.value)
    assert "new" in str(refused.value)


def test_policies_of_two_nations_are_no_series() -> None:
    with pytest.raises(BadInput, match="one nation"):
        series([ENGLAND, policies.builtin("wales-2010")])


def test_a_day_after_the_last_policy_is_refused() -> None:
    old = of_dates("old", date(2025, 9, 1), date(2026, 2, 27))
    held = register(marks("O*6", weekdays(date(2026, 3, 2), 6)))
    with pytest.raises(BadInput, match="no policy is in force on 2026-03-09: old ended"):
        evaluate(held, old, date(2026, 3, 9))


def test_a_register_across_august_2024_is_read_with_the_codes_of_each_date() -> None:
    summer, autumn = weekdays(date(2024, 7, 8), 10), weekdays(date(2024, 9, 2), 10)
    held = register({**marks("J*5 O*5", summer), **marks("O*5 /*5", autumn)})
    found = evaluate(held, policies.of_nation("England"), autumn[-1])
    [run] = [each for each in found if each.trigger == "continuous-unauthorised"]
    # J was an attendance before the change; the run goes through the summer.
    assert (run.value, run.first, run.last) == (10, summer[5], autumn[4])


@pytest.mark.serves("S24")
def test_a_penalty_notice_is_judged_and_priced_by_the_code_of_its_date() -> None:
    text = ENGLAND.text.replace('name = "england-2024"', 'name = "old"')
    text = text.replace("valid_from = 2024-08-19", "valid_from = 2025-09-01\nvalid_to = 2026-03-01")
    text = text.replace("amount_pence = 16000", "amount_pence = 12000")
    before, _, rest = text.partition('name = "penalty-window"')
    rest = rest.replace("threshold = 10", "threshold = 6", 1)
    both = series(
        [policies.loads(f'{before}name = "penalty-window"{rest}'), of_dates("new", CHANGE, None)]
    )
    days = weekdays(date(2026, 2, 16), 20)
    held = register(marks("O*3 /*7 O*5 /*5", days))
    windows = [f for f in evaluate(held, both, days[-1]) if f.trigger == "penalty-window"]
    assert [(f.threshold, f.last) for f in windows] == [(6, days[2]), (10, days[14])]
    terms = [both.in_force(f.last).penalty for f in windows]
    assert [each.notices[0].amount_pence for each in terms if each] == [12000, 16000]
