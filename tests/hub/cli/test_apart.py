"""Receiver, workers and jobs as processes of their own on PostgreSQL, each with its own account."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from hub_process import free_port, launch, run, start
from school_post import SchoolPost
from sqlalchemy import Engine, create_engine, text

from linkwork_hub.access.home import Home
from linkwork_hub.feeds.keys import load_keys

pytestmark = [
    pytest.mark.needs("postgresql"),
    pytest.mark.skipif(os.name != "posix", reason="signals of POSIX systems"),
]
WORKS, RECEIVES = "linkwork_apart", "linkwork_apart_in"


@dataclass
class Apart:
    """A hub whose receiver has a home and an account of its own."""

    home: Path
    outside: Path
    port: int
    processes: list[subprocess.Popen[str]]

    def launch(self, name: str) -> subprocess.Popen[str]:
        """Start `work` or `jobs`, and wait until it says so."""
        process = launch(self.home, name)
        self.processes.append(process)
        assert process.stdout is not None
        assert process.stdout.readline().endswith(" for Reading\n"), process.communicate()
        return process

    def post(self, envelope: bytes) -> httpx.Response:
        """Send bytes as an agent does."""
        address = f"http://127.0.0.1:{self.port}/v1/post"
        return httpx.post(address, content=envelope, trust_env=False, timeout=30)


def settings(path: Path, **values: str) -> None:
    """Write a home's hub.toml."""
    path.write_text("".join(f'{name} = "{value}"\n' for name, value in values.items()))
    path.chmod(0o600)


@pytest.fixture
def apart(tmp_path: Path, postgresql_engine: Engine) -> Iterator[Apart]:
    """The owner's account makes the tables; nobody who listens to a network has it."""
    with postgresql_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("DROP DATABASE IF EXISTS apart WITH (FORCE)"))
        conn.execute(text("CREATE DATABASE apart"))
        for role in (WORKS, RECEIVES):
            conn.execute(text(f"DROP ROLE IF EXISTS {role}"))
            conn.execute(text(f"CREATE ROLE {role} LOGIN NOSUPERUSER NOBYPASSRLS"))
    owner = postgresql_engine.url.set(database="apart")
    urls = {
        role: owner.set(username=role).render_as_string(hide_password=False)
        for role in (WORKS, RECEIVES, owner.username or "")
    }
    home, outside = tmp_path / "hub", tmp_path / "outside"
    made = run(home, "init", "--profile", "reading", "--database", urls[owner.username or ""])
    assert made.returncode == 0, made.stderr
    shutil.copytree(home, outside)
    for path in (outside / "keys").iterdir():
        if path.name not in ("keyset.lk1", "receipt-1.key"):
            path.unlink()
    whole = {"database_owner": urls[owner.username or ""], "receiver_role": RECEIVES}
    settings(home / "hub.toml", database=urls[WORKS], **whole)
    settings(outside / "hub.toml", database=urls[RECEIVES])
    port = free_port()
    apart = Apart(home, outside, port, [])
    apart.launch("jobs")
    apart.processes.append(start(outside, port, "receive"))
    yield apart
    for process in apart.processes:
        if process.poll() is None:
            process.terminate()
        _, said = process.communicate(timeout=30)
        assert process.returncode in (0, -signal.SIGKILL), said


def joined(apart: Apart) -> tuple[Home, SchoolPost]:
    """A school whose agent is confirmed, as this process sees the hub."""
    home = Home(apart.home)
    return home, SchoolPost(home.db, load_keys(home.settings.keys_path)).joined()


@pytest.mark.parametrize("killed", [False, pytest.param(True, marks=pytest.mark.long)])
def test_messages_pass_from_the_receivers_account_to_any_number_of_workers(
    apart: Apart, killed: bool
) -> None:
    home, school = joined(apart)
    workers = [apart.launch("work") for _ in range(2)]
    for _ in range(10):
        answer = apart.post(school.sealed(school.summary()))
        assert answer.status_code == 200, answer.text
    if killed:
        # Without a word: what it had claimed is another worker's when the lease is over.
        os.kill(workers[0].pid, signal.SIGKILL)
    for _ in range(10):
        assert apart.post(school.sealed(school.summary())).status_code == 200
    assert settled(home) == 20
    with home.db.read() as db:
        told = text("SELECT count(*) FROM audit WHERE what = 'message applied'")
        assert db.execute(told).scalar() == 20
    assert httpx.get(f"http://127.0.0.1:{apart.port}/sign-in", trust_env=False).status_code == 404
    home.db.close()


def test_a_receiver_of_another_version_than_the_database_says_who_can_bring_it_up_to_date(
    apart: Apart, postgresql_engine: Engine
) -> None:
    owner = postgresql_engine.url.set(database="apart")
    engine = create_engine(owner)
    with engine.begin() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    engine.dispose()
    said = run(apart.outside, "receive", "--port", str(free_port()))
    # 1, so that a service manager tries again: the account that owns the tables may come second.
    assert said.returncode == 1
    assert "names database_owner" in said.stderr


def settled(home: Home) -> int:
    """How many messages were applied, once it is all of them or a minute and a half is over."""
    count = 0
    until = time.monotonic() + 90
    while count < 20 and time.monotonic() < until:
        with home.db.read() as db:
            found = db.execute(text("SELECT count(*) FROM inbox WHERE applied IS NOT NULL"))
            count = int(found.scalar_one())
        time.sleep(0.2)
    return count
