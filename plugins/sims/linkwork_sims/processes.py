"""Run a program for a limited time and end everything it started: the platform's part.

The agent has a port like this for its own children. A plugin may not use the agent, and the core
starts nothing, so each keeps its few lines.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, Protocol

#: How often a running program is looked at, in seconds.
_LOOK_EVERY = 0.05
_GRACE_SECONDS = 5.0

Child = subprocess.Popen[bytes]


class TookTooLong(Exception):
    """The program did not end in time and was ended. `wrote`: how many bytes it had written."""

    def __init__(self, wrote: int) -> None:
        self.wrote = wrote
        super().__init__(f"{wrote} bytes")


class WroteTooMuch(Exception):
    """The program wrote more than it may and was ended."""


class Processes(Protocol):
    """How this platform starts a process tree and ends it."""

    def start(self, command: Sequence[str], out: IO[bytes], errors: IO[bytes]) -> Child:
        """Start a child whose whole tree can be ended later; nothing is given to it to read."""

    def end(self, child: Child) -> None:
        """End the child and whatever it started. Also after the child itself went quietly."""


class PosixProcesses:
    """A session of its own for each child; its process group is the tree."""

    def start(self, command: Sequence[str], out: IO[bytes], errors: IO[bytes]) -> Child:
        """Start the child as the leader of a new session."""
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=errors, start_new_session=True
        )

    def end(self, child: Child) -> None:
        """End the group at once: a report has nothing to tidy up."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


class WindowsProcesses:
    """No window of its own, and `taskkill /T` for the tree.

    Not tested: the project has no such machine.
    """

    _NO_WINDOW = 0x08000000

    def start(self, command: Sequence[str], out: IO[bytes], errors: IO[bytes]) -> Child:
        """Start the child without a console window."""
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=errors,
            creationflags=self._NO_WINDOW,
        )

    def end(self, child: Child) -> None:
        """End the tree at once; what outlived its parent is out of taskkill's reach."""
        with contextlib.suppress(subprocess.TimeoutExpired, OSError):
            subprocess.run(
                ["taskkill", "/T", "/F", "/PID", str(child.pid)],
                check=False,
                capture_output=True,
                timeout=_GRACE_SECONDS,
            )
        with contextlib.suppress(OSError):
            child.kill()
        child.wait()


def processes_here() -> Processes:
    """The process port of the platform this runs on."""
    return WindowsProcesses() if sys.platform == "win32" else PosixProcesses()


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a program may run, in seconds, and how many bytes it may write in all."""

    seconds: float
    most_bytes: int


@contextlib.contextmanager
def running(
    command: Sequence[str],
    writes: Sequence[Path],
    limits: Limits,
    processes: Processes,
) -> Iterator[None]:
    """Run a program to its end, with its words in `writes[0]` and its complaints in `writes[1]`.

    Inside the `with`, the program itself has ended and what it started may still be writing;
    after it, all of them are gone, whatever happened. `writes` are the files whose size is
    watched. Raises TookTooLong, WroteTooMuch, or OSError when it cannot be started.
    """
    deadline = time.monotonic() + limits.seconds
    with _ending_when_asked(), writes[0].open("wb") as out, writes[1].open("wb") as errors:
        child = processes.start(command, out, errors)
        try:
            while True:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(_LOOK_EVERY)
                    break
                if written(writes) > limits.most_bytes:
                    raise WroteTooMuch
                if time.monotonic() > deadline:
                    raise TookTooLong(written(writes))
            yield
        finally:
            processes.end(child)


def written(paths: Sequence[Path]) -> int:
    """How many bytes these files hold together; a file that is not there holds none."""
    total = 0
    for path in paths:
        with contextlib.suppress(OSError):
            total += path.stat().st_size
    return total


@contextlib.contextmanager
def _ending_when_asked() -> Iterator[None]:
    """While a program runs, being asked to end ends the program first.

    It has a session of its own, so whoever ends our process group does not reach it.
    """
    mine = threading.current_thread() is threading.main_thread()
    if not mine or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return

    def leave(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
