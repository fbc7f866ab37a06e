"""Agent and hub as processes, both killed at any moment: each message counts once, in order."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hub_process import free_port, run, start
from school_post import SYSTEM

from linkwork import wire
from linkwork_agent import config, post
from linkwork_agent.store import outbox
from linkwork_agent.work import Place, desk_of
from linkwork_hub.access import store as access
from linkwork_hub.access.home import Home
from linkwork_hub.access.models import SchoolFacts
from linkwork_hub.feeds import store
from linkwork_hub.feeds.keys import HubKeys, load_keys
from linkwork_hub.feeds.models import AgentState
from linkwork_hub.feeds.policy import policy_item

pytestmark = pytest.mark.skipif(os.name != "posix", reason="SIGKILL is not of Windows")
URN = "100001"
TOTALS = wire.Totals(
    pupils=2,
    possible=4,
    present=4,
    authorised=0,
    unauthorised=0,
    unmarked=0,
    persistent=0,
    severe=0,
)
WHOLE = wire.Completeness(last_marked_day=None, sessions_expected=4, sessions_marked=4)


class Agent:
    """A school's home; `linkwork-agent` runs there and is killed there."""

    def __init__(self, home: Path) -> None:
        home.mkdir(mode=0o700)
        self.home, self.made, self.kills, self.whole_runs = home, 0, 0, 0
        (home / "agent.toml").write_text(
            f'[[school]]\nurn = "{URN}"\nname = "Fernhill Primary"\nmis = "csv"\n'
            '[school.settings]\npath = "register.csv"\n',
            encoding="utf-8",
        )

    def command(self, *words: str) -> list[str]:
        """A command line of the agent."""
        return [sys.executable, "-m", "linkwork_agent", "--home", str(self.home), *words]

    @property
    def place(self) -> Place:
        """The school as its jobs meet it."""
        read = config.load(self.home)
        return Place(read, read.schools[0], lambda: datetime.now(UTC), os.urandom)

    def make(self) -> None:
        """Put one more message into the outbox."""
        with self.place.store() as kept:
            desk = desk_of(self.place, kept)
            summary = wire.Summary(
                urn=URN,
                as_of=date(2026, 2, 27),
                read_at=datetime.now(UTC),
                policy=f"message {self.made}",
                mis="csv",
                totals=TOTALS,
                completeness=WHOLE,
            )
            with kept.write() as tx:
                post.enqueue(tx, desk, summary, "Totals. No pupil.")
        self.made += 1

    def deliver(self, lives: float | None) -> None:
        """Deliver, and be killed after so many seconds unless it has ended; None lets it live."""
        child = subprocess.Popen(
            self.command("once", "--job", "deliver"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            child.wait(lives)
            self.whole_runs += 1
        except subprocess.TimeoutExpired:
            child.kill()
            self.kills += 1
        child.wait()

    def waiting(self) -> int:
        """How many messages have no receipt."""
        with self.place.store() as kept:
            return outbox.counts(kept.read).waiting


def joined(agent: Agent, opened: Home, keys: HubKeys, port: int) -> None:
    """Join by the agent's own command, and confirm it at the hub."""
    with opened.db.write() as db:
        facts = SchoolFacts("", date(2024, 9, 1), URN, "Fernhill Primary", "LA", "primary")
        school_id = access.add_school(SYSTEM, db, facts)
        string = store.invite(
            SYSTEM,
            db,
            school_id,
            address=f"http://127.0.0.1:{port}",
            root_fingerprint=keys.root_fingerprint,
        ).text()
    given = ("join", string, "--release", "none", "--released-by", "A. Head")
    subprocess.run(agent.command(*given), check=True, capture_output=True, timeout=120)
    with opened.db.write() as db:
        (waits,) = store.agents_of(SYSTEM, db, school_id, [AgentState.PENDING])
        store.confirm(SYSTEM, db, waits.id, keys.issuer, policy_item(opened.profile, keys.work))
    opened.db.close()
    subprocess.run(agent.command("once", "--job", "instruct"), check=True, capture_output=True)


@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    "seconds",
    [
        12,
        pytest.param(int(os.environ.get("LINKWORK_KILL_SECONDS", "600")), marks=pytest.mark.long),
    ],
)
def test_agent_and_hub_killed_at_random_lose_and_double_nothing_and_keep_the_order(
    tmp_path: Path, seconds: int
) -> None:
    home, port, dice = tmp_path / "hub", free_port(), random.Random(seconds)
    assert run(home, "init", "--profile", "reading").returncode == 0
    opened, agent = Home(home), Agent(tmp_path / "school")
    keys = load_keys(opened.settings.keys_path)
    hub = start(home, port)
    joined(agent, opened, keys, port)
    over = threading.Event()
    threads = [
        threading.Thread(target=_make, args=(agent, over)),
        threading.Thread(target=_deliver, args=(agent, over, random.Random(seconds + 1))),
    ]
    for thread in threads:
        thread.start()
    hub_kills, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(dice.uniform(0.3, 4.0))
        hub.kill()
        hub.communicate()
        hub_kills += 1
        hub = start(home, port)
    over.set()
    for thread in threads:
        thread.join(120)
    _until_all_is_told(agent)
    applied = _until_all_is_applied(home, agent.made)
    hub.terminate()
    hub.communicate(timeout=60)
    assert hub_kills >= seconds / 60
    assert agent.kills >= seconds / 60
    assert agent.made >= seconds
    print(
        f"{agent.made} messages, {hub_kills} + {agent.kills} kills, {agent.whole_runs} whole runs"
    )
    # Each once, in the order of their making, and nothing of them twice in the record.
    assert applied == [(1, seq) for seq in range(1, agent.made + 1)]
    with closing(sqlite3.connect(home / "hub.db")) as db:
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert db.execute("SELECT contiguous FROM feed_marks").fetchall() == [(agent.made,)]
        told = db.execute("SELECT count(DISTINCT message_id) FROM inbox WHERE stream = 'feed'")
        assert told.fetchone()[0] == agent.made
    assert agent.place.is_sound()


def _make(agent: Agent, over: threading.Event) -> None:
    while not over.wait(0.15):
        agent.make()


def _deliver(agent: Agent, over: threading.Event, dice: random.Random) -> None:
    while not over.is_set():
        agent.deliver(dice.uniform(0.2, 5.0))


def _until_all_is_told(agent: Agent) -> None:
    until = time.monotonic() + 180
    while agent.waiting():
        assert time.monotonic() < until
        agent.deliver(None)


def _until_all_is_applied(home: Path, count: int) -> list[tuple[int, int]]:
    """Epoch and number of each message that took effect, as often and in the order that it did."""
    asked = (
        "SELECT inbox.epoch, inbox.seq FROM audit JOIN inbox ON inbox.id = audit.record_id"
        " WHERE audit.what = 'message applied' ORDER BY audit.number"
    )
    until = time.monotonic() + 180
    found: list[tuple[int, int]] = []
    while len(found) < count and time.monotonic() < until:
        with closing(sqlite3.connect(f"file:{home / 'hub.db'}?mode=ro", uri=True)) as db:
            found = list(db.execute(asked).fetchall())
        time.sleep(0.3)
    return found
