"""Stay up: a small supervisor that runs each due slot as a child process with a time limit."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from linkwork_agent import log
from linkwork_agent.config import JOBS, Config, School
from linkwork_agent.jobs import due_slot, latest_slot, phase_of
from linkwork_agent.ports import Clock, utc_now
from linkwork_agent.processes import Child, Processes, processes_here
from linkwork_agent.store import base, inbox, outbox, schedule
from linkwork_agent.store.base import open_existing, open_store

TICK_SECONDS = 1.0
#: Children at work at once; a trust's schools take turns.
MOST_CHILDREN = 3
#: Until the hub has said over how many seconds its schools spread what is due at one time of day.
SPREAD_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Running:
    """A child at work on one slot, and when its time is up."""

    school: School
    job: str
    slot: str
    child: Child
    until: float


@dataclass
class Supervisor:
    """Which slots are due, which children are at work, and whose time is up.

    `now` gives the time, `monotonic` a clock that never steps, `command` the command line of a
    job's child.
    """

    config: Config
    processes: Processes
    now: Clock
    monotonic: Callable[[], float]
    command: Callable[[School, str, str, int], Sequence[str]]
    running: list[Running] = field(default_factory=list)
    _done: dict[str, dict[str, str]] = field(default_factory=dict)
    _tried: dict[tuple[str, str], str] = field(default_factory=dict)
    _turn: dict[tuple[str, str], int] = field(default_factory=dict)
    _passed_over: set[str] = field(default_factory=set)
    _windows: dict[str, int] = field(default_factory=dict)

    def tick(self) -> None:
        """Look after the children, then start what is due."""
        for run in list(self.running):
            self._look_after(run)
        for school in self.config.schools:
            if len(self.running) >= MOST_CHILDREN:
                return
            # One child a school: its jobs share one store, and their order is the pipeline's.
            if not any(run.school is school for run in self.running):
                self._start_next(school)

    def is_idle(self) -> bool:
        """Whether nothing runs and nothing is due."""
        return not self.running and not any(self._next(school) for school in self.config.schools)

    def stop(self) -> None:
        """End every child. What they had not finished is due again at the next start."""
        for run in self.running:
            self.processes.end(run.child)
        self.running.clear()

    def _next(self, school: School) -> tuple[str, str] | None:
        if school.urn not in self._done:
            self._done[school.urn] = self._read_done(school)
        due = []
        for job in JOBS:
            timing = self.config.schedule[job]
            phase = phase_of(school.urn, timing.every or self._window(school))
            last = self._done[school.urn].get(job)
            slot = due_slot(timing, last, self.now().astimezone(), phase)
            if slot is None or self._tried.get((school.urn, job)) == slot:
                continue
            if job == "deliver" and self._nothing_waits(school):
                # No child is started to find an empty outbox. Looked at again when a job has
                # ended, for that may have filled it, or at the next slot.
                self._tried[school.urn, job] = slot
                self._passed_over.add(school.urn)
            else:
                due.append((job, slot))
        # Whoever waits longest goes first: on a slow machine a job that is due again as soon as
        # it ends would otherwise keep the others from ever starting.
        return min(due, key=lambda one: self._turn.get((school.urn, one[0]), 0), default=None)

    def _window(self, school: School) -> int:
        """Over how many seconds this school's authority wants one time of day spread."""
        if school.urn not in self._windows:
            store = open_existing(self.config.folder(school) / "agent.db")
            if store is None:
                return SPREAD_SECONDS
            with store:
                self._windows[school.urn] = base.number(store.read, "window") or SPREAD_SECONDS
        return self._windows[school.urn]

    def _nothing_waits(self, school: School) -> bool:
        store = open_existing(self.config.folder(school) / "agent.db")
        if store is None:
            return True
        with store:
            return not (
                outbox.counts(store.read).waiting
                or inbox.waiting(store.read)
                or inbox.to_acknowledge(store.read)
            )

    def _start_next(self, school: School) -> None:
        due = self._next(school)
        if due is None:
            return
        job, slot = due
        limit = self.config.schedule[job].limit
        child = self.processes.start(self.command(school, job, slot, limit))
        self._tried[school.urn, job] = slot
        if job == "deliver":
            self._passed_over.discard(school.urn)
        self._turn[school.urn, job] = 1 + max(self._turn.values(), default=0)
        until = self.monotonic() + limit
        self.running.append(Running(school, job, slot, child, until))
        log.write("started", school=school.urn, job=job, slot=slot, pid=child.pid)

    def _look_after(self, run: Running) -> None:
        code = run.child.poll()
        if code is None and self.monotonic() < run.until:
            return
        self.processes.end(run.child)
        self.running.remove(run)
        self._done.pop(run.school.urn, None)
        self._windows.pop(run.school.urn, None)
        if run.school.urn in self._passed_over:
            self._passed_over.discard(run.school.urn)
            self._tried.pop((run.school.urn, "deliver"), None)
        if code is None:
            self._report(run, _overdue(run, self.config.schedule[run.job].limit))
        elif code < 0 or code == log.CRASHED:
            self._report(run, _crashed(run, code))
        log.write("ended", school=run.school.urn, job=run.job, slot=run.slot, code=code)

    def _report(self, run: Running, sentence: str) -> None:
        with open_store(self.config.folder(run.school) / "agent.db") as store, store.write() as tx:
            schedule.report(tx, run.job, sentence, sentence, self.now())

    def _read_done(self, school: School) -> dict[str, str]:
        store = open_existing(self.config.folder(school) / "agent.db")
        if store is None:
            return {}
        with store:
            return schedule.last_done(store.read, latest_slot(self.now().astimezone()))


def _doer(run: Running) -> str:
    plugin = f" with the plugin {run.school.mis!r}" if run.job == "collect" else ""
    return f"{run.job}{plugin}"


def _overdue(run: Running, limit: int) -> str:
    return (
        f"{_doer(run)} had not finished after {limit} seconds and was ended; it starts again at "
        f"its next time. If this stays so, run: linkwork-agent doctor --urn {run.school.urn}"
    )


def _crashed(run: Running, code: int) -> str:
    how = f"was ended by signal {-code}" if code < 0 else "ended on an unforeseen error"
    return (
        f"{_doer(run)} {how}; it starts again at its next time. If this stays so, tell whoever "
        "looks after the plugin what stands in the log."
    )


def child_command(config: Config, school: School, job: str, slot: str, limit: int) -> list[str]:
    """The command line of one job's child."""
    # -P: a file lying in the folder the service was started from must not shadow a module.
    start = [sys.executable, "-P", "-m", "linkwork_agent", "--home", str(config.home)]
    return [
        *start,
        "once",
        "--urn",
        school.urn,
        "--job",
        job,
        "--slot",
        slot,
        "--limit",
        str(limit),
    ]


def supervisor_here(config: Config) -> Supervisor:
    """The supervisor with this machine's clock and processes."""
    return Supervisor(
        config,
        processes_here(),
        utc_now,
        time.monotonic,
        lambda school, job, slot, limit: child_command(config, school, job, slot, limit),
    )


def serve(
    supervisor: Supervisor,
    seconds: float | None,
    until_idle: bool,
    stop: threading.Event | None = None,
) -> None:
    """Tick until SIGTERM or SIGINT, or for so many seconds, or until nothing is left to do.

    `stop` is set by whoever runs this on a thread of its own, where no signal arrives.
    """
    from apscheduler.events import EVENT_JOB_ERROR
    from apscheduler.schedulers.background import BackgroundScheduler

    if stop is None:
        stop = asked = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: asked.set())

    def tick() -> None:
        supervisor.tick()
        if until_idle and supervisor.is_idle():
            stop.set()

    # The ticker only wakes us; what is due is in the store. Without a grace time a tick that
    # comes late, after sleep or a busy minute, would be dropped.
    ticker = BackgroundScheduler(timezone="UTC")
    ticker.add_listener(lambda event: _log_tick_error(event.exception), EVENT_JOB_ERROR)
    ticker.add_job(
        tick,
        "interval",
        seconds=TICK_SECONDS,
        misfire_grace_time=None,
        coalesce=True,
        max_instances=1,
    )
    ticker.start()
    log.write("up", schools=len(supervisor.config.schools))
    stop.wait(seconds)
    ticker.shutdown(wait=True)
    supervisor.stop()
    log.write("down")


def _log_tick_error(error: BaseException) -> None:
    log.write("tick-failed", what=log.crash_place(type(error), error.__traceback__))
