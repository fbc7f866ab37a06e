"""Start a child with everything it starts, and end all of it: the platform's part."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from typing import Protocol

#: How long a child may take to end after it was asked to, in seconds.
GRACE_SECONDS = 5.0

Child = subprocess.Popen[bytes]


class Processes(Protocol):
    """How this platform starts a process tree and ends it."""

    def start(self, command: Sequence[str]) -> Child:
        """Start a child whose whole tree can be ended later."""

    def end(self, child: Child, grace: float = GRACE_SECONDS) -> None:
        """End the child and whatever it started: asked first, then made to."""


class PosixProcesses:
    """A session of its own for each child; its process group is the tree."""

    def start(self, command: Sequence[str]) -> Child:
        """Start the child as the leader of a new session."""
        return subprocess.Popen(command, start_new_session=True, stdin=subprocess.DEVNULL)

    def end(self, child: Child, grace: float = GRACE_SECONDS) -> None:
        """Ask the group, wait for the child, then end the group, grandchildren included."""
        self._signal(child, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(grace)
        # Also when the child itself went quietly: what it started may not have.
        self._signal(child, signal.SIGKILL)
        child.wait()

    def _signal(self, child: Child, number: signal.Signals) -> None:
        # The group outlives its leader while any member lives; gone altogether is what we want.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, number)


class WindowsProcesses:
    """`taskkill /T` ends the tree. Not tested: the project has no such machine."""

    def start(self, command: Sequence[str]) -> Child:
        """Start the child."""
        return subprocess.Popen(command, stdin=subprocess.DEVNULL)

    def end(self, child: Child, grace: float = GRACE_SECONDS) -> None:
        """End the tree at once: a Windows process without a window cannot be asked."""
        subprocess.run(
            ["taskkill", "/T", "/F", "/PID", str(child.pid)],
            check=False,
            capture_output=True,
            timeout=grace,
        )
        child.wait()


def processes_here() -> Processes:
    """The process port of the platform this runs on."""
    return WindowsProcesses() if sys.platform == "win32" else PosixProcesses()
