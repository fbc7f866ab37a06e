"""A hub put back to before an agent's keys changed: taken up again, and nothing lost or doubled."""

from __future__ import annotations

from pathlib import Path

import pytest
from live_hub import LiveHub, copy, live_hub, restore
from put_back import applied, made, told
from school_desk import FRIDAY, SchoolDesk

from linkwork_agent import post, rekeying
from linkwork_agent.hub_client import HubClient
from linkwork_agent.ports import Hub
from linkwork_agent.work import office_of


@pytest.fixture
def live(tmp_path_factory: pytest.TempPathFactory) -> object:
    """A hub of one's own: it is put back, and with it every school it has."""
    with live_hub(tmp_path_factory.mktemp("hub")) as hub:
        hub.clock.fixed = FRIDAY
        yield hub


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
    def never(_office: object, _hub: Hub) -> bool:
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
