"""SQL of the records that the duty to return was done, or was not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, select

from linkwork_hub.db import Scope, Tx
from linkwork_hub.referrals.models import Duty, DutyRecord, Outcome
from linkwork_hub.referrals.tables import return_records as table


def keep_duty(scope: Scope, db: Tx, school_id: str, duty: Duty, version: int) -> bool:
    """Keep a version of one interval; False when another process kept it first."""
    scope.require(school_id)
    values = {
        "id": db.new_id("duty"),
        "school_id": school_id,
        "first": duty.first,
        "last": duty.last,
        "version": version,
        "policy": duty.policy,
        "outcome": duty.outcome.value,
        "pupils": duty.pupils,
        "school_days": duty.school_days,
        "missing": [day.isoformat() for day in duty.missing],
        "return_ids": list(duty.returns),
        "released_by": duty.released_by,
        "discharged": duty.discharged,
        "receipt": duty.receipt,
        "recorded": db.now,
    }
    return db.add_once(table, values)


def last_recorded(scope: Scope, db: Tx, school_ids: Sequence[str]) -> dict[str, date]:
    """By school, the last day of its latest recorded interval."""
    rows = db.all(
        select(table.c.school_id, func.max(table.c.last).label("day"))
        .where(table.c.school_id.in_(school_ids), scope.where(table.c.school_id))
        .group_by(table.c.school_id)
    )
    return {row.school_id: row.day for row in rows}


def standing_duties(
    scope: Scope, db: Tx, school_id: str, first: date, last: date
) -> list[DutyRecord]:
    """The latest version of each recorded interval of a school that touches these days."""
    rows = db.all(_touching(scope), {"of_school": school_id, "since": first, "until": last})
    return [one for one in _records(rows) if one.superseded_by is None]


def duties(
    scope: Scope, db: Tx, school_id: str = "", *, limit: int | None = None, offset: int = 0
) -> list[DutyRecord]:
    """Records, the latest interval first and in it the latest version; perhaps of one school."""
    query = _query(scope)
    if school_id:
        query = query.where(table.c.school_id == school_id)
    return _with_successors(scope, db, db.all(query.limit(limit).offset(offset)))


def count_duties(scope: Scope, db: Tx, school_id: str = "") -> int:
    """How many records there are, perhaps of one school."""
    query = select(func.count()).select_from(table).where(scope.where(table.c.school_id))
    if school_id:
        query = query.where(table.c.school_id == school_id)
    return int(db.execute(query).scalar_one())


def duty_record(scope: Scope, db: Tx, record_id: str) -> DutyRecord | None:
    """One record within reach, or None."""
    rows = db.all(_query(scope).where(table.c.id == record_id))
    return next(iter(_with_successors(scope, db, rows)), None)


def versions(scope: Scope, db: Tx, one: DutyRecord) -> list[DutyRecord]:
    """Every version of a record's interval, the latest first."""
    rows = db.all(
        _query(scope).where(
            table.c.school_id == one.school_id,
            table.c.first == one.duty.first,
            table.c.last == one.duty.last,
        )
    )
    return _records(rows)


@lru_cache
def _touching(scope: Scope) -> Select[Any]:
    col = table.c
    mine = (col.school_id == bindparam("of_school"), col.first <= bindparam("until"))
    return _query(scope).where(*mine, col.last >= bindparam("since"))


def _query(scope: Scope) -> Select[Any]:
    order = (table.c.last.desc(), table.c.school_id, table.c.first, table.c.version.desc())
    return select(table).where(scope.where(table.c.school_id)).order_by(*order)


def _with_successors(scope: Scope, db: Tx, rows: Sequence[Row[Any]]) -> list[DutyRecord]:
    """Records of a part of the list: what follows one may lie outside it."""
    if not rows:
        return []
    after = {
        (row.school_id, row.first, row.last, row.version): row.id
        for row in db.all(
            select(
                table.c.id, table.c.school_id, table.c.first, table.c.last, table.c.version
            ).where(
                scope.where(table.c.school_id),
                table.c.version > 1,
                table.c.school_id.in_({row.school_id for row in rows}),
                table.c.first >= min(row.first for row in rows),
                table.c.last <= max(row.last for row in rows),
            )
        )
    }
    return [
        _record(row, after.get((row.school_id, row.first, row.last, row.version + 1)))
        for row in rows
    ]


def _records(rows: Iterable[Row[Any]]) -> list[DutyRecord]:
    """Records that come with every version of their intervals."""
    rows = list(rows)
    ids = {(row.school_id, row.first, row.last, row.version): row.id for row in rows}
    return [
        _record(row, ids.get((row.school_id, row.first, row.last, row.version + 1))) for row in rows
    ]


def _record(row: Row[Any], superseded_by: str | None) -> DutyRecord:
    return DutyRecord(
        id=row.id,
        school_id=row.school_id,
        version=row.version,
        recorded=row.recorded,
        superseded_by=superseded_by,
        duty=Duty(
            first=row.first,
            last=row.last,
            policy=row.policy,
            outcome=Outcome(row.outcome),
            pupils=row.pupils,
            school_days=row.school_days,
            missing=tuple(date.fromisoformat(day) for day in row.missing),
            returns=tuple(row.return_ids),
            released_by=row.released_by,
            discharged=row.discharged,
            receipt=row.receipt,
        ),
    )
