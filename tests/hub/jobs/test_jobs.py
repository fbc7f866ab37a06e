"""Each slot of a job once, whoever comes first; a loop that cannot go on says so."""

from __future__ import annotations

import threading
import time as clocks
from datetime import UTC, datetime, time, timedelta
from multiprocessing.pool import ThreadPool

import pytest
from hub_under_test import SYSTEM, FixedClock
from sqlalchemy import insert, select, update
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from linkwork_hub.access import store as access
from linkwork_hub.access import tables
from linkwork_hub.db import Database, Scope, Tx
from linkwork_hub.jobs import store
from linkwork_hub.jobs.background import Loop
from linkwork_hub.jobs.schedule import JOBS, Job, LeaseLost, latest_slot, run_due

LEASE = timedelta(minutes=10)


def leave_a_trace(_scope: Scope, db: Tx) -> None:
    """A job whose every run can be counted."""
    db.execute(insert(tables.schools), {"id": db.new_id("sch"), "created": db.now})


TRACE = Job("trace", time(2, 30), leave_a_trace)


def traces(database: Database) -> int:
    """How often the job ran to its end."""
    with database.read() as db:
        return len(db.all(select(tables.schools)))


def test_a_slot_runs_once_however_often_it_is_looked_at(
    database: Database, clock: FixedClock
) -> None:
    assert run_due(database, [TRACE]) == ["trace"]
    assert run_due(database, [TRACE]) == []
    clock.advance(days=1)
    assert run_due(database, [TRACE]) == ["trace"]
    assert traces(database) == 2


def test_of_many_that_come_at_once_one_runs_the_slot(database: Database) -> None:
    with ThreadPool(6) as pool:
        ran = pool.map(lambda _: run_due(database, [TRACE]), range(12))
    assert sum(map(len, ran)) == 1
    assert traces(database) == 1


def test_without_a_claim_the_same_slot_runs_many_times(database: Database) -> None:
    def careless(_: int) -> None:
        with database.read() as db:
            done = db.first(select(store.job_runs))
        if done is None:
            clocks.sleep(0.02)
            with database.write() as db:
                leave_a_trace(SYSTEM, db)

    with ThreadPool(6) as pool:
        pool.map(careless, range(6))
    assert traces(database) > 1


def test_a_slot_whose_holder_died_is_taken_over_when_its_lease_ends(
    database: Database, clock: FixedClock
) -> None:
    with database.write() as db:
        slot = latest_slot(TRACE, db.now)
        assert store.claim(SYSTEM, db, "trace", slot, LEASE) == 1
    assert run_due(database, [TRACE]) == []
    clock.advance(minutes=11)
    assert run_due(database, [TRACE]) == ["trace"]
    with database.write() as db:
        assert not store.finish(SYSTEM, db, "trace", slot, 1)


def test_who_lost_the_lease_leaves_nothing_behind(database: Database) -> None:
    def overtaken(scope: Scope, db: Tx) -> None:
        leave_a_trace(scope, db)
        db.execute(update(store.job_runs).values(attempt=2))

    with pytest.raises(LeaseLost, match="taken over"):
        run_due(database, [Job("trace", time(2, 30), overtaken)])
    assert traces(database) == 0


def test_a_job_that_breaks_is_undone_and_runs_when_its_lease_ends(
    database: Database, clock: FixedClock
) -> None:
    def breaks(scope: Scope, db: Tx) -> None:
        leave_a_trace(scope, db)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_due(database, [Job("trace", time(2, 30), breaks)])
    clock.advance(minutes=11)
    assert run_due(database, [TRACE]) == ["trace"]
    assert traces(database) == 1


@pytest.mark.parametrize(
    ("now", "slot"),
    [
        (datetime(2026, 3, 2, 2, 29, tzinfo=UTC), "2026-03-01"),
        (datetime(2026, 3, 2, 2, 30, tzinfo=UTC), "2026-03-02"),
        # The clocks go forward and back: half past two is there once on both days.
        (datetime(2026, 3, 29, 1, 29, tzinfo=UTC), "2026-03-28"),
        (datetime(2026, 3, 29, 1, 30, tzinfo=UTC), "2026-03-29"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "2026-10-24"),
        (datetime(2026, 10, 25, 2, 30, tzinfo=UTC), "2026-10-25"),
    ],
)
def test_a_slot_is_due_at_local_time_on_every_day_of_the_year(now: datetime, slot: str) -> None:
    assert latest_slot(TRACE, now) == slot


def test_no_job_runs_in_the_hour_that_comes_twice_or_never() -> None:
    assert all(not time(1) <= job.at < time(2) for job in JOBS)


def test_a_changed_audit_entry_is_found_by_the_nightly_job(
    database: Database, as_owner: Database, clock: FixedClock
) -> None:
    with database.write() as db:
        for number in range(3):
            access.audit(SYSTEM, db, "opened", "pupil", f"p_{number}")
    with capture_logs() as lines:
        run_due(database, JOBS)
        assert lines == []
        clock.advance(days=1)
        with as_owner.write() as db:
            changed = tables.audit.c.number == 2
            db.execute(update(tables.audit).where(changed).values(what="looked away"))
        run_due(database, JOBS)
    assert {"event": "audit trail broken", "first_bad_entry": 2}.items() <= lines[0].items()


def wait_for(event: threading.Event) -> None:
    """Stay until it happens."""
    assert event.wait(10)


def test_a_loop_works_until_it_is_left() -> None:
    worked = threading.Event()

    def step() -> int:
        worked.set()
        return 0

    with Loop("test", step, 0.01, lambda: None) as loop:
        wait_for(worked)
    assert not loop.failed
    worked.clear()
    assert not worked.wait(0.05)


def test_a_database_that_is_away_for_a_moment_is_tried_again() -> None:
    worked, tries = threading.Event(), []

    def step() -> int:
        tries.append(1)
        if len(tries) < 3:
            raise OperationalError("select", {}, Exception("away"))
        worked.set()
        return 0

    with capture_logs() as lines, Loop("test", step, 0.01, lambda: None) as loop:
        wait_for(worked)
    assert not loop.failed
    assert [line["error"] for line in lines] == ["OperationalError"] * 2


def test_a_fault_ends_the_loop_loudly_and_without_content() -> None:
    ended = threading.Event()

    def step() -> int:
        raise KeyError("Testina Example")

    with capture_logs() as lines, Loop("test", step, 0.01, ended.set) as loop:
        wait_for(ended)
    assert loop.failed
    assert lines[0]["error"] == "KeyError"
    assert "Testina" not in str(lines)
