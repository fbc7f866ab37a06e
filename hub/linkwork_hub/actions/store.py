"""The SQL of actions. An agreed action goes down to the school; word of it comes back up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, and_, func, insert, select, true, update

from linkwork.wire import ActionItem
from linkwork_hub.actions import rules
from linkwork_hub.actions.models import Action, ActionState, NewAction, Step
from linkwork_hub.actions.tables import action_steps
from linkwork_hub.actions.tables import actions as table
from linkwork_hub.db import Role, Scope, Tx
from linkwork_hub.feeds import store as feeds
from linkwork_hub.feeds.models import IssueKeys

_UNFINISHED = [state.value for state in ActionState if state not in rules.FINISHED]
GROUPS: Final = {
    "waiting": "To be done",
    "overdue": "Overdue",
    "finished": "Done, declined or withdrawn",
    "all": "All",
}


@dataclass(frozen=True, slots=True)
class Filter:
    """What part of the actions is looked at; an empty school means every one."""

    group: str = "waiting"
    school_id: str = ""


@dataclass(frozen=True, slots=True)
class Word:
    """What somebody said of an action: the state, on which day, who, in what words."""

    state: ActionState
    on: date
    by: str
    note: str = ""
    digest: str | None = None


def agree(scope: Scope, db: Tx, issuer: IssueKeys, new: NewAction, agreed_by: str) -> str:
    """Keep an agreed action and send it to its school. Its id.

    `agreed_by` is who recorded it. Raises Refused when who, what or when is missing.
    """
    scope.require(new.school_id)
    rules.check(new)
    ident = db.new_id("act")
    db.execute(
        insert(table).values(
            id=ident,
            school_id=new.school_id,
            what=db.sealed(table.c.what, ident, new.what.strip()),
            who=new.who.strip(),
            due=new.due,
            state=ActionState.AGREED.value,
            agreed_on=new.agreed_on,
            agreed_by=agreed_by,
            changed=db.now,
            cause_kind=new.cause[0],
            cause_id=new.cause[1],
            pseudonym=new.pseudonym,
            meeting=new.meeting,
        )
    )
    item = _item(ident, new.what.strip(), new.who.strip(), new)
    feeds.issue(scope, db, new.school_id, "action", item, issuer, ident)
    _step(db, ident, Word(ActionState.AGREED, db.today, agreed_by))
    return ident


def withdraw(scope: Scope, db: Tx, issuer: IssueKeys, action_id: str, why: str, by: str) -> None:
    """Withdraw an action and tell the school why. Raises Refused when it cannot be."""
    row = db.first(_reached(scope).where(table.c.id == action_id))
    known = action(scope, db, action_id)
    if row is None or known is None:
        return
    rules.withdraw(known.state, why)
    _set(db, action_id, ActionState.WITHDRAWN, why.strip())
    item = ActionItem(
        action_id=action_id,
        what=known.what,
        who=known.who,
        due=known.due,
        state="withdrawn",
        pseudonym=known.pseudonym,
        agreed_on=known.agreed_on,
        meeting=row.meeting,
        why_withdrawn=why.strip(),
    )
    # An item's id is used once; the school knows the action by the id inside.
    feeds.issue(scope, db, known.school_id, "action", item, issuer, f"{action_id}-withdrawn")
    _step(db, action_id, Word(ActionState.WITHDRAWN, db.today, by, why.strip()))


def hear(scope: Scope, db: Tx, school_id: str, action_id: str, word: Word) -> bool:
    """Keep word of an action; False when the school has no such action or said this before."""
    known = action(scope, db, action_id)
    if known is None or known.school_id != school_id or _heard(db, action_id, word.digest):
        return False
    state = rules.after(known.state, word.state)
    if state is not known.state:
        _set(db, action_id, state, None)
    _step(db, action_id, word)
    return True


def action(scope: Scope, db: Tx, action_id: str) -> Action | None:
    """One action within reach, or None."""
    found = _all(scope, db, _reached(scope).where(table.c.id == action_id))
    return found[0] if found else None


def actions(
    scope: Scope, db: Tx, chosen: Filter, *, limit: int | None = None, offset: int = 0
) -> list[Action]:
    """A part of the actions, those due first at the top. `limit` None = all."""
    order = (table.c.due, table.c.agreed_on, table.c.id)
    query = _reached(scope).where(_condition(db, chosen)).order_by(*order)
    return _all(scope, db, query.limit(limit).offset(offset))


def actions_of_cause(scope: Scope, db: Tx, kind: str, cause_id: str) -> list[Action]:
    """The actions a meeting, a case or another cause led to, by due date."""
    query = _reached(scope).where(table.c.cause_kind == kind, table.c.cause_id == cause_id)
    return _all(scope, db, query.order_by(table.c.due, table.c.id))


def count(scope: Scope, db: Tx, chosen: Filter) -> int:
    """How many actions a list has."""
    query = select(func.count()).select_from(table)
    query = query.where(scope.where(table.c.school_id), _condition(db, chosen))
    return int(db.execute(query).scalar_one())


def steps(scope: Scope, db: Tx, action_id: str) -> list[Step]:
    """An action's life, the earliest first."""
    col = action_steps.c
    rows = db.all(
        select(action_steps)
        .join(table, table.c.id == col.action_id)
        .where(col.action_id == action_id, scope.where(table.c.school_id))
        .order_by(col.position)
    )
    return [
        Step(r.at, ActionState(r.state), r.on, r.by, db.opened(col.note, r.id, r.note))
        for r in rows
    ]


def _item(ident: str, what: str, who: str, new: NewAction) -> ActionItem:
    return ActionItem(
        action_id=ident,
        what=what,
        who=who,
        due=new.due,
        pseudonym=new.pseudonym,
        agreed_on=new.agreed_on,
        meeting=new.meeting,
    )


def _reached(scope: Scope) -> Any:
    return select(table).where(scope.where(table.c.school_id))


def _condition(db: Tx, chosen: Filter) -> ColumnElement[bool]:
    waiting = table.c.state.in_(_UNFINISHED)
    group = {
        "waiting": waiting,
        "overdue": and_(waiting, table.c.due < db.today),
        "finished": ~waiting,
        "all": true(),
    }[chosen.group]
    return and_(group, table.c.school_id == chosen.school_id if chosen.school_id else true())


def _set(db: Tx, action_id: str, state: ActionState, why: str | None) -> None:
    values: dict[str, Any] = {"state": state.value, "changed": db.now}
    if why is not None:
        values["why_withdrawn"] = db.sealed(table.c.why_withdrawn, action_id, why)
    db.execute(update(table).where(table.c.id == action_id).values(values))


def _heard(db: Tx, action_id: str, digest: str | None) -> bool:
    col = action_steps.c
    if digest is None:
        return False
    same = (col.action_id == action_id, col.digest == digest)
    return db.first(select(col.id).where(*same)) is not None


def _step(db: Tx, action_id: str, word: Word) -> None:
    col = action_steps.c
    highest = select(func.max(col.position)).where(col.action_id == action_id)
    ident = db.new_id("ast")
    db.execute(
        insert(action_steps).values(
            id=ident,
            action_id=action_id,
            position=(db.execute(highest).scalar_one() or 0) + 1,
            at=db.now,
            state=word.state.value,
            on=word.on,
            by=word.by,
            note=db.sealed(col.note, ident, word.note or None),
            digest=word.digest,
        )
    )


def _all(scope: Scope, db: Tx, query: Any) -> list[Action]:
    return [_action(scope, db, row) for row in db.all(query)]


def _action(scope: Scope, db: Tx, row: Row[Any]) -> Action:
    state, changed = ActionState(row.state), row.changed
    carried = feeds.delivery(scope, db, row.id) if state is ActionState.AGREED else None
    if carried is not None and carried.acknowledged is not None:
        # The post knows when the school's agent kept it; nothing need be written here for that.
        state, changed = ActionState.DELIVERED, carried.acknowledged
    return Action(
        id=row.id,
        school_id=row.school_id,
        what=db.opened(table.c.what, row.id, row.what) or "",
        who=row.who,
        due=row.due,
        state=state,
        agreed_on=row.agreed_on,
        agreed_by=row.agreed_by,
        changed=changed,
        cause_kind=row.cause_kind,
        cause_id=row.cause_id,
        pseudonym=None if scope.role is Role.FINANCE else row.pseudonym,
        why_withdrawn=db.opened(table.c.why_withdrawn, row.id, row.why_withdrawn),
    )


def relink(scope: Scope, db: Tx, school_id: str, was: str, now: str) -> int:
    """Put the actions about a school's pupil `was` under `now`; how many there were."""
    scope.require(school_id)
    mine = (table.c.school_id == school_id, table.c.pseudonym == was)
    return db.execute(update(table).where(*mine).values(pseudonym=now)).rowcount
