"""SQL of sickness returns: a route of their own, apart from every candidate."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, and_, func, insert, select, true, update

from linkwork.wire import Notice, SicknessReturn
from linkwork_hub.db import Scope, Tx
from linkwork_hub.referrals import rules
from linkwork_hub.referrals.models import EpisodeState, Event, HealthState
from linkwork_hub.referrals.models import SicknessReturn as Kept
from linkwork_hub.referrals.tables import sickness_events
from linkwork_hub.referrals.tables import sickness_returns as table

#: The parts of the list: which states, and what the part is called.
HEALTH_GROUPS: dict[str, tuple[str, tuple[HealthState, ...]]] = {
    "open": ("To acknowledge or arrange", (HealthState.RECEIVED, HealthState.ACKNOWLEDGED)),
    "arranged": ("Education arranged", (HealthState.ARRANGED,)),
    "finished": ("No further action", (HealthState.NO_ACTION,)),
    "all": ("All", tuple(HealthState)),
}


def keep_sickness(
    scope: Scope, db: Tx, school_id: str, told: SicknessReturn, notice: Notice
) -> tuple[str, bool]:
    """Keep what a message says of one illness; its id here, and whether that was news."""
    scope.require(school_id)
    same = (table.c.school_id == school_id, table.c.episode == notice.episode)
    row = db.first(select(table).where(*same))
    known = _kept(db, row) if row else None
    ident = known.id if known else db.new_id("sic")
    values = _values(db, ident, notice, known)
    if known is None:
        fresh: dict[str, Any] = {"id": ident, "school_id": school_id, "episode": notice.episode}
        fresh |= {"state": HealthState.RECEIVED.value, "received": db.now}
        fresh |= {"policy": told.policy, "released_by": told.released_by}
        db.execute(insert(table).values(values | fresh))
        return ident, True
    db.execute(update(table).where(table.c.id == ident).values(values))
    return ident, sickness(scope, db, ident) != known


def _values(db: Tx, ident: str, notice: Notice, known: Kept | None) -> dict[str, Any]:
    declared, col = notice.declared, table.c.declared_why
    why = declared.why if declared else ""
    why = why or (known.declared_why if known and declared else "")
    standing = rules.state_after(notice.event, known.standing if known else None)
    return {
        "pseudonym": notice.pseudonym,
        "standing": standing.value,
        "value": notice.value,
        "threshold": notice.threshold,
        "first": notice.first,
        "last": notice.last,
        "year_group": notice.year_group,
        "declared": declared.on if declared else None,
        "declared_why": db.sealed(col, ident, why or None),
    }


def sickness(scope: Scope, db: Tx, sickness_id: str) -> Kept | None:
    """One sickness return within reach of someone who may see these, or None."""
    row = db.first(select(table).where(table.c.id == sickness_id, _reach(scope)))
    return _kept(db, row) if row and scope.may_see_health() else None


def count_sickness(scope: Scope, db: Tx, group: str = "open", school_id: str = "") -> int:
    """How many sickness returns a part of the list has."""
    if not scope.may_see_health():
        return 0
    query = select(func.count()).select_from(table).where(_chosen(scope, group, school_id))
    return int(db.execute(query).scalar_one())


def sicknesses(
    scope: Scope, db: Tx, group: str = "open", school_id: str = "", *, limit: int, offset: int = 0
) -> list[Kept]:
    """A part of the list: those to acknowledge first, the longest waiting at the top."""
    if not scope.may_see_health():
        return []
    waits = table.c.state != HealthState.RECEIVED.value
    query = select(table).where(_chosen(scope, group, school_id))
    order = (waits, table.c.received, table.c.id)
    return [_kept(db, row) for row in db.all(query.order_by(*order).limit(limit).offset(offset))]


def set_health_state(scope: Scope, db: Tx, sickness_id: str, state: HealthState) -> None:
    """Keep what became of a sickness return."""
    db.execute(
        update(table).where(table.c.id == sickness_id, _reach(scope)).values(state=state.value)
    )


def record_sickness(
    scope: Scope, db: Tx, sickness_id: str, what: str, who: str = "", note: str | None = None
) -> None:
    """Add a line to a sickness return's history. `note` may name people: it is sealed."""
    col = sickness_events.c
    ident = db.new_id("sev")
    db.execute(
        insert(sickness_events).values(
            id=ident,
            sickness_id=sickness_id,
            position=db.next_place(col.position, col.sickness_id == sickness_id),
            at=db.now,
            what=what,
            who=who,
            note=db.sealed(col.note, ident, note or None),
        )
    )


def sickness_history(scope: Scope, db: Tx, sickness_id: str) -> list[Event]:
    """A sickness return's history, the latest first."""
    if sickness(scope, db, sickness_id) is None:
        return []
    col = sickness_events.c
    rows = db.all(
        select(sickness_events).where(col.sickness_id == sickness_id).order_by(col.position.desc())
    )
    return [Event(r.at, r.what, r.who, db.opened(col.note, r.id, r.note)) for r in rows]


def _reach(scope: Scope) -> Any:
    return scope.where(table.c.school_id)


def _chosen(scope: Scope, group: str, school_id: str) -> Any:
    states = [state.value for state in HEALTH_GROUPS[group][1]]
    one = table.c.school_id == school_id if school_id else true()
    return and_(_reach(scope), table.c.state.in_(states), one)


def _kept(db: Tx, row: Row[Any]) -> Kept:
    return Kept(
        id=row.id,
        school_id=row.school_id,
        pseudonym=row.pseudonym,
        episode=row.episode,
        state=HealthState(row.state),
        standing=EpisodeState(row.standing),
        value=row.value,
        threshold=row.threshold,
        first=row.first,
        last=row.last,
        year_group=row.year_group,
        declared=row.declared,
        declared_why=db.opened(table.c.declared_why, row.id, row.declared_why) or "",
        released_by=row.released_by,
        received=row.received,
    )
