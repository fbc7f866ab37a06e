"""A hub put back over the beginning of an epoch: what it lacks of the one before is not lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from live_hub import LiveHub, copy, live_hub, restore
from put_back import applied, made, told
from school_desk import FRIDAY, SchoolDesk

from linkwork_agent import post, signs
from linkwork_agent.store import outbox


@pytest.fixture
def live(tmp_path_factory: pytest.TempPathFactory) -> object:
    """A hub of one's own: it is put back, and with it every school it has."""
    with live_hub(tmp_path_factory.mktemp("hub")) as hub:
        hub.clock.fixed = FRIDAY
        yield hub


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
