"""SQL of what the authority asks of schools. A request goes down sealed, and is answered up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, Select, func, insert, select, update

from linkwork.wire import RequestItem
from linkwork_hub.access import store as access
from linkwork_hub.db import Scope, Tx
from linkwork_hub.feeds import store as feeds
from linkwork_hub.feeds.models import IssueKeys
from linkwork_hub.referrals import rules
from linkwork_hub.referrals.models import Candidate, ReferralRules, Request
from linkwork_hub.referrals.store.candidates import candidate, record, set_state
from linkwork_hub.referrals.tables import candidates
from linkwork_hub.referrals.tables import requests as table


@dataclass(frozen=True, slots=True)
class Ask:
    """What to ask of a school: `asks` is "referral" or "question", `message` in own words."""

    asks: str
    message: str
    asked_by: str


def ask(
    scope: Scope, db: Tx, issuer: IssueKeys, listed: ReferralRules, of: Candidate, what: Ask
) -> str:
    """Ask a school about a candidate: keep the request and send it down. Its id."""
    scope.require(of.school_id)
    ident, due = db.new_id("req"), _answer_due(scope, db, of.school_id, listed.answer_days)
    db.execute(
        insert(table).values(
            id=ident,
            candidate_id=of.id,
            school_id=of.school_id,
            asks=what.asks,
            asked_by=what.asked_by,
            asked_on=db.today,
            due=due,
            message=db.sealed(table.c.message, ident, what.message or None),
        )
    )
    item = RequestItem(
        request_id=ident,
        asks="referral" if what.asks == "referral" else "question",
        pseudonym=of.pseudonym,
        trigger=of.trigger,
        message=what.message,
        asked_by=what.asked_by,
        asked_on=db.today,
        due=due,
        evidence=_evidence_words(listed) if what.asks == "referral" else (),
    )
    feeds.issue(scope, db, of.school_id, "request", item, issuer, ident)
    return ident


def _evidence_words(listed: ReferralRules) -> tuple[str, ...]:
    """The profile's evidence list as a request carries it: the word of each item."""
    return tuple(rule.id for rule in listed.evidence)


def answer_request(
    scope: Scope, db: Tx, school_id: str, candidate_id: str, request_id: str | None
) -> str | None:
    """Mark what a referral answers: the request it names, else the one still open, else none."""
    open_one = (
        select(table.c.id)
        .where(
            table.c.school_id == school_id,
            table.c.candidate_id == candidate_id,
            table.c.asks == "referral",
            table.c.answered_on.is_(None),
            scope.where(table.c.school_id),
        )
        .order_by(table.c.asked_on)
    )
    found = db.first(open_one.where(table.c.id == request_id) if request_id else open_one)
    if found is None:
        return None
    db.execute(update(table).where(table.c.id == found.id).values(answered_on=db.today))
    return str(found.id)


def note_answer(scope: Scope, db: Tx, asked: Request, answer: str, who: str) -> None:
    """Keep a school's answer to a question; its pupil waits for the officer again."""
    scope.require(asked.school_id)
    sealed = db.sealed(table.c.answer, asked.id, answer)
    db.execute(
        update(table).where(table.c.id == asked.id).values(answered_on=db.today, answer=sealed)
    )
    of = candidate(scope, db, asked.candidate_id)
    if of is not None and rules.after_answer(of.state) is not of.state:
        set_state(scope, db, of.id, rules.after_answer(of.state))
    record(scope, db, asked.candidate_id, "The school answered", who, answer)


def request(scope: Scope, db: Tx, request_id: str) -> Request | None:
    """One request within reach, or None."""
    found = _all(scope, db, _reached(scope).where(table.c.id == request_id))
    return found[0] if found else None


def requests_of(scope: Scope, db: Tx, candidate_id: str) -> list[Request]:
    """What was asked about one candidate, the latest first."""
    query = _reached(scope).where(table.c.candidate_id == candidate_id)
    return _all(scope, db, query.order_by(table.c.asked_on.desc(), table.c.id.desc()))


def count_waiting(scope: Scope, db: Tx, school_id: str = "") -> int:
    """How many requests no school has answered yet."""
    query = (
        select(func.count())
        .select_from(table)
        .where(scope.where(table.c.school_id), table.c.answered_on.is_(None))
    )
    if school_id:
        query = query.where(table.c.school_id == school_id)
    return int(db.execute(query).scalar_one())


def waiting(
    scope: Scope, db: Tx, school_id: str = "", *, limit: int, offset: int = 0
) -> list[Request]:
    """Requests without an answer, those due first at the top."""
    query = _reached(scope).where(table.c.answered_on.is_(None))
    if school_id:
        query = query.where(table.c.school_id == school_id)
    order = (table.c.due.is_(None), table.c.due, table.c.asked_on, table.c.id)
    return _all(scope, db, query.order_by(*order).limit(limit).offset(offset))


def _reached(scope: Scope) -> Select[Any]:
    return (
        select(table, candidates.c.pseudonym)
        .join(candidates, candidates.c.id == table.c.candidate_id)
        .where(scope.where(table.c.school_id))
    )


def _all(scope: Scope, db: Tx, query: Select[Any]) -> list[Request]:
    return [_request(scope, db, row) for row in db.all(query)]


def _answer_due(scope: Scope, db: Tx, school_id: str, days: int) -> date | None:
    until = date.fromordinal(db.today.toordinal() + days * 3 + 70)
    open_days = access.school_days(scope, db, school_id, db.today, until)
    return rules.due_in_school_days(db.today, days, open_days)


def _request(scope: Scope, db: Tx, row: Row[Any]) -> Request:
    answered = row.answered_on is not None
    sent = None if answered else feeds.delivery(scope, db, row.id)
    delivered = sent is not None and sent.acknowledged is not None
    return Request(
        id=row.id,
        candidate_id=row.candidate_id,
        school_id=row.school_id,
        pseudonym=row.pseudonym,
        asks=row.asks,
        asked_by=row.asked_by,
        asked_on=row.asked_on,
        due=row.due,
        state=rules.request_state(answered=answered, delivered=delivered),
        answered_on=row.answered_on,
        message=db.opened(table.c.message, row.id, row.message) or "",
        answer=db.opened(table.c.answer, row.id, row.answer) or "",
    )
