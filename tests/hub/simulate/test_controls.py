"""Every wrong way of sending or storing is caught by a simulation, and shrunk to what matters."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from wrong_designs import AcksFirst, Hasty, MarksThenSends, SendsAnew, receive_all_as_new

from linkwork.simulation import SchoolMaker
from linkwork_agent.simulated import AgentSchool
from linkwork_hub.simulate import plan, runs
from linkwork_hub.simulate.hub_node import Design
from linkwork_hub.simulate.plan import Fault
from linkwork_hub.simulate.world import Size

SIZE = Size(1, 1, 1, pupils=8)
#: Each wrong design: its school, its hub, the faults it meets, and the promise it breaks.
CONTROLS: dict[str, tuple[SchoolMaker, Callable[[], Design], str, str]] = {
    "no dedupe at the hub": (
        AgentSchool,
        lambda: Design(receive_all_as_new),
        "lose",
        "took effect twice",
    ),
    "mark, then send": (
        MarksThenSends,
        Design,
        "drop",
        "has a receipt, and the hub has it not",
    ),
    "send under a new identity": (
        SendsAnew,
        Design,
        "lose",
        "say the same, and both took effect",
    ),
    "commits that are not synced": (
        Hasty,
        Design,
        "power",
        "the hub's last collection is of None",
    ),
}


@pytest.mark.parametrize("name", CONTROLS)
def test_a_wrong_design_is_caught_and_shrunk_to_one_fault(name: str) -> None:
    maker, design, kind, promise = CONTROLS[name]
    # The second call of a moment: the first asks how far the hub holds us.
    every = tuple(Fault(moment, 1, kind, 4 * moment + 1) for moment in range(2, 8))
    report = runs.run([SIZE], (), maker, given=every, design=design())
    assert report.failure is not None
    assert promise in report.failure.ran.broken
    small = report.failure.small
    assert len(small.plan) == 1
    again = runs.run([small.size], (), maker, given=plan.read(plan.written(small.plan)),
                     design=design())  # fmt: skip
    assert again.failure is not None
    assert again.failure.ran.broken == small.broken


@pytest.mark.parametrize("name", CONTROLS)
def test_without_faults_even_that_design_keeps_every_promise(name: str) -> None:
    maker, design, *_ = CONTROLS[name]
    report = runs.run([SIZE], (), maker, design=design())
    assert report.failure is None


def test_a_hub_that_signs_a_receipt_before_it_stores_needs_no_fault_to_be_caught() -> None:
    report = runs.run([SIZE], plan.KINDS, AgentSchool, design=AcksFirst().design())
    assert report.failure is not None
    assert "has a receipt, and the hub has it not" in report.failure.ran.broken
    assert report.failure.small.plan == ()
