"""An agent moved to another server as the page says: its folder, and nothing else."""

from __future__ import annotations

import shutil
import socket
import subprocess
from pathlib import Path

import pytest
from command import Said, agent
from hub_under_test import SYSTEM
from live_hub import LiveHub
from school_desk import SchoolDesk

from linkwork_agent import post
from linkwork_hub.feeds import store


@pytest.fixture
def waiting(school: SchoolDesk, live: LiveHub) -> SchoolDesk:
    """A school that has joined and read its register, and whose messages wait."""
    live.clock.fixed = None
    school.stories["P3"] = "/*30 O*10"
    school.write()
    made = at(
        school.home,
        *("setup", "csv", "--urn", school.urn, "--name", "Fernhill Primary"),
        *("--path", school.register),
    )
    assert made.code == 0, made.err
    string = live.join_string(school.school_id)
    live.working.set()
    joined = at(school.home, "join", string, "--released-by", "A. Head", "--release", "return")
    assert joined.code == 0, joined.err
    live.confirm(school.school_id)
    for job in ("instruct", "collect"):
        assert at(school.home, "once", "--job", job).code == 0
    return school


def at(home: Path, *words: object) -> Said:
    """A command of the agent of a home."""
    return agent("--home", home, *words)


def moved(school: SchoolDesk, to: Path) -> Path:
    """The folder packed here and unpacked there."""
    packed, there = to / "moved.tar.gz", to / "there"
    there.mkdir()
    home = school.home
    subprocess.run(["tar", "czf", packed, "-C", home.parent, home.name], check=True)
    subprocess.run(["tar", "xzf", packed, "-C", there], check=True)
    return there / home.name


def told(school: SchoolDesk, live: LiveHub) -> str:
    """The alarms on the hub's page of the feed, and what the agent says is wrong."""
    live.work()
    with live.db.read() as db:
        feed = store.feed(SYSTEM, db, school.school_id)
    return " ".join((*feed.alarms, *feed.reported))


def test_an_agent_that_is_moved_goes_on_with_its_identity_and_what_waited(
    waiting: SchoolDesk, live: LiveHub, tmp_path: Path
) -> None:
    there = moved(waiting, tmp_path)
    shutil.rmtree(waiting.home)
    # The export was on the old server: doctor names the path, and one line of settings mends it.
    looked = at(there, "doctor")
    assert looked.code != 0
    assert str(waiting.register) in looked.out
    settings = there / "agent.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace(str(waiting.register), str(there / "register.csv")), "utf-8")
    said = at(there, "once")
    assert said.code == 0, said.err
    assert "0 waiting" in said.out
    assert told(waiting, live) == ""
    mine = {"s": waiting.school_id}
    feed = "FROM inbox WHERE school_id = :s AND stream = 'feed'"
    assert live.count(f"SELECT count(*) - count(DISTINCT message_id) {feed}", **mine) == 0
    assert live.count(f"SELECT count(*) {feed} AND applied IS NULL", **mine) == 0
    assert live.count("SELECT count(*) FROM agents WHERE school_id = :s", **mine) == 1
    assert live.count("SELECT count(*) FROM episodes WHERE school_id = :s", **mine) > 0


def test_the_old_server_started_again_hears_of_the_other_and_nothing_is_lost_or_doubled(
    waiting: SchoolDesk, live: LiveHub, tmp_path: Path
) -> None:
    there = moved(waiting, tmp_path)
    again = waiting.register.read_text("utf-8").replace(",O", ",N")
    waiting.register.write_text(again, "utf-8")
    assert "sent 3, 0 waiting" in at(there, "once").out
    assert told(waiting, live) == ""
    at(waiting.home, "once", "--job", "instruct")
    assert post.PUT_BACK in at(waiting.home, "status").words
    for home in (waiting.home, there, waiting.home):
        assert "0 waiting" in at(home, "once").out
    live.work()
    mine = {"s": waiting.school_id}
    feed = "FROM inbox WHERE school_id = :s AND stream = 'feed'"
    assert live.count(f"SELECT count(*) {feed} AND applied IS NULL", **mine) == 0
    assert live.count(f"SELECT max(epoch) {feed}", **mine) > 1
    per_pupil = "SELECT count(*) - count(DISTINCT id) FROM episodes WHERE school_id = :s"
    assert live.count(per_pupil, **mine) == 0


def test_the_hub_names_both_machines_of_an_agent_that_calls_from_another_one(
    school: SchoolDesk, live: LiveHub
) -> None:
    school.write()
    school.join("return")
    live.confirm(school.school_id)
    assert "calls from another" not in told(school, live)
    here = socket.gethostname()
    school.run("instruct")
    assert f"calls from another (a-machine and {here})" in told(school, live)
