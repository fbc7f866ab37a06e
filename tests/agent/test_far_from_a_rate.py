"""How many absences more would meet a rate, as `explain` says it of a rule that is not met."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkwork import policy as policies
from linkwork.policy import RateRule
from linkwork_agent.explain_render import far_from_rate

[SEVERE] = [
    each for each in policies.builtin("england-2024").triggers if each.name == "severe-absence"
]
[PART_TIME] = [
    each for each in policies.builtin("england-2024").triggers if each.name == "part-time"
]


def severe(part: int, whole: int, boundary: str = "at-least") -> RateRule:
    assert isinstance(SEVERE, RateRule)
    return SEVERE.model_copy(update={"rate": (part, whole), "boundary": boundary})


@given(
    st.tuples(st.integers(1, 9), st.integers(2, 10)).filter(lambda each: each[0] < each[1]),
    st.sampled_from(("at-least", "more-than")),
    st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
)
def test_the_number_named_is_the_first_that_meets_the_rate(
    rate: tuple[int, int], boundary: str, sums: tuple[int, int]
) -> None:
    rule, (absent, possible) = severe(*rate, boundary), sums
    if rule.met(absent, possible):
        return
    more = next(n for n in range(1, 1000) if rule.met(absent + n, possible + n))
    said = far_from_rate(absent, possible, rule)
    assert f"met after {more} session" in said


@pytest.mark.parametrize("absent", [0, 7])
def test_of_every_session_one_attended_is_too_many_and_no_number_is_sought(absent: int) -> None:
    assert "can no longer be made up for" in far_from_rate(absent, 8, severe(1, 1))


def test_of_weeks_that_move_on_no_number_is_named() -> None:
    assert isinstance(PART_TIME, RateRule)
    assert "the weeks move on" in far_from_rate(0, 40, PART_TIME)
