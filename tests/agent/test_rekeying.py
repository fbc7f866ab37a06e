"""New keys on either side, without anybody joining anew and without a message lost or doubled."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from command import agent
from live_hub import LiveHub, live_hub
from school_desk import FRIDAY, SchoolDesk
from school_post import SchoolPost

from linkwork import seal, wire
from linkwork.errors import JoinRefused, NotTheHub
from linkwork.join import parse
from linkwork_agent import joining as agent_joining
from linkwork_agent import post, rekeying
from linkwork_agent.deliver import deliver
from linkwork_agent.hub_client import HubClient
from linkwork_agent.instruct import instruct
from linkwork_agent.ports import Hub, RefusedByHub
from linkwork_agent.store import base, inbox, outbox
from linkwork_agent.work import office_of
from linkwork_hub.feeds import ceremony, joining
from linkwork_hub.feeds.keys import PURPOSES, load_keys

FEED = "SELECT COUNT(*) FROM inbox WHERE stream = 'feed'"


class CutShortError(Exception):
    """The machine was switched off here."""


def step(school: SchoolDesk, at: Callable[[str], None] = lambda _point: None) -> bool:
    with school.open() as store, HubClient(school.hub.url) as hub:
        return rekeying.step(office_of(school.place, store), hub, at)


def keys_in_use(school: SchoolDesk) -> tuple[str, str]:
    with school.open() as store:
        desk = school.desk(store)
        return desk.signer.key_id, desk.opener.key_id


def say(school: SchoolDesk, action: str) -> None:
    """Put one more message into the outbox."""
    with school.open() as store, store.write() as tx:
        message = wire.ActionProgress(
            action_id=action, state="done", on=school.now.date(), by="A. Office"
        )
        post.enqueue(tx, school.desk(store), message, "a test")


def question(request_id: str) -> wire.RequestItem:
    return wire.RequestItem(
        request_id=request_id,
        asks="question",
        pseudonym="p_a",
        trigger="not-seen",
        message="How is it?",
        asked_by="An officer",
        asked_on=FRIDAY.date(),
    )


def test_an_agents_keys_change_and_the_feed_goes_on(school: SchoolDesk, live: LiveHub) -> None:
    school.joined()
    before, kept = keys_in_use(school), live.count(FEED)
    say(school, "a1")
    assert not step(school)
    live.work()
    live.issue(school.school_id, question("q1"), "q1")
    assert step(school)
    after = keys_in_use(school)
    assert set(before).isdisjoint(after)
    assert school.run("deliver").exit_code == 0
    live.work()
    assert live.count(FEED) == kept + 1
    with school.open() as store:
        assert outbox.counts(store.read).waiting == 0
        assert [one.request_id for one in inbox.requests(store.read)] == ["q1"]
    # The signing key of before stays for as long as a hub put back may know that one alone.
    assert sorted(path.name for path in school.place.keys.folder.glob("*.seed")) == [
        f"former-{before[0]}.seed",
        "seal.seed",
        "sign.seed",
    ]


def test_what_came_down_between_the_two_keys_is_neither_lost_nor_refused(
    school: SchoolDesk, live: LiveHub
) -> None:
    """The hub seals to the new keys already, and a call is still made with the old ones."""
    school.joined()
    step(school)
    live.work()
    live.issue(school.school_id, question("q2"), "q2")
    with school.open() as store, HubClient(live.url) as hub:
        instruct(school.desk(store), hub)
        assert [item.id for item in inbox.waiting(store.read)] == ["q2"]
    assert step(school)
    assert school.run("instruct").exit_code == 0
    with school.open() as store:
        assert [one.request_id for one in inbox.requests(store.read)] == ["q2"]
        assert not inbox.waiting(store.read)


def test_a_school_away_for_weeks_in_the_middle_of_new_keys_is_heard_at_its_first_call(
    school: SchoolDesk, live: LiveHub
) -> None:
    """The hub takes the old key for 14 days; holidays are longer."""
    school.joined()
    before, kept = keys_in_use(school), live.count(FEED)
    say(school, "a1")
    step(school)
    live.work()
    school.later(days=15)
    assert "unknown-key" in school.run("deliver").sentence
    # Control: without trying the new keys the school is not heard any more.
    with school.open() as store, store.write() as tx:
        handed_over = base.text(tx, post.REKEYING)
        base.put(tx, **{post.REKEYING: None})
    assert "unknown-key" in school.run("instruct").sentence
    with school.open() as store, store.write() as tx:
        base.put(tx, **{post.REKEYING: handed_over})
    assert school.run("instruct").exit_code == 0
    assert set(before).isdisjoint(keys_in_use(school))
    assert school.run("deliver").exit_code == 0
    live.work()
    assert live.count(FEED) == kept + 1


@pytest.mark.parametrize(
    "point",
    [
        "new keys written beside",
        "new keys noted",
        "handed over",
        "known by the hub",
        "new keys in force",
        "one new key in place",
    ],
)
def test_switched_off_at_any_point_the_keys_change_once_and_the_feed_goes_on(
    point: str, school: SchoolDesk, live: LiveHub
) -> None:
    school.joined()
    before = keys_in_use(school)
    say(school, "a1")
    reached: list[str] = []

    def cut(here: str) -> None:
        if here == point and not reached:
            reached.append(here)
            raise CutShortError

    for _ in range(4):
        try:
            step_over = step(school, cut)
        except CutShortError:
            continue
        live.work()
        if step_over:
            break
    assert reached == [point]
    say(school, "a2")
    assert school.run("deliver").exit_code == 0
    live.work()
    assert set(before).isdisjoint(keys_in_use(school))
    with school.open() as store:
        assert outbox.counts(store.read) == (0, 0)
    agents = live.count(
        "SELECT COUNT(*) FROM agents WHERE school_id = :school", school=school.school_id
    )
    assert agents == 1


def test_keys_that_are_old_change_by_themselves(school: SchoolDesk, live: LiveHub) -> None:
    school.joined()
    before = keys_in_use(school)
    school.later(days=89)
    school.run("instruct")
    live.work()
    assert keys_in_use(school) == before
    school.later(days=2)
    for _ in range(2):
        assert school.run("instruct").exit_code == 0
        live.work()
    assert set(before).isdisjoint(keys_in_use(school))


def test_an_old_key_is_taken_for_fourteen_days_and_no_longer(
    school: SchoolDesk, live: LiveHub
) -> None:
    school.joined()
    with school.open() as store:
        old = school.desk(store)
        envelopes = [
            post.control(store.read, old, wire.Acknowledge(items=(str(n),)))[0] for n in range(2)
        ]
    step(school)
    live.work()
    assert step(school)
    with HubClient(live.url) as hub:
        assert hub.post(envelopes[0])
        school.later(seconds=joining.FORMER_KEY_LIFE.total_seconds() + 1)
        with pytest.raises(RefusedByHub, match="unknown-key"):
            hub.post(envelopes[1])


def test_a_key_that_was_replaced_cannot_take_the_agent_back(
    school: SchoolDesk, live: LiveHub
) -> None:
    """Whoever copied it hands over keys of their own, proven and sealed as they must be."""
    school.joined()
    with school.open() as store:
        stolen = school.desk(store)
    step(school)
    live.work()
    assert step(school)
    in_use, _ = keys_in_use(school)
    thief = replace(
        stolen, signer=seal.Signer(b"t" * 32), opener=seal.Opener(b"u" * 32, stolen.opener.suite)
    )
    proof = seal.prove_rekey(thief.signer, school.urn, in_use, thief.opener.public)
    message = wire.Rekey(
        urn=school.urn,
        sign_key=base64.b64encode(thief.signer.public).decode(),
        seal_key=base64.b64encode(thief.opener.public).decode(),
        proof=base64.b64encode(proof).decode(),
    )
    with school.open() as store, store.write() as tx:
        base.put(tx, sign_key_id=stolen.signer.key_id)
        envelope, _ = post.control(tx, stolen, message)
        base.put(tx, sign_key_id=in_use)
    with HubClient(live.url) as hub:
        assert hub.post(envelope)
        live.work()
        with school.open() as store:
            theirs, _ = post.control(store.read, school.desk(store), message)
        refused = (
            "SELECT COUNT(*) FROM inbox WHERE school_id = :s AND kind = 'rekey' "
            "AND refused IS NOT NULL"
        )
        assert live.count(refused, s=school.school_id) == 1
        assert live.count("SELECT COUNT(*) FROM agents WHERE sign_key_id = :k", k=in_use) == 1
        # Control: under the key in use the same message does take effect.
        assert hub.post(theirs)
        live.work()
        assert live.count("SELECT COUNT(*) FROM agents WHERE sign_key_id = :k", k=in_use) == 0


def test_keys_handed_over_before_a_revocation_do_not_undo_it(
    school: SchoolDesk, live: LiveHub
) -> None:
    school.joined()
    before = live.count("SELECT COUNT(*) FROM agent_former_keys")
    step(school)
    live.revoke(school.school_id)
    live.work()
    assert live.count("SELECT COUNT(*) FROM agent_former_keys") == before
    outcome = school.run("instruct")
    assert "revoked this agent" in outcome.sentence


def test_the_rekey_command_says_how_far_it_is(school: SchoolDesk, live: LiveHub) -> None:
    school.joined()
    (school.home / "agent.toml").write_text(
        f'[[school]]\nurn = "{school.urn}"\nname = "Fernhill Primary"\nmis = "csv"\n'
        '[school.settings]\npath = "register.csv"\n',
        encoding="utf-8",
    )
    first = agent("--home", school.home, "rekey")
    assert (first.code, "handed over" in first.words) == (0, True)
    live.work()
    second = agent("--home", school.home, "rekey")
    assert (second.code, "in use from now on" in second.words) == (0, True)


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
    say(joined_school, "a1")
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
        say(joined_school, f"a{n}")
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
    say(joined_school, "a1")
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


def test_ninety_days_is_what_the_page_says() -> None:
    assert timedelta(days=90) == rekeying.LIFE
