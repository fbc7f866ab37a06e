"""The hub as a process: it starts, says where, refuses a second one, ends at a signal."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hub_process import free_port, run, start
from school_post import SchoolPost
from sqlalchemy import text

from linkwork_hub.access.home import Home
from linkwork_hub.feeds.keys import load_keys


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
def test_a_hub_stopped_in_the_middle_of_receiving_ends_in_time_and_takes_it_once_later(
    tmp_path: Path,
) -> None:
    home, port = tmp_path / "hub", free_port()
    assert run(home, "init", "--profile", "reading").returncode == 0
    opened = Home(home)
    school = SchoolPost(opened.db, load_keys(opened.settings.keys_path)).joined()
    envelope = school.sealed(school.summary())
    process = start(home, port)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as one:
        head = f"POST /v1/post HTTP/1.1\r\nhost: hub\r\ncontent-length: {len(envelope)}\r\n\r\n"
        one.sendall(head.encode() + envelope[:100])
        time.sleep(0.3)
        asked = time.monotonic()
        process.terminate()
        _, err = process.communicate(timeout=30)
    assert time.monotonic() - asked < 20
    assert (process.returncode, "Traceback" in err) == (0, False)
    again = start(home, port)
    for _ in range(2):
        answer = httpx.post(f"http://127.0.0.1:{port}/v1/post", content=envelope, trust_env=False)
        assert answer.status_code == 200
    again.terminate()
    again.communicate(timeout=30)
    school.work()
    with opened.db.read() as db:
        kept = text("SELECT count(*) FROM inbox WHERE stream = 'feed' AND applied IS NOT NULL")
        assert db.execute(kept).scalar() == 1
    opened.db.close()


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
