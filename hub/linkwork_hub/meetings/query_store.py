"""The SQL of what schools ask: sealed, with whoever has it to answer."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Row, func, insert, or_, select, update

from linkwork.errors import Refused
from linkwork_hub.db import Scope, Tx
from linkwork_hub.meetings.work_models import Query
from linkwork_hub.meetings.work_tables import queries as table
from linkwork_hub.web import found


def ask(
    scope: Scope, db: Tx, school_id: str, text: str, by: str, owner: tuple[str | None, str]
) -> str:
    """Keep a school's question with who has it, None for nobody, and why; its id."""
    scope.require(school_id)
    if not text.strip():
        raise Refused("Write the question.")
    ident = db.new_id("qry")
    db.execute(
        insert(table),
        {
            "id": ident,
            "school_id": school_id,
            "text": db.sealed(table.c.text, ident, text.strip()),
            "asked_by": by,
            "at": db.now,
            "officer_id": owner[0],
            "why": owner[1],
        },
    )
    return ident


def answer(scope: Scope, db: Tx, query_id: str, text: str, by: str) -> None:
    """Answer a question within reach. Raises Refused for no answer, or one that was given."""
    mine = (table.c.id == query_id, scope.where(table.c.school_id))
    row = found(db.first(select(table).where(*mine)))
    if row.answered is not None:
        raise Refused("That question is answered already.")
    if not text.strip():
        raise Refused("Write the answer.")
    sealed = db.sealed(table.c.answer, query_id, text.strip())
    db.execute(
        update(table)
        .where(table.c.id == query_id)
        .values(answer=sealed, answered_by=by, answered=db.now)
    )


def queries(scope: Scope, db: Tx, *, limit: int, offset: int = 0) -> list[Query]:
    """The questions within reach: those that wait first, the oldest first; then the answered."""
    rows = db.all(
        select(table)
        .where(scope.where(table.c.school_id))
        .order_by(table.c.answered.is_not(None), table.c.at, table.c.id)
        .limit(limit)
        .offset(offset)
    )
    return [_query(db, row) for row in rows]


def count(scope: Scope, db: Tx) -> int:
    """How many questions are within reach."""
    where = scope.where(table.c.school_id)
    return int(db.execute(select(func.count()).select_from(table).where(where)).scalar_one())


def waiting_for(scope: Scope, db: Tx, officer_id: str, absent: Collection[str] = ()) -> list[Query]:
    """The open questions somebody has; with `absent`, those of nobody and of the absent too."""
    mine = table.c.officer_id == officer_id
    if absent:
        mine = or_(mine, table.c.officer_id.is_(None), table.c.officer_id.in_(sorted(absent)))
    rows = db.all(
        select(table)
        .where(table.c.answered.is_(None), mine, scope.where(table.c.school_id))
        .order_by(table.c.at, table.c.id)
    )
    return [_query(db, row) for row in rows]


def _query(db: Tx, row: Row[Any]) -> Query:
    return Query(
        query_id=row.id,
        school_id=row.school_id,
        text=db.opened(table.c.text, row.id, row.text) or "",
        asked_by=row.asked_by,
        at=row.at,
        officer_id=row.officer_id,
        why=row.why,
        answer=db.opened(table.c.answer, row.id, row.answer) or "",
        answered_by=row.answered_by or "",
        answered=row.answered,
    )
