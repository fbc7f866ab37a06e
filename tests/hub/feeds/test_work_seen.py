"""What the worker tells of a feed: its state, and alarms about what cannot be right."""

from __future__ import annotations

from datetime import date

from school_post import SYSTEM, SchoolPost
from sqlalchemy import delete, update

from linkwork_hub.access import store as access
from linkwork_hub.access import tables as access_tables
from linkwork_hub.db import Database
from linkwork_hub.feeds import store

DAYS = [date(2026, 2, day) for day in range(2, 7)]


def test_a_heartbeat_and_a_summary_are_seen_on_the_feed(
    school: SchoolPost, database: Database
) -> None:
    school.send(school.summary(DAYS[4]))
    school.send(school.heartbeat(waiting=2, problems=("The disk is nearly full.",)))
    school.work()
    with database.read() as db:
        feed = store.feed(SYSTEM, db, school.school_id)
        totals = store.totals(SYSTEM, db, school.school_id)
    assert feed.as_of == DAYS[4]
    assert feed.last_heartbeat == database.clock()
    assert (feed.waiting_there, feed.reported) == (2, ("The disk is nearly full.",))
    assert totals is not None
    assert totals["pupils"] == 210


def test_messages_the_agent_sent_and_the_hub_does_not_hold_raise_an_alarm(
    school: SchoolPost, database: Database
) -> None:
    school.send(school.summary(DAYS[0]))
    school.send(school.heartbeat(next_seq=5))
    school.work()
    with database.read() as db:
        (alarm,) = store.feed(SYSTEM, db, school.school_id).alarms
    assert "epoch/numbers 1/2-4" in alarm


def alarms(school: SchoolPost) -> tuple[str, ...]:
    """What the feed's page says that a person must look at."""
    school.work()
    with school.db.read() as db:
        return store.feed(SYSTEM, db, school.school_id).alarms


def test_a_record_that_was_cut_is_found_by_any_school_that_holds_a_receipt(
    school: SchoolPost, database: Database, as_owner: Database
) -> None:
    seen = school.send(school.summary())
    shown = {"audit_number": seen.audit_number, "audit_head": seen.audit_head}
    assert seen.audit_number > 0
    school.send(school.heartbeat(**shown))
    # The control: a record that only grew says nothing.
    assert alarms(school) == ()
    with as_owner.write() as db:
        db.execute(delete(access_tables.audit))
        db.execute(update(access_tables.audit_head).values(number=0, digest=""))
    school.send(school.heartbeat(**shown))
    (said,) = alarms(school)
    assert f"entry {seen.audit_number} of the record" in said


def test_a_copy_of_an_agent_on_another_machine_is_named_with_both(school: SchoolPost) -> None:
    school.send(school.heartbeat(host="front-office"))
    assert alarms(school) == ()
    school.send(school.heartbeat(host="a-copy"))
    (said,) = alarms(school)
    assert "(front-office and a-copy)" in said


def test_a_tail_of_an_epoch_of_which_nothing_came_is_named(school: SchoolPost) -> None:
    school.send(school.summary())
    school.send(school.heartbeat(epoch=2, next_seq=4))
    (said,) = alarms(school)
    assert "2/1-3" in said


def test_every_settled_message_is_in_the_audit_trail(
    school: SchoolPost, database: Database
) -> None:
    school.send(school.summary(DAYS[0]))
    school.work()
    with database.read() as db:
        whats = [entry.what for entry in access.audit_entries(SYSTEM, db)]
    assert whats == [
        "join string made",
        "agent enrolled",
        "agent confirmed",
        "message applied",
    ]
