"""SQL of pupils to consider."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Row,
    Select,
    and_,
    bindparam,
    func,
    insert,
    select,
    true,
    update,
)

from linkwork_hub.db import Scope, Tx
from linkwork_hub.referrals import rules, words
from linkwork_hub.referrals.models import (
    Basis,
    Candidate,
    CandidateState,
    Episode,
    Event,
    Weight,
)
from linkwork_hub.referrals.store.spells import episodes
from linkwork_hub.referrals.tables import candidate_events, identities, returns, summaries
from linkwork_hub.referrals.tables import candidates as table

_STATE = CandidateState
#: Statements are built once: a school tells of every spell every day.
_CHANGE = update(table).where(table.c.id == bindparam("of_id"))
_REFRESH = _CHANGE.returning(table.c.state, table.c.settled_sessions)
_DUE = select(table.c.id).where(
    table.c.school_id == bindparam("of_school"), table.c.statutory.is_(True)
)
_HIGHEST = select(func.max(candidate_events.c.position)).where(
    candidate_events.c.candidate_id == bindparam("of_id")
)
_ADD_EVENT = insert(candidate_events)
#: The parts of the list an officer can look at: which states, and whether the basis still counts.
GROUPS: Final[dict[str, tuple[str, tuple[CandidateState, ...], bool | None]]] = {
    "consider": ("To consider", (_STATE.NEW,), True),
    "waiting": ("Waiting for the school", (_STATE.REFERRAL_ASKED, _STATE.SCHOOL_ASKED), None),
    "meeting": ("For the link meeting", (_STATE.MEETING,), None),
    "referred": ("Referred", (_STATE.REFERRED,), None),
    "withdrawn": ("Marks changed", (_STATE.NEW,), False),
    "finished": ("Case or no further action", (_STATE.CASE, *sorted(rules.FINISHED)), None),
    "all": ("All", tuple(_STATE), None),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """What part of the list is looked at: a group of GROUPS, perhaps one school or trigger.

    `statutory` keeps only those a school must return by law.
    """

    group: str = "consider"
    school_id: str = ""
    trigger: str = ""
    statutory: bool = False


def _condition(scope: Scope, chosen: Filter) -> ColumnElement[bool]:
    _, states, counts = GROUPS[chosen.group]
    parts = [scope.where(table.c.school_id), table.c.state.in_([s.value for s in states])]
    if counts is not None:
        gone = table.c.basis == Basis.WITHDRAWN.value
        parts.append(~gone if counts else gone)
    parts.append(table.c.school_id == chosen.school_id if chosen.school_id else true())
    parts.append(table.c.trigger == chosen.trigger if chosen.trigger else true())
    parts.append(table.c.statutory.is_(True) if chosen.statutory else true())
    return and_(*parts)


def count(scope: Scope, db: Tx, chosen: Filter) -> int:
    """How many candidates a list has."""
    query = select(func.count()).select_from(table).where(_condition(scope, chosen))
    return int(db.execute(query).scalar_one())


def counts(scope: Scope, db: Tx) -> dict[str, int]:
    """How many candidates each group has, in one look at the table."""
    gone = (table.c.basis == Basis.WITHDRAWN.value).label("gone")
    rows = db.all(
        select(table.c.state, gone, func.count().label("number"))
        .where(scope.where(table.c.school_id))
        .group_by(table.c.state, gone)
    )
    return {
        group: sum(
            row.number
            for row in rows
            if row.state in states and (standing is None or standing is not bool(row.gone))
        )
        for group, (_, states, standing) in GROUPS.items()
    }


def candidates(
    scope: Scope, db: Tx, chosen: Filter, *, limit: int, offset: int = 0
) -> list[Candidate]:
    """A part of a list: the legal duties first, then severe, then by sessions missed."""
    rows = db.all(
        _select()
        .where(_condition(scope, chosen))
        .order_by(
            table.c.statutory.desc(),
            table.c.severe.desc(),
            table.c.sessions.desc(),
            table.c.opened,
            table.c.id,
        )
        .limit(limit)
        .offset(offset)
    )
    return [_candidate(row) for row in rows]


def candidate(scope: Scope, db: Tx, candidate_id: str) -> Candidate | None:
    """One candidate within reach, or None."""
    row = db.first(_select().where(table.c.id == candidate_id, scope.where(table.c.school_id)))
    return _candidate(row) if row else None


def latest(scope: Scope, db: Tx, school_id: str, pseudonym: str) -> Candidate | None:
    """The newest candidate of a pupil at a school, finished or not; None when there is none."""
    row = db.first(_latest(scope), {"of_school": school_id, "of_pupil": pseudonym})
    return _candidate(row) if row else None


@lru_cache
def _latest(scope: Scope) -> Select[Any]:
    mine = (table.c.school_id == bindparam("of_school"), table.c.pseudonym == bindparam("of_pupil"))
    found: Select[Any] = _select().where(*mine, scope.where(table.c.school_id))
    return found.order_by(table.c.opened.desc(), table.c.id.desc())


def same_pupil(scope: Scope, db: Tx, one: Candidate) -> list[Candidate]:
    """Other candidates of the same pupil at the same school, the newest first."""
    rows = db.all(
        _select()
        .where(
            table.c.school_id == one.school_id,
            table.c.pseudonym == one.pseudonym,
            table.c.id != one.id,
            scope.where(table.c.school_id),
        )
        .order_by(table.c.opened.desc(), table.c.id.desc())
    )
    return [_candidate(row) for row in rows]


def start(
    scope: Scope, db: Tx, school_id: str, pseudonym: str, trigger: str, on: date, reason: str
) -> str:
    """A new candidate, whose spells (if any) are added next. Its id."""
    scope.require(school_id)
    ident = db.new_id("can")
    db.execute(
        insert(table).values(
            id=ident,
            school_id=school_id,
            pseudonym=pseudonym,
            state=CandidateState.NEW.value,
            basis=Basis.STANDING.value,
            statutory=False,
            severe=False,
            sessions=0,
            trigger=trigger,
            status="confirmed",
            first=on,
            last=on,
            reason=reason,
            opened=db.now,
            changed=db.now,
        )
    )
    return ident


def refresh(scope: Scope, db: Tx, candidate_id: str) -> None:
    """Work out anew what a candidate rests on, from its spells."""
    spells = episodes(scope, db, candidate_id)
    if not spells:
        return
    since = returned_from(scope, db, spells[0].school_id)
    values = _standing(spells, since) | {"changed": db.now, "of_id": candidate_id}
    row = db.one(_REFRESH, values)
    state = CandidateState(row.state)
    if rules.comes_back(state, row.settled_sessions, rules.weight(spells, since)):
        set_state(scope, db, candidate_id, CandidateState.NEW)
        record(scope, db, candidate_id, "To consider again: the absence has doubled since")


def no_longer_due(scope: Scope, db: Tx, school_id: str) -> None:
    """A newer read or return came: whose duty is over by now stops being shown as due."""
    scope.require(school_id)
    since = returned_from(scope, db, school_id)
    for row in db.all(_DUE, {"of_school": school_id}):
        spells = episodes(scope, db, row.id)
        if not rules.weight(spells, since).statutory:
            db.change(_CHANGE, _standing(spells, since) | {"of_id": row.id})


def returned_from(scope: Scope, db: Tx, school_id: str) -> date:
    """The first day the school's newest return is for; without any, the day last read."""
    newest, read = _returned_from(scope)
    row = db.first(newest, {"of_school": school_id})
    if row is not None:
        first: date = row.first
        return first
    day: date | None = db.one(read, {"of_school": school_id})[0]
    return day or date.min


@lru_cache
def _returned_from(scope: Scope) -> tuple[Select[Any], Select[Any]]:
    made, read = returns.c, summaries.c
    school: BindParameter[str] = bindparam("of_school")
    newest = select(made.first).where(made.school_id == school, scope.where(made.school_id))
    last_read = select(func.max(read.as_of))
    return (
        newest.order_by(made.last.desc(), made.first.desc()).limit(1),
        last_read.where(read.school_id == school, scope.where(read.school_id)),
    )


def _standing(spells: list[Episode], since: date) -> dict[str, Any]:
    leading, weight = rules.lead(spells, since), rules.weight(spells, since)
    return {
        "basis": rules.basis([spell.state for spell in spells]).value,
        "statutory": weight.statutory,
        "severe": weight.severe,
        "sessions": weight.sessions,
        "trigger": leading.trigger,
        "status": leading.status,
        "first": leading.first,
        "last": leading.last,
        "reason": words.reasons(leading, rules.largest(spells, leading)),
        "year_group": leading.year_group,
    }


def set_state(scope: Scope, db: Tx, candidate_id: str, state: CandidateState) -> None:
    """Keep what became of a candidate."""
    settled = table.c.sessions if state is CandidateState.NO_ACTION else None
    db.execute(
        update(table)
        .where(table.c.id == candidate_id, scope.where(table.c.school_id))
        .values(state=state.value, changed=db.now, settled_sessions=settled)
    )


def record(
    scope: Scope,
    db: Tx,
    candidate_id: str,
    what: str,
    who: str = "",
    note: str | None = None,
    at: datetime | None = None,
) -> None:
    """Add a line to a candidate's history. `note` may name people: it is sealed.

    `at` is when it happened, for a line that stood in another history before; else now.
    """
    ident = db.new_id("cev")
    values = {
        "id": ident,
        "candidate_id": candidate_id,
        "position": (db.one(_HIGHEST, {"of_id": candidate_id})[0] or 0) + 1,
        "at": at or db.now,
        "what": what,
        "who": who,
        "note": db.sealed(candidate_events.c.note, ident, note or None),
    }
    db.change(_ADD_EVENT, values)


def events(scope: Scope, db: Tx, candidate_id: str) -> list[Event]:
    """A candidate's history, the latest first."""
    col = candidate_events.c
    rows = db.all(
        select(candidate_events)
        .join(table, table.c.id == col.candidate_id)
        .where(col.candidate_id == candidate_id, scope.where(table.c.school_id))
        .order_by(col.position.desc())
    )
    return [Event(r.at, r.what, r.who, db.opened(col.note, r.id, r.note)) for r in rows]


def triggers(scope: Scope, db: Tx) -> list[str]:
    """The triggers that candidates within reach rest on, for a filter."""
    return [
        row.trigger
        for row in db.all(
            select(table.c.trigger)
            .where(scope.where(table.c.school_id))
            .distinct()
            .order_by(table.c.trigger)
        )
    ]


def _select() -> Any:
    named = and_(
        identities.c.school_id == table.c.school_id, identities.c.pseudonym == table.c.pseudonym
    )
    return select(table, identities.c.id.label("identity_id")).outerjoin(identities, named)


def _candidate(row: Row[Any]) -> Candidate:
    return Candidate(
        id=row.id,
        school_id=row.school_id,
        pseudonym=row.pseudonym,
        state=CandidateState(row.state),
        basis=Basis(row.basis),
        weight=Weight(row.statutory, row.severe, row.sessions),
        trigger=row.trigger,
        status=row.status,
        first=row.first,
        last=row.last,
        reason=row.reason,
        opened=row.opened,
        changed=row.changed,
        has_name=row.identity_id is not None,
        year_group=row.year_group,
    )
