"""The programs of the demonstration: started, watched, ended; each with its own log."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any


class ProgramFailed(Exception):
    """A program ended or answered otherwise than it should; the message holds its last words."""


def free_port() -> int:
    """A port of the loopback address that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(what: str, holds: Callable[[], bool], *, seconds: float = 40) -> float:
    """Ask until it holds; the seconds it took. Raises ProgramFailed when it never does."""
    start = time.monotonic()
    while not holds():
        if time.monotonic() - start > seconds:
            raise ProgramFailed(f"{what}: not within {seconds:.0f} seconds")
        time.sleep(0.1)
    return time.monotonic() - start


class Tool:
    """One of our two commands with its home."""

    def __init__(self, module: str, home: Path) -> None:
        self.module, self.home = module, home

    def command(self, *arguments: str) -> list[str]:
        """The whole command line."""
        return [sys.executable, "-m", self.module, "--home", str(self.home), *arguments]

    def run(self, *arguments: str, stdin: str = "", expect: int = 0) -> str:
        """Run to the end and give its output. Raises ProgramFailed on another exit code."""
        ended = self.attempt(*arguments, stdin=stdin)
        if ended.returncode != expect:
            said = (ended.stderr or ended.stdout).strip()[-800:]
            raise ProgramFailed(
                f"{self.module} {' '.join(arguments[:3])} ended with {ended.returncode}: {said}"
            )
        return ended.stdout

    def attempt(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run to the end, whatever the exit code."""
        return subprocess.run(
            self.command(*arguments),
            check=False,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=180,
        )

    def json(self, *arguments: str) -> Any:
        """Run with `--format json` and give the parsed answer."""
        return json.loads(self.run(*arguments, "--format", "json"))


class Programs:
    """Everything running, so that all of it can be ended."""

    def __init__(self, logs: Path) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self._logs = logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: Sequence[str]) -> None:
        """Start in the background; its words go to `logs/NAME.log`."""
        with (self._logs / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | {"PYTHONUNBUFFERED": "1"},
                start_new_session=os.name == "posix",
            )

    def alive(self, name: str) -> bool:
        """Whether it still runs."""
        return self._running[name].poll() is None

    def check_alive(self) -> None:
        """Raises ProgramFailed, with its last words, when any has ended by itself."""
        for name, process in self._running.items():
            if process.poll() is not None:
                raise ProgramFailed(f"{name} ended by itself: {self.last_words(name)}")

    def last_words(self, name: str) -> str:
        """The end of its log."""
        text = (self._logs / f"{name}.log").read_text(encoding="utf-8", errors="replace")
        return text.strip()[-600:]

    def kill(self, name: str) -> None:
        """End it at once and without warning, with its children: a power cut."""
        process = self._running.pop(name)
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        process.wait()

    def stop(self, name: str, *, seconds: float = 20) -> None:
        """Ask it to end, and end it when it does not."""
        process = self._running.pop(name)
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def stop_all(self) -> None:
        """End everything, the last started first."""
        for name in reversed(list(self._running)):
            self.stop(name)
