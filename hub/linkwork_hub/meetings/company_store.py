"""The SQL of who and which school is at a meeting besides its own: a row for each of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, insert, select, update

from linkwork.errors import Refused
from linkwork_hub.db import Scope, Tx
from linkwork_hub.meetings import store
from linkwork_hub.meetings.models import Beside, Meeting, Slot, Status
from linkwork_hub.meetings.tables import meetings as table
from linkwork_hub.meetings.work_tables import meeting_cases


def add_officer(scope: Scope, db: Tx, one: Meeting, officer_id: str, part: str, by: str) -> str:
    """Put a further officer into a meeting: their half-day is taken. Raises Refused when it was.

    `part` is what they do there, "" for the same as its officer.
    """
    if officer_id == one.officer_id:
        raise Refused("The meeting's own officer is there already. Choose somebody else.")
    return _add(scope, db, one, one.school_id, officer_id, (Beside.OFFICER, part), by)


def add_school(scope: Scope, db: Tx, one: Meeting, school_id: str, host: str, by: str) -> str:
    """Put a further school into a meeting, held at the school called `host`."""
    ident = _add(scope, db, one, school_id, one.officer_id, (Beside.SCHOOL, ""), by)
    if not one.online:
        db.execute(update(table).where(table.c.id == ident).values(room=f"At {host}"))
    return ident


def take_out(scope: Scope, db: Tx, ident: str) -> None:
    """Take a further officer out of a meeting; their half-day is free again."""
    db.execute(
        update(table)
        .where(table.c.id == ident, table.c.beside == Beside.OFFICER.value)
        .where(scope.where(table.c.school_id))
        .values(status=Status.CANCELLED.value, changed=db.now)
    )


def beside(
    scope: Scope, db: Tx, meeting_id: str, what: Beside, *, gone: bool = False
) -> list[Meeting]:
    """The rows beside a meeting: its further officers, or its further schools.

    Only those that stand, unless those that are `gone` are meant as well.
    """
    wanted = [table.c.main_id == meeting_id, table.c.beside == what.value]
    if not gone:
        wanted.append(table.c.status != Status.CANCELLED.value)
    return _meetings(scope, db, *wanted)


def with_company(scope: Scope, db: Tx, first: date, last: date) -> frozenset[str]:
    """The ids of the meetings on the days first..last that a further officer or school is at."""
    rows = db.all(
        select(table.c.main_id)
        .where(table.c.day >= first, table.c.day <= last, table.c.main_id != "")
        .where(table.c.status != Status.CANCELLED.value, scope.where(table.c.school_id))
        .distinct()
    )
    return frozenset(row.main_id for row in rows)


def officers_between(scope: Scope, db: Tx, first: date, last: date) -> list[Meeting]:
    """The rows of further officers on the days first..last that stand."""
    return _meetings(
        scope,
        db,
        table.c.day >= first,
        table.c.day <= last,
        table.c.beside == Beside.OFFICER.value,
        table.c.status != Status.CANCELLED.value,
    )


def chair_of(scope: Scope, db: Tx, meeting_id: str, part: str) -> Meeting | None:
    """The row of whoever has a part at a meeting, such as its chair; None for nobody."""
    every = beside(scope, db, meeting_id, Beside.OFFICER)
    return next((one for one in every if one.part == part), None)


def same_day(scope: Scope, db: Tx, one: Meeting) -> Meeting | None:
    """The other half of the same day: a meeting of the same kind at the same school, or None."""
    found = store.meetings_between(scope, db, one.half_day.day, one.half_day.day, kind=one.kind)
    others = [
        each
        for each in found
        if each.school_id == one.school_id and each.half_day.session != one.half_day.session
    ]
    return others[0] if others else None


def follow(scope: Scope, db: Tx, meeting_id: str, what: Beside, values: Mapping[str, Any]) -> None:
    """What became of a planned meeting becomes of each planned row beside it."""
    db.execute(
        update(table)
        .where(table.c.main_id == meeting_id, table.c.beside == what.value)
        .where(table.c.status == Status.PLANNED.value, scope.where(table.c.school_id))
        .values(**values, sequence=table.c.sequence + 1, changed=db.now)
    )


def set_case(scope: Scope, db: Tx, meeting_id: str, case_id: str) -> None:
    """Say which case a meeting is about; once."""
    db.execute(insert(meeting_cases), {"meeting_id": meeting_id, "case_id": case_id})


def case_of(scope: Scope, db: Tx, meeting_id: str) -> str | None:
    """The id of the case a meeting is about, or None."""
    row = db.first(
        select(meeting_cases.c.case_id)
        .join(table, table.c.id == meeting_cases.c.meeting_id)
        .where(meeting_cases.c.meeting_id == meeting_id, scope.where(table.c.school_id))
    )
    return row.case_id if row else None


def of_case(scope: Scope, db: Tx, case_id: str) -> list[Meeting]:
    """The meetings about a case, the earliest first; those called off too."""
    mine = select(meeting_cases.c.meeting_id).where(meeting_cases.c.case_id == case_id)
    return _meetings(scope, db, table.c.id.in_(mine))


def _meetings(scope: Scope, db: Tx, *wanted: ColumnElement[bool]) -> list[Meeting]:
    rows = db.all(
        select(table.c.id)
        .where(*wanted, scope.where(table.c.school_id))
        .order_by(table.c.day, table.c.session, table.c.part.desc(), table.c.id)
    )
    found = [store.meeting(scope, db, row.id) for row in rows]
    return [one for one in found if one is not None]


def _add(
    scope: Scope,
    db: Tx,
    one: Meeting,
    school_id: str,
    officer_id: str,
    how: tuple[Beside, str],
    by: str,
) -> str:
    slot = Slot(one.half_day, one.start, one.end, one.reason)
    beside = (one.meeting_id, *how)
    return store.plan(scope, db, school_id, officer_id, one.kind, slot, by, beside=beside)
