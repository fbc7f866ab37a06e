"""The hub as a process: it starts, says where, refuses a second one, ends at a signal."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine, text

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


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hub's home."""
    made = tmp_path_factory.mktemp("served") / "hub"
    assert run(made, "init", "--profile", "reading").returncode == 0
    return made


@pytest.fixture(scope="module")
def serving(home: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A hub that serves, and its port."""
    port = free_port()
    process = start(home, port)
    yield process, port
    if process.poll() is None:
        process.kill()
    process.communicate()


def test_a_second_hub_on_the_same_home_is_refused_in_one_sentence(
    home: Path, serving: tuple[subprocess.Popen[str], int]
) -> None:
    ended = run(home, "serve", "--port", str(free_port()))
    assert ended.returncode == 2
    assert "is serving" in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_port_in_use_is_one_sentence_that_names_it(
    tmp_path: Path, serving: tuple[subprocess.Popen[str], int]
) -> None:
    other = tmp_path / "other"
    assert run(other, "init", "--profile", "reading").returncode == 0
    ended = run(other, "serve", "--port", str(serving[1]))
    assert ended.returncode == 2
    assert f"Port {serving[1]} on 127.0.0.1 is in use" in ended.stderr
    assert "--port" in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_other_commands_know_where_the_hub_serves(
    home: Path, serving: tuple[subprocess.Popen[str], int]
) -> None:
    assert (home / "serving-at").read_text() == f"http://127.0.0.1:{serving[1]}\n"


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX systems")
def test_a_hub_ends_cleanly_at_a_signal_and_starts_again_at_once(
    home: Path, serving: tuple[subprocess.Popen[str], int]
) -> None:
    process, port = serving
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert out == f"Linkwork for Reading: http://127.0.0.1:{port}\n"
    assert "Traceback" not in err
    again = start(home, port)
    again.send_signal(signal.SIGINT)
    again.communicate(timeout=30)
    assert again.returncode == 0


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX systems")
def test_a_hub_killed_without_warning_starts_again(home: Path) -> None:
    port = free_port()
    killed = start(home, port)
    killed.kill()
    killed.communicate()
    again = start(home, port)
    again.terminate()
    again.communicate(timeout=30)
    assert again.returncode == 0


@pytest.mark.needs("postgresql")
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX systems")
def test_on_postgresql_receiver_worker_and_jobs_are_processes_of_their_own(
    tmp_path: Path, postgresql_engine: Engine
) -> None:
    with postgresql_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("DROP DATABASE IF EXISTS apart"))
        conn.execute(text("CREATE DATABASE apart"))
    url = postgresql_engine.url.set(database="apart").render_as_string(hide_password=False)
    home, port = tmp_path / "hub", free_port()
    made = run(home, "init", "--profile", "reading", "--database", url)
    assert made.returncode == 0, made.stderr
    # The receiver's own copy of the home holds nothing that opens a message or a name.
    outside = tmp_path / "outside"
    shutil.copytree(home, outside)
    for path in (outside / "keys").iterdir():
        if path.name not in ("keyset.lk1", "receipt-1.key"):
            path.unlink()
    receiver = start(outside, port, "receive")
    others = [launch(home, name) for name in ("work", "work", "jobs")]
    address = f"http://127.0.0.1:{port}"
    assert httpx.get(f"{address}/v1/keyset", trust_env=False).status_code == 200
    assert httpx.get(f"{address}/sign-in", trust_env=False).status_code == 404
    for process in others:
        assert process.stdout is not None
        assert process.stdout.readline().endswith(" for Reading\n")
    for process in [receiver, *others]:
        process.terminate()
    for process in [receiver, *others]:
        _, err = process.communicate(timeout=30)
        assert process.returncode == 0, err
