"""Every code of every set counts as one thing, and as the same wherever it is counted."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date, timedelta

import pytest
from registers import marks, register

from linkwork import codes, policy
from linkwork.codes import Category, CodeClass, CodeSet
from linkwork.findings import Counted
from linkwork.policy import Policy, RateRule
from linkwork.sheet import lay_out
from linkwork.summary import mark, totals
from linkwork.tally import Tally, tallies, unknown_codes
from linkwork.triggers import evaluate

POLICIES = {"England": policy.builtin("england-2024"), "Wales": policy.builtin("wales-2010")}
EVERY = [(name, code) for name in codes.names() for code in sorted(codes.builtin(name).codes)]
KINDS = {
    Category.PRESENT: Tally(present=1),
    Category.ACTIVITY: Tally(present=1),
    Category.AUTHORISED: Tally(authorised=1),
    Category.UNAUTHORISED: Tally(unauthorised=1),
    Category.NOT_POSSIBLE: Tally(not_possible=1),
    Category.ADMINISTRATIVE: Tally(not_possible=1),
}


def school_day(code_set: CodeSet) -> date:
    """A Monday in the time of a set, early in a school year."""
    day = max(code_set.valid_from, date(2020, 9, 7))
    return day + timedelta(days=-day.weekday() % 7)


def counted(code: str, code_set: CodeSet) -> tuple[Tally, Policy, date]:
    """What one morning of this code comes to; others keep the day a school day."""
    day, rules = school_day(code_set), POLICIES[code_set.nation]
    held = register({(day, "AM"): code}, {(day, "AM"): "/"})
    return tallies(lay_out(held, rules, day))[0], rules, day


@pytest.mark.parametrize(("name", "code"), EVERY)
def test_a_code_counts_alike_in_sums_totals_rates_runs_and_what_leaves(
    name: str, code: str
) -> None:
    code_set = codes.builtin(name)
    known = code_set.codes[code]
    tally, rules, day = counted(code, code_set)
    expected = KINDS[known.category]
    assert replace(tally, unmarked=0) == expected
    assert (tally.present, tally.absent, tally.possible) == (
        known.present, known.absent, known.possible,
    )  # fmt: skip
    assert mark(Counted(day, "AM", code), rules).counts_as == known.category.value
    days = [day + timedelta(days=7 * week + n) for week in range(2) for n in range(5)]
    alone = register(marks(f"{code}*10", on=days), marks("/*10", on=days))
    whole = totals(alone, rules, days[-1])
    assert (whole.unauthorised, whole.authorised) == (
        20 * known.unauthorised, 20 * known.authorised,
    )  # fmt: skip
    met = {each.trigger for each in evaluate(alone, rules, days[-1]) if each.pupil_id == "P1"}
    assert ("severe-absence" in met) is known.absent
    assert ("continuous-unauthorised" in met) is known.unauthorised
    assert ("penalty-window" in met) is (known.unauthorised and rules.nation == "England")


def test_no_code_is_with_permission_in_one_set_and_without_in_another() -> None:
    found: dict[str, set[Category]] = {}
    for name, code in EVERY:
        found.setdefault(code, set()).add(codes.builtin(name).codes[code].category)
    both = {Category.AUTHORISED, Category.UNAUTHORISED}
    assert {code for code, kinds in found.items() if kinds >= both} == set()
    assert {code for code, kinds in found.items() if Category.UNAUTHORISED in kinds} == set("GNOU")
    assert all(found[code] == {Category.UNAUTHORISED} for code in "GNOU")


def test_a_set_that_called_an_absence_present_would_be_noticed() -> None:
    right = codes.builtin("england-2024").codes["O"]
    wrong = CodeClass("O", right.name, Category.PRESENT)
    assert KINDS[wrong.category] != KINDS[right.category]
    tally, _, _ = counted("O", codes.builtin("england-2024"))
    assert replace(tally, unmarked=0) != KINDS[wrong.category]


def test_a_code_in_no_set_of_its_day_is_counted_as_unknown_in_every_nation() -> None:
    for name in codes.names():
        code_set = codes.builtin(name)
        tally, rules, day = counted("Q9", code_set)
        assert (tally.unknown, tally.possible) == (1, 0)
        held = register({(day, "AM"): "Q9"}, {(day, "AM"): "/"})
        assert unknown_codes(lay_out(held, rules, day)) == {"Q9": 1}


def test_the_sets_of_a_nation_follow_each_other_without_a_gap_or_an_overlap() -> None:
    for nation in POLICIES:
        sets = [s for s in map(codes.builtin, codes.names()) if s.nation == nation]
        sets.sort(key=lambda each: each.valid_from)
        for before, after in itertools.pairwise(sets):
            assert before.valid_to == after.valid_from - timedelta(days=1)
        assert sets[-1].valid_to is None


def test_rates_count_what_the_sets_call_absent_and_nothing_else() -> None:
    for rules in POLICIES.values():
        for rule in rules.enabled:
            if isinstance(rule, RateRule) and rule.name in ("severe-absence", "persistent-absence"):
                assert set(rule.counts) == {Category.AUTHORISED, Category.UNAUTHORISED}
