"""Policies are data: every rule has a source, and a mistake is named with its remedy."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from registers import marks, register, weekdays

from linkwork import policy as policies
from linkwork.errors import BadInput, WrongUse
from linkwork.policy import Policy, RateRule, RunRule
from linkwork.triggers import evaluate

ENGLAND = policies.builtin("england-2024")
WALES = policies.builtin("wales-2010")


def names_found(policy: Policy, story: str) -> set[str]:
    """The triggers a story meets under a policy."""
    held = register(story)
    return {found.trigger for found in evaluate(held, policy, held.sessions[-1].date)}


@pytest.mark.parametrize("name", policies.names())
def test_every_rule_shipped_names_its_source_and_version(name: str) -> None:
    policy = policies.builtin(name)
    assert policy.source
    assert all(rule.source and rule.version for rule in policy.triggers)
    assert all(rule.to_do for rule in policy.triggers if not rule.part)


@pytest.mark.parametrize("name", policies.names())
def test_a_policy_travels_as_its_text(name: str) -> None:
    policy = policies.builtin(name)
    assert policies.loads(policy.text) == policy


def test_audiences_and_the_return_are_as_the_law_has_them() -> None:
    rules = {rule.name: rule for rule in ENGLAND.triggers}
    returned = {rule.name for rule in ENGLAND.enabled if rule.on_return}
    assert returned == {"continuous-unauthorised", "irregular"}
    assert {rule.name for rule in ENGLAND.enabled if rule.age_bound} - {"sickness-prompt"} == {
        "continuous-unauthorised",
        "irregular",
        "sickness",
        "penalty-window",
        "third-day",
        "deletion-watch",
    }
    desk = {rule.name for rule in ENGLAND.enabled if rule.audience == "school"}
    assert desk >= {"first-day", "third-day", "overdue-reason", "late-pattern", "part-time"}
    assert rules["sickness"].route == "health-needs"
    assert rules["persistent-absence"].audience == "meeting"


@pytest.mark.parametrize(
    ("possible", "tenth", "half"), [(1, 1, 1), (9, 1, 5), (10, 1, 5), (11, 2, 6), (380, 38, 190)]
)
def test_a_rates_threshold_is_the_least_whole_number_that_meets_it(
    possible: int, tenth: int, half: int
) -> None:
    persistent, severe = (ENGLAND.trigger(f"{name}-absence") for name in ("persistent", "severe"))
    assert isinstance(persistent, RateRule)
    assert isinstance(severe, RateRule)
    assert (persistent.threshold(possible), severe.threshold(possible)) == (tenth, half)
    assert not severe.met(half - 1, possible)


def test_more_than_a_tenth_leaves_the_boundary_out() -> None:
    text = WALES.text.replace('boundary = "at-least"         #', 'boundary = "more-than" #')
    exactly = "I /*9"
    assert "persistent-absence" in names_found(WALES, exactly)
    assert "persistent-absence" not in names_found(policies.loads(text), exactly)


def test_lists_can_ask_for_a_minimum_of_possible_sessions() -> None:
    text = ENGLAND.text.replace("min_possible = 1", "min_possible = 40")
    assert "persistent-absence" in names_found(ENGLAND, "I /*9")
    assert "persistent-absence" not in names_found(policies.loads(text), "I /*9")
    assert "persistent-absence" in names_found(policies.loads(text), "I*2 /*18")


def test_wales_takes_dual_registration_out_and_has_no_national_window() -> None:
    assert "continuous-unauthorised" in names_found(WALES, "O*5 D*2 O*5")
    assert "penalty-window" not in names_found(WALES, "O*20")
    assert "penalty-window" in names_found(ENGLAND, "O*20")


def test_an_authority_that_reads_u_otherwise_sets_it() -> None:
    text = ENGLAND.text.replace("u_breaks_run = false", "u_breaks_run = true")
    assert "continuous-unauthorised" in names_found(ENGLAND, "O*9 U+O*1")
    assert "continuous-unauthorised" not in names_found(policies.loads(text), "O*9 U+O*1")


def test_a_policy_of_wales_reads_dates_with_welsh_codes() -> None:
    held = register(marks("F*2 /*8", weekdays(date(2026, 1, 5), 10)))
    [found] = evaluate(held, WALES, held.sessions[-1].date)
    assert [counted.code for counted in found.why] == ["F"] * 4


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("threshold = 10", "treshold = 10", r"continuous-unauthorised, treshold.*spelling"),
        ("threshold = 10", 'threshold = "ten"', "continuous-unauthorised, threshold"),
        ("threshold = 10", "threshold = 0", "0 is too small. Write at least 1"),
        ('counts = ["G"', 'counts = ["Ö"', "code 'Ö'.*Correct the code"),
        ('kind = "run"', 'kind = "sprint"', "trigger continuous-unauthorised"),
        ('"last Friday of June"', '"midsummer"', "age, leaving_day"),
        ('["03-31"', '["31-03"', "MM-DD"),
        ('nation = "England"\n', "", "setting nation.*Add it"),
        ('"england-2013"]', '"england-1066"]', "no code set 'england-1066'"),
        ("[provisional]", "[provisional", "not TOML"),
    ],
)
def test_a_mistake_in_a_policy_names_the_setting_and_the_remedy(
    old: str, new: str, says: str
) -> None:
    assert old in ENGLAND.text
    with pytest.raises(BadInput, match=rf"(?s){says}"):
        policies.loads(ENGLAND.text.replace(old, new, 1))


def test_a_policy_is_loaded_by_name_or_from_a_file(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(ENGLAND.text.replace("threshold = 10", "threshold = 8", 1), encoding="utf-8")
    rule = policies.load(own).trigger("continuous-unauthorised")
    assert isinstance(rule, RunRule)
    assert rule.threshold == 8
    assert policies.load("england-2024") is ENGLAND


def test_a_policy_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="england-2024, wales-2010"):
        policies.load(str(tmp_path / "none.toml"))


def test_a_policy_file_in_another_encoding_is_bad_input(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_bytes("name = 'é'".encode("latin-1"))
    with pytest.raises(BadInput, match="UTF-8"):
        policies.load(own)
