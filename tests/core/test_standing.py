"""How far a pupil is from a rule agrees with what the rules find."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from random_registers import registers
from registers import MONDAY, pupil, register, weekdays

from linkwork import policy as policies
from linkwork.judging import bench
from linkwork.policy import RateRule
from linkwork.register import Register
from linkwork.sheet import lay_out
from linkwork.standing import Standing, standing
from linkwork.triggers import evaluate

ENGLAND = policies.builtin("england-2024")


def stands(held: Register, trigger: str) -> Standing | None:
    """Where the first pupil stands on the last day."""
    rule = next(rule for rule in ENGLAND.enabled if rule.name == trigger)
    return standing(bench(lay_out(held, ENGLAND, held.sessions[-1].date)), rule, 0)


@given(registers())
def test_a_pupil_whom_no_rule_finds_is_below_every_threshold(told: tuple[Register, date]) -> None:
    held, as_of = told
    sheet = lay_out(held, ENGLAND, as_of)
    at, met = bench(sheet), {(f.pupil_id, f.trigger) for f in evaluate(held, ENGLAND, as_of)}
    for rule in ENGLAND.enabled:
        for index, who in enumerate(held.pupils):
            found = standing(at, rule, index)
            if found is None or found.value is None or (who.pupil_id, rule.name) in met:
                continue
            short = isinstance(rule, RateRule) and found.possible < rule.min_possible
            assert short or found.value < found.threshold
            assert short or found.best < found.threshold
            assert (found.since is None) == (found.value == 0)


@pytest.mark.parametrize(
    ("story", "trigger", "value", "best"),
    [
        ("/*3 O*7", "continuous-unauthorised", 7, 7),
        ("/*3 O*6 /", "continuous-unauthorised", 0, 6),
        ("O*4 / O*2", "continuous-unauthorised", 2, 4),
        ("O*4 /*16", "penalty-window", 8, 8),
        ("O*4 /*56", "penalty-window", 0, 8),
        ("O*5 /*5 O*2", "penalty-window", 4, 4),
        ("I*3 /*47", "persistent-absence", 6, 6),
        ("I*3 /*47", "sickness", 6, 6),
    ],
)
def test_what_counts_so_far(story: str, trigger: str, value: int, best: int) -> None:
    found = stands(register(story), trigger)
    assert found is not None
    assert (found.value, found.best) == (value, best)


def test_nothing_is_said_of_days_on_which_the_rule_looks_at_nobody() -> None:
    held = register("O*5", pupils=[pupil(1, born=date(2022, 5, 1))])
    assert stands(held, "continuous-unauthorised") is None
    away = register("O*5", "/*5", pupils=[pupil(1, on_roll=[(date(2030, 1, 1), None)])])
    assert stands(away, "persistent-absence") is None


def test_the_first_counted_day_is_named() -> None:
    found = stands(register("/*3 O*7"), "continuous-unauthorised")
    assert found is not None
    assert found.since == weekdays(MONDAY, 4)[3]
