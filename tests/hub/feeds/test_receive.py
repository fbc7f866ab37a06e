"""The receiver keeps what it should, once, and refuses the rest without a word of content."""

from __future__ import annotations

import json
import tracemalloc

import pytest
from school_post import SYSTEM, SchoolPost
from sqlalchemy import select
from structlog.testing import capture_logs

from linkwork import seal
from linkwork_hub.db import Database
from linkwork_hub.feeds import store, tables
from linkwork_hub.feeds.keys import HubKeys


def kept(database: Database) -> int:
    """How many feed messages the hub holds."""
    with database.read() as db:
        return len(db.all(select(tables.inbox.c.id).where(tables.inbox.c.stream == "feed")))


def test_a_message_is_answered_with_a_receipt_that_says_stored_and_not_yet_applied(
    school: SchoolPost,
) -> None:
    envelope = school.sealed(school.summary())
    answer = school.answer(school.post(envelope))
    assert answer.state == "active"
    assert answer.stored is not None
    assert (
        answer.stored.digest
        == seal.verify(envelope, {school.signer.key_id: school.signer.public}.get).digest
    )
    assert (answer.contiguous_through, answer.applied_through) == (1, 0)
    school.work()
    after = school.send(school.heartbeat())
    assert (after.applied_epoch, after.applied_through) == (1, 1)


def test_the_same_message_again_gets_the_same_receipt_and_is_kept_once(
    school: SchoolPost, database: Database
) -> None:
    envelope = school.sealed(school.summary())
    first = school.answer(school.post(envelope))
    school.work()
    again = school.answer(school.post(envelope))
    assert again.stored == first.stored
    assert kept(database) == 1
    assert school.work() == 0


def test_another_message_under_a_used_number_is_a_conflict_and_an_alarm(
    school: SchoolPost, database: Database
) -> None:
    school.send(school.summary())
    reply = school.post(school.sealed(school.summary(), seq=1))
    assert reply.status == 409
    # Signed, so that nobody on the way can make an agent number its messages anew.
    assert (school.answer(reply).reason, school.answer(reply).stored) == ("conflict", None)
    assert kept(database) == 1
    with database.read() as db:
        (alarm,) = store.feed(SYSTEM, db, school.school_id).alarms
    assert "Two different messages came under one number (feed/1/1)" in alarm


def test_a_tampered_or_cut_envelope_is_refused_and_nothing_of_it_is_kept(
    school: SchoolPost, database: Database
) -> None:
    envelope = school.sealed(school.summary())
    for place in range(0, len(envelope), 97):
        changed = bytearray(envelope)
        changed[place] ^= 0x20
        assert school.post(bytes(changed)).status == 400
        assert school.post(envelope[:place]).status == 400
    assert kept(database) == 0


def test_an_unknown_key_is_refused(school: SchoolPost) -> None:
    stranger = school.other_agent(b"s" * 32)
    assert school.post(stranger.sealed(stranger.summary())) == (400, b"unknown-key", None)


def test_an_agent_cannot_speak_for_another_school(school: SchoolPost, database: Database) -> None:
    foreign = school.sealed(school.summary(), urn="900002")
    assert school.post(foreign) == (400, b"foreign", None)
    assert kept(database) == 0


def test_a_message_whose_body_names_another_school_is_refused_when_it_is_opened(
    school: SchoolPost,
) -> None:
    school.send(school.summary().model_copy(update={"urn": "900002"}))
    school.work()
    (refused,) = school.send(school.heartbeat()).refused
    assert refused.seq == 1
    assert "another school" in refused.reason


def test_an_oversized_body_is_refused_without_being_held_in_memory(school: SchoolPost) -> None:
    huge = b"LW1\0" + bytes(seal.MAX_ENVELOPE)
    tracemalloc.start()
    assert school.post(huge) == (413, b"oversized", None)
    assert tracemalloc.get_traced_memory()[1] < 200_000
    tracemalloc.stop()


@pytest.mark.parametrize(
    "changes",
    [
        {"seq": 0},
        {"epoch": 0},
        {"stream": "downlink"},
        {"stream": "control"},
        {"kind": "heartbeat"},
        {"message_id": "m" * 65},
    ],
)
def test_a_header_that_does_not_fit_the_address_is_refused(
    school: SchoolPost, changes: dict[str, object]
) -> None:
    assert school.post(school.sealed(school.summary(), **changes)) == (400, b"header", None)


def test_a_pending_agent_may_show_life_but_nothing_of_its_feed_is_kept(
    newcomer: SchoolPost, database: Database
) -> None:
    assert newcomer.enrol(newcomer.invite().code).state == "pending"
    answer = newcomer.send(newcomer.summary())
    assert (answer.state, answer.stored) == ("pending", None)
    assert kept(database) == 0
    beat = newcomer.send(newcomer.heartbeat())
    assert beat.stored is not None
    assert beat.downlink == ()


def test_a_revoked_agent_is_told_why_on_its_next_call_and_nothing_is_kept(
    school: SchoolPost, database: Database
) -> None:
    with database.write() as db:
        store.revoke(SYSTEM, db, school.school_id, "the computer was stolen")
    answer = school.send(school.summary())
    assert (answer.state, answer.stored) == ("revoked", None)
    assert answer.reason == "the computer was stolen"
    assert kept(database) == 0


def test_a_message_sealed_to_a_key_this_hub_does_not_know_is_answered_in_words_of_its_own(
    school: SchoolPost, database: Database
) -> None:
    old = seal.Opener(b"o" * 32)
    header = school.header("feed", "summary", 1, recipient=old.key_id)
    envelope = seal.seal(school.summary().to_bytes(), header, school.signer, old.public)
    answer = school.answer(school.post(envelope))
    assert (answer.state, answer.reason, answer.stored) == ("active", "unknown-hub-key", None)
    assert kept(database) == 0


def test_messages_may_come_in_any_order_and_the_mark_stops_at_the_gap(school: SchoolPost) -> None:
    envelopes = [school.sealed(school.summary()) for _ in range(4)]
    marks = [school.answer(school.post(envelopes[n])).contiguous_through for n in (3, 0, 2, 1)]
    assert marks == [0, 1, 1, 4]


def test_refusals_are_logged_by_reason_with_nothing_of_the_message(school: SchoolPost) -> None:
    envelope = bytearray(school.sealed(school.summary()))
    envelope[-1] ^= 1
    with capture_logs() as logs:
        school.post(bytes(envelope))
    (entry,) = logs
    assert entry == {
        "event": "envelope refused",
        "reason": "signature",
        "log_level": "warning",
    }
    assert school.urn not in json.dumps(logs)


def test_the_receiver_holds_no_key_that_opens(hub_keys: HubKeys) -> None:
    held = vars(hub_keys.receiver).values()
    assert not any(isinstance(value, seal.Opener) for value in held)
