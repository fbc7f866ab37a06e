"""Doubled, shuffled, played again later or elsewhere: the effect is that of one in order."""

from __future__ import annotations

import hashlib
import struct
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

from hub_under_test import FixedClock
from school_post import SYSTEM, SchoolPost

from linkwork import seal
from linkwork.wire import ActionProgress
from linkwork_hub.access import store as access
from linkwork_hub.box import Box
from linkwork_hub.db import Database, Scope, Tx, metadata, open_engine
from linkwork_hub.feeds.keys import HubKeys
from linkwork_hub.feeds.models import ApplyContext


def said(school: SchoolPost, what: str) -> ActionProgress:
    """A message whose effect can be told from another's."""
    return ActionProgress(action_id=what, state="done", on=date(2026, 3, 2), by="A")


class Noted:
    """A handler that notes what it was given, in order."""

    def __init__(self) -> None:
        self.order: list[str] = []

    def __call__(self, _scope: Scope, _db: Tx, _ctx: ApplyContext, message: Any, /) -> None:
        self.order.append(message.action_id)


def test_a_hundred_shuffles_with_doubles_have_the_effect_of_one_sending_in_order(
    sqlite_database: Database, hub_keys: HubKeys
) -> None:
    school = SchoolPost(sqlite_database, hub_keys).joined()
    dice = Random(27)
    for epoch in range(1, 101):
        school.epoch, school.seq = epoch, 0
        names = [f"{epoch}-{n}" for n in range(4)]
        sent = [school.sealed(said(school, name)) for name in names]
        shuffled = [*sent, *dice.sample(sent, 2)]
        dice.shuffle(shuffled)
        noted = Noted()
        handlers = {"action-progress": noted}
        for envelope in shuffled:
            assert school.answer(school.post(envelope)).stored is not None
            if dice.random() < 0.3:
                school.work(handlers)
        school.work(handlers)
        assert noted.order == names, f"epoch {epoch}"


def test_without_the_key_that_guards_a_message_the_same_check_finds_the_double(
    sqlite_database: Database, hub_keys: HubKeys
) -> None:
    # The control: a hub that keeps every sending under a key of its own.
    school = SchoolPost(sqlite_database, hub_keys).joined()
    noted = Noted()
    for _ in range(2):
        school.send(said(school, "once"))
    school.work({"action-progress": noted})
    assert noted.order == ["once", "once"]


def test_a_message_played_again_after_a_year_has_its_old_receipt_and_no_effect(
    school: SchoolPost, clock: FixedClock
) -> None:
    noted = Noted()
    envelope = school.sealed(said(school, "once"))
    first = school.answer(school.post(envelope))
    school.work({"action-progress": noted})
    clock.advance(days=365)
    again = school.answer(school.post(envelope))
    assert again.stored == first.stored
    assert school.work({"action-progress": noted}) == 0
    assert noted.order == ["once"]


def test_a_message_played_to_another_hub_is_nobodys(
    school: SchoolPost, tmp_path: Path, clock: FixedClock, hub_keys: HubKeys
) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'other.db'}")
    metadata.create_all(engine)
    elsewhere = Database(engine, Box(b"o" * 32, Random(3).randbytes), clock, Random(3).randbytes)
    other = SchoolPost(elsewhere, hub_keys, seed=b"b" * 32).joined()
    assert other.post(school.sealed(school.summary())).body == b"unknown-key"
    engine.dispose()


def forged(head: bytes, ciphertext: bytes, signer: seal.Signer) -> bytes:
    """An envelope rightly signed over whatever stands in it."""
    start = b"LW1\0" + bytes.fromhex(signer.key_id)
    signed = start + struct.pack(">HI", len(head), len(ciphertext)) + head + ciphertext
    return signed + signer.sign(b"linkwork/sig/v1\0" + hashlib.sha512(signed).digest())


def test_a_ciphertext_another_school_took_and_signed_is_refused_and_recorded(
    school: SchoolPost, database: Database, hub_keys: HubKeys
) -> None:
    thief = SchoolPost(database, hub_keys, urn="900002", seed=b"t" * 32).joined()
    taken = seal.verify(
        school.sealed(said(school, "once")), {school.signer.key_id: school.signer.public}.get
    )
    # As it was: it speaks for the school it was taken from.
    as_it_was = forged(taken.header.to_bytes(), taken.ciphertext, thief.signer)
    assert thief.post(as_it_was) == (400, b"foreign", None)
    # Under a header of its own it is stored, and cannot be opened.
    own = taken.header.model_copy(update={"urn": thief.urn})
    assert thief.answer(thief.post(forged(own.to_bytes(), taken.ciphertext, thief.signer))).stored
    noted = Noted()
    assert thief.work({"action-progress": noted}) == 1
    assert noted.order == []
    refused = thief.send(thief.heartbeat()).refused
    assert [(one.seq, one.reason) for one in refused] == [(1, "sealed")]
    with database.read() as db:
        whats = [entry.what for entry in access.audit_entries(SYSTEM, db)]
    assert whats.count("message refused") == 1
    # The control: from the school itself it opens and takes effect.
    again = forged(taken.header.to_bytes(), taken.ciphertext, school.signer)
    assert school.answer(school.post(again)).stored
    school.work({"action-progress": noted})
    assert noted.order == ["once"]


def test_weeks_of_silence_and_then_everything_at_once_is_not_too_often(
    school: SchoolPost, clock: FixedClock
) -> None:
    envelopes = [school.sealed(said(school, str(n))) for n in range(30)]
    clock.now += timedelta(days=21)
    assert {school.post(envelope).status for envelope in envelopes} == {200}
