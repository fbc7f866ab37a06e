"""The SQL of what an officer changes in an agreed action; each change goes to the school."""

from __future__ import annotations

from datetime import date

from linkwork.wire import ActionItem
from linkwork_hub.actions import rules, store
from linkwork_hub.actions.models import Action, ActionState
from linkwork_hub.actions.tables import actions as table
from linkwork_hub.db import Scope, Tx
from linkwork_hub.feeds import store as feeds
from linkwork_hub.feeds.models import Delivery, IssueKeys


def withdraw(scope: Scope, db: Tx, issuer: IssueKeys, action_id: str, why: str, by: str) -> None:
    """Withdraw an action and tell the school why. Raises Refused when it cannot be."""
    known = store.action(scope, db, action_id)
    if known is None:
        return
    rules.withdraw(known.state, why)
    sealed = db.sealed(table.c.why_withdrawn, action_id, why.strip())
    state = ActionState.WITHDRAWN
    store.set_facts(
        scope, db, action_id, state=state.value, why_withdrawn=sealed, version=known.version + 1
    )
    store.add_step(scope, db, action_id, store.Word(state, db.today, by, why.strip()))
    _send(scope, db, issuer, action_id)


def carry(
    scope: Scope, db: Tx, issuer: IssueKeys, action_id: str, due: date, why: str, by: str
) -> None:
    """Give an action the later day `due` and tell the school. Raises Refused when it cannot be."""
    known = store.action(scope, db, action_id)
    if known is None:
        return
    rules.carry(known, due, db.today, why)
    said = f"From {known.due.isoformat()} to {due.isoformat()}: {why.strip()}"
    store.set_facts(
        scope, db, action_id, due=due, carried=known.carried + 1, version=known.version + 1
    )
    store.add_step(scope, db, action_id, store.Word(ActionState.CARRIED, db.today, by, said))
    _send(scope, db, issuer, action_id)


def escalate(
    scope: Scope, db: Tx, issuer: IssueKeys, action_id: str, to: str, why: str, by: str
) -> None:
    """Take an overdue action to somebody and tell the school to whom. Raises Refused."""
    known = store.action(scope, db, action_id)
    if known is None:
        return
    rules.escalate(known, to, why, db.today)
    store.set_facts(scope, db, action_id, escalated_to=to.strip(), version=known.version + 1)
    said = f"To {to.strip()}: {why.strip()}"
    store.add_step(scope, db, action_id, store.Word(ActionState.ESCALATED, db.today, by, said))
    _send(scope, db, issuer, action_id)


def carried_by_post(scope: Scope, db: Tx, known: Action) -> list[tuple[int, Delivery]]:
    """How far each version of an action came, the first first."""
    found = [
        (version, feeds.delivery(scope, db, _item_id(known.id, version)))
        for version in range(known.version + 1)
    ]
    return [(version, delivery) for version, delivery in found if delivery is not None]


def _item_id(action_id: str, version: int) -> str:
    # An item's id is used once; the school knows the action by the id inside.
    return f"{action_id}-v{version}" if version else action_id


def _send(scope: Scope, db: Tx, issuer: IssueKeys, action_id: str) -> None:
    now = store.action(scope, db, action_id)
    if now is None:
        return
    item = ActionItem(
        action_id=now.id,
        what=now.what,
        who=now.who,
        due=now.due,
        state="withdrawn" if now.state is ActionState.WITHDRAWN else "open",
        pseudonym=now.pseudonym,
        agreed_on=now.agreed_on,
        meeting=now.meeting,
        why_withdrawn=now.why_withdrawn or "",
        version=now.version,
        carried=now.carried,
        escalated_to=now.escalated_to,
    )
    feeds.issue(scope, db, now.school_id, "action", item, issuer, _item_id(now.id, now.version))
