"""What no database can keep is refused by name: it stops neither the worker nor a school's feed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hub_under_test import FixedClock
from school_post import SYSTEM, SchoolPost
from sqlalchemy import func, select

from linkwork import seal
from linkwork_hub.app import HANDLERS
from linkwork_hub.db import Database
from linkwork_hub.feeds import enrolments, joining, standing, store, tables
from linkwork_hub.feeds.receive import receive_enrolment

FAR_TOO_LARGE = 1 << 70


def problems(school: SchoolPost) -> str:
    """What the feed's page says."""
    with school.db.read() as db:
        judged = standing.judge(SYSTEM, db, store.feed(SYSTEM, db, school.school_id))
    return " ".join(judged.problems)


@pytest.mark.parametrize("urn", ["\0", "9\0"])
@pytest.mark.parametrize("code", ["0" * 16, "\0"])
def test_a_strangers_enrolment_stops_no_worker(newcomer: SchoolPost, urn: str, code: str) -> None:
    stranger = replace(newcomer, urn=urn, seed=b"s" * 32)
    envelope = stranger.enrolment(code, host="\0", mis="\0")
    # The door looks at the header alone; what it lets through by mistake does no harm either.
    verified, _ = seal.verify_enrolment(envelope)
    assert receive_enrolment(newcomer.db, newcomer.keys.receiver, envelope).body == b"header"
    with newcomer.db.write() as db:
        enrolments.keep(SYSTEM, db, verified, envelope)
    assert newcomer.work() == 1
    assert newcomer.enrol(newcomer.invite().code).state == "pending"


def test_a_machine_whose_name_cannot_be_kept_is_told_so(newcomer: SchoolPost) -> None:
    code = newcomer.invite().code
    answer = newcomer.enrol(code, host="front\0office")
    if newcomer.db.one_writer:
        assert answer.state == "pending"
        return
    assert (answer.state, answer.reason) == ("refused", joining.NOT_KEPT)
    # And the join string was not used up by it.
    assert newcomer.enrol(code).state == "pending"


@pytest.mark.parametrize(
    "changes",
    [
        {"mis": "\0"},
        {"problems": ("\0",)},
        {"audit_number": FAR_TOO_LARGE},
        {"waiting": FAR_TOO_LARGE},
        {"next_seq": FAR_TOO_LARGE},
        {"epoch": FAR_TOO_LARGE},
        {"host": "h" * 4000},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_sign_of_life_that_cannot_be_kept_keeps_no_feed_waiting(
    school: SchoolPost, changes: dict[str, Any]
) -> None:
    school.send(school.heartbeat(**changes))
    school.work()
    school.send(school.summary())
    school.work()
    assert school.send(school.heartbeat()).applied_through == 1
    assert "could not be applied" not in problems(school)


def test_a_summary_that_cannot_be_kept_is_refused_in_words_on_both_sides(
    school: SchoolPost,
) -> None:
    summary = school.summary()
    totals = summary.totals.model_copy(update={"pupils": FAR_TOO_LARGE})
    school.send(summary.model_copy(update={"totals": totals}))
    school.send(school.summary(date(2026, 2, 28)))
    assert school.work(HANDLERS) == 2
    answer = school.send(school.heartbeat())
    assert answer.applied_through == 2
    ((seq, reason),) = [(one.seq, one.reason) for one in answer.refused]
    assert (seq, "number out of range" in reason) == (1, True)
    assert str(FAR_TOO_LARGE) not in reason
    assert "1 message was refused" in problems(school)


@pytest.mark.parametrize("changes", [{"kind": "message\0"}, {"message_id": "m\0"}])
def test_a_header_that_cannot_be_kept_is_refused_and_not_called_busy(
    school: SchoolPost, changes: dict[str, Any]
) -> None:
    assert school.post(school.sealed(school.summary(), **changes)) == (400, b"header", None)


def test_strangers_fill_no_disk_with_enrolments(
    newcomer: SchoolPost, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(enrolments, "MOST_AN_HOUR", 3)
    for n in range(3):
        newcomer.other_agent(bytes([n]) * 32).enrol("0" * 16)
    more = newcomer.other_agent(b"m" * 32).enrolment("0" * 16)
    assert receive_enrolment(newcomer.db, newcomer.keys.receiver, more).status == 503
    clock.advance(hours=2)
    assert receive_enrolment(newcomer.db, newcomer.keys.receiver, more).status == 202
    newcomer.work()
    assert kept(newcomer.db) == 4
    clock.advance(days=5)
    with newcomer.db.write() as db:
        assert enrolments.forget(SYSTEM, db) == 4
    assert kept(newcomer.db) == 0


def kept(database: Database) -> int:
    """How many enrolments the hub remembers."""
    with database.read() as db:
        return int(db.execute(select(func.count()).select_from(tables.enrolments)).scalar_one())


def test_an_enrolment_played_again_when_it_is_forgotten_makes_no_agent_and_no_alarm(
    newcomer: SchoolPost, clock: FixedClock
) -> None:
    envelope = newcomer.enrolment(newcomer.invite().code)
    receive_enrolment(newcomer.db, newcomer.keys.receiver, envelope)
    newcomer.work()
    newcomer.confirm()
    clock.advance(days=30)
    with newcomer.db.write() as db:
        enrolments.forget(SYSTEM, db)
        verified, _ = seal.verify_enrolment(envelope)
        enrolments.keep(SYSTEM, db, verified, envelope)
    newcomer.work()
    assert newcomer.enrol("").state == "active"
    with newcomer.db.read() as db:
        assert len(store.agents_of(SYSTEM, db, newcomer.school_id)) == 1
        assert store.feed(SYSTEM, db, newcomer.school_id).alarms == ()


def test_a_hub_whose_clock_was_far_ahead_goes_on_when_it_is_set(
    school: SchoolPost, clock: FixedClock
) -> None:
    clock.advance(days=3650)
    school.send(school.summary(date(2026, 2, 26)))
    school.send(school.heartbeat(waiting=1))
    school.work()
    clock.now -= timedelta(days=3650)
    school.send(school.summary())
    assert school.work() == 1
    school.send(school.heartbeat(waiting=7))
    school.work()
    with school.db.read() as db:
        feed = store.feed(SYSTEM, db, school.school_id)
    assert (feed.applied, feed.waiting_there, feed.last_heartbeat) == (2, 7, clock.now)
