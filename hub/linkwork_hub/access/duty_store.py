"""The SQL of the duty rota: who answers for the service on a day."""

from __future__ import annotations

from datetime import date

from sqlalchemy import delete, insert, select

from linkwork_hub.access.tables import duty_days
from linkwork_hub.db import Scope, Tx


def on_duty(scope: Scope, db: Tx, day: date) -> str | None:
    """The id of who is on duty on a day; None for nobody. Of staff alone: no scope narrows it."""
    row = db.first(select(duty_days.c.person_id).where(duty_days.c.day == day))
    return row.person_id if row else None


def duties(scope: Scope, db: Tx, first: date, last: date) -> dict[date, str]:
    """Who is on duty on the days first..last; a day without anybody is left out."""
    col = duty_days.c
    rows = db.all(select(col.day, col.person_id).where(col.day >= first, col.day <= last))
    return {row.day: row.person_id for row in rows}


def set_duty(scope: Scope, db: Tx, day: date, person_id: str | None, by: str) -> None:
    """Put somebody on duty on a day in place of whoever was; None leaves nobody."""
    db.execute(delete(duty_days).where(duty_days.c.day == day))
    if person_id is not None:
        row = {"day": day, "person_id": person_id, "set_by": by, "at": db.now}
        db.execute(insert(duty_days), row)
