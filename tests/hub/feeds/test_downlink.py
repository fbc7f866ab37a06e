"""What goes down to a school: at least once, sealed to its agent, until it is kept there."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hub_under_test import FixedClock
from school_post import SYSTEM, SchoolPost
from sqlalchemy import select

from linkwork.errors import NotAllowed, Refused
from linkwork.wire import ActionItem
from linkwork_hub.db import Scope
from linkwork_hub.feeds import downlink, store, tables
from linkwork_hub.feeds.models import Feed


def action(name: str) -> ActionItem:
    return ActionItem(
        action_id=name,
        what="Ring the family of the pupil",
        who="school",
        due=date(2026, 3, 13),
        agreed_on=date(2026, 3, 2),
    )


def issue(school: SchoolPost, name: str, *, hours: float | None = None) -> None:
    with school.db.write() as db:
        expires = db.now + timedelta(hours=hours) if hours else None
        store.issue(
            SYSTEM,
            db,
            school.school_id,
            "action",
            action(name),
            school.keys.issuer,
            name,
            expires=expires,
        )


def test_an_item_comes_with_every_answer_until_it_is_acknowledged(school: SchoolPost) -> None:
    school.acknowledge([item.id for item in school.send(school.heartbeat()).downlink])
    school.work()
    issue(school, "act_1")
    for _ in range(2):
        assert school.opened(school.send(school.heartbeat())) == [action("act_1")]
    school.acknowledge(["act_1"])
    school.work()
    assert school.send(school.heartbeat()).downlink == ()
    with school.db.read() as db:
        done = store.delivery(SYSTEM, db, "act_1")
    assert done is not None
    assert done.issued == done.delivered == done.acknowledged == school.db.clock()


def test_the_text_of_an_item_is_sealed_in_the_database_and_goes_two_months_after_it_is_kept(
    school: SchoolPost, clock: FixedClock
) -> None:
    issue(school, "act_1")
    with school.db.read() as db:
        row = db.first(select(tables.downlink).where(tables.downlink.c.id == "act_1"))
    assert row is not None
    assert b"family" not in row.body.data
    assert b"family" not in row.sealed
    school.acknowledge(["act_1"])
    school.work()
    clock.advance(hours=24 * 61)
    school.send(school.heartbeat(items=()))
    school.work()
    assert "act_1" in {item.id for item in school.send(school.heartbeat()).downlink}
    school.acknowledge(["act_1"])
    school.work()
    clock.advance(hours=24 * 62)
    school.send(school.heartbeat())
    school.work()
    with school.db.read() as db:
        row = db.first(select(tables.downlink).where(tables.downlink.c.id == "act_1"))
    assert row is not None
    assert (row.body, row.sealed) == (None, None)


def test_of_items_acknowledged_together_an_answer_names_the_one_that_came_last(
    school: SchoolPost, clock: FixedClock
) -> None:
    policy = school.send(school.heartbeat()).downlink[0].id
    for name in ("act_1", "act_2"):
        clock.advance(hours=1)
        issue(school, name)
    school.acknowledge([policy, "act_1", "act_2"])
    school.work()
    assert school.send(school.heartbeat()).acknowledged == "act_2"


def test_what_a_school_has_lost_is_opened_again_and_no_more_than_that(school: SchoolPost) -> None:
    policy = school.send(school.heartbeat()).downlink[0].id
    for name in ("act_1", "act_2"):
        issue(school, name)
    issue(school, "act_3", hours=1)
    school.acknowledge([policy, "act_1", "act_2", "act_3"])
    school.work()
    answer = school.send(school.heartbeat())
    assert answer.downlink == ()
    assert answer.acknowledged in (policy, "act_1", "act_2", "act_3")
    school.db.clock.advance(hours=1)  # type: ignore[attr-defined]
    school.send(school.heartbeat(items=("act_1",)))
    school.work()
    answer = school.send(school.heartbeat())
    # Past its time, the third is not sent again; the newest acknowledgement is of what is there.
    assert {item.id for item in answer.downlink} == {policy, "act_2"}
    assert answer.acknowledged == "act_1"
    assert action("act_2") in school.opened(answer)
    with school.db.read() as db:
        feed = store.feed(SYSTEM, db, school.school_id)
    assert any("2 items are sent down again" in alarm for alarm in feed.alarms)


def test_a_heartbeat_that_names_no_items_opens_nothing_again(school: SchoolPost) -> None:
    policy = school.send(school.heartbeat()).downlink[0].id
    school.acknowledge([policy])
    school.work()
    school.send(school.heartbeat())
    school.work()
    assert school.send(school.heartbeat()).downlink == ()


def test_a_policy_that_a_newer_one_followed_is_not_sent_again(school: SchoolPost) -> None:
    first = school.send(school.heartbeat()).downlink[0].id
    school.acknowledge([first])
    school.work()
    second = school.other_agent(b"n" * 32)
    second.enrol(school.invite().code)
    second.confirm()
    second.send(second.heartbeat(items=()))
    second.work()
    assert first not in {item.id for item in second.send(second.heartbeat()).downlink}


def test_an_item_issued_before_the_school_joined_is_there_when_it_has(
    newcomer: SchoolPost,
) -> None:
    issue(newcomer, "act_1")
    newcomer.enrol(newcomer.invite().code)
    assert newcomer.send(newcomer.heartbeat()).downlink == ()
    newcomer.confirm()
    items = newcomer.opened(newcomer.send(newcomer.heartbeat()))
    assert [item.kind for item in items] == ["policy", "action"]


def test_what_an_old_agent_did_not_keep_is_sealed_anew_to_its_successor(
    school: SchoolPost,
) -> None:
    issue(school, "act_1")
    assert len(school.send(school.heartbeat()).downlink) == 2
    second = school.other_agent(b"n" * 32)
    second.enrol(school.invite().code)
    second.confirm()
    items = second.opened(second.send(second.heartbeat()))
    assert [item.kind for item in items] == ["policy", "action"]


def test_an_item_past_its_time_is_not_delivered_and_is_marked_expired(
    school: SchoolPost, clock: FixedClock
) -> None:
    issue(school, "act_1", hours=1)
    clock.advance(hours=1)
    kinds = [item.kind for item in school.send(school.heartbeat()).downlink]
    assert kinds == ["policy"]
    school.work()
    with school.db.read() as db:
        done = store.delivery(SYSTEM, db, "act_1")
    assert done is not None
    assert done.expired == clock()


def test_an_id_serves_one_item(school: SchoolPost) -> None:
    issue(school, "act_1")
    with pytest.raises(Refused, match="an id of its own"):
        issue(school, "act_1")


def test_a_school_acknowledges_its_own_items_only(school: SchoolPost) -> None:
    issue(school, "act_1")
    with school.db.write() as db:
        elsewhere = Scope(SYSTEM.role, None, frozenset({"sch_other"}))
        with pytest.raises(NotAllowed):
            downlink.acknowledge(elsewhere, db, school.school_id, ["act_1"])
        downlink.acknowledge(SYSTEM, db, "sch_other", ["act_1"])
    assert len(school.send(school.heartbeat()).downlink) == 2


def test_an_answer_carries_so_many_items_and_the_next_the_rest(school: SchoolPost) -> None:
    for n in range(downlink.MAX_ITEMS + 3):
        issue(school, f"act_{n:03}")
    got: list[str] = []
    while items := [item.id for item in school.send(school.heartbeat()).downlink]:
        assert len(items) <= downlink.MAX_ITEMS
        got += items
        school.acknowledge(items)
        school.work()
    assert len(got) == len(set(got)) == downlink.MAX_ITEMS + 4


def test_what_a_school_never_took_in_is_told_of_after_a_week(
    school: SchoolPost, clock: FixedClock
) -> None:
    issue(school, "act_1")
    clock.advance(days=8)
    # The policy that came with confirming is another: a school that calls acknowledges both.
    told = feed(school)
    assert told.unanswered == 2
    items = [item.id for item in school.send(school.heartbeat()).downlink]
    assert "act_1" in items
    school.acknowledge(items)
    school.work()
    assert feed(school).unanswered == 0


def feed(school: SchoolPost) -> Feed:
    """The school's feed as its page has it."""
    with school.db.read() as db:
        return store.feed(SYSTEM, db, school.school_id)
