"""The SQL of marks of staff: what is true of somebody from a day on, such as experience."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import insert, or_, select, update

from linkwork.errors import Refused
from linkwork_hub.access.tables import staff_marks
from linkwork_hub.db import Scope, Tx


@dataclass(frozen=True, slots=True)
class MarkOfStaff:
    """One mark of somebody, both ends inclusive; `last` None while it holds."""

    id: str
    person_id: str
    mark: str
    first: date
    last: date | None
    set_by: str


def marks(scope: Scope, db: Tx) -> list[MarkOfStaff]:
    """Every mark there is or was, the newest first. Of staff alone, so no scope narrows it."""
    rows = db.all(select(staff_marks).order_by(staff_marks.c.first.desc(), staff_marks.c.id))
    return [
        MarkOfStaff(row.id, row.person_id, row.mark, row.first, row.last, row.set_by)
        for row in rows
    ]


def marks_on(scope: Scope, db: Tx, day: date) -> dict[str, frozenset[str]]:
    """Whose mark holds on a day: by person, those who have none left out."""
    col = staff_marks.c
    holds = (col.first <= day, or_(col.last.is_(None), col.last >= day))
    found: dict[str, set[str]] = {}
    for row in db.all(select(col.person_id, col.mark).where(*holds)):
        found.setdefault(row.person_id, set()).add(row.mark)
    return {person: frozenset(held) for person, held in found.items()}


def set_mark(scope: Scope, db: Tx, person_id: str, mark: str, first: date, by: str) -> str:
    """Give somebody a mark from a day on; its id. Raises Refused when they have it by then."""
    col = staff_marks.c
    mine = (col.person_id == person_id, col.mark == mark)
    if db.first(select(col.id).where(*mine, or_(col.last.is_(None), col.last >= first))):
        raise Refused("They have this mark already. End it first, or choose another.")
    ident = db.new_id("mrk")
    row = {"id": ident, "person_id": person_id, "mark": mark, "first": first, "last": None}
    db.execute(insert(staff_marks), row | {"set_by": by, "at": db.now})
    return ident


def end_mark(scope: Scope, db: Tx, mark_id: str, last: date) -> None:
    """End a mark on a day, its last one. Raises Refused when it begins later or is over."""
    col = staff_marks.c
    row = db.first(select(staff_marks).where(col.id == mark_id, col.last.is_(None)))
    if row is None:
        raise Refused("That mark is over already.")
    if last < row.first:
        raise Refused(f"The mark begins on {row.first.isoformat()}. Write a day from then on.")
    db.execute(update(staff_marks).where(col.id == mark_id).values(last=last))
