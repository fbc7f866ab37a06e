"""The worker applies each message once, in order, and never lets one stop another school."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from hub_under_test import FixedClock
from school_post import SYSTEM, TAKE_ALL, SchoolPost
from sqlalchemy import insert, select, update
from structlog.testing import capture_logs

from linkwork import seal
from linkwork.errors import NotAllowed, Refused
from linkwork.wire import FEED_KIND, UNREAD, ActionProgress, Identity, Referral, Summary
from linkwork_hub.db import Database, Scope, Tx
from linkwork_hub.feeds import inbox, standing, store, tables
from linkwork_hub.feeds.keys import HubKeys
from linkwork_hub.feeds.models import ApplyContext
from linkwork_hub.feeds.work import read_again, take_over, work_once

DAYS = [date(2026, 2, day) for day in range(2, 7)]


class Applied:
    """A handler that notes the days of the summaries it was given."""

    def __init__(self, *, breaks_on: date | None = None, refuses: date | None = None) -> None:
        self.days: list[date] = []
        self.breaks_on, self.refuses = breaks_on, refuses

    def __call__(self, scope: Scope, db: Tx, ctx: ApplyContext, message: Any, /) -> None:
        if message.as_of == self.breaks_on:
            raise ZeroDivisionError("a mistake of ours")
        values = {"id": db.new_id("alm"), "school_id": ctx.school_id, "what": "conflict"}
        db.execute(insert(tables.alarms), values | {"place": str(message.as_of), "at": db.now})
        if message.as_of == self.refuses:
            raise Refused("The summary is not wanted")
        self.days.append(message.as_of)

    @property
    def handlers(self) -> dict[str, Any]:
        return {**TAKE_ALL, "summary": self}


def effects(database: Database) -> list[str]:
    """The effects that stand in the database."""
    with database.read() as db:
        return sorted(row.place for row in db.all(select(tables.alarms)))


def test_messages_take_effect_in_order_however_they_came(school: SchoolPost) -> None:
    envelopes = [school.sealed(school.summary(day)) for day in DAYS]
    applied = Applied()
    for n in (4, 2, 0):
        school.post(envelopes[n])
    assert school.work(applied.handlers) == 1
    for n in (3, 1):
        school.post(envelopes[n])
    assert school.work(applied.handlers) == 4
    assert applied.days == DAYS


def test_a_gap_is_named_until_it_closes(school: SchoolPost, database: Database) -> None:
    envelopes = [school.sealed(school.summary(day)) for day in DAYS]
    for envelope in (envelopes[0], envelopes[4]):
        school.post(envelope)
    school.work()
    with database.read() as db:
        judged = standing.judge(SYSTEM, db, store.feed(SYSTEM, db, school.school_id))
    said = "3 messages are missing in the middle (epoch/numbers 1/2-4); later ones wait for it."
    assert said in judged.problems
    with database.read() as db:
        feed = store.feed(SYSTEM, db, school.school_id)
    assert feed.missing_since == database.clock()


def test_a_new_epoch_does_not_wait_for_what_the_old_one_lost(school: SchoolPost) -> None:
    applied = Applied()
    first = [school.sealed(school.summary(day)) for day in DAYS[:3]]
    school.post(first[0])
    school.post(first[2])
    school.epoch, school.seq = 2, 0
    answer = school.send(school.summary(DAYS[3]))
    assert answer.contiguous_through == 1
    school.work(applied.handlers)
    assert applied.days == [DAYS[0], DAYS[3]]
    # What lies beyond the gap is taken once the school has said that nothing waits there.
    after = school.send(school.heartbeat())
    assert (after.applied_epoch, after.applied_through) == (2, 1)
    school.work(applied.handlers)
    assert applied.days == [DAYS[0], DAYS[3], DAYS[2]]


def test_a_message_that_comes_late_to_a_hub_put_back_waits_for_those_before_it(
    school: SchoolPost, clock: FixedClock
) -> None:
    """The hub has lost the first two; the third was on its way, and all go again in a new epoch."""
    applied = Applied()
    days = dict(zip(("one", "two", "three"), DAYS[:3], strict=True))
    school.post(school.sealed(school.summary(DAYS[2]), seq=3, message_id="three"))
    school.epoch, school.seq = 2, 0
    for message_id, day in days.items():
        clock.advance(minutes=1)
        school.send(school.summary(day), message_id=message_id)
        # Late as well, and said before the newest epoch: it knows nothing of what waits.
        school.send(school.heartbeat(epoch=1))
        school.send(school.heartbeat(epoch=2, waiting=3))
        school.work(applied.handlers)
    assert applied.days == DAYS[:3]
    school.send(school.heartbeat(epoch=2))
    school.work(applied.handlers)
    assert applied.days == DAYS[:3]
    with school.db.read() as db:
        assert store.feed(SYSTEM, db, school.school_id).waiting_here == 0


def test_the_same_message_under_another_number_takes_no_second_effect(
    school: SchoolPost,
) -> None:
    applied = Applied()
    school.send(school.summary(DAYS[0]), message_id="one-and-the-same")
    school.send(school.summary(DAYS[0]), message_id="one-and-the-same")
    assert school.work(applied.handlers) == 2
    assert applied.days == [DAYS[0]]


def test_a_refused_message_leaves_nothing_behind_and_the_next_is_applied(
    school: SchoolPost, database: Database
) -> None:
    applied = Applied(refuses=DAYS[1])
    for day in DAYS[:3]:
        school.send(school.summary(day))
    school.work(applied.handlers)
    assert applied.days == [DAYS[0], DAYS[2]]
    assert effects(database) == [str(DAYS[0]), str(DAYS[2])]
    answer = school.send(school.heartbeat())
    assert answer.applied_through == 3
    assert [(one.seq, one.reason) for one in answer.refused] == [(2, "The summary is not wanted")]


def test_an_unexpected_error_undoes_the_message_and_it_is_tried_again(
    school: SchoolPost, database: Database, clock: FixedClock
) -> None:
    for day in DAYS[:3]:
        school.send(school.summary(day))
    broken = Applied(breaks_on=DAYS[1])
    with capture_logs() as logs:
        assert school.work(broken.handlers) == 1
    assert "a mistake of ours" not in str(logs)
    with database.read() as db:
        judged = standing.judge(SYSTEM, db, store.feed(SYSTEM, db, school.school_id))
    (problem,) = [words for words in judged.problems if "could not be applied" in words]
    assert "after 1 try (ZeroDivisionError in Applied.__call__" in problem

    whole = Applied()
    assert school.work(whole.handlers) == 0
    clock.advance(seconds=2)
    assert school.work(whole.handlers) == 2
    assert effects(database) == [str(day) for day in DAYS[:3]]
    with database.read() as db:
        assert store.feed(SYSTEM, db, school.school_id).stuck == ""


def test_a_school_whose_message_breaks_does_not_stop_another(
    school: SchoolPost, database: Database, hub_keys: HubKeys
) -> None:
    other = SchoolPost(database, hub_keys, urn="900002", seed=b"b" * 32).joined()
    school.send(school.summary(DAYS[0]))
    other.send(other.summary(DAYS[1]))
    applied = Applied(breaks_on=DAYS[0])
    school.work(applied.handlers)
    assert applied.days == [DAYS[1]]


def test_a_worker_that_lost_its_claim_writes_nothing_more(
    school: SchoolPost, database: Database, clock: FixedClock
) -> None:
    school.send(school.summary(DAYS[0]))
    applied = Applied()

    def another_takes_over(point: str) -> None:
        if point == "begun":
            clock.advance(seconds=inbox.LEASE.total_seconds() + 1)
            with database.write() as db:
                assert inbox.claim(SYSTEM, db, ()) is not None

    assert work_once(database, school.keys.work, applied.handlers, another_takes_over) == 0
    assert effects(database) == []


def test_two_workers_never_hold_one_school(school: SchoolPost, database: Database) -> None:
    school.send(school.summary(DAYS[0]))
    with database.write() as db:
        assert inbox.claim(SYSTEM, db, ()) is not None
        assert inbox.claim(SYSTEM, db, ()) is None


def test_a_hub_that_was_killed_goes_on_at_once_when_it_is_the_only_one(
    school: SchoolPost, database: Database
) -> None:
    school.send(school.summary(DAYS[0]))
    with database.write() as db:
        died = inbox.claim(SYSTEM, db, ())
    applied = Applied()
    # The control: for the length of a lease nobody else would take it up.
    assert work_once(database, school.keys.work, applied.handlers) == 0
    take_over(database)
    assert work_once(database, school.keys.work, applied.handlers) > 0
    assert applied.days == [DAYS[0]]
    with database.write() as db:
        assert died is not None
        assert not inbox.holds(SYSTEM, db, died)


def test_what_was_put_off_keeps_its_time_when_a_hub_starts(
    school: SchoolPost, database: Database
) -> None:
    school.send(school.summary(DAYS[0]))
    assert work_once(database, school.keys.work, Applied(breaks_on=DAYS[0]).handlers) == 0
    take_over(database)
    assert work_once(database, school.keys.work, Applied().handlers) == 0


def test_a_body_this_hub_cannot_read_is_refused_by_place_and_never_by_value(
    school: SchoolPost,
) -> None:
    body = school.summary().to_bytes().replace(b'"pupils":210', b'"pupils":"Exampleton"')
    header = school.header("feed", "summary", 1)
    envelope = seal.seal(body, header, school.signer, school.hub_public("seal"))
    school.post(envelope)
    school.work()
    (refused,) = school.send(school.heartbeat()).refused
    assert "summary.totals.pupils" in refused.reason
    assert "Exampleton" not in refused.reason


def test_a_field_nobody_knows_is_refused_without_its_name(school: SchoolPost) -> None:
    body = school.summary().to_bytes().replace(b'"pupils":210', b'"Exampleton":1,"pupils":210')
    header = school.header("feed", "summary", 1)
    school.post(seal.seal(body, header, school.signer, school.hub_public("seal")))
    school.work()
    (refused,) = school.send(school.heartbeat()).refused
    assert "summary.totals.?" in refused.reason
    assert "Exampleton" not in refused.reason


def test_a_kind_nobody_handles_and_a_kind_the_header_hides_are_refused(
    school: SchoolPost,
) -> None:
    progress = ActionProgress(action_id="act_1", state="done", on=DAYS[0], by="A Person")
    school.send(progress)
    school.send(progress, kind="summary")
    school.work({})
    first, second = school.send(school.heartbeat()).refused
    assert first.reason == "This hub has no use for messages of kind action-progress."
    assert second.reason == "The message is of another kind than its header says."


@pytest.mark.parametrize("kind", ["summary", FEED_KIND])
def test_a_header_may_hide_what_a_message_is_and_an_older_one_that_tells_still_opens(
    kind: str, school: SchoolPost, database: Database
) -> None:
    school.send(school.summary(DAYS[0]), kind=kind)
    school.work()
    assert school.send(school.heartbeat()).refused == ()
    with database.read() as db:
        (row,) = db.all(select(tables.inbox).where(tables.inbox.c.stream == "feed"))
    assert row.kind == "summary", "once opened, the feed page can say what it was"


def test_what_is_no_message_of_the_feed_cannot_hide_in_it(school: SchoolPost) -> None:
    beat = school.heartbeat()
    header = school.header("feed", FEED_KIND, 1)
    school.post(seal.seal(beat.to_bytes(), header, school.signer, school.hub_public("seal")))
    school.work()
    (refused,) = school.send(school.heartbeat()).refused
    assert refused.reason == "The message is of another kind than its header says."


def test_a_handler_opens_an_identity_of_its_own_school_and_pupil_only(
    school: SchoolPost,
) -> None:
    person = Identity(pupil_id="7", surname="Exampleton")
    seen: list[Identity] = []

    def on_referral(scope: Scope, db: Tx, ctx: ApplyContext, message: Any, /) -> None:
        seen.append(ctx.open_identity(message.sealed_identity, message.pseudonym))

    for urn in (school.urn, "900002"):
        context = seal.identity_context(urn, "p_1")
        sealed = seal.seal_identity(person, school.hub_public("identity"), context)
        school.send(
            Referral(
                referral_id=f"ref-{urn}",
                urn=school.urn,
                pseudonym="p_1",
                made_by="A Head",
                reason="absence",
                evidence=(),
                sealed_identity=sealed,
            )
        )
    school.work({"referral": on_referral})
    assert seen == [person]
    (refused,) = school.send(school.heartbeat()).refused
    assert (refused.seq, refused.reason) == (2, "sealed")


def test_feeds_of_other_schools_are_out_of_reach(
    school: SchoolPost, database: Database, hub_keys: HubKeys
) -> None:
    other = SchoolPost(database, hub_keys, urn="900002", seed=b"b" * 32).joined()
    officer = Scope(SYSTEM.role, None, frozenset({other.school_id}))
    with database.read() as db:
        assert [feed.urn for feed in store.feeds(officer, db)] == ["900002"]
        with pytest.raises(NotAllowed, match="within your schools"):
            store.feed(officer, db, school.school_id)


def test_weeks_offline_are_sent_in_order_and_nothing_is_refused_for_its_age(
    school: SchoolPost, clock: FixedClock
) -> None:
    envelopes = [school.sealed(school.summary(day)) for day in DAYS]
    clock.advance(days=21)
    applied = Applied()
    for envelope in envelopes:
        assert school.answer(school.post(envelope)).stored is not None
    school.work(applied.handlers)
    assert applied.days == DAYS


def test_many_workers_and_receivers_at_once_keep_and_apply_each_message_once(
    school: SchoolPost, database: Database, hub_keys: HubKeys
) -> None:
    others = [SchoolPost(database, hub_keys, f"90000{n}", bytes([n]) * 32) for n in range(2, 5)]
    schools = [school, *(other.joined() for other in others)]
    envelopes = [one.sealed(one.summary(day)) for day in DAYS for one in schools]

    def receive_twice(envelope: bytes) -> None:
        first, again = (school.answer(school.post(envelope)) for _ in range(2))
        assert first.stored == again.stored

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(receive_twice, [*envelopes, *envelopes]))
        workers = [pool.submit(school.work, Applied().handlers) for _ in range(4)]
        assert sum(worker.result() for worker in workers) == len(envelopes)
    assert effects(database) == sorted(str(day) for day in DAYS for _ in schools)


def test_what_is_read_only_after_an_update_takes_nothing_back_that_came_later(
    school: SchoolPost, database: Database
) -> None:
    school.post(school.sealed(school.summary(DAYS[0])))
    with database.write() as db:
        # As a hub left it that was too old for it.
        db.execute(update(tables.inbox).values(refused=db.now, reason=f"{UNREAD}, at summary.?"))
    school.send(school.summary(DAYS[1]))
    taken = Applied()
    assert school.work(taken.handlers) == 1
    named = school.send(school.heartbeat()).refused
    assert [one.seq for one in named] == [1]
    read_again(database)
    assert school.work(taken.handlers) == 2
    assert taken.days == [DAYS[1], DAYS[0]]
    with database.read() as db:
        feed = store.feed(SYSTEM, db, school.school_id)
    assert (feed.as_of, feed.applied, feed.unread) == (DAYS[1], 2, 0)
    assert school.send(school.heartbeat()).refused == ()


def test_what_is_read_after_an_update_takes_nothing_back_that_the_next_agent_said(
    school: SchoolPost, database: Database, clock: FixedClock
) -> None:
    school.post(school.sealed(school.summary(DAYS[0])))
    with database.write() as db:
        db.execute(update(tables.inbox).values(refused=db.now, reason=f"{UNREAD}, at summary.?"))
    clock.advance(days=1)
    following = school.other_agent(b"n" * 32)
    following.enrol(school.invite().code)
    following.confirm()
    following.send(following.summary(DAYS[1]))
    taken = Applied()
    assert school.work(taken.handlers) == 1
    read_again(database)
    school.work(taken.handlers)
    assert taken.days == [DAYS[1], DAYS[0]]
    with database.read() as db:
        assert store.feed(SYSTEM, db, school.school_id).as_of == DAYS[1]


def test_what_is_still_not_known_is_refused_again_and_what_was_refused_for_good_is_left(
    school: SchoolPost, database: Database
) -> None:
    class Wordier(Summary):
        weather: str = "fair"

    wordier = Wordier.model_validate(school.summary(DAYS[0]).model_dump())
    school.post(school.sealed(wordier))
    unwanted = Applied(refuses=DAYS[1])
    school.post(school.sealed(school.summary(DAYS[1])))
    assert school.work(unwanted.handlers) == 2
    read_again(database)
    assert school.work() == 1
    with database.read() as db:
        judged = standing.judge(SYSTEM, db, store.feed(SYSTEM, db, school.school_id))
    assert (judged.feed.unread, judged.feed.refused, judged.feed.applied) == (1, 1, 0)
    assert any("Update the hub; they are kept" in problem for problem in judged.problems)
