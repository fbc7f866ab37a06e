"""SQL of a child who had two pseudonyms: everything of the one is of the other from now on."""

from __future__ import annotations

from sqlalchemy import delete, select, update

from linkwork_hub.db import Scope, Tx
from linkwork_hub.referrals.store.candidates import record
from linkwork_hub.referrals.tables import candidates, episodes, identities, referrals

_OF_A_PUPIL = (candidates, episodes, referrals)


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
    moved += _names(db, school_id, was, now)
    for candidate_id in known:
        record(scope, db, candidate_id, "The pupil has a permanent number now: a new pseudonym")
    return moved


def _names(db: Tx, school_id: str, was: str, now: str) -> int:
    old = (identities.c.school_id == school_id, identities.c.pseudonym == was)
    new = (identities.c.school_id == school_id, identities.c.pseudonym == now)
    if db.first(select(identities.c.id).where(*new)):
        return db.execute(delete(identities).where(*old)).rowcount
    return db.execute(update(identities).where(*old).values(pseudonym=now)).rowcount
