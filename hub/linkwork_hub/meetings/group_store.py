"""The SQL of programmes of group work: who takes part by pseudonym, sessions, and the measure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update

from linkwork.errors import Refused
from linkwork_hub.db import Scope, Tx
from linkwork_hub.meetings.work_models import GroupProgramme, GroupPupil
from linkwork_hub.meetings.work_tables import group_programmes as table
from linkwork_hub.meetings.work_tables import group_pupils, group_sessions
from linkwork_hub.web import found


def begin(scope: Scope, db: Tx, new: GroupProgramme, by: str) -> str:
    """Keep a new programme with its pupils and what they begin with; its id."""
    scope.require(new.school_id)
    ident = db.new_id("grp")
    db.execute(
        insert(table),
        {
            "id": ident,
            "school_id": new.school_id,
            "officer_id": new.officer_id,
            "kind": new.kind,
            "measure": new.measure,
            "first": new.first,
            "last": new.last,
            "about": db.sealed(table.c.about, ident, new.about or None),
            "closed": None,
            "outcome": None,
            "made_by": by,
            "at": db.now,
        },
    )
    add_pupils(scope, db, ident, (one.pseudonym for one in new.pupils))
    return ident


def add_pupils(scope: Scope, db: Tx, programme_id: str, pseudonyms: Iterable[str]) -> None:
    """Let pupils take part; whoever does so already is left as they are."""
    _open(scope, db, programme_id)
    for pseudonym in pseudonyms:
        db.add_once(group_pupils, {"programme_id": programme_id, "pseudonym": pseudonym})


def set_measures(scope: Scope, db: Tx, programme_id: str, pupils: Iterable[GroupPupil]) -> None:
    """Keep the measure of each pupil, before and after; None where it is not known."""
    _open(scope, db, programme_id)
    for one in pupils:
        db.execute(
            update(group_pupils)
            .where(
                group_pupils.c.programme_id == programme_id,
                group_pupils.c.pseudonym == one.pseudonym,
            )
            .values(before=one.before, after=one.after)
        )


def keep_session(scope: Scope, db: Tx, programme_id: str, day: date, came: int, by: str) -> None:
    """Keep that a session was held and how many came; the same day again corrects it."""
    _open(scope, db, programme_id)
    mine = (group_sessions.c.programme_id == programme_id, group_sessions.c.day == day)
    db.execute(delete(group_sessions).where(*mine))
    row = {"programme_id": programme_id, "day": day, "came": came, "written_by": by}
    db.execute(insert(group_sessions), row)


def close(scope: Scope, db: Tx, programme_id: str, outcome: str) -> None:
    """Close a programme today with what came of it."""
    _open(scope, db, programme_id)
    db.execute(
        update(table)
        .where(table.c.id == programme_id)
        .values(closed=db.today, outcome=db.sealed(table.c.outcome, programme_id, outcome))
    )


def programme(scope: Scope, db: Tx, programme_id: str) -> GroupProgramme | None:
    """One programme within reach, or None."""
    mine = (table.c.id == programme_id, scope.where(table.c.school_id))
    row = db.first(select(table).where(*mine))
    return _programme(db, row) if row else None


def programmes(
    scope: Scope, db: Tx, *, school_id: str = "", limit: int, offset: int = 0
) -> list[GroupProgramme]:
    """The programmes within reach, perhaps of one school: those that run, then the newest."""
    rows = db.all(
        select(table)
        .where(*_chosen(scope, school_id))
        .order_by(table.c.closed.is_not(None), table.c.first.desc(), table.c.id)
        .limit(limit)
        .offset(offset)
    )
    return [_programme(db, row) for row in rows]


def count(scope: Scope, db: Tx, school_id: str = "") -> int:
    """How many programmes there are, perhaps of one school."""
    query = select(func.count()).select_from(table).where(*_chosen(scope, school_id))
    return int(db.execute(query).scalar_one())


def relink(scope: Scope, db: Tx, school_id: str, was: str, now: str) -> None:
    """Put a pupil of a school's programmes under a new pseudonym: the same child."""
    scope.require(school_id)
    own = select(table.c.id).where(table.c.school_id == school_id)
    rows = db.all(
        select(group_pupils).where(
            group_pupils.c.programme_id.in_(own), group_pupils.c.pseudonym == was
        )
    )
    for row in rows:
        mine = group_pupils.c.programme_id == row.programme_id
        known = db.first(select(group_pupils).where(mine, group_pupils.c.pseudonym == now))
        old = (mine, group_pupils.c.pseudonym == was)
        if known is None:
            db.execute(update(group_pupils).where(*old).values(pseudonym=now))
        else:
            db.execute(delete(group_pupils).where(*old))


def _chosen(scope: Scope, school_id: str) -> list[Any]:
    reach = [scope.where(table.c.school_id)]
    return [*reach, table.c.school_id == school_id] if school_id else reach


def _open(scope: Scope, db: Tx, programme_id: str) -> None:
    if found(programme(scope, db, programme_id)).closed is not None:
        raise Refused("This programme is closed. What was measured stays as it is.")


def _programme(db: Tx, row: Row[Any]) -> GroupProgramme:
    pupils = db.all(
        select(group_pupils)
        .where(group_pupils.c.programme_id == row.id)
        .order_by(group_pupils.c.pseudonym)
    )
    sessions = db.all(
        select(group_sessions)
        .where(group_sessions.c.programme_id == row.id)
        .order_by(group_sessions.c.day)
    )
    return GroupProgramme(
        programme_id=row.id,
        school_id=row.school_id,
        officer_id=row.officer_id,
        kind=row.kind,
        measure=row.measure,
        first=row.first,
        last=row.last,
        about=db.opened(table.c.about, row.id, row.about) or "",
        closed=row.closed,
        outcome=db.opened(table.c.outcome, row.id, row.outcome) or "",
        pupils=tuple(GroupPupil(one.pseudonym, one.before, one.after) for one in pupils),
        sessions=tuple((one.day, one.came) for one in sessions),
    )
