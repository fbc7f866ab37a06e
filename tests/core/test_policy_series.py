"""Two policies in force in one year, each for its own dates; and what is not in force at all."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from registers import marks, register, weekdays

from linkwork import policy as policies
from linkwork.errors import BadInput
from linkwork.policy import Policy, series
from linkwork.triggers import evaluate

ENGLAND = policies.builtin("england-2024")
CHANGE = date(2026, 3, 2)


def of_dates(name: str, first: date, last: date | None, days: int = 10) -> Policy:
    """England's policy under another name, for some dates; so many days in a row make a run."""
    text = ENGLAND.text.replace('name = "england-2024"', f'name = "{name}"')
    until = "" if last is None else f"\nvalid_to = {last}"
    text = text.replace("valid_from = 2024-08-19", f"valid_from = {first}{until}")
    text = text.replace("threshold = 10", f"threshold = {days}", 1)
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


def test_a_rule_that_changed_applies_each_figure_to_its_own_dates() -> None:
    both = series(
        [
            of_dates("old", date(2025, 9, 1), CHANGE - timedelta(days=1), 5),
            of_dates("new", CHANGE, None),
        ]
    )
    days = weekdays(CHANGE - timedelta(days=14), 20)
    held = register(marks("/*4 O*6 O*9 /", days))
    runs = [
        each for each in evaluate(held, both, days[-1]) if each.trigger == "continuous-unauthorised"
    ]
    assert [(each.value, each.threshold, each.last) for each in runs] == [(6, 5, days[9])]
    # The control: under the old figure alone the whole run is found.
    [whole] = [
        each
        for each in evaluate(held, of_dates("x", date(2025, 9, 1), None, 5), days[-1])
        if each.trigger == "continuous-unauthorised"
    ]
    assert whole.value == 15


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
