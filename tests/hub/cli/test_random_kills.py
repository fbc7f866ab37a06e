"""A hub process killed at any moment, again and again, while a school sends: minutes of it."""

from __future__ import annotations

import os
import random
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

import httpx
import pytest
from hub_process import free_port, run, start
from school_post import SchoolPost

from linkwork import seal
from linkwork.wire import Summary
from linkwork_hub.access.home import Home
from linkwork_hub.feeds.keys import load_keys

PublicOf = Callable[[str], bytes | None]
pytestmark = pytest.mark.skipif(os.name != "posix", reason="SIGKILL is not of Windows")


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seconds", [int(os.environ.get("LINKWORK_KILL_SECONDS", "600"))])
def test_a_hub_killed_at_random_for_minutes_loses_and_doubles_nothing(
    tmp_path: Path, seconds: int
) -> None:
    home, port = tmp_path / "hub", free_port()
    assert run(home, "init", "--profile", "reading").returncode == 0
    opened = Home(home)
    keys = load_keys(opened.settings.keys_path)
    school = SchoolPost(opened.db, keys).joined()
    opened.db.close()
    sender = Sender(school, port)
    sending = threading.Thread(target=sender.send_until_told)
    dice = random.Random(12)
    kills, until = 0, time.monotonic() + seconds
    process = start(home, port)
    sending.start()
    while time.monotonic() < until:
        time.sleep(dice.uniform(0.1, 3.0))
        process.kill()
        process.communicate()
        kills += 1
        process = start(home, port)
    sender.told.set()
    sending.join(60)
    assert kills >= seconds / 60
    settled(home, sender.sent)
    process.terminate()
    process.communicate(timeout=30)
    with closing(sqlite3.connect(home / "hub.db")) as db:
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        applied = "SELECT seq FROM inbox WHERE stream = 'feed' AND applied IS NOT NULL ORDER BY seq"
        assert [row[0] for row in db.execute(applied)] == list(range(1, sender.sent + 1))
        told = "SELECT count(*) FROM audit WHERE what = 'message applied'"
        assert db.execute(told).fetchone()[0] == sender.sent


class Sender:
    """A school that sends each message until it has its signed receipt, then the next."""

    def __init__(self, school: SchoolPost, port: int) -> None:
        self.school, self.url = school, f"http://127.0.0.1:{port}/v1/post"
        self.told, self.sent = threading.Event(), 0

    def send_until_told(self) -> None:
        """Go on until told to stop, and then until what was begun has its receipt."""
        known = seal.lookup(self.school.keys.receiver.keyset, "receipt")
        with httpx.Client(trust_env=False, timeout=10) as http:
            while not self.told.is_set():
                envelope = self.school.sealed(self._summary())
                while not self._receipted(http, envelope, known):
                    time.sleep(0.1)
                self.sent += 1

    def _receipted(self, http: httpx.Client, envelope: bytes, known: PublicOf) -> bool:
        try:
            answer = http.post(self.url, content=envelope)
        except httpx.TransportError:
            return False
        return (
            answer.status_code == 200
            and seal.verify_answer(answer.content, known).stored is not None
        )

    def _summary(self) -> Summary:
        return self.school.summary(date(2026, 2, 27))


def settled(home: Path, count: int) -> None:
    """Wait until the hub has applied so many messages."""
    until = time.monotonic() + 180
    while time.monotonic() < until:
        with closing(sqlite3.connect(f"file:{home / 'hub.db'}?mode=ro", uri=True)) as db:
            found = db.execute("SELECT count(*) FROM inbox WHERE applied IS NOT NULL").fetchone()
        if found[0] >= count:
            return
        time.sleep(0.5)
