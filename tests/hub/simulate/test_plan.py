"""A plan of faults is drawn from its seed, can be written and read, and is made small."""

from __future__ import annotations

import pytest

from linkwork.errors import WrongUse
from linkwork_hub.simulate import plan
from linkwork_hub.simulate.plan import KINDS, Fault, Plan


def test_the_same_seed_draws_the_same_faults_and_another_seed_others() -> None:
    first = plan.draw(7, 60, 4, KINDS)
    assert first == plan.draw(7, 60, 4, KINDS)
    assert first != plan.draw(8, 60, 4, KINDS)
    assert len(first) > 20


def test_a_kind_left_out_changes_nothing_of_the_others() -> None:
    without = plan.draw(7, 60, 4, [kind for kind in KINDS if kind != "crash"])
    assert without == tuple(f for f in plan.draw(7, 60, 4, KINDS) if f.kind != "crash")


def test_a_plan_is_read_back_as_it_was_written() -> None:
    drawn = plan.draw(3, 60, 4, KINDS)
    assert plan.read(plan.written(drawn)) == drawn
    assert plan.read(plan.written(())) == ()


@pytest.mark.parametrize("text", ["crash@1", "storm@1/1:1", "crash@x/1:1"])
def test_a_plan_that_cannot_be_read_is_refused_by_its_fault(text: str) -> None:
    with pytest.raises(WrongUse, match=text.split("@", maxsplit=1)[0]):
        plan.read(f"drop@3/1:2,{text}")


def test_an_unknown_fault_is_refused_with_the_list() -> None:
    with pytest.raises(WrongUse, match=r"'storm'.*hub-restore"):
        plan.kinds_of("drop,storm")


def test_a_plan_is_shrunk_to_the_faults_that_matter() -> None:
    drawn = plan.draw(11, 80, 6, KINDS)
    needed = {drawn[5], drawn[20]}

    def fails(faults: Plan) -> bool:
        return needed <= set(faults)

    assert set(plan.shrink(drawn, fails, 200)) == needed


def test_shrinking_ends_when_its_tries_are_used_up() -> None:
    tries = []

    def fails(faults: Plan) -> bool:
        tries.append(faults)
        return True

    plan.shrink(tuple(Fault(n, 1, "drop", 1) for n in range(1000)), fails, 5)
    assert len(tries) == 5
