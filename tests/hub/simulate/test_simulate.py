"""Schools and a hub through weeks, with every fault: nothing lost, nothing doubled, in order."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from linkwork.errors import WrongUse
from linkwork_agent.simulated import AgentSchool
from linkwork_hub.simulate import plan, runs
from linkwork_hub.simulate.clockwork import moments
from linkwork_hub.simulate.machine import installed
from linkwork_hub.simulate.plan import KINDS
from linkwork_hub.simulate.world import Ran, Size, World


def drawn(size: Size) -> plan.Plan:
    return plan.draw(size.seed, moments(size.weeks), size.schools, KINDS)


def holds(sizes: list[Size]) -> runs.Report:
    """Run all of it; a failure is told with the command that shows it again."""
    report = runs.run(sizes, KINDS, AgentSchool)
    found = report.failure
    assert found is None, f"{found.ran.broken}\n{found.command}"
    return report


@pytest.mark.timeout(900)
@pytest.mark.parametrize("first", [1, 8, 15, 22])
def test_seven_seeds_of_four_schools_and_three_weeks_keep_every_promise(first: int) -> None:
    report = holds([Size(4, 3, seed, pupils=8) for seed in range(first, first + 7)])
    assert report.effects >= report.messages - report.forgotten > 700
    assert set(report.met) == set(KINDS)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_fifty_seeds_of_four_schools_and_three_weeks_keep_every_promise() -> None:
    holds([Size(4, 3, seed) for seed in range(1, 51)])


@pytest.mark.long
@pytest.mark.timeout(36000)
def test_a_thousand_seeds_of_eight_schools_and_six_weeks_keep_every_promise() -> None:
    holds([Size(8, 6, seed, pupils=8) for seed in range(1, 1001)])


@pytest.mark.long
@pytest.mark.timeout(36000)
def test_a_hundred_and_fifty_schools_keep_every_promise_through_a_year() -> None:
    holds([Size(150, 39, 1)])


def test_the_same_seed_runs_the_same_to_the_last_word() -> None:
    size = Size(2, 1, 5, pupils=8)

    def told() -> tuple[list[str], Ran]:
        lines: list[str] = []
        return lines, World(size, drawn(size), AgentSchool, say=lines.append).run()

    (first, ran), (second, again) = told(), told()
    assert len(first) > 40
    assert first == second
    assert (ran.messages, ran.effects, ran.broken) == (again.messages, again.effects, "")


def test_the_command_says_what_it_did_as_json() -> None:
    command = [sys.executable, "-m", "linkwork_hub", "simulate", "--schools", "1", "--weeks", "1"]
    done = subprocess.run(
        [*command, "--pupils", "8", "--faults", "drop,crash", "--format", "json"],
        capture_output=True,
        text=True,
        check=True,
    )
    said = json.loads(done.stdout)
    assert (said["runs"], said["failure"]) == (1, None)
    assert said["messages"] == said["effects"] > 0
    assert done.stderr == ""


def test_a_plan_that_was_printed_is_run_as_it_stands() -> None:
    given = plan.read("lose@3/1:1,crash@4/1:3,hub-power@5/0:9")
    report = runs.run([Size(1, 1, 1, pupils=8)], (), AgentSchool, given=given)
    assert dict(report.met) == {"lose": 1, "crash": 1, "hub-power": 1}
    assert report.failure is None


def test_the_agent_that_is_installed_is_the_one_that_is_simulated() -> None:
    assert installed().__module__ == "linkwork_agent.simulated"
    with pytest.raises(WrongUse, match="Install linkwork-agent"):
        installed("linkwork.no_such_group")
