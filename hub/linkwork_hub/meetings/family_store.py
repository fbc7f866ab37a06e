"""The SQL of the families of an Intervention Day: by pseudonym and case, a name never."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from linkwork.errors import Refused
from linkwork_hub.db import Scope, Tx
from linkwork_hub.meetings.models import Meeting
from linkwork_hub.meetings.tables import meetings
from linkwork_hub.meetings.work_models import FamilySlot
from linkwork_hub.meetings.work_tables import family_slots as table


def add(scope: Scope, db: Tx, one: Meeting, new: FamilySlot, by: str) -> str:
    """Give a family a time with an officer; its id. Raises Refused when it was taken meanwhile."""
    scope.require(one.school_id)
    ident = db.new_id("fam")
    values = {
        "id": ident,
        "meeting_id": one.meeting_id,
        "officer_id": new.officer_id,
        "starts": new.starts,
        "ends": new.ends,
        "pseudonym": new.pseudonym,
        "case_id": new.case_id,
        "outcome": "",
        "note": None,
        "set_by": by,
        "at": db.now,
    }
    try:
        with db.part():
            db.execute(insert(table), values)
    except IntegrityError as error:
        raise Refused("That time has been taken meanwhile. Choose another.") from error
    return ident


def set_outcome(
    scope: Scope, db: Tx, one: Meeting, slot_id: str, outcome: str, note: str, by: str
) -> FamilySlot:
    """Say what came of a family's time; the slot as it was. Raises Refused where it is gone."""
    known = _slot(scope, db, one, slot_id)
    sealed = db.sealed(table.c.note, slot_id, note.strip() or None)
    db.execute(
        update(table)
        .where(table.c.id == slot_id)
        .values(outcome=outcome, note=sealed, set_by=by, at=db.now)
    )
    return known


def drop(scope: Scope, db: Tx, one: Meeting, slot_id: str) -> None:
    """Give a time back. Raises Refused once something came of it."""
    if _slot(scope, db, one, slot_id).outcome:
        raise Refused("Something came of this time already. It stays.")
    db.execute(delete(table).where(table.c.id == slot_id))


def slots(scope: Scope, db: Tx, meeting_ids: Sequence[str]) -> list[FamilySlot]:
    """The families of some meetings, by time."""
    rows = db.all(
        select(table)
        .join(meetings, meetings.c.id == table.c.meeting_id)
        .where(table.c.meeting_id.in_(meeting_ids), scope.where(meetings.c.school_id))
        .order_by(meetings.c.session, table.c.starts, table.c.officer_id, table.c.id)
    )
    return [_of(db, row) for row in rows]


def count(scope: Scope, db: Tx, meeting_id: str) -> int:
    """How many families a meeting has."""
    query = (
        select(func.count())
        .select_from(table.join(meetings, meetings.c.id == table.c.meeting_id))
        .where(table.c.meeting_id == meeting_id, scope.where(meetings.c.school_id))
    )
    return int(db.execute(query).scalar_one())


def relink(scope: Scope, db: Tx, school_id: str, was: str, now: str) -> None:
    """Put a pupil of a school's Intervention Days under a new pseudonym: the same child."""
    scope.require(school_id)
    own = select(meetings.c.id).where(meetings.c.school_id == school_id)
    mine = (table.c.meeting_id.in_(own), table.c.pseudonym == was)
    db.execute(update(table).where(*mine).values(pseudonym=now))


def _slot(scope: Scope, db: Tx, one: Meeting, slot_id: str) -> FamilySlot:
    scope.require(one.school_id)
    mine = (table.c.id == slot_id, table.c.meeting_id == one.meeting_id)
    row = db.first(select(table).where(*mine))
    if row is None:
        raise Refused("That time is none of this day any more.")
    return _of(db, row)


def _of(db: Tx, row: Row[Any]) -> FamilySlot:
    return FamilySlot(
        slot_id=row.id,
        meeting_id=row.meeting_id,
        officer_id=row.officer_id,
        starts=row.starts,
        ends=row.ends,
        pseudonym=row.pseudonym,
        case_id=row.case_id,
        outcome=row.outcome,
        note=db.opened(table.c.note, row.id, row.note) or "",
    )
