"""A machine whose clock is wrong: told of it, judged on no wrong day, and not silent afterwards."""

from __future__ import annotations

import sys
import time
from datetime import timedelta

import pytest
from live_hub import LiveHub
from on_the_way import instead
from school_desk import FRIDAY, SchoolDesk

from linkwork_agent.config import Config, School, Timing
from linkwork_agent.doctor import _clock
from linkwork_agent.processes import PosixProcesses
from linkwork_agent.service import Supervisor
from linkwork_agent.store import inbox, schedule
from linkwork_agent.work import run_job

YEARS = timedelta(days=3650)


@pytest.fixture
def ready(school: SchoolDesk) -> SchoolDesk:
    """A school with a summary and a nil return in its outbox."""
    school.joined("return").run("collect")
    return school


@pytest.mark.parametrize("wrong", [timedelta(days=-2), -YEARS])
def test_a_clock_that_stands_before_the_hubs_last_answer_judges_no_register(
    ready: SchoolDesk, wrong: timedelta
) -> None:
    before = len(ready.messages())
    ready.stories["P1"] = "/*30 O*10"
    ready.write()
    ready.now = FRIDAY + wrong
    outcome = ready.run("collect")
    assert outcome.exit_code == 2
    assert f"clock says {ready.now.date().isoformat()}" in outcome.sentence
    assert "answered on 2026-02-27" in outcome.sentence
    assert "Set the clock" in outcome.sentence
    assert len(ready.messages()) == before
    # The control: an hour is not a day, and with the right time the spell is found.
    ready.now = FRIDAY - timedelta(hours=1)
    assert ready.run("collect").exit_code == 0
    assert len(ready.messages()) > before


def test_a_clock_far_ahead_tells_no_spell_of_a_day_that_has_not_been(ready: SchoolDesk) -> None:
    before = len(ready.messages())
    ready.now = FRIDAY + YEARS
    outcome = ready.run("collect")
    assert outcome.exit_code == 3
    assert "no marks from" in outcome.sentence
    assert len(ready.messages()) == before


@pytest.mark.parametrize("wrong", [timedelta(hours=1), timedelta(hours=-1), YEARS, -YEARS])
def test_doctor_says_by_how_much_the_clock_is_wrong_and_what_to_do(
    ready: SchoolDesk, wrong: timedelta
) -> None:
    with ready.open() as store:
        assert _clock(store)["ok"] is True
    ready.now = FRIDAY + wrong
    assert ready.run("deliver").sentence == "sent 2, 0 waiting"
    with ready.open() as store:
        row = _clock(store)
    assert (row["ok"], row["seen"]) == (
        False,
        f"{-round(wrong.total_seconds())} seconds from the hub's",
    )
    assert "Set this machine's clock" in row["remedy"]


def test_a_wait_that_was_asked_for_under_a_wrong_clock_is_over_when_the_clock_is_set(
    ready: SchoolDesk, live: LiveHub
) -> None:
    ready.now = FRIDAY + YEARS
    live.between = instead(503, b"busy", [(b"retry-after", b"3600")])
    ready.run("deliver")
    # The control: under that clock the wait is kept.
    live.between = None
    assert "asked to wait until" in ready.run("deliver").sentence
    ready.now = FRIDAY
    assert ready.run("deliver").sentence == "sent 2, 0 waiting"


def test_an_item_acknowledged_in_a_time_to_come_is_acknowledged_again(ready: SchoolDesk) -> None:
    item = inbox.Item("item-1", "action", b"sealed")
    with ready.open() as store, store.write() as tx:
        inbox.keep(tx, item, FRIDAY.isoformat())
        inbox.claim(tx, item.id, FRIDAY.isoformat())
        inbox.acknowledged(tx, [item.id], FRIDAY.isoformat())
        inbox.keep(tx, item, (FRIDAY + timedelta(minutes=5)).isoformat())
        assert inbox.to_acknowledge(tx) == []
        inbox.acknowledged(tx, [item.id], (FRIDAY + YEARS).isoformat())
        inbox.keep(tx, item, (FRIDAY + timedelta(minutes=5)).isoformat())
        assert inbox.to_acknowledge(tx) == [item.id]


def test_a_clock_that_was_ten_years_ahead_silences_no_job_and_doubles_none(
    ready: SchoolDesk,
) -> None:
    """As a machine starts that has not asked the network for the time yet."""
    ran: list[tuple[str, str]] = []
    place = ready.place
    every = {job: Timing(every=900) for job in ("instruct", "deliver")}
    timings = every | {"collect": Timing(times=("10:15", "14:15"))}
    config = Config(place.config.home, place.config.schools, timings)

    def child(_school: School, job: str, slot: str, _limit: int) -> list[str]:
        outcome = run_job(ready.place, job, slot)
        if outcome is not None:
            ran.append((job, slot))
        return [sys.executable, "-c", ""]

    def supervisor() -> Supervisor:
        return Supervisor(config, PosixProcesses(), lambda: ready.now, time.monotonic, child)

    def until_idle(one: Supervisor) -> list[str]:
        ran.clear()
        for _ in range(200):
            one.tick()
            if one.is_idle():
                break
            time.sleep(0.02)
        assert one.is_idle()
        return [job for job, _slot in ran]

    ready.now = FRIDAY + YEARS
    running = supervisor()
    assert until_idle(running) == ["instruct", "collect", "deliver"]
    # Set while it runs: what was done in 2036 is no reason to do nothing until then.
    ready.now = FRIDAY
    assert until_idle(running) == ["instruct", "collect", "deliver"]
    assert until_idle(supervisor()) == []
    ready.now += timedelta(minutes=16)
    assert until_idle(running) == ["instruct"]
    # Back by an hour, as a clock is set by hand: nothing is done twice.
    ready.now -= timedelta(hours=1)
    assert until_idle(running) == []
    assert until_idle(supervisor()) == []


def test_slots_done_under_a_wrong_clock_do_not_push_out_what_was_done_by_the_right_one(
    ready: SchoolDesk,
) -> None:
    with ready.open() as store, store.write() as tx:
        for n in range(schedule.SLOTS_KEPT + 10):
            slot = f"2036-02-25T{n // 60:02}:{n % 60:02}:00Z"
            assert schedule.claim(tx, "instruct", slot, ready.now)
            schedule.finish(tx, "instruct", slot, ready.now)
        assert schedule.claim(tx, "instruct", "2026-02-27T16:00:00Z", ready.now)
        schedule.finish(tx, "instruct", "2026-02-27T16:00:00Z", ready.now)
        assert not schedule.claim(tx, "instruct", "2026-02-27T16:00:00Z", ready.now)
        kept = tx.execute("SELECT count(*) FROM schedule_state").fetchone()[0]
    assert kept == schedule.SLOTS_KEPT
