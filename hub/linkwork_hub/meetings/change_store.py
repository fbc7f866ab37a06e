"""The SQL of what becomes of a planned meeting: moved, covered, cancelled, not delivered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError

from linkwork.errors import Refused
from linkwork_hub.db import Scope, Tx
from linkwork_hub.meetings import company_store
from linkwork_hub.meetings.models import (
    Attempt,
    Beside,
    Change,
    HalfDay,
    Lost,
    Session,
    Side,
    Slot,
    Status,
)
from linkwork_hub.meetings.tables import contact_attempts, meeting_changes
from linkwork_hub.meetings.tables import meetings as table

MOVED, COVERED, CANCELLED, NOT_DELIVERED = "moved", "covered", "cancelled", "not delivered"
CHANNELS = ("email", "telephone", "visit")
_HERE = ZoneInfo("Europe/London")


def cancel(
    scope: Scope, db: Tx, meeting_id: str, by: str, why: str, side: Side = Side.SERVICE
) -> None:
    """Cancel a planned meeting; its half-day is free again and its invitation is withdrawn."""
    row = _planned(scope, db, meeting_id, "cancelled")
    if not why.strip():
        raise Refused("Write why the meeting is cancelled.")
    _keep(db, row, CANCELLED, side, by, why.strip(), None)
    _set(
        db,
        meeting_id,
        {
            "status": Status.CANCELLED.value,
            "cancelled_by": by,
            "cancelled_why": db.sealed(table.c.cancelled_why, meeting_id, why.strip()),
        },
    )
    for each in company_store.beside(scope, db, meeting_id, Beside.SCHOOL):
        if each.status is Status.PLANNED:
            cancel(scope, db, each.meeting_id, by, why, side)
    gone = {"status": Status.CANCELLED.value}
    company_store.follow(scope, db, meeting_id, Beside.OFFICER, gone)


def not_delivered(scope: Scope, db: Tx, meeting_id: str, by: str, why: str) -> None:
    """Say that a visit did not take place. Needs a try to reach the school, and its day."""
    row = _planned(scope, db, meeting_id, "marked as not delivered")
    if row.day > db.today:
        raise Refused("The day of the visit has not come yet. Move or cancel it instead.")
    if not attempts(scope, db, row.school_id, meeting_id):
        raise Refused("Record first how you tried to reach the school.")
    _keep(
        db, row, NOT_DELIVERED, Side.SCHOOL, by, why.strip() or "The school was not reached.", None
    )
    lost = {"status": Status.NOT_DELIVERED.value}
    _set(db, meeting_id, lost)
    company_store.follow(scope, db, meeting_id, Beside.OFFICER, lost)


def move(
    scope: Scope,
    db: Tx,
    meeting_id: str,
    slot: Slot,
    officer_id: str,
    by: str,
    why: str,
    side: Side = Side.SERVICE,
) -> None:
    """Give a planned meeting another half-day, another officer, or both.

    Same half-day and another officer is cover; anything else a move. Raises Refused when it is
    locked, when nothing would change, or when somebody took the half-day meanwhile.
    """
    row = _planned(scope, db, meeting_id, "moved")
    if row.locked:
        raise Refused("This meeting is locked. Unlock it before it is moved.")
    if row.main_id:
        raise Refused("It is held together with other schools. Move the meeting of the host.")
    same_time = HalfDay(row.day, Session(row.session)) == slot.half_day
    if same_time and row.officer_id == officer_id:
        raise Refused("It stands there already.")
    what = COVERED if same_time else MOVED
    values = {
        "day": slot.half_day.day,
        "session": slot.half_day.session.value,
        "starts": slot.start,
        "ends": slot.end,
        "officer_id": officer_id,
        "reason": slot.reason,
    }
    try:
        # A savepoint, so that a refusal leaves the transaction usable.
        with db.part():
            for each in (row, *_schools_beside(scope, db, meeting_id)):
                _keep(db, each, what, side, by, why, (slot.half_day, officer_id))
                _set(db, each.id, values)
            moved = {key: values[key] for key in values if key != "officer_id"}
            company_store.follow(scope, db, meeting_id, Beside.OFFICER, moved)
    except IntegrityError as error:
        raise Refused("That half-day has been taken meanwhile. Choose another.") from error


def lock(scope: Scope, db: Tx, meeting_id: str, locked: bool) -> None:
    """Lock a planned meeting so that no plan moves it, or unlock it."""
    _planned(scope, db, meeting_id, "locked")
    db.execute(update(table).where(table.c.id == meeting_id).values(locked=locked))


def changes(scope: Scope, db: Tx, meeting_id: str) -> list[Change]:
    """What became of a meeting, the oldest first."""
    col = meeting_changes.c
    rows = db.all(
        select(meeting_changes)
        .join(table, table.c.id == col.meeting_id)
        .where(col.meeting_id == meeting_id, scope.where(table.c.school_id))
        .order_by(col.number)
    )
    return [
        Change(
            what=row.what,
            side=Side(row.side),
            by=row.by,
            at=row.at,
            notice=timedelta(minutes=row.notice_minutes),
            before=(HalfDay(row.day_before, Session(row.session_before)), row.officer_before),
            after=(HalfDay(row.day_after, Session(row.session_after)), row.officer_after)
            if row.day_after
            else None,
            why=db.opened(col.why, row.id, row.why) or "",
        )
        for row in rows
    ]


def lost(
    scope: Scope, db: Tx, first: date, last: date, *, school_id: str | None = None
) -> list[Lost]:
    """The visits planned for first..last that did not take place, for whoever counts them."""
    col = meeting_changes.c
    wanted = [
        col.what.in_((CANCELLED, NOT_DELIVERED)),
        col.day_before >= first,
        col.day_before <= last,
        scope.where(table.c.school_id),
    ]
    if school_id is not None:
        wanted.append(table.c.school_id == school_id)
    rows = db.all(
        select(meeting_changes, table.c.school_id, table.c.kind, table.c.status)
        .join(table, table.c.id == col.meeting_id)
        .where(*wanted)
        .order_by(col.day_before, col.meeting_id)
    )
    found = []
    for row in rows:
        tries = attempts(scope, db, row.school_id, row.meeting_id)
        found.append(
            Lost(
                meeting_id=row.meeting_id,
                school_id=row.school_id,
                kind=row.kind,
                half_day=HalfDay(row.day_before, Session(row.session_before)),
                status=Status(row.status),
                side=Side(row.side),
                notice=timedelta(minutes=row.notice_minutes),
                attempts=len(tries),
                reached=any(one.reached for one in tries),
            )
        )
    return found


def add_attempt(
    scope: Scope, db: Tx, school_id: str, meeting_id: str | None, by: str, channel: str,
    *, reached: bool,
) -> None:  # fmt: skip
    """Record a try to reach a school, perhaps about one visit."""
    scope.require(school_id)
    if channel not in CHANNELS:
        raise Refused(f"Choose how: {', '.join(CHANNELS)}.")
    row = {"id": db.new_id("try"), "school_id": school_id, "meeting_id": meeting_id}
    values = {"at": db.now, "by": by, "channel": channel, "reached": reached}
    db.execute(insert(contact_attempts), row | values)


def attempts(scope: Scope, db: Tx, school_id: str, meeting_id: str) -> list[Attempt]:
    """The tries to reach a school about one visit, in order."""
    scope.require(school_id)
    col = contact_attempts.c
    rows = db.all(
        select(contact_attempts)
        .where(col.school_id == school_id, col.meeting_id == meeting_id)
        .order_by(col.at, col.id)
    )
    return [Attempt(row.at, row.by, row.channel, row.reached) for row in rows]


def _planned(scope: Scope, db: Tx, meeting_id: str, done: str) -> Any:
    row = db.first(select(table).where(table.c.id == meeting_id, scope.where(table.c.school_id)))
    mine = row is not None and row.beside != Beside.OFFICER.value
    if row is None or not mine or row.status != Status.PLANNED.value:
        raise Refused(f"Only a planned meeting can be {done}.")
    return row


def _schools_beside(scope: Scope, db: Tx, meeting_id: str) -> list[Any]:
    return db.all(
        select(table).where(
            table.c.main_id == meeting_id,
            table.c.beside == Beside.SCHOOL.value,
            table.c.status == Status.PLANNED.value,
            scope.where(table.c.school_id),
        )
    )


def _set(db: Tx, meeting_id: str, values: Mapping[str, Any]) -> None:
    """Change a meeting; what was sent of it is out of date by one."""
    db.execute(
        update(table)
        .where(table.c.id == meeting_id)
        .values(**values, sequence=table.c.sequence + 1, changed=db.now)
    )


def _keep(
    db: Tx, row: Any, what: str, side: Side, by: str, why: str,
    after: tuple[HalfDay, str] | None,
) -> None:  # fmt: skip
    ident, col = db.new_id("chg"), meeting_changes.c
    before = db.execute(
        select(func.count()).select_from(meeting_changes).where(col.meeting_id == row.id)
    ).scalar_one()
    starts = datetime.combine(row.day, row.starts, tzinfo=_HERE)
    db.execute(
        insert(meeting_changes),
        {
            "id": ident,
            "meeting_id": row.id,
            "number": int(before) + 1,
            "what": what,
            "side": side.value,
            "by": by,
            "at": db.now,
            "notice_minutes": round((starts - db.now).total_seconds() / 60),
            "day_before": row.day,
            "session_before": row.session,
            "officer_before": row.officer_id,
            "day_after": after[0].day if after else None,
            "session_after": after[0].session.value if after else None,
            "officer_after": after[1] if after else None,
            "why": db.sealed(col.why, ident, why),
        },
    )
