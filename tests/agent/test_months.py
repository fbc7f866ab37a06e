"""An agent nobody looks after for months: what it keeps on disk and in memory stays bounded."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import months
import pytest
from command import agent
from live_hub import LiveHub
from school_desk import SchoolDesk, number

from linkwork import wire

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

FIRST = date(2026, 1, 5)
#: A Monday; the clocks change on its fourth Sunday.
BEGIN = datetime(2026, 3, 2, 0, 5, tzinfo=UTC)
PUPILS = [number(place) for place in range(120)]
MB = 1_000_000


@dataclass(frozen=True)
class Taken:
    """What an agent takes at the end of a day: bytes on disk without the log, and in memory."""

    disk: int
    memory: int


def live_through(
    school: SchoolDesk, live: LiveHub, days: int, *, hours: int = 1, prunes: bool = True
) -> list[Taken]:
    """What is taken at the end of each day; the agent is asked for what is due every `hours`."""
    living = months.Agent(school.home, prunes=prunes)
    taken = []
    try:
        for day in range(days):
            for hour in range(0, 24, hours):
                school.now = live.clock.fixed = BEGIN + timedelta(days=day, hours=hour)
                if 9 <= hour < 9 + hours:
                    today(school, live, day)
                said = living.at(school.now)
                assert said["wrong"] == []
                live.work()
            taken.append(Taken(said["disk"], said["memory"]))
    finally:
        living.end()
    return taken


def today(school: SchoolDesk, live: LiveHub, day: int) -> None:
    """A school day's register, and something agreed."""
    if school.now.weekday() < 5:
        months.write_register(school.register, PUPILS, FIRST, school.now.date())
        live.issue(
            school.school_id,
            wire.ActionItem(
                action_id=f"act_{day}",
                what="Ring home on the first day of an absence, and write down what was said",
                who="Attendance officer",
                due=school.now.date() + timedelta(days=14),
                agreed_on=school.now.date(),
            ),
            f"{school.urn}-item-{day}",
        )


@pytest.fixture
def lived(school: SchoolDesk, live: LiveHub) -> SchoolDesk:
    """A school that joined, as by command."""
    school.now = live.clock.fixed = BEGIN
    months.write_register(school.register, PUPILS, FIRST, date(2026, 2, 27))
    made = agent(
        *("--home", school.home),
        *("setup", "csv", "--urn", school.urn, "--name", "Fernhill Primary"),
        *("--path", school.register),
    )
    assert made.code == 0, made.err
    school.join("return")
    live.confirm(school.school_id)
    return school


def flat(before: Taken, after: Taken) -> None:
    """Nothing grew but by what a school year's register and its own log of what left grow."""
    assert after.disk <= 1.2 * before.disk, f"{before.disk} bytes became {after.disk}"
    assert after.memory <= 1.1 * before.memory, f"{before.memory} bytes became {after.memory}"


def told(name: str, taken: list[Taken]) -> None:
    """Say what was taken at the end of each week."""
    for week, one in enumerate(taken[6::7], 1):
        print(f"{name}, week {week}: {one.disk / MB:.1f} MB on disk, {one.memory / MB:.0f} MB")


def test_three_days_leave_memory_as_it_was_and_nothing_waiting(
    lived: SchoolDesk, live: LiveHub
) -> None:
    taken = live_through(lived, live, 3, hours=2)
    assert taken[2].memory <= 1.1 * taken[0].memory
    assert taken[2].disk <= 15 * MB
    status = lived.status()
    assert (status["waiting"], status["refused"], status["problems"]) == (0, 0, [])


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_nine_weeks_of_hours_keep_disk_and_memory_flat_and_everything_arrives(
    lived: SchoolDesk, live: LiveHub
) -> None:
    taken = live_through(lived, live, 63)
    told("agent", taken)
    assert taken[27].memory <= 1.1 * taken[6].memory
    # What is kept for a month is all there after five weeks; from then on as much goes as comes.
    flat(taken[34], taken[62])
    status = lived.status()
    assert (status["waiting"], status["refused"], status["problems"]) == (0, 0, [])
    sql = "SELECT count(*) FROM downlink WHERE school_id = :s AND acknowledged IS NULL"
    assert live.count(sql, s=lived.school_id) == 0


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_control_an_agent_that_never_prunes_does_not_stay_flat(
    lived: SchoolDesk, live: LiveHub
) -> None:
    taken = live_through(lived, live, 63, hours=4, prunes=False)
    told("hoarder", taken)
    with pytest.raises(AssertionError, match="bytes became"):
        flat(taken[34], taken[62])
