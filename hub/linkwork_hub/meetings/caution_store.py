"""The SQL of cautions at meetings. Who was cautioned is sealed, and stands nowhere else."""

from __future__ import annotations

from sqlalchemy import insert, select

from linkwork_hub.db import Scope, Tx
from linkwork_hub.meetings.models import Meeting
from linkwork_hub.meetings.tables import meetings
from linkwork_hub.meetings.work_models import CautionGiven
from linkwork_hub.meetings.work_tables import meeting_cautions


def keep(scope: Scope, db: Tx, one: Meeting, said: CautionGiven, by: str) -> str:
    """Keep a caution, or that there was none; its id. Never changed: a correction is one more."""
    scope.require(one.school_id)
    ident, col = db.new_id("cau"), meeting_cautions.c
    db.execute(
        insert(meeting_cautions),
        {
            "id": ident,
            "meeting_id": one.meeting_id,
            "given": said.given,
            "subject": db.sealed(col.subject, ident, said.subject or None),
            "given_by": said.given_by,
            "given_at": said.given_at,
            "version": said.version,
            "understood": said.understood,
            "interpreter": db.sealed(col.interpreter, ident, said.interpreter or None),
            "why_not": db.sealed(col.why_not, ident, said.why_not or None),
            "written_by": by,
            "written_at": db.now,
        },
    )
    return ident


def cautions(scope: Scope, db: Tx, meeting_id: str) -> list[CautionGiven]:
    """The cautions of a meeting, in the order they were written."""
    col = meeting_cautions.c
    rows = db.all(
        select(meeting_cautions)
        .join(meetings, meetings.c.id == col.meeting_id)
        .where(col.meeting_id == meeting_id, scope.where(meetings.c.school_id))
        .order_by(col.written_at, col.id)
    )
    return [
        CautionGiven(
            given=row.given,
            given_by=row.given_by,
            version=row.version,
            subject=db.opened(col.subject, row.id, row.subject) or "",
            given_at=row.given_at,
            understood=row.understood,
            interpreter=db.opened(col.interpreter, row.id, row.interpreter) or "",
            why_not=db.opened(col.why_not, row.id, row.why_not) or "",
            written_by=row.written_by,
            written_at=row.written_at,
        )
        for row in rows
    ]
