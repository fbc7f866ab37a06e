"""The processes of a hub, from their start to the signal that ends them."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from socket import socket
from types import FrameType

import typer
import uvicorn
from argon2 import PasswordHasher

from linkwork.errors import WrongUse
from linkwork_hub import app as assembled
from linkwork_hub.access.home import Home
from linkwork_hub.cli.mail import sender
from linkwork_hub.cli.places import listen, only_one
from linkwork_hub.db import Database
from linkwork_hub.feeds import keys as key_files
from linkwork_hub.feeds.work import read_again, take_over, work_once
from linkwork_hub.jobs.background import Loop
from linkwork_hub.jobs.schedule import jobs_of, run_due
from linkwork_hub.meetings.kinds import read_rules
from linkwork_hub.meetings.telling import tell_schools
from linkwork_hub.web import log
from linkwork_hub.web.security import SecureHeaders

# How long a loop rests after it found nothing to do, in seconds.
_WORK_REST, _JOBS_REST = 0.5, 20.0


def serve(opened: Home, host: str, port: int) -> None:
    """Run the whole hub until a signal. Raises WrongUse when it cannot start."""
    with only_one(opened), listen(opened.settings, host, port) as listener:
        home = _ready(opened, opened.db)
        keys = key_files.load_keys(home.settings.keys_path)
        built = assembled.build(
            home.db,
            home.profile,
            address=home.settings.address,
            schools_address=home.settings.schools_address,
            spread_seconds=home.settings.spread_seconds,
            hasher=PasswordHasher(),
            keys=keys,
        )
        if home.closed_db.one_writer:
            take_over(home.db)
        read_again(home.db)
        server = _server(built.asgi)
        loops = [_worker(home, keys, server.stop), _clockwork(home, server.stop)]
        _say(f"Linkwork for {home.profile.name}: {home.settings.address}")
        server.run_beside(loops, listener)
        home.db.close()


def receive(opened: Home, host: str, port: int) -> None:
    """Take messages in until a signal. Raises WrongUse on SQLite."""
    _needs_postgresql(opened, "receive")
    with listen(opened.settings, host, port) as listener:
        home = _ready(opened, opened.closed_db)
        keys = assembled.ReceiveOnly(key_files.load_receiver_keys(home.settings.keys_path))
        asgi = assembled.build_receiver(
            home.closed_db,
            home.profile,
            address=home.settings.post_address,
            keys=keys,
            spread_seconds=home.settings.spread_seconds,
        )
        _say(f"Receiving for {home.profile.name}: {home.settings.post_address}")
        _server(asgi).run_beside([], listener)


def work(opened: Home) -> None:
    """Apply messages until a signal. Raises WrongUse on SQLite."""
    _needs_postgresql(opened, "work")
    home = _ready(opened, opened.db)
    keys = key_files.load_keys(home.settings.keys_path)
    read_again(home.db)
    _run_loop(f"Working for {home.profile.name}", lambda failed: _worker(home, keys, failed))


def jobs(opened: Home) -> None:
    """Run jobs by the clock until a signal. Raises WrongUse on SQLite."""
    _needs_postgresql(opened, "jobs")
    home = _ready(opened, opened.db)
    _run_loop(f"Jobs for {home.profile.name}", lambda failed: _clockwork(home, failed))


class _Server(uvicorn.Server):
    """uvicorn, ended by a signal as by a fault of a loop beside it."""

    def stop(self) -> None:
        """End soon, after the answers that are on their way."""
        self.should_exit = True

    def run_beside(self, loops: Sequence[Loop], listener: socket) -> None:
        """Serve until told to stop. Raises typer.Exit(1) when a loop ended by a fault."""
        _on_signals(self.stop)
        with ExitStack() as stack:
            for loop in loops:
                stack.enter_context(loop)
            self.run(sockets=[listener])
        if any(loop.failed for loop in loops):
            raise typer.Exit(1)


def _server(asgi: SecureHeaders) -> _Server:
    return _Server(
        uvicorn.Config(
            log.RequestLog(asgi),
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=15,
        )
    )


def _on_signals(stop: Callable[[], None]) -> None:
    # uvicorn sends a signal it caught once more when it has ended: then this does no harm.
    def caught(_number: int, _frame: FrameType | None) -> None:
        stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, caught)


def _ready(home: Home, database: Database) -> Home:
    """The home with its log and its database up to date."""
    log.configure(home.settings.log)
    home.upgrade()
    database.close()
    # Opened again: where it listens may be its address now.
    return Home(home.path)


def _worker(home: Home, keys: key_files.HubKeys, failed: Callable[[], None]) -> Loop:
    table = home.profile.section("meetings")
    rules = read_rules(table, file="authority.toml") if table else None

    def step() -> int:
        told = tell_schools(home.db, rules, keys.issuer) if rules else 0
        return told + work_once(home.db, keys.work, assembled.HANDLERS)

    return Loop("work", step, _WORK_REST, failed)


def _clockwork(home: Home, failed: Callable[[], None]) -> Loop:
    jobs = jobs_of(home.profile)
    send = sender(home)
    return Loop("jobs", lambda: len(run_due(home.db, jobs)) + send(), _JOBS_REST, failed)


def _run_loop(what: str, make: Callable[[Callable[[], None]], Loop]) -> None:
    ended = threading.Event()
    _on_signals(ended.set)
    _say(what)
    with make(ended.set) as loop:
        # A wait without a limit cannot be interrupted by a signal on every system.
        while not ended.wait(1):
            pass
    if loop.failed:
        raise typer.Exit(1)


def _needs_postgresql(home: Home, command: str) -> None:
    if home.closed_db.one_writer:
        raise WrongUse(
            f"{command} as a process of its own needs PostgreSQL: on SQLite one process writes. "
            "Use serve, or set database in hub.toml."
        )


def _say(what: str) -> None:
    print(what)
    # Whoever started this process waits for the line, and may read it through a pipe.
    sys.stdout.flush()
