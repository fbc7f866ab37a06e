"""The SQL of lists of names for one meeting: kept while they may be read, then without a name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, delete, insert, or_, select, update

from linkwork.wire import Identity, ListedPupil
from linkwork.wire import MeetingList as Told
from linkwork_hub.db import Scope, Tx
from linkwork_hub.meetings import models
from linkwork_hub.meetings.tables import meeting_list_pupils as rows_of
from linkwork_hub.meetings.tables import meeting_lists as lists
from linkwork_hub.meetings.tables import meeting_tellings as tellings
from linkwork_hub.meetings.tables import meetings


def keep(scope: Scope, db: Tx, told: Told, named: Sequence[tuple[ListedPupil, Identity]]) -> None:
    """Keep a list, or one message of a long one; the list before it goes.

    `named` are its pupils with their opened identities, of which only the name is kept.
    """
    _list(db, told, withdrawn=False)
    col = rows_of.c
    mine = col.meeting_id == told.meeting_id
    db.execute(delete(rows_of).where(mine, col.list_id != told.list_id))
    known = {row.pseudonym for row in db.all(select(col.pseudonym).where(mine))}
    for pupil, who in named:
        if pupil.pseudonym in known:
            continue
        ident = db.new_id("lst")
        values = pupil.model_dump(exclude={"sealed_identity", "met"})
        values |= {"id": ident, "meeting_id": told.meeting_id, "list_id": told.list_id}
        values |= {"met": list(pupil.met), "surname": db.sealed(col.surname, ident, who.surname)}
        values |= {"forename": db.sealed(col.forename, ident, who.forename)}
        db.execute(insert(rows_of), values)


def withdraw(scope: Scope, db: Tx, told: Told) -> None:
    """The school takes its list back: nobody stands on it any more."""
    _list(db, told, withdrawn=True)
    db.execute(delete(rows_of).where(rows_of.c.meeting_id == told.meeting_id))


def the_list(scope: Scope, db: Tx, meeting_id: str) -> models.MeetingList | None:
    """The list for a meeting within reach, most absent first; None when none stands. No names."""
    head = db.first(
        select(lists)
        .join(meetings, meetings.c.id == lists.c.meeting_id)
        .where(lists.c.meeting_id == meeting_id, lists.c.withdrawn.is_(None))
        .where(scope.where(meetings.c.school_id))
    )
    if head is None:
        return None
    found = [_pupil(row) for row in db.all(_rows(scope, meeting_id))]
    return models.MeetingList(
        as_of=head.as_of,
        year=head.year,
        released_by=head.released_by,
        standing=head.standing,
        received=head.received,
        pupils=tuple(
            sorted(found, key=lambda one: (-one.absent / max(one.possible, 1), one.pseudonym))
        ),
    )


def names(scope: Scope, db: Tx, meeting_id: str) -> dict[str, str]:
    """Names by pseudonym, for a role that may see any. When, its caller decides."""
    if not scope.may_see_names():
        return {}
    col = rows_of.c
    found = {}
    for row in db.all(_rows(scope, meeting_id)):
        parts = (
            db.opened(col.forename, row.id, row.forename),
            db.opened(col.surname, row.id, row.surname),
        )
        if any(parts):
            found[row.pseudonym] = " ".join(part for part in parts if part)
    return found


def with_names(scope: Scope, db: Tx) -> list[str]:
    """The meetings of which a name is held."""
    col = rows_of.c
    held = or_(col.surname.is_not(None), col.forename.is_not(None))
    return [row.meeting_id for row in db.all(select(col.meeting_id).where(held).distinct())]


def forget_names(scope: Scope, db: Tx, meeting_id: str) -> int:
    """The names of a meeting's list go for good, its numbers stay; how many names there were."""
    done = db.execute(
        update(rows_of)
        .where(rows_of.c.meeting_id == meeting_id)
        .values(surname=None, forename=None)
    )
    return done.rowcount


def relink(scope: Scope, db: Tx, school_id: str, was: str, now: str) -> int:
    """Put a school's pupil `was` under `now` on its lists; how many rows there were."""
    scope.require(school_id)
    col = rows_of.c
    mine = col.meeting_id.in_(select(meetings.c.id).where(meetings.c.school_id == school_id))
    both = db.all(select(col.meeting_id).where(mine, col.pseudonym == now))
    twice = col.meeting_id.in_([row.meeting_id for row in both])
    gone = db.execute(delete(rows_of).where(twice, col.pseudonym == was)).rowcount
    moved = db.execute(update(rows_of).where(mine, col.pseudonym == was).values(pseudonym=now))
    return gone + moved.rowcount


def untold(scope: Scope, db: Tx, first: date, kinds: Sequence[str]) -> list[str]:
    """Meetings of these kinds from a day on of which the school's computer knows an older state.

    One that was called off before the school was told of it is no news.
    """
    told = tellings.c
    planned = meetings.c.status == models.Status.PLANNED.value
    rows = db.all(
        select(meetings.c.id)
        .outerjoin(tellings, told.meeting_id == meetings.c.id)
        .where(meetings.c.day >= first, meetings.c.kind.in_(kinds))
        .where(or_(told.sequence.is_(None) & planned, told.sequence != meetings.c.sequence))
        .where(scope.where(meetings.c.school_id))
        .order_by(meetings.c.day, meetings.c.id)
    )
    return [row.id for row in rows]


def telling(scope: Scope, db: Tx, meeting_id: str) -> tuple[int, date, date] | None:
    """What the school's computer was last told: sequence, first and last day of names; or None."""
    row = db.first(select(tellings).where(tellings.c.meeting_id == meeting_id))
    return (row.sequence, row.names_from, row.names_through) if row else None


def set_told(
    scope: Scope, db: Tx, meeting_id: str, sequence: int, window: tuple[date, date]
) -> None:
    """The school's computer is told of a meeting as it is now."""
    mine = tellings.c.meeting_id == meeting_id
    values: dict[str, Any] = {"sequence": sequence, "told": db.now}
    values |= {"names_from": window[0], "names_through": window[1]}
    if not db.execute(update(tellings).where(mine).values(**values)).rowcount:
        db.execute(insert(tellings), {"meeting_id": meeting_id} | values)


def _list(db: Tx, told: Told, *, withdrawn: bool) -> None:
    mine = lists.c.meeting_id == told.meeting_id
    values = {
        "list_id": told.list_id,
        "as_of": told.as_of,
        "year": told.year,
        "released_by": told.released_by,
        "standing": told.standing,
        "received": db.now,
        "withdrawn": db.now if withdrawn else None,
    }
    if not db.execute(update(lists).where(mine).values(**values)).rowcount:
        db.execute(insert(lists), {"meeting_id": told.meeting_id} | values)


def _rows(scope: Scope, meeting_id: str) -> Any:
    return (
        select(rows_of)
        .join(meetings, meetings.c.id == rows_of.c.meeting_id)
        .where(rows_of.c.meeting_id == meeting_id, scope.where(meetings.c.school_id))
    )


def _pupil(row: Row[Any]) -> models.ListedPupil:
    return models.ListedPupil(
        pseudonym=row.pseudonym,
        met=tuple(row.met),
        absent=row.absent,
        unauthorised=row.unauthorised,
        possible=row.possible,
        year_group=row.year_group or "",
    )
