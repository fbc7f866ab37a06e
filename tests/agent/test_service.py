"""The supervisor with real processes: time limits, hanging and crashing plugins, the end."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import odd_plugins
import pytest
from live_hub import App, LiveHub, Message, Receive, Send
from school_desk import SchoolDesk

from linkwork_agent.config import load
from linkwork_agent.processes import PosixProcesses
from linkwork_agent.service import Running, Supervisor

#: What the supervisor may take to go once it was asked to, in seconds.
ASKED_TO_GO = 20


@pytest.fixture
def plugins(tmp_path: Path) -> Path:
    """A folder of plugins that misbehave."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    odd_plugins.install(folder, "hanging", odd_plugins.HANGING)
    odd_plugins.install(folder, "crashing", odd_plugins.CRASHING)
    return folder


@pytest.fixture
def agent(
    school: SchoolDesk, live: LiveHub, plugins: Path
) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts `linkwork-agent` for a school that has joined; what still runs is ended."""
    school.joined("return")
    live.clock.fixed = None
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "linkwork_agent", "--home", str(school.home), *arguments]
        child = subprocess.Popen(
            command,
            env={**os.environ, "PYTHONPATH": str(plugins)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(child)
        return child

    yield start
    for child in started:
        if child.poll() is None:
            child.kill()
        child.communicate()


def configure(school: SchoolDesk, mis: str, collect_limit: int) -> None:
    """Write agent.toml for a plugin, with a time limit for its reading."""
    setting = 'path = "register.csv"' if mis == "csv" else f'notes = "{school.home / "notes"}"'
    (school.home / "agent.toml").write_text(
        f'[[school]]\nurn = "{school.urn}"\nname = "Fernhill Primary"\nmis = "{mis}"\n'
        f"[school.settings]\n{setting}\n"
        "[schedule]\ninstruct = { every = 3600 }\ndeliver = { every = 3600 }\n"
        f"collect = {{ every = 3600, limit = {collect_limit} }}\n",
        encoding="utf-8",
    )


def wait_until(true: Callable[[], bool], what: str) -> None:
    """Wait for something that happens in another process."""
    until = time.monotonic() + 30
    while not true():
        assert time.monotonic() < until, f"waited in vain for {what}"
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    """Whether a process still does something: neither gone nor only waiting to be reaped."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def has_ended(run: Running) -> bool:
    """Whether a child is gone."""
    return run.child.poll() is not None


def noted(school: SchoolDesk) -> list[int]:
    """The process ids that the hanging plugin wrote down."""
    notes = school.home / "notes"
    wait_until(lambda: notes.exists() and " " in notes.read_text(), "the plugin to hang")
    return [int(pid) for pid in notes.read_text().split()]


def test_each_job_that_is_due_runs_once_as_a_process_of_its_own(
    school: SchoolDesk, agent: Callable[..., subprocess.Popen[str]]
) -> None:
    configure(school, "csv", 60)
    _, told = agent("run", "--until-idle").communicate(timeout=60)
    assert [
        line.split("job=")[1].split()[0] for line in told.splitlines() if "started" in line
    ] == [
        "instruct",
        "collect",
        "deliver",
    ]
    _, told = agent("run", "--until-idle").communicate(timeout=60)
    assert "event=started" not in told


def test_no_process_is_started_to_find_an_empty_outbox(
    school: SchoolDesk, agent: Callable[..., subprocess.Popen[str]]
) -> None:
    configure(school, "csv", 60)
    agent("run", "--until-idle").communicate(timeout=60)
    config = school.home / "agent.toml"
    often = "instruct = { every = 1 }\ndeliver = { every = 1 }"
    seldom = often.replace("every = 1 ", "every = 3600 ")
    config.write_text(config.read_text().replace(seldom, often))
    _, told = agent("run", "--for", "5").communicate(timeout=60)
    assert "job=instruct" in told
    assert "job=deliver" not in told


def test_a_job_that_is_always_due_keeps_no_other_from_its_turn(tmp_path: Path) -> None:
    (tmp_path / "agent.toml").write_text(
        '[[school]]\nurn = "100001"\nname = "Fernhill"\nmis = "csv"\n'
        "[schedule]\ninstruct = { every = 1 }\ncollect = { every = 1 }\n"
    )
    moment = [datetime(2026, 3, 2, 9, 0, tzinfo=UTC)]
    started: list[str] = []

    def command(_school: object, job: str, _slot: str, _limit: int) -> list[str]:
        started.append(job)
        return [sys.executable, "-c", ""]

    supervisor = Supervisor(
        load(tmp_path), PosixProcesses(), lambda: moment[0], time.monotonic, command
    )
    for _ in range(4):
        supervisor.tick()
        for run in supervisor.running:
            wait_until(partial(has_ended, run), "the child to end")
        # Slower than its slots: by now everything is due again.
        moment[0] += timedelta(seconds=5)
    assert started == ["instruct", "collect", "instruct", "collect"]


def test_a_plugin_that_hangs_is_ended_with_all_it_started_and_named(
    school: SchoolDesk, agent: Callable[..., subprocess.Popen[str]]
) -> None:
    configure(school, "hanging", 3)
    supervisor = agent("run", "--until-idle")
    pids = noted(school)
    supervisor.communicate(timeout=60)
    assert supervisor.returncode == 0
    wait_until(lambda: not any(is_alive(pid) for pid in pids), "the plugin's processes to end")
    (problem,) = school.status()["problems"]
    assert "the plugin 'hanging' had not finished after 3 seconds and was ended" in problem


def test_a_plugin_that_crashes_is_named_and_its_values_stay_out_of_the_log(
    school: SchoolDesk, agent: Callable[..., subprocess.Popen[str]]
) -> None:
    configure(school, "crashing", 60)
    told, log = agent("run", "--until-idle").communicate(timeout=60)
    assert "Thornapple" not in told + log
    assert "KeyError at" in log
    assert "odd_crashing.py" in log
    (problem,) = school.status()["problems"]
    assert "the plugin 'crashing' ended on an unforeseen error" in problem


def test_a_child_that_was_killed_runs_again_after_a_restart(
    school: SchoolDesk, agent: Callable[..., subprocess.Popen[str]]
) -> None:
    configure(school, "hanging", 60)
    supervisor = agent("run", "--until-idle")
    os.kill(noted(school)[0], signal.SIGKILL)
    supervisor.communicate(timeout=60)
    assert "ended by signal 9" in school.status()["problems"][0]
    configure(school, "csv", 60)
    agent("run", "--until-idle").communicate(timeout=60)
    assert school.status()["problems"] == []
    assert school.status()["last_read"] is not None


def test_sigterm_ends_the_supervisor_and_its_children_in_time(
    school: SchoolDesk, agent: Callable[..., subprocess.Popen[str]]
) -> None:
    configure(school, "hanging", 600)
    supervisor = agent("run")
    pids = noted(school)
    asked = time.monotonic()
    supervisor.terminate()
    _, log = supervisor.communicate(timeout=ASKED_TO_GO)
    assert time.monotonic() - asked < ASKED_TO_GO
    assert supervisor.returncode == 0
    assert "event=down" in log
    wait_until(lambda: not any(is_alive(pid) for pid in pids), "the children to end")


def test_a_second_supervisor_is_refused_in_one_sentence(
    school: SchoolDesk, agent: Callable[..., subprocess.Popen[str]]
) -> None:
    configure(school, "hanging", 600)
    first = agent("run")
    noted(school)
    second = agent("run", "--for", "1")
    _, told = second.communicate(timeout=30)
    assert second.returncode == 2
    assert "already running here" in told
    assert len(told.strip().splitlines()) == 1
    first.terminate()
    first.communicate(timeout=ASKED_TO_GO)


def test_stopped_in_the_middle_of_sending_it_ends_in_time_and_nothing_is_lost_or_doubled(
    school: SchoolDesk,
    live: LiveHub,
    agent: Callable[..., subprocess.Popen[str]],
) -> None:
    configure(school, "csv", 60)
    stored = "SELECT count(*) FROM inbox WHERE school_id = :s AND stream = 'feed'"
    held, over = threading.Event(), threading.Event()

    async def hold(scope: Message, receive: Receive, send: Send, hub: App) -> None:
        """The hub has stored a message of the feed; its receipt does not come."""
        answers: list[Message] = []

        async def keep(message: Message) -> None:
            answers.append(message)

        await hub(scope, receive, keep)
        if live.count(stored, s=school.school_id):
            held.set()
            await asyncio.to_thread(over.wait, 60)
        for message in answers:
            await send(message)

    live.between = hold
    supervisor = agent("run")
    wait_until(held.is_set, "a message of the feed")
    asked = time.monotonic()
    supervisor.terminate()
    supervisor.communicate(timeout=ASKED_TO_GO)
    assert time.monotonic() - asked < ASKED_TO_GO
    over.set()
    live.between = None
    assert supervisor.returncode == 0
    waiting = school.status()["waiting"]
    assert waiting >= 1
    _, log = agent("run", "--until-idle").communicate(timeout=60)
    # A slot that was not finished is due again at once.
    assert "job=deliver" in log
    assert school.status()["waiting"] == 0
    live.work()
    with live.db.read() as db:
        rows = db.conn.exec_driver_sql(
            "SELECT seq, message_id, applied FROM inbox WHERE school_id = ? AND stream = 'feed'"
            " ORDER BY epoch, seq",
            (school.school_id,),
        ).all()
    assert [row[0] for row in rows] == list(range(1, waiting + 1))
    assert len({row[1] for row in rows}) == waiting
    assert all(row[2] for row in rows)
