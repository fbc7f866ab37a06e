"""A hub as processes: commands run to their end, and ones that go on running."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

START_SECONDS = 40.0


def command(home: Path, *arguments: str) -> list[str]:
    """The command line of a hub with this home."""
    return [sys.executable, "-m", "linkwork_hub", "--home", str(home), *arguments]


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    line = command(home, *arguments)
    return subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)


def free_port() -> int:
    """A port nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def launch(home: Path, *arguments: str) -> subprocess.Popen[str]:
    """A command that goes on running."""
    line = command(home, *arguments)
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def start(home: Path, port: int, name: str = "serve") -> subprocess.Popen[str]:
    """A hub that answers."""
    process = launch(home, name, "--port", str(port))
    begun = time.monotonic()
    while time.monotonic() - begun < START_SECONDS:
        assert process.poll() is None, process.communicate()
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).is_success:
                return process
        except httpx.TransportError:
            time.sleep(0.05)
    process.kill()
    raise AssertionError(process.communicate())
