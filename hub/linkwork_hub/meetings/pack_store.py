"""The SQL of packs: frozen once, at the meeting."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select

from linkwork_hub.cases.models import Pathway
from linkwork_hub.db import Scope, Tx
from linkwork_hub.meetings import list_store, pack, store
from linkwork_hub.meetings.agenda import agenda
from linkwork_hub.meetings.models import Meeting
from linkwork_hub.meetings.tables import meeting_packs, meetings

Body = dict[str, Any]


def body(scope: Scope, db: Tx, pathway: Pathway, one: Meeting) -> tuple[Body, datetime | None]:
    """A meeting's pack, and when it was frozen; None while it still follows what arrives."""
    kept = frozen(scope, db, one.meeting_id)
    return kept if kept is not None else (_live(scope, db, pathway, one), None)


def freeze(scope: Scope, db: Tx, pathway: Pathway, one: Meeting) -> bool:
    """Keep the pack as it is now; False when it was kept before."""
    scope.require(one.school_id)
    if frozen(scope, db, one.meeting_id) is not None:
        return False
    text = json.dumps(_live(scope, db, pathway, one), ensure_ascii=False)
    values = {
        "meeting_id": one.meeting_id,
        "frozen": db.now,
        "body": db.sealed(meeting_packs.c.body, one.meeting_id, text),
    }
    db.execute(insert(meeting_packs), values)
    return True


def freeze_of_day(scope: Scope, db: Tx, pathway: Pathway, day: date) -> int:
    """Freeze the packs of the meetings that stood on a day; how many were."""
    stood = store.meetings_between(scope, db, day, day)
    return sum(freeze(scope, db, pathway, one) for one in stood)


def frozen(scope: Scope, db: Tx, meeting_id: str) -> tuple[Body, datetime] | None:
    """A frozen pack and its moment, or None."""
    col = meeting_packs.c
    row = db.first(
        select(meeting_packs)
        .join(meetings, meetings.c.id == col.meeting_id)
        .where(col.meeting_id == meeting_id, scope.where(meetings.c.school_id))
    )
    if row is None:
        return None
    return json.loads(db.opened(col.body, meeting_id, row.body) or "{}"), row.frozen


def before(scope: Scope, db: Tx, one: Meeting) -> Body | None:
    """The pack of the school's meeting before this one, where it was frozen."""
    last = store.last_of_school(scope, db, one.school_id, one.half_day.day)
    kept = frozen(scope, db, last.meeting_id) if last else None
    return kept[0] if kept else None


def _live(scope: Scope, db: Tx, pathway: Pathway, one: Meeting) -> Body:
    last = store.last_of_school(scope, db, one.school_id, one.half_day.day)
    met = last.half_day.day if last else None
    listed = list_store.the_list(scope, db, one.meeting_id)
    return pack.body_of(scope, db, agenda(scope, db, pathway, one.school_id, met), listed)
