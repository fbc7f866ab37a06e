"""SQL of a child who had two pseudonyms: everything of the one is of the other from now on."""

from __future__ import annotations

from sqlalchemy import Table, delete, select, update

from linkwork_hub.db import Scope, Tx
from linkwork_hub.referrals import rules
from linkwork_hub.referrals.models import CandidateState
from linkwork_hub.referrals.store.candidates import events, record, refresh
from linkwork_hub.referrals.tables import (
    candidate_events,
    candidates,
    episodes,
    identities,
    referrals,
    requests,
    return_pupils,
    sickness_identities,
    sickness_returns,
)

_OF_A_PUPIL = (candidates, episodes, referrals, sickness_returns)


def of_another_school(scope: Scope, db: Tx, school_id: str, pseudonym: str) -> bool:
    """Whether this hub knows a pseudonym, and only from other schools."""
    scope.require(school_id)
    known = (
        select(table.c.school_id).where(table.c.pseudonym == pseudonym).distinct()
        for table in _OF_A_PUPIL
    )
    schools = {row.school_id for query in known for row in db.all(query)}
    return bool(schools) and school_id not in schools


def relink(scope: Scope, db: Tx, school_id: str, was: str, now: str) -> int:
    """Put everything of a school's pupil `was` under `now`; how many records there were.

    Each candidate's history says so. A name is kept once: where both pseudonyms have one, that of
    `now`, which is the newer, stays.
    """
    scope.require(school_id)
    mine = (candidates.c.school_id == school_id, candidates.c.pseudonym == was)
    known = [row.id for row in db.all(select(candidates.c.id).where(*mine))]
    moved = 0
    for table in _OF_A_PUPIL:
        rows = (table.c.school_id == school_id, table.c.pseudonym == was)
        moved += db.execute(update(table).where(*rows).values(pseudonym=now)).rowcount
    for table in (identities, sickness_identities):
        moved += _names(db, table, school_id, was, now)
    for candidate_id in known:
        record(scope, db, candidate_id, "The pupil has a permanent number now: a new pseudonym")
    if moved:
        _made_one(scope, db, school_id, now)
    return moved


def _made_one(scope: Scope, db: Tx, school_id: str, pseudonym: str) -> None:
    """Entries of the list that turned out to be one child's become one entry.

    That which was finished stays as history, and where both have a case an officer decides: the
    pages lead from one to the other.
    """
    mine = (candidates.c.school_id == school_id, candidates.c.pseudonym == pseudonym)
    rows = db.all(select(candidates).where(*mine).order_by(candidates.c.opened, candidates.c.id))
    live = [row for row in rows if CandidateState(row.state) not in rules.FINISHED]
    if len(live) < 2 or sum(row.state == CandidateState.CASE for row in live) > 1:
        return
    stays = max(live, key=lambda row: rules.HOW_FAR.index(CandidateState(row.state)))
    for row in live:
        if row.id != stays.id:
            _into(scope, db, row.id, stays.id)
    record(scope, db, stays.id, "Two entries of this pupil are one now")
    refresh(scope, db, stays.id)


def _into(scope: Scope, db: Tx, gone: str, stays: str) -> None:
    """Everything of one candidate goes to another, its history first, and it is no more."""
    for event in reversed(events(scope, db, gone)):
        record(scope, db, stays, event.what, event.who, event.note, at=event.at)
    for table in (episodes, requests, referrals, return_pupils):
        of_it = table.c.candidate_id == gone
        db.execute(update(table).where(of_it).values(candidate_id=stays))
    db.execute(delete(candidate_events).where(candidate_events.c.candidate_id == gone))
    db.execute(delete(candidates).where(candidates.c.id == gone))


def _names(db: Tx, table: Table, school_id: str, was: str, now: str) -> int:
    old = (table.c.school_id == school_id, table.c.pseudonym == was)
    new = (table.c.school_id == school_id, table.c.pseudonym == now)
    if db.first(select(table.c.id).where(*new)):
        return db.execute(delete(table).where(*old)).rowcount
    return db.execute(update(table).where(*old).values(pseudonym=now)).rowcount
