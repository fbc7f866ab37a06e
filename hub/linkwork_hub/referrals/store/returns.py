"""SQL of collections and statutory returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, bindparam, func, insert, select

from linkwork.wire import Return, Summary
from linkwork_hub.db import Scope, Tx
from linkwork_hub.referrals.models import ReturnMade
from linkwork_hub.referrals.tables import return_pupils, summaries
from linkwork_hub.referrals.tables import returns as table

#: Statements are built once: every collection of a school asks these.
_SAME_SUMMARY = select(summaries.c.digest).where(
    summaries.c.school_id == bindparam("of_school"), summaries.c.digest == bindparam("of_digest")
)
_SAME_RETURN = select(table.c.id).where(
    table.c.school_id == bindparam("of_school"), table.c.sent_id == bindparam("of_return")
)
_ADD_SUMMARY, _ADD_RETURN = insert(summaries), insert(table)


@dataclass(frozen=True, slots=True)
class Named:
    """One pupil of a return: the spell that put them there, and the candidate it belongs to."""

    episode_id: str
    candidate_id: str
    reason: str


def remember_summary(scope: Scope, db: Tx, school_id: str, digest: str, told: Summary) -> bool:
    """Keep that a collection was applied; False when it was applied before."""
    scope.require(school_id)
    if db.first(_SAME_SUMMARY, {"of_school": school_id, "of_digest": digest}):
        return False
    values = {
        "school_id": school_id,
        "digest": digest,
        "as_of": told.as_of,
        "read_at": told.read_at,
        "policy": told.policy,
        "notices": len(told.notices),
    }
    db.change(_ADD_SUMMARY, values)
    return True


def remember_return(scope: Scope, db: Tx, school_id: str, told: Return) -> str | None:
    """Keep a return; its id here, or None when it was kept before."""
    scope.require(school_id)
    if db.first(_SAME_RETURN, {"of_school": school_id, "of_return": told.return_id}):
        return None
    ident = db.new_id("ret")
    values = {
        "id": ident,
        "school_id": school_id,
        "sent_id": told.return_id,
        "first": told.first,
        "last": told.last,
        "pupils": len({notice.pseudonym for notice in told.notices}),
        "policy": told.policy,
        "released_by": told.released_by,
        "received": db.now,
    }
    db.change(_ADD_RETURN, values)
    return ident


def add_to_return(scope: Scope, db: Tx, return_id: str, named: Named) -> None:
    """Keep one pupil of a return."""
    made = made_return(scope, db, return_id)
    if made is not None:
        db.execute(
            insert(return_pupils).values(
                return_id=return_id,
                episode_id=named.episode_id,
                candidate_id=named.candidate_id,
                reason=named.reason,
            )
        )


def made_return(scope: Scope, db: Tx, return_id: str) -> ReturnMade | None:
    """One return within reach, or None."""
    row = db.first(select(table).where(table.c.id == return_id, scope.where(table.c.school_id)))
    return _return(row) if row else None


def return_lines(scope: Scope, db: Tx, return_id: str) -> list[Named]:
    """The pupils of a return."""
    rows = db.all(
        select(return_pupils)
        .join(table, table.c.id == return_pupils.c.return_id)
        .where(return_pupils.c.return_id == return_id, scope.where(table.c.school_id))
        .order_by(return_pupils.c.reason.desc(), return_pupils.c.episode_id)
    )
    return [Named(row.episode_id, row.candidate_id, row.reason) for row in rows]


def count_returns(scope: Scope, db: Tx, school_id: str = "", since: date | None = None) -> int:
    """How many returns there are, perhaps of one school or received for days since a date."""
    query = select(func.count()).select_from(table).where(scope.where(table.c.school_id))
    if school_id:
        query = query.where(table.c.school_id == school_id)
    if since:
        query = query.where(table.c.last >= since)
    return int(db.execute(query).scalar_one())


def returns(
    scope: Scope, db: Tx, school_id: str = "", *, limit: int, offset: int = 0
) -> list[ReturnMade]:
    """Returns, the latest first."""
    query = select(table).where(scope.where(table.c.school_id))
    if school_id:
        query = query.where(table.c.school_id == school_id)
    order = (table.c.last.desc(), table.c.received.desc(), table.c.id)
    return [_return(row) for row in db.all(query.order_by(*order).limit(limit).offset(offset))]


def returned_days(
    scope: Scope, db: Tx, school_ids: Sequence[str], first: date, last: date
) -> dict[str, list[tuple[date, date]]]:
    """By school, the intervals its returns cover that touch `first`..`last`."""
    rows = db.all(
        select(table.c.school_id, table.c.first, table.c.last).where(
            table.c.school_id.in_(school_ids),
            scope.where(table.c.school_id),
            table.c.last >= first,
            table.c.first <= last,
        )
    )
    found: dict[str, list[tuple[date, date]]] = {}
    for row in rows:
        found.setdefault(row.school_id, []).append((row.first, row.last))
    return found


def returns_touching(
    scope: Scope, db: Tx, school_id: str, first: date, last: date
) -> list[ReturnMade]:
    """The returns of a school that cover any of these days."""
    scope.require(school_id)
    rows = db.all(
        select(table).where(
            table.c.school_id == school_id, table.c.last >= first, table.c.first <= last
        )
    )
    return [_return(row) for row in rows]


def first_heard(scope: Scope, db: Tx, school_ids: Sequence[str]) -> dict[str, date]:
    """By school, the first day any collection of its register spoke of.

    Before that day nothing is missing: the school was not connected yet.
    """
    rows = db.all(
        select(summaries.c.school_id, func.min(summaries.c.as_of).label("day"))
        .where(summaries.c.school_id.in_(school_ids), scope.where(summaries.c.school_id))
        .group_by(summaries.c.school_id)
    )
    return {row.school_id: row.day for row in rows}


def _return(row: Row[Any]) -> ReturnMade:
    return ReturnMade(
        id=row.id,
        school_id=row.school_id,
        first=row.first,
        last=row.last,
        pupils=row.pupils,
        policy=row.policy,
        released_by=row.released_by,
        received=row.received,
    )
