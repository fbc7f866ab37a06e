"""The SQL of meetings."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from linkwork.errors import Refused
from linkwork_hub.db import Scope, Tx
from linkwork_hub.meetings.models import (
    Attendee,
    Beside,
    HalfDay,
    Meeting,
    Note,
    Session,
    Slot,
    Status,
    VisitWishes,
)
from linkwork_hub.meetings.tables import meeting_attendees, meeting_notes
from linkwork_hub.meetings.tables import meetings as table

_STANDS = table.c.status.not_in((Status.CANCELLED.value, Status.NOT_DELIVERED.value))
# What a further officer's row stands for is told by the meeting it stands beside.
_SHOWN = table.c.beside != Beside.OFFICER.value


def plan(
    scope: Scope,
    db: Tx,
    school_id: str,
    officer_id: str,
    kind: str,
    slot: Slot,
    by: str,
    *,
    wishes: VisitWishes | None = None,
    beside: tuple[str, Beside, str] = ("", Beside.NOTHING, ""),
) -> str:
    """Write a meeting into both diaries; its id. Raises Refused when either is taken by now.

    `wishes` say whether it is held online, and in which room. `beside` are the meeting a further
    officer or school is added to, which of them this row adds, and a further officer's part.
    """
    where = wishes or VisitWishes()
    scope.require(school_id)
    ident = db.new_id("mtg")
    values = {
        "id": ident,
        "school_id": school_id,
        "officer_id": officer_id,
        "kind": kind,
        "day": slot.half_day.day,
        "session": slot.half_day.session.value,
        "starts": slot.start,
        "ends": slot.end,
        "status": Status.PLANNED.value,
        "sequence": 0,
        "reason": slot.reason,
        "planned_by": by,
        "changed": db.now,
        "online": where.online,
        "room": where.room,
        "main_id": beside[0],
        "beside": beside[1].value,
        "part": beside[2],
    }
    try:
        # A savepoint, so that a refusal leaves the transaction usable.
        with db.part():
            db.execute(insert(table), values)
    except IntegrityError as error:
        raise Refused(
            "That half-day has been taken since it was offered. Choose another slot."
        ) from error
    return ident


def meeting(scope: Scope, db: Tx, meeting_id: str) -> Meeting | None:
    """One meeting within reach, or None."""
    row = db.first(select(table).where(table.c.id == meeting_id, scope.where(table.c.school_id)))
    return _meeting(row) if row else None


def why_cancelled(scope: Scope, db: Tx, meeting_id: str) -> tuple[str, str] | None:
    """Who cancelled a meeting and why; None when it was not cancelled."""
    row = db.first(
        select(table.c.cancelled_by, table.c.cancelled_why).where(
            table.c.id == meeting_id,
            table.c.cancelled_by.is_not(None),
            scope.where(table.c.school_id),
        )
    )
    if row is None:
        return None
    why = db.opened(table.c.cancelled_why, meeting_id, row.cancelled_why)
    return row.cancelled_by, why or ""


def meetings_between(
    scope: Scope, db: Tx, first: date, last: date, *, kind: str | None = None
) -> list[Meeting]:
    """The meetings that stand on the days `first`..`last`, in order."""
    wanted = [_between(first, last), _STANDS, _SHOWN, scope.where(table.c.school_id)]
    if kind is not None:
        wanted.append(table.c.kind == kind)
    rows = db.all(select(table).where(*wanted).order_by(table.c.day, table.c.session, table.c.id))
    return [_meeting(row) for row in rows]


def calendar(
    scope: Scope,
    db: Tx,
    first: date,
    last: date,
    *,
    officer_id: str | None = None,
    school_id: str | None = None,
) -> list[Meeting]:
    """Every meeting of an officer, a school or both in first..last, those called off too."""
    wanted = [_between(first, last), _SHOWN, scope.where(table.c.school_id)]
    if officer_id is not None:
        wanted.append(_of_officer(officer_id))
    if school_id is not None:
        wanted.append(table.c.school_id == school_id)
    rows = db.all(select(table).where(*wanted).order_by(table.c.day, table.c.session, table.c.id))
    return [_meeting(row) for row in rows]


def count_from(scope: Scope, db: Tx, first: date, *, officer_id: str = "") -> int:
    """How many meetings stand on or after a day, perhaps of one officer."""
    query = select(func.count()).select_from(table).where(_from(scope, first, officer_id))
    return int(db.execute(query).scalar_one())


def meetings_from(
    scope: Scope, db: Tx, first: date, *, officer_id: str = "", limit: int, offset: int = 0
) -> list[Meeting]:
    """The meetings that stand on or after a day, the next one first."""
    rows = db.all(
        select(table)
        .where(_from(scope, first, officer_id))
        .order_by(table.c.day, table.c.session, table.c.id)
        .limit(limit)
        .offset(offset)
    )
    return [_meeting(row) for row in rows]


def meetings_before(scope: Scope, db: Tx, day: date, *, limit: int) -> list[Meeting]:
    """The meetings that stood before a day, the latest first."""
    rows = db.all(
        select(table)
        .where(table.c.day < day, _STANDS, _SHOWN, scope.where(table.c.school_id))
        .order_by(table.c.day.desc(), table.c.session.desc(), table.c.id)
        .limit(limit)
    )
    return [_meeting(row) for row in rows]


def next_of_school(scope: Scope, db: Tx, school_id: str, after: date) -> Meeting | None:
    """A school's first meeting that stands after a day, or None."""
    row = db.first(
        select(table)
        .where(
            table.c.school_id == school_id,
            table.c.day > after,
            _STANDS,
            _SHOWN,
            scope.where(table.c.school_id),
        )
        .order_by(table.c.day, table.c.session)
    )
    return _meeting(row) if row else None


def last_of_school(scope: Scope, db: Tx, school_id: str, before: date) -> Meeting | None:
    """A school's last meeting that stood before a day, or None."""
    row = db.first(
        select(table)
        .where(
            table.c.school_id == school_id,
            table.c.day < before,
            _STANDS,
            _SHOWN,
            scope.where(table.c.school_id),
        )
        .order_by(table.c.day.desc(), table.c.session.desc())
    )
    return _meeting(row) if row else None


def schools_with_meeting(scope: Scope, db: Tx, first: date) -> frozenset[str]:
    """The schools that have a meeting on or after a day."""
    rows = db.all(select(table.c.school_id).where(_from(scope, first, "")).distinct())
    return frozenset(row.school_id for row in rows)


def taken(
    scope: Scope, db: Tx, first: date, last: date, *, officer_ids: Collection[str] = (),
    school_ids: Collection[str] = (),
) -> dict[str, frozenset[HalfDay]]:  # fmt: skip
    """Half-days already taken, by the id of each officer and school that was asked for.

    Only that a half-day is taken, never by whom: so no scope narrows it, and a shared officer
    is never offered twice.
    """
    busy: dict[str, set[HalfDay]] = {ident: set() for ident in (*officer_ids, *school_ids)}
    columns = (table.c.officer_id, table.c.school_id, table.c.day, table.c.session)
    rows = db.all(select(*columns).where(table.c.day >= first, table.c.day <= last, _STANDS))
    for row in rows:
        half_day = HalfDay(row.day, Session(row.session))
        for ident in (row.officer_id, row.school_id):
            if ident in busy:
                busy[ident].add(half_day)
    return {ident: frozenset(half_days) for ident, half_days in busy.items()}


def keep_note(
    scope: Scope,
    db: Tx,
    meeting_id: str,
    texts: Mapping[str, str],
    by: str,
    *,
    again: bool = False,
) -> int:
    """Keep the note as its next version and return its number; the versions before stay.

    A note that says what the last version said is not kept again, unless `again`: what was
    agreed beside its texts is another. From the day of the meeting on, it also marks it as held.
    """
    written = notes(scope, db, meeting_id)
    texts = {part: text.strip() for part, text in texts.items() if text.strip()}
    if written and written[0].texts == texts and not again:
        return written[0].version
    version = written[0].version + 1 if written else 1
    ident = db.new_id("note")
    db.execute(
        insert(meeting_notes),
        {
            "id": ident,
            "meeting_id": meeting_id,
            "version": version,
            "texts": db.sealed(meeting_notes.c.texts, ident, json.dumps(texts)),
            "written_by": by,
            "written_at": db.now,
        },
    )
    db.execute(
        update(table)
        .where(
            table.c.id == meeting_id,
            scope.where(table.c.school_id),
            table.c.status == Status.PLANNED.value,
            table.c.day <= db.today,
        )
        .values(status=Status.HELD.value)
    )
    return version


def notes(scope: Scope, db: Tx, meeting_id: str) -> list[Note]:
    """Every version of a meeting's note, the latest first."""
    col = meeting_notes.c
    rows = db.all(
        select(meeting_notes)
        .join(table, table.c.id == col.meeting_id)
        .where(col.meeting_id == meeting_id, scope.where(table.c.school_id))
        .order_by(col.version.desc())
    )
    return [
        Note(
            version=row.version,
            texts=json.loads(db.opened(col.texts, row.id, row.texts) or "{}"),
            written_by=row.written_by,
            written_at=row.written_at,
        )
        for row in rows
    ]


def keep_attendance(scope: Scope, db: Tx, meeting_id: str, attendees: Iterable[Attendee]) -> None:
    """Replace who was there."""
    db.execute(delete(meeting_attendees).where(meeting_attendees.c.meeting_id == meeting_id))
    rows = [
        {"meeting_id": meeting_id, "part": one.part, "name": one.name, "present": one.present}
        for one in attendees
    ]
    if rows:
        db.execute(insert(meeting_attendees), rows)


def attendance(scope: Scope, db: Tx, meeting_id: str) -> list[Attendee]:
    """Who was there, as it was last kept; empty before that."""
    col = meeting_attendees.c
    rows = db.all(
        select(meeting_attendees)
        .join(table, table.c.id == col.meeting_id)
        .where(col.meeting_id == meeting_id, scope.where(table.c.school_id))
        .order_by(col.part)
    )
    return [Attendee(row.part, row.name, row.present) for row in rows]


def presence(scope: Scope, db: Tx, kind: str) -> dict[str, dict[str, list[date]]]:
    """By school and part, the days of held meetings of a kind at which that part was there."""
    col = meeting_attendees.c
    rows = db.all(
        select(table.c.school_id, table.c.day, col.part)
        .join(meeting_attendees, col.meeting_id == table.c.id)
        .where(table.c.kind == kind, table.c.status == Status.HELD.value, col.present)
        .where(scope.where(table.c.school_id))
        .order_by(table.c.day)
    )
    found: dict[str, dict[str, list[date]]] = {}
    for row in rows:
        found.setdefault(row.school_id, {}).setdefault(row.part, []).append(row.day)
    return found


def _from(scope: Scope, first: date, officer_id: str) -> ColumnElement[bool]:
    wanted = and_(table.c.day >= first, _STANDS, _SHOWN, scope.where(table.c.school_id))
    return and_(wanted, _of_officer(officer_id)) if officer_id else wanted


def _between(first: date, last: date) -> ColumnElement[bool]:
    return and_(table.c.day >= first, table.c.day <= last)


def _of_officer(officer_id: str) -> ColumnElement[bool]:
    """Their own meetings, once however many schools are there; and those they stand beside."""
    other = table.alias()
    beside = select(other.c.main_id).where(
        other.c.officer_id == officer_id,
        other.c.beside == Beside.OFFICER.value,
        other.c.status != Status.CANCELLED.value,
    )
    own = and_(table.c.officer_id == officer_id, table.c.beside == Beside.NOTHING.value)
    return or_(own, table.c.id.in_(beside))


def _meeting(row: Row[Any]) -> Meeting:
    return Meeting(
        meeting_id=row.id,
        school_id=row.school_id,
        officer_id=row.officer_id,
        kind=row.kind,
        half_day=HalfDay(row.day, Session(row.session)),
        start=row.starts,
        end=row.ends,
        status=Status(row.status),
        sequence=row.sequence,
        reason=row.reason,
        changed_at=row.changed,
        locked=row.locked,
        online=row.online,
        room=row.room,
        main_id=row.main_id,
        beside=Beside(row.beside),
        part=row.part,
    )
