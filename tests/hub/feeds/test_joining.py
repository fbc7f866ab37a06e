"""Joining: one code, one agent, six words compared by people, and revocation at once."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from random import Random

import pytest
from hub_under_test import FixedClock
from school_post import POLICY, SYSTEM, SchoolPost
from sqlalchemy import select

from linkwork import join, seal
from linkwork.errors import NotAllowed, Refused, WrongUse
from linkwork.wire import Enrol
from linkwork_hub.db import Database, Scope
from linkwork_hub.feeds import enrolments, joining, store, tables
from linkwork_hub.feeds.keys import HubKeys
from linkwork_hub.feeds.models import AgentState
from linkwork_hub.feeds.receive import receive_enrolment


def alarms(school: SchoolPost) -> tuple[str, ...]:
    with school.db.read() as db:
        return store.feed(SYSTEM, db, school.school_id).alarms


def states(school: SchoolPost) -> list[AgentState]:
    with school.db.read() as db:
        return [one.state for one in store.agents_of(SYSTEM, db, school.school_id)]


def test_an_agent_waits_shows_the_same_six_words_and_sends_once_it_is_confirmed(
    newcomer: SchoolPost,
) -> None:
    envelope = newcomer.enrolment(newcomer.invite().code)
    first = receive_enrolment(newcomer.db, newcomer.keys.receiver, envelope)
    assert (first.status, newcomer.answer(first).state) == (202, "waiting")
    newcomer.work()
    assert newcomer.enrol("").state == "pending"

    with newcomer.db.read() as db:
        (waiting,) = store.agents_of(SYSTEM, db, newcomer.school_id)
    digest = seal.keys_digest(newcomer.signer.public, newcomer.opener.public)
    assert waiting.words == seal.six_words(digest)
    assert waiting.host == "front-office"

    newcomer.confirm()
    answer = newcomer.send(newcomer.summary())
    assert (answer.state, answer.contiguous_through) == ("active", 1)
    assert newcomer.opened(answer) == [POLICY]


def test_only_the_hash_of_a_code_is_kept_and_the_used_code_leaves_with_its_envelope(
    newcomer: SchoolPost,
) -> None:
    made = newcomer.invite()
    newcomer.enrol(made.code)
    with newcomer.db.read() as db:
        (code,) = db.all(select(tables.join_codes))
        (enrolment,) = db.all(select(tables.enrolments))
    assert code.hash == joining.code_hash(made.code)
    assert enrolment.envelope == b""


def test_a_join_string_works_once(newcomer: SchoolPost) -> None:
    code = newcomer.invite().code
    assert newcomer.enrol(code).state == "pending"
    second = newcomer.other_agent(b"z" * 32).enrol(code)
    assert (second.state, second.reason) == ("refused", joining.USED)
    assert states(newcomer) == [AgentState.PENDING]
    assert "used before" in alarms(newcomer)[0]


def test_a_join_string_ends_after_72_hours(newcomer: SchoolPost, clock: FixedClock) -> None:
    code = newcomer.invite().code
    clock.advance(hours=72)
    answer = newcomer.enrol(code)
    assert (answer.state, answer.reason) == ("refused", joining.EXPIRED)


def test_a_new_join_string_puts_an_earlier_one_out_of_use(newcomer: SchoolPost) -> None:
    earlier, later = newcomer.invite().code, newcomer.invite().code
    assert newcomer.enrol(earlier).reason == joining.WITHDRAWN
    assert newcomer.enrol(later).state == "pending"


def test_the_fifth_wrong_code_closes_the_join_string_and_alarms(newcomer: SchoolPost) -> None:
    code = newcomer.invite().code
    for n in range(joining.MAX_TRIES):
        wrong = newcomer.other_agent(bytes([n]) * 32).enrol("0" * 16)
        assert wrong.reason == joining.NOT_KNOWN
    assert newcomer.enrol(code).reason == joining.WITHDRAWN
    assert "five wrong tries" in alarms(newcomer)[0]


def test_four_wrong_codes_do_not_close_it(newcomer: SchoolPost) -> None:
    code = newcomer.invite().code
    for n in range(joining.MAX_TRIES - 1):
        newcomer.other_agent(bytes([n]) * 32).enrol("0" * 16)
    assert newcomer.enrol(code).state == "pending"


def test_a_join_string_of_one_school_does_not_serve_another(
    newcomer: SchoolPost, hub_keys: HubKeys
) -> None:
    other = SchoolPost(newcomer.db, hub_keys, urn="900002", seed=b"b" * 32)
    other.add_school("Otherton High")
    assert other.enrol(newcomer.invite().code).reason == joining.OTHER_SCHOOL
    assert states(newcomer) == states(other) == []


def test_two_agents_that_race_for_one_code_end_with_exactly_one(newcomer: SchoolPost) -> None:
    code = newcomer.invite().code
    rivals = [newcomer.other_agent(bytes([n]) * 32) for n in range(6)]

    def admitted(rival: SchoolPost) -> str:
        body = Enrol(
            code=code,
            urn=rival.urn,
            sign_key=base64.b64encode(rival.signer.public).decode(),
            seal_key=base64.b64encode(rival.opener.public).decode(),
            host="h",
            agent_version="0.1.0",
            mis="csv",
        )
        with rival.db.write() as db:
            return joining.admit(SYSTEM, db, body, rival.signer.public)

    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(admitted, rivals))
    assert sorted(outcomes) == ["", *[joining.USED] * 5]
    assert states(newcomer) == [AgentState.PENDING]


def test_keys_that_are_not_the_proven_ones_or_no_keys_at_all_are_refused(
    newcomer: SchoolPost,
) -> None:
    stolen = base64.b64encode(seal.Signer(b"v" * 32).public).decode()
    code = newcomer.invite().code
    for changes in ({"sign_key": stolen}, {"seal_key": "AAAA"}, {"seal_key": "not base64"}):
        assert newcomer.enrol(code, **changes).reason == joining.BAD_KEYS
    assert newcomer.enrol(code).state == "pending"


def test_a_second_agent_alarms_and_replaces_the_first_only_when_confirmed(
    school: SchoolPost,
) -> None:
    second = school.other_agent(b"n" * 32)
    assert second.enrol(school.invite().code).state == "pending"
    assert "Another agent asks to join" in alarms(school)[0]
    assert school.send(school.summary()).state == "active"
    second.confirm()
    answer = school.send(school.summary())
    assert (answer.state, answer.reason) == (
        "revoked",
        "replaced by another agent of the school",
    )
    assert second.send(second.summary()).state == "active"


def test_an_agent_nobody_confirmed_speaks_neither_of_the_feed_nor_of_what_came_down(
    school: SchoolPost,
) -> None:
    second = school.other_agent(b"n" * 32)
    assert second.enrol(school.invite().code).state == "pending"
    (item,) = school.send(school.heartbeat(waiting=3)).downlink
    school.work()
    second.acknowledge([item.id])
    second.send(second.heartbeat(waiting=0, problems=("all is well",)))
    second.work()
    with school.db.read() as db:
        feed = store.feed(SYSTEM, db, school.school_id)
    assert (feed.waiting_there, feed.reported) == (3, ())
    assert [one.id for one in school.send(school.heartbeat()).downlink] == [item.id]
    # The control: confirmed, it does, and the first no longer.
    second.confirm()
    second.send(second.heartbeat(waiting=1))
    (fresh,) = {one.id for one in second.send(second.heartbeat(waiting=1)).downlink}
    second.acknowledge([fresh])
    second.work()
    with school.db.read() as db:
        assert store.feed(SYSTEM, db, school.school_id).waiting_there == 1
    assert second.send(second.heartbeat(waiting=1)).downlink == ()


def test_revoking_needs_a_reason_and_closes_open_join_strings(school: SchoolPost) -> None:
    code = school.invite().code
    with school.db.write() as db, pytest.raises(Refused, match="Write why"):
        store.revoke(SYSTEM, db, school.school_id, " ")
    with school.db.write() as db:
        assert store.revoke(SYSTEM, db, school.school_id, "closed") == 1
    assert school.other_agent(b"n" * 32).enrol(code).reason == joining.WITHDRAWN


def test_only_a_waiting_agent_can_be_confirmed(school: SchoolPost) -> None:
    with school.db.write() as db:
        (active,) = store.agents_of(SYSTEM, db, school.school_id)
        with pytest.raises(Refused, match="no such agent waiting"):
            store.confirm(SYSTEM, db, active.id, school.keys.issuer, POLICY)


def test_enrolments_nobody_has_looked_at_are_bounded(
    newcomer: SchoolPost, database: Database
) -> None:
    envelope = newcomer.enrolment("x")
    verified, _ = seal.verify_enrolment(envelope)
    with database.write() as db:
        for n in range(enrolments.MAX_WAITING):
            enrolments.keep(SYSTEM, db, replace(verified, digest=str(n)), envelope)
    reply = receive_enrolment(database, newcomer.keys.receiver, envelope)
    assert (reply.status, reply.body, reply.retry_after) == (503, b"busy", 30)


def test_an_enrolment_may_not_be_large(newcomer: SchoolPost) -> None:
    noise = Random(1).randbytes(20_000).hex()
    envelope = newcomer.enrolment("x", host=noise)
    assert len(envelope) < seal.MAX_ENVELOPE
    reply = receive_enrolment(newcomer.db, newcomer.keys.receiver, envelope)
    assert reply == (413, b"oversized", None)


def test_someone_without_reach_makes_no_join_string(newcomer: SchoolPost) -> None:
    elsewhere = Scope(SYSTEM.role, None, frozenset({"sch_other"}))
    with newcomer.db.write() as db, pytest.raises(NotAllowed):
        store.invite(
            elsewhere,
            db,
            newcomer.school_id,
            address="https://hub.example.gov.uk",
            root_fingerprint=newcomer.keys.root_fingerprint,
        )


def test_a_join_string_names_this_hub_and_its_root(newcomer: SchoolPost) -> None:
    made = join.parse(newcomer.invite().text())
    assert made.url == "http://127.0.0.1:8420"
    keyset = seal.verify_keyset(newcomer.keys.receiver.keyset_bytes, made.root_fingerprint)
    assert keyset == newcomer.keys.receiver.keyset


def test_a_hub_whose_address_schools_could_not_trust_makes_no_join_string(
    newcomer: SchoolPost,
) -> None:
    with newcomer.db.write() as db, pytest.raises(WrongUse, match=r"Set address in hub\.toml"):
        store.invite(
            SYSTEM,
            db,
            newcomer.school_id,
            address="http://hub.example.gov.uk",
            root_fingerprint=newcomer.keys.root_fingerprint,
        )
