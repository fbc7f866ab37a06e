"""New keys on either side, without anybody joining anew and without a message lost or doubled."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from command import agent
from live_hub import LiveHub
from school_desk import FRIDAY, SchoolDesk

from linkwork import seal, wire
from linkwork_agent import post, rekeying
from linkwork_agent.hub_client import HubClient
from linkwork_agent.instruct import instruct
from linkwork_agent.ports import RefusedByHub
from linkwork_agent.store import base, inbox, outbox
from linkwork_agent.work import office_of
from linkwork_hub.feeds import joining

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
    school.say("a1")
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
    school.say("a1")
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
    school.say("a1")
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
    school.say("a2")
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


def test_ninety_days_is_what_the_page_says() -> None:
    assert timedelta(days=90) == rekeying.LIFE
