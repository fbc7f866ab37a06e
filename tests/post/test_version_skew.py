"""Agent and hub of different versions: nothing lost or doubled, and who must update is said."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from school_desk import number
from versions import Version, a_port, later

from linkwork_agent.store.version import SCHEMA_VERSION

NOW = Version("now")
URN = "100001"
#: A later version in which messages, items and answers say more than this one knows.
SAYS_MORE = {
    "linkwork/wire/messages.py": (
        (
            "    standing: tuple[Notice, ...] = ()\n",
            '    standing: tuple[Notice, ...] = ()\n    weather: str = "fair"\n',
        ),
    ),
    "linkwork/wire/items.py": (
        (
            '    escalated_to: str = ""\n',
            '    escalated_to: str = ""\n    priority: int = 1\n',
        ),
    ),
    "linkwork/wire/post.py": (
        (
            '    acknowledged: str = ""\n    time: datetime\n',
            '    acknowledged: str = ""\n    mood: str = "calm"\n    time: datetime\n',
        ),
    ),
}
#: A later version whose envelopes are laid out in another way, and whose store is another.
LAID_OUT_ANEW = {
    "linkwork/wire/base.py": (("WIRE_VERSION = 1", "WIRE_VERSION = 2"),),
    "linkwork_agent/store/version.py": (
        (f"SCHEMA_VERSION = {SCHEMA_VERSION}", f"SCHEMA_VERSION = {SCHEMA_VERSION + 1}"),
    ),
}
ISSUE = """
import sys
from datetime import date
from pathlib import Path
from linkwork.wire import ActionItem
from linkwork_hub.access import store as access
from linkwork_hub.access.home import Home
from linkwork_hub.db import Scope
from linkwork_hub.feeds import keys, store
home = Home(Path(sys.argv[1]))
issuer = keys.load_keys(home.settings.keys_path).issuer
item = ActionItem(action_id="act_1", what="Ring home on the first day", who="Officer",
    due=date(2026, 12, 6), agreed_on=date(2026, 11, 20))
with home.db.write() as db:
    school = access.school_by_urn(Scope.system(), db, "100001")
    store.issue(Scope.system(), db, school.id, "action", item, issuer, "item-1")
"""


@dataclass
class Pair:
    """A school and a hub, each of which may be run by any version."""

    school: Path
    hub: Path
    port: int

    def joined(self, agent: Version, hub: Version) -> None:
        """Set up, joined and confirmed, with the hub serving."""
        made = agent.agent(
            self.school,
            *("setup", "csv", "--urn", URN, "--name", "Fernhill Primary"),
            *("--path", str(self.school / "register.csv")),
        )
        assert made.returncode == 0, made.stderr
        string = hub.hub(self.hub, "feeds", "join", URN).stdout.strip()
        told = ("--released-by", "A. Head", "--release", "return")
        joined = agent.agent(self.school, "join", string, *told)
        assert joined.returncode == 0, joined.stderr
        confirmed = hub.hub(self.hub, "feeds", "confirm", URN, "--yes")
        assert confirmed.returncode == 0, confirmed.stderr

    def once(self, agent: Version, *job: str) -> str:
        """Run the agent once; all it said."""
        done = agent.agent(self.school, "once", *job)
        return done.stdout + done.stderr

    def problems(self, agent: Version) -> str:
        """What `status` says is wrong, in one text."""
        return " ".join(agent.read(self.school, "status")["problems"])

    def feed(self, hub: Version) -> dict[str, Any]:
        """The school's line of `feeds`."""
        (row,) = hub.read(self.hub, "feeds", of="hub")
        assert isinstance(row, dict)
        return row

    def settled(self, what: str) -> int:
        """How many messages of the feed the hub's worker has "applied" or "refused"."""
        sql = "SELECT applied, refused FROM inbox WHERE stream = 'feed'"
        with closing(sqlite3.connect(self.hub / "hub.db")) as db:
            db.row_factory = sqlite3.Row
            return sum(row[what] is not None for row in db.execute(sql))

    def candidates(self, hub: Version) -> list[str]:
        """What the pupils to consider are there for."""
        return [row["trigger"] for row in hub.read(self.hub, "candidates", of="hub")]


def until(true: Callable[[], bool]) -> None:
    """Wait until the hub's worker has done something."""
    begun = time.monotonic()
    while not true():
        assert time.monotonic() - begun < 20, "the hub's worker did not come to it"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Version:
    """The next version, which says more."""
    return later(tmp_path_factory.mktemp("newer"), "newer", SAYS_MORE)


@pytest.fixture(scope="module")
def anew(tmp_path_factory: pytest.TempPathFactory) -> Version:
    """A version whose layouts are others."""
    return later(tmp_path_factory.mktemp("anew"), "anew", LAID_OUT_ANEW)


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    """A school with one pupil who has been away for two weeks, and a hub that knows the school."""
    school, hub, port = tmp_path / "school", tmp_path / "hub", a_port()
    school.mkdir(0o700)
    rows = ["pupil_id,upn,surname,forename,date_of_birth,year_group,date,session,code"]
    for place, code in ((1, "O"), (2, "/")):
        who = f"P{place},{number(place)},Quill{place},Wren,2016-03-04,4"
        today = datetime.now(UTC).date()
        past = (today - timedelta(days=n) for n in range(22, 0, -1))
        days = [day.isoformat() for day in past if day.weekday() < 5]
        rows += [f"{who},{day},{half},{code}" for day in days for half in ("AM", "PM")]
    (school / "register.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    listing = tmp_path / "schools.csv"
    listing.write_text(
        "urn,name,school_type,phase,roll,roll_date,link_officer,latitude,longitude\n"
        f"{URN},Fernhill Primary,LA,primary,210,2026-09-01,,,\n"
    )
    address = f"http://127.0.0.1:{port}"
    made = NOW.hub(hub, "init", "--profile", "reading", "--address", address)
    assert made.returncode == 0, made.stderr
    added = NOW.hub(hub, "import", "schools", str(listing))
    assert added.returncode == 0, added.stderr
    return Pair(school, hub, port)


def test_what_a_newer_agent_says_waits_at_the_hub_until_that_is_updated(
    pair: Pair, newer: Version
) -> None:
    with NOW.serving(pair.hub, pair.port):
        pair.joined(newer, NOW)
        assert "sent 2, 0 waiting" in pair.once(newer)
        until(lambda: pair.settled("refused") == 1)
        feed = pair.feed(NOW)
        # The return is of a form both know; the summary says more. Neither holds up the other.
        assert (feed["unread"], feed["refused"], feed["applied"]) == (1, 0, 1)
        assert any("Update the hub" in line for line in feed["problems"])
        pair.once(newer, "--job", "instruct")
        assert "the authority must update its hub" in pair.problems(newer)
    with NOW.serving(pair.hub, pair.port):
        # The control: it is not the new start that lets it be read.
        time.sleep(2)
        assert pair.feed(NOW)["unread"] == 1
    with newer.serving(pair.hub, pair.port):
        until(lambda: pair.settled("applied") == 2)
        assert (pair.feed(newer)["unread"], pair.feed(newer)["refused"]) == (0, 0)
        found = pair.candidates(newer)
        assert found.count("continuous-unauthorised") == 1
        pair.once(newer, "--job", "instruct")
        assert pair.problems(newer) == ""
        assert newer.read(pair.school, "status")["refused"] == 0


def test_what_a_newer_hub_sends_waits_at_the_school_until_its_agent_is_updated(
    pair: Pair, newer: Version
) -> None:
    with newer.serving(pair.hub, pair.port):
        pair.joined(NOW, newer)
        # Its answers say more than this agent knows, and are believed all the same.
        assert "sent 2, 0 waiting" in pair.once(NOW)
        until(lambda: pair.settled("applied") == 2)
        issued = newer.run("-c", ISSUE, str(pair.hub))
        assert issued.returncode == 0, issued.stderr
        for _again in range(2):
            assert "1 could not be read" in pair.once(NOW, "--job", "instruct")
        assert NOW.read(pair.school, "actions") == []
        assert "install the current agent" in pair.problems(NOW)
        until(lambda: "needs a newer agent" in " ".join(pair.feed(newer)["problems"]))
        pair.once(newer, "--job", "instruct")
        pair.once(newer, "--job", "instruct")
        assert [row["id"] for row in newer.read(pair.school, "actions")] == ["act_1"]
        assert pair.problems(newer) == ""


def test_an_agent_of_another_layout_keeps_everything_says_who_must_update_and_can_go_back(
    pair: Pair, anew: Version
) -> None:
    with NOW.serving(pair.hub, pair.port):
        pair.joined(NOW, NOW)
        assert NOW.agent(pair.school, "once", "--job", "instruct").returncode == 0
        assert NOW.agent(pair.school, "once", "--job", "collect").returncode == 0
        ended = anew.agent(pair.school, "once", "--job", "deliver")
        assert ended.returncode != 0
        assert "this agent is newer than the hub" in ended.stdout + ended.stderr
        assert anew.read(pair.school, "status")["waiting"] == 2
        alarms = " ".join(pair.feed(NOW)["problems"])
        assert "agent is newer than this hub" in alarms
        # Rolled back: this agent leaves the newer store alone and says what to do.
        before = (pair.school / "schools" / URN / "agent.db").read_bytes()
        for command in ("status", "once"):
            back = NOW.agent(pair.school, command)
            assert back.returncode == 2
            numbers = f"(store {SCHEMA_VERSION + 1}, this one knows {SCHEMA_VERSION})"
            assert f"written by a newer agent {numbers}" in back.stderr
            assert "Install that version again" in back.stderr
        assert (pair.school / "schools" / URN / "agent.db").read_bytes() == before
        # As that sentence goes on: the store as it was before the update.
        told = re.search(r"Or put (\S+) in its place", back.stderr)
        assert told is not None
        Path(told[1]).replace(pair.school / "schools" / URN / "agent.db")
        assert "sent 3, 0 waiting" in pair.once(NOW)
        until(lambda: pair.settled("applied") == 3)
        assert pair.candidates(NOW).count("continuous-unauthorised") == 1
