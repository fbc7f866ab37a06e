"""An agent killed at any named point loses nothing and doubles nothing; wrong designs do."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from datetime import date

import pytest
from live_hub import LiveHub
from school_desk import SchoolDesk
from sudden_death import run

from linkwork import wire
from linkwork_agent import agreed, corrections
from linkwork_agent.store import upkeep

COLLECT = ["register read", "notices made", "state written", "before commit", "committed"]
DELIVER = ["before sending", "answer in hand", "receipt about to be kept", "receipt kept"]
INSTRUCT = ["answer kept", "item claimed", "item applied"]


def die(school: SchoolDesk, design: str, point: str) -> None:
    """Run a job that must not live past the point."""
    assert run(school, design, point) == -signal.SIGKILL


def feed_of(school: SchoolDesk, live: LiveHub) -> list[str]:
    """The kinds of all that the hub holds of a school's feed, by number; each number once."""
    with live.db.read() as db:
        rows = db.conn.exec_driver_sql(
            "SELECT epoch, seq, kind FROM inbox WHERE school_id = ? AND stream = 'feed'"
            " ORDER BY epoch, seq",
            (school.school_id,),
        ).all()
    assert [(row[0], row[1]) for row in rows] == [(1, n) for n in range(1, len(rows) + 1)]
    return [row[2] for row in rows]


def nothing_lost_nothing_doubled(school: SchoolDesk, live: LiveHub) -> None:
    """One return reached the hub, naming the one spell once; nothing waits anywhere."""
    live.work()
    assert upkeep.is_sound(school.place.folder / "agent.db")
    returns = "SELECT count(*) FROM returns WHERE school_id = :s AND pupils = 1"
    assert live.count(returns, s=school.school_id) == 1
    # Ten days of O are a run for the return, two windows of ten sessions, irregular attendance,
    # and a child nobody saw.
    episodes = "SELECT count(*) FROM episodes WHERE school_id = :s"
    assert live.count(episodes, s=school.school_id) == 5
    arrived = "SELECT count(*) FROM inbox WHERE school_id = :s AND kind = 'return'"
    assert live.count(arrived, s=school.school_id) == 1
    assert school.status()["waiting"] == 0
    assert school.status()["problems"] == []


@pytest.fixture
def ready(school: SchoolDesk) -> SchoolDesk:
    """A school that has joined, with one pupil to notify."""
    school.stories["P3"] = "/*30 O*10"
    return school.joined("return")


@pytest.mark.parametrize("point", COLLECT)
def test_killed_while_collecting(ready: SchoolDesk, live: LiveHub, point: str) -> None:
    die(ready, "collect", point)
    if point != "committed":
        # And once more, when it starts again.
        die(ready, "collect", point)
    ready.run("collect")
    ready.run("deliver")
    nothing_lost_nothing_doubled(ready, live)


@pytest.mark.parametrize("point", COLLECT)
def test_killed_while_many_marks_are_found_changed(ready: SchoolDesk, point: str) -> None:
    ready.run("collect")
    ready.later(days=1)
    ready.stories["P3"] = "/*40"
    ready.write()
    die(ready, "collect", point)
    ready.run("collect")
    (one,) = corrections.listed(ready.place.config, ready.place.school, 20)["changes"]
    assert (one["state"], len(one["marks"])) == ("waiting", 20)
    with ready.open() as store:
        corrections.decide(store, ready.place.school, "accept", None, "B.", lambda: ready.now)
    die(ready, "collect", point)
    ready.run("collect")
    found = [m for m in ready.messages() if isinstance(m, wire.Return | wire.Summary)]
    told = [n.event for m in found for n in m.notices if n.trigger == "continuous-unauthorised"]
    assert told == ["opened", "withdrawn"]


@pytest.mark.parametrize("point", DELIVER)
def test_killed_while_delivering(ready: SchoolDesk, live: LiveHub, point: str) -> None:
    ready.run("collect")
    die(ready, "deliver", point)
    # And once more, when it starts again: two messages wait, of which the first may be told.
    die(ready, "deliver", point)
    ready.run("deliver")
    nothing_lost_nothing_doubled_strictly(ready, live)


def test_killed_again_and_again_at_one_point_after_the_other(
    ready: SchoolDesk, live: LiveHub
) -> None:
    for point in COLLECT:
        die(ready, "collect", point)
    for point in DELIVER[:3]:
        die(ready, "deliver", point)
    ready.run("deliver")
    nothing_lost_nothing_doubled(ready, live)
    assert feed_of(ready, live)[:2] == ["summary", "return"]


@pytest.mark.parametrize("point", INSTRUCT)
def test_killed_while_taking_what_came_down(ready: SchoolDesk, live: LiveHub, point: str) -> None:
    item = wire.ActionItem(
        action_id=f"act_{ready.urn}",
        what="Ring home",
        who="A. Reed",
        due=date(2026, 3, 6),
        agreed_on=date(2026, 2, 27),
    )
    live.issue(ready.school_id, item, f"item-{ready.urn}")
    die(ready, "instruct", point)
    ready.run("instruct")
    rows = agreed.action_rows(ready.place.config, ready.place.school, date(2026, 3, 2))
    assert [row["state"] for row in rows] == ["open"]
    live.work()
    owed = "SELECT count(*) FROM downlink WHERE school_id = :s AND acknowledged IS NULL"
    assert live.count(owed, s=ready.school_id) == 0


@pytest.mark.parametrize(
    ("design", "point", "arrived"),
    [
        # The summary counts as told and never was: what follows it waits for it for ever.
        ("mark-then-send", "marked", 1),
        # The summary went twice, as two messages: both are there.
        ("number-at-sending", "sent", 3),
    ],
)
def test_a_wrong_way_of_delivering_is_caught(
    ready: SchoolDesk, live: LiveHub, design: str, point: str, arrived: int
) -> None:
    ready.run("collect")
    die(ready, design, point)
    assert run(ready, design) == 0
    live.work()
    stored = "SELECT count(*) FROM inbox WHERE school_id = :s AND stream = 'feed'"
    assert live.count(stored, s=ready.school_id) == arrived
    with pytest.raises(AssertionError):
        nothing_lost_nothing_doubled_strictly(ready, live)


def nothing_lost_nothing_doubled_strictly(school: SchoolDesk, live: LiveHub) -> None:
    """As above, and every message arrived exactly once, the summary too."""
    nothing_lost_nothing_doubled(school, live)
    assert feed_of(school, live) == ["summary", "return"]


def test_a_wrong_way_of_remembering_is_caught(ready: SchoolDesk, live: LiveHub) -> None:
    die(ready, "remember-then-tell", "remembered")
    ready.run("collect")
    ready.run("deliver")
    live.work()
    # The spell is remembered as told, and nobody told it.
    named = "SELECT count(*) FROM returns WHERE school_id = :s AND pupils = 1"
    assert live.count(named, s=ready.school_id) == 0
    with pytest.raises(AssertionError):
        nothing_lost_nothing_doubled(ready, live)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_killed_at_any_moment_for_minutes(ready: SchoolDesk, live: LiveHub) -> None:
    (ready.home / "agent.toml").write_text(
        f'[[school]]\nurn = "{ready.urn}"\nname = "Fernhill Primary"\nmis = "csv"\n'
        '[school.settings]\npath = "register.csv"\ncontacts = "contacts.csv"\n',
        encoding="utf-8",
    )
    live.clock.fixed = None
    dice = random.Random(20260227)
    command = [sys.executable, "-m", "linkwork_agent", "--home", str(ready.home), "once"]
    for _ in range(60):
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(dice.uniform(0.2, 2.5))
        child.kill()
        child.wait()
    assert subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode == 0
    nothing_lost_nothing_doubled(ready, live)
