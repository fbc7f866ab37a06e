"""SQL that reads cases."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, and_, func, or_, select, true

from linkwork_hub.cases.models import Case, Door, Entry, PenaltyNotice
from linkwork_hub.cases.tables import case_events
from linkwork_hub.cases.tables import cases as table
from linkwork_hub.db import Role, Scope, Tx

#: A line of history about a notice is of the kind "penalty-notice:<number on the case>:<what>";
#: of one that is given, the days it counts and how many sessions may follow.
NOTICE, ISSUED = "penalty-notice", "issued"
GROUPS: Final = {"open": "Open", "overdue": "Overdue", "closed": "Closed or void", "all": "All"}


@dataclass(frozen=True, slots=True)
class Filter:
    """What part of the cases is looked at; empty texts choose every school and officer."""

    group: str = "open"
    school_id: str = ""
    officer_id: str = ""


def _reach(scope: Scope) -> ColumnElement[bool]:
    # A case without a school is reached by those who reach every school, and by its officer.
    return or_(scope.where(table.c.school_id), table.c.officer_id == scope.person_id)


def _condition(scope: Scope, db: Tx, chosen: Filter) -> ColumnElement[bool]:
    still_open = and_(table.c.closed.is_(None), table.c.void.is_(False))
    group = {
        "open": still_open,
        "overdue": and_(still_open, table.c.due < db.today),
        "closed": or_(table.c.closed.is_not(None), table.c.void.is_(True)),
        "all": true(),
    }[chosen.group]
    school = table.c.school_id == chosen.school_id if chosen.school_id else true()
    officer = table.c.officer_id == chosen.officer_id if chosen.officer_id else true()
    return and_(_reach(scope), group, school, officer)


def count(scope: Scope, db: Tx, chosen: Filter) -> int:
    """How many cases a list has."""
    query = select(func.count()).select_from(table).where(_condition(scope, db, chosen))
    return int(db.execute(query).scalar_one())


def cases(scope: Scope, db: Tx, chosen: Filter, *, limit: int, offset: int = 0) -> list[Case]:
    """A part of the cases, those due first at the top, those without a clock last."""
    rows = db.all(
        select(table)
        .where(_condition(scope, db, chosen))
        .order_by(table.c.due.is_(None), table.c.due, table.c.opened.desc(), table.c.ref)
        .limit(limit)
        .offset(offset)
    )
    return [_case(scope, row) for row in rows]


def case(scope: Scope, db: Tx, case_id: str) -> Case | None:
    """One case within reach, or None."""
    row = db.first(select(table).where(table.c.id == case_id, _reach(scope)))
    return _case(scope, row) if row else None


def case_by_ref(scope: Scope, db: Tx, ref: str) -> Case | None:
    """The case with this reference, or None."""
    row = db.first(select(table).where(table.c.ref == ref, _reach(scope)))
    return _case(scope, row) if row else None


def case_of_candidate(scope: Scope, db: Tx, candidate_id: str) -> Case | None:
    """The newest case opened for a candidate, or None."""
    row = db.first(
        select(table)
        .where(table.c.candidate_id == candidate_id, _reach(scope))
        .order_by(table.c.opened.desc(), table.c.ref.desc())
    )
    return _case(scope, row) if row else None


def cases_open_between(scope: Scope, db: Tx, school_id: str, first: date, last: date) -> list[Case]:
    """A school's cases open on any day of `first`..`last`, both inclusive; void ones among them.

    For whoever counts cases for a bill: `void` says which of them do not count.
    """
    rows = db.all(
        select(table)
        .where(
            scope.where(table.c.school_id),
            table.c.school_id == school_id,
            table.c.opened <= last,
            or_(table.c.closed.is_(None), table.c.closed >= first),
        )
        .order_by(table.c.opened, table.c.ref)
    )
    return [_case(scope, row) for row in rows]


def ordered_since(scope: Scope, db: Tx, first: date, school_id: str = "") -> list[Case]:
    """The cases that an order opened on a day or later, of one school or of every one in reach."""
    mine = table.c.school_id == school_id if school_id else true()
    ordered = (table.c.door == Door.ORDER.value, table.c.opened >= first, mine)
    rows = db.all(select(table).where(_reach(scope), *ordered).order_by(table.c.opened))
    return [_case(scope, row) for row in rows]


def billed_between(
    scope: Scope, db: Tx, first: date, last: date
) -> dict[str, list[tuple[str, date, date | None, bool]]]:
    """As `cases_open_between` for every school within reach at once, by school.

    Only what a bill may see of a case: reference, opened, closed, void.
    """
    col = table.c
    rows = db.all(
        select(col.school_id, col.ref, col.opened, col.closed, col.void)
        .where(
            scope.where(col.school_id),
            col.school_id.is_not(None),
            col.opened <= last,
            or_(col.closed.is_(None), col.closed >= first),
        )
        .order_by(col.school_id, col.opened, col.ref)
    )
    made: dict[str, list[tuple[str, date, date | None, bool]]] = {}
    for row in rows:
        made.setdefault(row.school_id, []).append((row.ref, row.opened, row.closed, row.void))
    return made


def history(scope: Scope, db: Tx, case_id: str) -> list[Entry]:
    """A case's history, the latest first."""
    col = case_events.c
    rows = db.all(
        select(case_events)
        .join(table, table.c.id == col.case_id)
        .where(col.case_id == case_id, _reach(scope))
        .order_by(col.on.desc(), col.position.desc())
    )
    return [
        Entry(r.at, r.on, r.kind, r.what, r.who, db.opened(col.note, r.id, r.note)) for r in rows
    ]


def work_done(scope: Scope, db: Tx, case_id: str, since: date) -> frozenset[str]:
    """The kinds of work recorded on a case that happened on or after a day: what opens gates."""
    col = case_events.c
    rows = db.all(
        select(col.kind)
        .join(table, table.c.id == col.case_id)
        .where(col.case_id == case_id, col.on >= since, _reach(scope))
        .distinct()
    )
    return frozenset(row.kind for row in rows)


def work_between(
    scope: Scope, db: Tx, case_ids: Collection[str], first: date, last: date
) -> dict[str, int]:
    """How often each kind of entry was made on these cases, by the day on which it happened."""
    col = case_events.c
    rows = db.all(
        select(col.kind, func.count().label("times"))
        .join(table, table.c.id == col.case_id)
        .where(_reach(scope), col.case_id.in_(case_ids), col.on >= first, col.on <= last)
        .group_by(col.kind)
    )
    return {row.kind: int(row.times) for row in rows}


def notices(scope: Scope, db: Tx, pseudonym: str) -> list[PenaltyNotice]:
    """Every notice on record for one child within reach, of either parent, oldest first.

    Those of closed and of void cases too: a notice was given, whatever became of the case.
    """
    col = case_events.c
    rows = db.all(
        select(case_events, table.c.ref)
        .join(table, table.c.id == col.case_id)
        .where(table.c.pseudonym == pseudonym, col.kind.like(f"{NOTICE}:%"), _reach(scope))
        .order_by(col.position)
    )
    made: dict[tuple[str, int], PenaltyNotice] = {}
    for row in rows:
        number, what = int(row.kind.split(":")[1]), row.kind.split(":")[2]
        if what == ISSUED:
            parent = db.opened(col.note, row.id, row.note) or ""
            counts = _counts(row.kind)
            made[row.case_id, number] = PenaltyNotice(
                row.case_id, row.ref, number, parent, row.on, counts=counts
            )
        else:
            given = made[row.case_id, number]
            made[row.case_id, number] = replace(given, became=what, became_on=row.on)
    return sorted(made.values(), key=lambda each: (each.given, each.ref, each.number))


def _counts(kind: str) -> tuple[date, date, int] | None:
    _, _, _, *counts = kind.split(":")
    if not counts:
        return None
    first, last, sessions = counts
    return date.fromisoformat(first), date.fromisoformat(last), int(sessions)


def _case(scope: Scope, row: Row[Any]) -> Case:
    # Finance reads cases to bill them: by reference and dates, never by pupil.
    money = scope.role is Role.FINANCE
    return Case(
        id=row.id,
        ref=row.ref,
        door=Door(row.door),
        school_id=row.school_id,
        pseudonym=None if money else row.pseudonym,
        candidate_id=None if money else row.candidate_id,
        referral_id=None if money else row.referral_id,
        officer_id=row.officer_id,
        opened=row.opened,
        closed=row.closed,
        void=row.void,
        step=row.step,
        step_since=row.step_since,
        due=row.due,
        outcome=row.outcome,
        predecessor=row.predecessor,
    )
