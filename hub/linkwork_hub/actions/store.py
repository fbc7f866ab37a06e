"""The SQL of actions. An agreed action goes down to the school; word of it comes back up."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, and_, func, insert, select, true, update

from linkwork.wire import ActionItem
from linkwork_hub.actions import rules
from linkwork_hub.actions.models import Action, ActionState, NewAction, Shown, Step
from linkwork_hub.actions.tables import action_steps
from linkwork_hub.actions.tables import actions as table
from linkwork_hub.db import Role, Scope, Tx
from linkwork_hub.feeds import store as feeds
from linkwork_hub.feeds.models import IssueKeys

_UNFINISHED = [state.value for state in ActionState if state not in rules.FINISHED]
GROUPS: Final = {
    "waiting": "To be done",
    "overdue": "Overdue",
    "escalated": "Escalated",
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
    """What somebody said of an action: the state, on which day, who, in what words.

    `number` is the school's own count of its words; None for what was heard another way, which
    stands after all that had come by then.
    """

    state: ActionState
    on: date
    by: str
    note: str = ""
    digest: str | None = None
    number: int | None = None
    evidence: tuple[Shown, ...] = ()


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
    add_step(scope, db, ident, Word(ActionState.AGREED, db.today, agreed_by))
    return ident


def hear(scope: Scope, db: Tx, school_id: str, action_id: str, word: Word) -> bool:
    """Keep word of an action; False when the school has no such action or said this before."""
    known = action(scope, db, action_id)
    if known is None or known.school_id != school_id or _heard(db, action_id, word.digest):
        return False
    before = _said(db, action_id)
    add_step(scope, db, action_id, word, max((number for number, _state in before), default=0))
    if known.state is not ActionState.WITHDRAWN:
        state = rules.standing(_said(db, action_id))
        if state is not rules.standing(before):
            set_facts(scope, db, action_id, state=state.value)
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
        Step(
            row.at,
            ActionState(row.state),
            row.on,
            row.by,
            db.opened(col.note, row.id, row.note),
            _shown(db.opened(col.evidence, row.id, row.evidence)),
        )
        for row in rows
    ]


def _shown_text(evidence: Sequence[Shown]) -> str | None:
    rows = [[one.what, one.on.isoformat() if one.on else "", one.by] for one in evidence]
    return json.dumps(rows, ensure_ascii=False) if rows else None


def _shown(text: str | None) -> tuple[Shown, ...]:
    rows = json.loads(text) if text else []
    return tuple(
        Shown(what, date.fromisoformat(day) if day else None, by) for what, day, by in rows
    )


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
        "escalated": and_(waiting, table.c.escalated_to != ""),
        "finished": ~waiting,
        "all": true(),
    }[chosen.group]
    return and_(group, table.c.school_id == chosen.school_id if chosen.school_id else true())


def set_facts(scope: Scope, db: Tx, action_id: str, **facts: Any) -> None:
    """Change facts of an action, as of now; one out of reach stays as it is."""
    values = facts | {"changed": db.now}
    mine = update(table).where(table.c.id == action_id, scope.where(table.c.school_id))
    db.execute(mine.values(values))


def _said(db: Tx, action_id: str) -> list[tuple[int, ActionState]]:
    """What was said of an action, each with its number, in the order it came."""
    col = action_steps.c
    rows = db.all(
        select(col.number, col.state)
        .where(col.action_id == action_id, col.state.in_(sorted(rules.SAID)))
        .order_by(col.position)
    )
    return [(row.number, ActionState(row.state)) for row in rows]


def _heard(db: Tx, action_id: str, digest: str | None) -> bool:
    col = action_steps.c
    if digest is None:
        return False
    same = (col.action_id == action_id, col.digest == digest)
    return db.first(select(col.id).where(*same)) is not None


def add_step(scope: Scope, db: Tx, action_id: str, word: Word, number: int = 0) -> None:
    """Add a step to an action's life; `number` is used where the word has none of its own.

    An action out of reach gets none.
    """
    if db.first(_reached(scope).where(table.c.id == action_id)) is None:
        return
    col = action_steps.c
    ident = db.new_id("ast")
    db.execute(
        insert(action_steps).values(
            id=ident,
            action_id=action_id,
            position=db.next_place(col.position, col.action_id == action_id),
            at=db.now,
            state=word.state.value,
            on=word.on,
            by=word.by,
            note=db.sealed(col.note, ident, word.note or None),
            digest=word.digest,
            number=number if word.number is None else word.number,
            evidence=db.sealed(col.evidence, ident, _shown_text(word.evidence)),
        )
    )


def _all(scope: Scope, db: Tx, query: Any) -> list[Action]:
    return [_action(scope, db, row) for row in db.all(query)]


def _action(scope: Scope, db: Tx, row: Row[Any]) -> Action:
    state, changed = ActionState(row.state), row.changed
    carried = feeds.delivery(scope, db, row.id) if state is ActionState.AGREED else None
    # The post knows how far it came; nothing need be written here for that.
    if carried is not None and carried.acknowledged is not None:
        state, changed = ActionState.DELIVERED, carried.acknowledged
    elif carried is not None and carried.sealed:
        state, changed = ActionState.SEALED, max(carried.issued, row.changed)
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
        meeting=row.meeting,
        carried=row.carried,
        escalated_to=row.escalated_to,
        version=row.version,
    )


def relink(scope: Scope, db: Tx, school_id: str, was: str, now: str) -> int:
    """Put the actions about a school's pupil `was` under `now`; how many there were."""
    scope.require(school_id)
    mine = (table.c.school_id == school_id, table.c.pseudonym == was)
    return db.execute(update(table).where(*mine).values(pseudonym=now)).rowcount
