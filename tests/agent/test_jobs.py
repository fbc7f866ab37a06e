"""Which slots are due: through clock changes, gaps and steps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from linkwork_agent.config import Timing
from linkwork_agent.jobs import due_slot, phase_of

LONDON = ZoneInfo("Europe/London")
DAILY = Timing(times=("01:30", "10:15", "14:15"))


def london(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=LONDON)


def ran(timing: Timing, start: datetime, hours: int, step: timedelta) -> list[str]:
    """The slots a supervisor runs that looks every `step`."""
    slots: list[str] = []
    for passed in range(int(timedelta(hours=hours) / step)):
        # In UTC: adding to a local time goes wrong at the very changes this is about.
        now = (start.astimezone(UTC) + passed * step).astimezone(LONDON)
        slot = due_slot(timing, slots[-1] if slots else None, now)
        if slot is not None:
            slots.append(slot)
    return slots


def test_a_slot_is_due_once_its_time_has_come() -> None:
    assert due_slot(DAILY, "2026-03-02T01:30", london(2026, 3, 2, 10, 14)) is None
    assert due_slot(DAILY, "2026-03-02T01:30", london(2026, 3, 2, 10, 15)) == "2026-03-02T10:15"
    assert due_slot(DAILY, "2026-03-02T10:15", london(2026, 3, 2, 10, 16)) is None


def test_a_machine_that_was_off_for_weeks_runs_once() -> None:
    assert due_slot(DAILY, "2026-02-02T10:15", london(2026, 3, 2, 11, 0)) == "2026-03-02T10:15"
    assert due_slot(DAILY, "2026-03-02T10:15", london(2026, 3, 2, 11, 1)) is None


def test_before_the_first_time_of_a_day_the_last_of_the_day_before_counts() -> None:
    assert due_slot(DAILY, "2026-03-01T10:15", london(2026, 3, 2, 0, 5)) == "2026-03-01T14:15"


@pytest.mark.parametrize("sunday", [(2026, 3, 29), (2026, 10, 25), (2027, 3, 28), (2027, 10, 31)])
def test_a_clock_change_neither_skips_nor_doubles_a_slot(sunday: tuple[int, int, int]) -> None:
    day = london(*sunday)
    slots = ran(DAILY, day - timedelta(minutes=1), 26, timedelta(minutes=1))
    today = [slot for slot in slots if slot.startswith(day.date().isoformat())]
    assert today == [f"{day.date().isoformat()}T{time}" for time in DAILY.times]


@pytest.mark.parametrize("sunday", [(2026, 3, 29), (2026, 10, 25)])
def test_a_clock_change_moves_no_slot_that_is_counted_in_seconds(
    sunday: tuple[int, int, int],
) -> None:
    day = london(*sunday)
    slots = ran(Timing(every=900), day, 6, timedelta(seconds=20))
    assert len(slots) == len(set(slots)) == 24


def test_a_clock_that_steps_back_runs_nothing_again() -> None:
    timing = Timing(every=60)
    done = due_slot(timing, None, london(2026, 3, 2, 12, 0))
    assert done is not None
    assert due_slot(timing, done, london(2026, 3, 2, 11, 0)) is None
    assert due_slot(DAILY, "2026-03-02T10:15", london(2026, 3, 1, 15, 0)) is None


def test_schools_do_not_all_call_in_the_same_second() -> None:
    phases = {phase_of(str(urn), 900) for urn in range(100001, 100101)}
    assert len(phases) > 80
    assert phase_of("100001", 900) == phase_of("100001", 900)


def test_schools_spread_one_time_of_day_over_the_window_and_keep_its_name() -> None:
    assert due_slot(DAILY, "2026-03-02T01:30", london(2026, 3, 2, 10, 19), phase=300) is None
    slot = due_slot(DAILY, "2026-03-02T01:30", london(2026, 3, 2, 10, 20), phase=300)
    assert slot == "2026-03-02T10:15"


def test_24000_schools_in_ten_minutes_never_ask_more_of_a_hub_than_it_can_take() -> None:
    # A hub that takes a hundred messages a second and lets five seconds of them wait.
    spread = refusals([phase_of(str(100_000 + n), 600) for n in range(24_000)], 100, 500)
    together = refusals([0] * 24_000, 100, 500)
    assert spread == 0
    # The control: the same schools at one moment are turned away by the thousand.
    assert together == 24_000 - 500 - 100


def refusals(arrivals: list[int], a_second: int, room: int) -> int:
    """How many calls find no room in a queue of `room` that is worked off at `a_second`."""
    waiting = refused = 0
    counts = [0] * 600
    for second in arrivals:
        counts[second] += 1
    for came in counts:
        waiting += came
        done = min(waiting, a_second)
        waiting -= done
        refused += max(0, waiting - room)
        waiting = min(waiting, room)
    return refused
