"""A hub put back to before an agent's keys or epoch: taken up again, nothing lost or doubled."""

from __future__ import annotations

from pathlib import Path

import pytest
from live_hub import LiveHub, copy, live_hub, restore
from school_desk import FRIDAY, SchoolDesk

from linkwork_agent import post, rekeying, signs
from linkwork_agent.hub_client import HubClient
from linkwork_agent.ports import Hub
from linkwork_agent.store import outbox
from linkwork_agent.work import office_of

APPLIED = (
    "SELECT message_id FROM inbox WHERE school_id = ? AND stream = 'feed' AND applied IS NOT NULL"
)


@pytest.fixture
def live(tmp_path_factory: pytest.TempPathFactory) -> object:
    """A hub of one's own: it is put back, and with it every school it has."""
    with live_hub(tmp_path_factory.mktemp("hub")) as hub:
        hub.clock.fixed = FRIDAY
        yield hub


def told(school: SchoolDesk, days: int) -> None:
    """Collect so many days later, and deliver."""
    if days:
        school.later(days=days)
    for job in ("collect", "deliver"):
        assert school.run(job).exit_code == 0
    school.hub.work()


def made(school: SchoolDesk) -> list[str]:
    """The ids of all messages of the feed."""
    with school.open() as store:
        return sorted(row[0] for row in store.read.execute("SELECT message_id FROM outbox"))


def applied(hub: LiveHub, school_id: str) -> list[str]:
    """The ids of the messages that took effect, one for each time."""
    with hub.db.read() as db:
        return sorted(row[0] for row in db.conn.exec_driver_sql(APPLIED, (school_id,)))


def new_keys(school: SchoolDesk) -> None:
    """Change the agent's keys, both of its steps."""
    for last in (False, True):
        with school.open() as store, HubClient(school.hub.url) as hub:
            assert rekeying.step(office_of(school.place, store), hub) is last
        school.hub.work()


@pytest.fixture
def behind(school: SchoolDesk, live: LiveHub, tmp_path: Path) -> SchoolDesk:
    """Messages under the old keys and under the new ones, and the hub as it was before them."""
    school.joined("return")
    told(school, 0)
    copy(live, tmp_path / "backup.db")
    told(school, 3)
    new_keys(school)
    told(school, 1)
    assert applied(live, school.school_id) == made(school)
    restore(live, tmp_path / "backup.db")
    assert len(applied(live, school.school_id)) < len(made(school))
    return school


def calls(school: SchoolDesk) -> list[int]:
    """Three calls and deliveries, the worker between; the exit codes of the calls."""
    codes = []
    for _ in range(3):
        codes.append(school.run("instruct").exit_code)
        school.hub.work()
        school.run("deliver")
        school.hub.work()
    return codes


def test_a_hub_put_back_to_before_the_keys_changed_takes_the_agent_up_again_and_has_everything_once(
    behind: SchoolDesk, live: LiveHub
) -> None:
    assert calls(behind) == [0, 0, 0]
    assert applied(live, behind.school_id) == made(behind)
    assert behind.status()["waiting"] == 0


def test_without_the_key_of_before_the_agent_would_be_a_stranger_for_ever(
    behind: SchoolDesk, live: LiveHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(_office: object, _hub: Hub, _at: object) -> bool:
        return False

    monkeypatch.setattr(rekeying, "again", never)
    assert calls(behind) == [1, 1, 1]
    assert len(applied(live, behind.school_id)) < len(made(behind))


def test_asked_for_by_the_new_key_alone_what_the_old_one_signed_would_be_lost(
    behind: SchoolDesk, live: LiveHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    behind.run("instruct")
    live.work()
    monkeypatch.setattr(post, "former_keys", lambda _db: [])
    calls(behind)
    assert len(applied(live, behind.school_id)) < len(made(behind))


def test_the_key_of_before_is_deleted_once_no_message_under_it_is_kept(
    behind: SchoolDesk, live: LiveHub
) -> None:
    calls(behind)
    beside = behind.place.keys.folder
    assert len(list(beside.glob("former-*.seed"))) == 1
    behind.later(days=31)
    assert behind.run("instruct").exit_code == 0
    assert not list(beside.glob("former-*.seed"))


def new_epoch(school: SchoolDesk) -> None:
    """Let what waits go in a new epoch, as after new keys of the hub."""
    with school.open() as store, store.write() as tx:
        post.start_over(tx, school.desk(store))


@pytest.fixture
def over(school: SchoolDesk, live: LiveHub, tmp_path: Path) -> SchoolDesk:
    """A backup of the hub, more of the first epoch behind it, and a second epoch begun here."""
    school.joined("return")
    told(school, 0)
    copy(live, tmp_path / "backup.db")
    told(school, 3)
    school.later(days=1)
    school.run("collect")
    new_epoch(school)
    return school


def deliver(school: SchoolDesk) -> None:
    """Three deliveries without a sign of life between, and the worker after each."""
    for _ in range(3):
        school.run("deliver")
        school.hub.work()


def test_before_the_first_message_of_an_epoch_the_hub_says_how_far_it_holds_the_one_before(
    over: SchoolDesk, live: LiveHub, tmp_path: Path
) -> None:
    restore(live, tmp_path / "backup.db")
    deliver(over)
    assert applied(live, over.school_id) == made(over)
    assert over.status()["waiting"] == 0


def test_not_asked_first_the_hub_would_never_say_what_it_lacks(
    over: SchoolDesk, live: LiveHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signs, "say", lambda _desk, _hub: None)
    restore(live, tmp_path / "backup.db")
    deliver(over)
    assert len(applied(live, over.school_id)) < len(made(over))


def test_a_hub_that_lost_the_beginning_of_an_epoch_is_given_all_that_is_kept(
    over: SchoolDesk, live: LiveHub, tmp_path: Path
) -> None:
    over.run("deliver")
    live.work()
    with over.open() as store:
        assert outbox.next_place(store.read).epoch == 2
    over.later(days=1)
    over.run("collect")
    restore(live, tmp_path / "backup.db")
    # Its first word after that is of a message far into the second epoch.
    deliver(over)
    # Of what it held before, a second copy came; a message id takes effect once all the same.
    assert set(applied(live, over.school_id)) == set(made(over))
    assert over.status()["waiting"] == 0
