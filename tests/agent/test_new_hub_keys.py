"""New keys of the hub: every school follows, and no message is lost or doubled."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from live_hub import LiveHub, live_hub
from school_desk import FRIDAY, SchoolDesk
from school_post import SchoolPost

from linkwork import seal
from linkwork.errors import JoinRefused, NotTheHub
from linkwork.join import parse
from linkwork_agent import joining as agent_joining
from linkwork_agent import post
from linkwork_agent.deliver import deliver
from linkwork_agent.hub_client import HubClient
from linkwork_agent.ports import Hub
from linkwork_agent.store import base, outbox
from linkwork_agent.work import office_of
from linkwork_hub.feeds import ceremony, joining
from linkwork_hub.feeds.keys import PURPOSES, load_keys

FEED = "SELECT COUNT(*) FROM inbox WHERE stream = 'feed'"


def rotate(hub: LiveHub, folder: Path, *, compromised: bool = False) -> None:
    """The hub team changes every key; the root is at hand in the folder."""
    now = hub.clock()
    seed = hub.db.random
    ceremony.propose(folder, PURPOSES, now, seed, compromised=compromised)
    asked = ceremony.read_request((folder / "keyset.request").read_bytes())
    root = seal.Signer((folder / "root.key").read_bytes())
    ceremony.adopt(folder, seal.sign_keyset(asked, root))
    fresh = load_keys(folder)
    hub.keys = fresh
    hub.__post_init__()


@pytest.fixture
def own_hub(tmp_path: Path) -> Any:
    """A hub whose keys a test may change; and the folder they stand in."""
    with live_hub(tmp_path) as hub:
        hub.clock.fixed = FRIDAY
        yield hub, tmp_path / "keys"


@pytest.fixture
def joined_school(own_hub: Any, tmp_path: Path) -> SchoolDesk:
    hub, _ = own_hub
    home = tmp_path / "school"
    home.mkdir(mode=0o700)
    return SchoolDesk(home, hub, "100001", hub.add_school("100001")).joined()


def test_every_key_of_the_hub_changes_and_an_agent_follows_at_its_next_call(
    own_hub: Any, joined_school: SchoolDesk
) -> None:
    hub, folder = own_hub
    joined_school.say("a1")
    rotate(hub, folder)
    assert joined_school.run("deliver").exit_code == 0
    hub.work()
    with joined_school.open() as store:
        assert base.number(store.read, "keyset_version") == 2
        assert outbox.counts(store.read).waiting == 0
    assert hub.count("SELECT COUNT(*) FROM agents") == 1


def test_keys_changed_twice_while_a_school_was_offline_lose_and_double_nothing(
    own_hub: Any, joined_school: SchoolDesk
) -> None:
    hub, folder = own_hub
    for n in range(3):
        joined_school.say(f"a{n}")
    rotate(hub, folder, compromised=True)
    joined_school.later(days=20)
    rotate(hub, folder, compromised=True)
    for _ in range(3):
        joined_school.run("deliver")
        hub.work()
    kept = hub.count(FEED)
    assert kept == hub.count("SELECT COUNT(DISTINCT message_id) FROM inbox WHERE stream = 'feed'")
    assert kept == 3
    with joined_school.open() as store:
        assert outbox.counts(store.read).waiting == 0


def test_without_asking_for_the_new_keyset_a_changed_receipt_key_would_end_the_feed(
    own_hub: Any, joined_school: SchoolDesk
) -> None:
    """The control: where the keyset cannot be fetched, the new answer is no answer."""
    hub, folder = own_hub
    joined_school.say("a1")
    old = hub.keys.receiver.keyset_bytes
    rotate(hub, folder, compromised=True)
    with joined_school.open() as store, HubClient(hub.url) as client:
        with pytest.raises(NotTheHub, match="not signed by a receipt key"):
            deliver(joined_school.desk(store), Stale(client, old))
        assert outbox.counts(store.read).waiting == 1


class Stale:
    """A way to the hub on which an old keyset is played again."""

    def __init__(self, hub: Hub, old: bytes) -> None:
        self._hub, self._old = hub, old

    def keyset(self) -> bytes:
        return self._old

    def enrol(self, envelope: bytes) -> bytes:
        return self._hub.enrol(envelope)

    def post(self, envelope: bytes) -> bytes:
        return self._hub.post(envelope)


def test_a_school_that_is_joining_while_the_hubs_keys_change_still_joins(
    own_hub: Any, tmp_path: Path
) -> None:
    hub, folder = own_hub
    home = tmp_path / "joining"
    home.mkdir(mode=0o700)
    school = SchoolDesk(home, hub, "100002", hub.add_school("100002"))
    school.write()
    string = parse(hub.join_string(school.school_id))
    with school.open() as store, HubClient(hub.url) as client:
        office = office_of(school.place, store)
        agent_joining.begin(office, client, string, "h", agent_joining.Release((), "A. Head"))
        assert agent_joining.ask(office, client).state == "waiting"
        rotate(hub, folder)
        hub.work()
        assert agent_joining.ask(office, client).state == "pending"
        assert base.number(store.read, "keyset_version") == 2


def test_a_join_whose_key_was_ended_meanwhile_says_to_run_it_again(
    own_hub: Any, tmp_path: Path
) -> None:
    hub, folder = own_hub
    home = tmp_path / "joining"
    home.mkdir(mode=0o700)
    school = SchoolDesk(home, hub, "100002", hub.add_school("100002"))
    school.write()
    string = parse(hub.join_string(school.school_id))
    release = agent_joining.Release((), "A. Head")
    with school.open() as store, HubClient(hub.url) as client:
        office = office_of(school.place, store)
        agent_joining.begin(office, client, string, "h", release)
        rotate(hub, folder, compromised=True)
        with pytest.raises(JoinRefused, match="once more with the same join string"):
            agent_joining.enrol(office, client)
        agent_joining.begin(office, client, string, "h", release)
        assert agent_joining.enrol(office, client, sleep=lambda _: hub.work()).state == "pending"


def test_an_older_keyset_played_again_changes_nothing(
    own_hub: Any, joined_school: SchoolDesk
) -> None:
    hub, folder = own_hub
    first = hub.keys.receiver.keyset_bytes
    rotate(hub, folder)
    joined_school.run("instruct")
    said = pytest.raises(NotTheHub, match="version 1, version 2")
    with joined_school.open() as store, said, store.write() as tx:
        post.keep_keyset(tx, first)
    with joined_school.open() as store:
        assert base.number(store.read, "keyset_version") == 2


def test_a_hub_admits_a_lesser_key_only_while_its_keyset_allows_it(
    own_hub: Any, joined_school: SchoolDesk
) -> None:
    hub, _ = own_hub
    other = SchoolPost(hub.db, hub.keys, urn="100009", seed=b"o" * 32)
    other.add_school("Otherton High")
    other.opener = seal.Opener(b"x" * 32, seal.CLASSICAL)
    refused = other.enrol(other.invite().code)
    assert (refused.state, refused.reason) == ("refused", joining.WEAK_KEY)
    extra = {**hub.keys.work.openers, "x": seal.Opener(b"h" * 32, seal.CLASSICAL)}
    other.keys = replace(hub.keys, work=replace(hub.keys.work, openers=extra))
    other.signer = seal.Signer(b"n" * 32)
    assert other.enrol(other.invite().code).state == "pending"
