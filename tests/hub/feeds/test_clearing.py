"""Signs of life do not pile up: emptied after a month, deleted when nobody can play them again."""

from __future__ import annotations

from typing import Any

from hub_under_test import FixedClock
from school_post import SYSTEM, SchoolPost
from sqlalchemy import Row, select

from linkwork_hub.feeds import store, tables
from linkwork_hub.feeds.clearing import clear_signs


def kept(school: SchoolPost, stream: str = "control") -> list[Row[Any]]:
    """What the hub holds of a stream: envelope and digest, oldest first."""
    col = tables.inbox.c
    query = select(col.envelope, col.digest).where(col.stream == stream).order_by(col.received)
    with school.db.read() as db:
        return db.all(query)


def clear(school: SchoolPost) -> tuple[int, int]:
    """One night's clearing."""
    with school.db.write() as db:
        return clear_signs(SYSTEM, db)


def test_a_sign_of_life_is_emptied_after_thirty_days_and_known_when_it_is_played_again(
    school: SchoolPost, clock: FixedClock
) -> None:
    envelope = school.sealed(school.heartbeat())
    first = school.answer(school.post(envelope))
    school.work()
    clock.advance(days=29)
    assert clear(school) == (0, 0)
    clock.advance(days=2)
    assert clear(school) == (1, 0)
    assert clear(school) == (0, 0)
    (held,) = kept(school)
    assert (held.envelope, len(held.digest)) == (b"", 128)
    assert school.answer(school.post(envelope)).stored == first.stored
    assert school.work() == 0


def test_what_was_signed_with_a_key_that_has_ended_is_deleted_and_refused_when_played_again(
    school: SchoolPost, clock: FixedClock
) -> None:
    envelope = school.sealed(school.heartbeat())
    school.post(envelope)
    school.work()
    clock.advance(days=90)
    renewed = school.rekeyed(b"b" * 32)
    renewed.send(renewed.heartbeat())
    renewed.work()
    clock.advance(days=13)
    # The old key is good for a day more: what it signed could come again.
    assert clear(renewed) == (1, 0)
    clock.advance(days=1, seconds=1)
    assert clear(renewed) == (0, 1)
    assert len(kept(renewed)) == 2, "the message with the new keys and the first under them stay"
    assert renewed.post(envelope).status == 400


def test_the_signs_of_a_revoked_agent_go_after_thirty_days(
    school: SchoolPost, clock: FixedClock
) -> None:
    envelope = school.sealed(school.heartbeat())
    school.post(envelope)
    school.work()
    with school.db.write() as db:
        store.revoke(SYSTEM, db, school.school_id, "The server was stolen.")
    clock.advance(days=31)
    assert clear(school) == (0, 1)
    assert school.answer(school.post(envelope)).state == "revoked"
    assert kept(school) == []


def test_nothing_of_a_feed_is_cleared_and_nothing_that_still_waits(
    school: SchoolPost, clock: FixedClock
) -> None:
    school.send(school.summary())
    school.work()
    school.send(school.heartbeat())
    clock.advance(days=400)
    assert clear(school) == (0, 0)
    assert all(row.envelope for row in (*kept(school), *kept(school, "feed")))
