"""What came down from the hub: sealed items, and the requests and actions they became."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from linkwork_agent.store.base import Db, Tx

#: How long the hub has to take in what was acknowledged before it is said again.
SAY_AGAIN_AFTER = timedelta(hours=1)
#: How long the sealed body of an item is kept after the hub knew that it took effect.
BODY_KEPT = timedelta(days=30)
ACTION_STATES = ("open", "seen", "in-progress", "done", "declined", "withdrawn")


class Item(NamedTuple):
    """A downlink item as it arrived; nothing of it has been opened yet."""

    id: str
    kind: str
    sealed: bytes


class Request(NamedTuple):
    """Something the authority asks the school about one pupil, by pseudonym."""

    request_id: str
    asks: str
    pseudonym: str
    trigger: str
    message: str
    asked_by: str
    asked_on: str
    due: str | None
    evidence: tuple[str, ...]
    state: str = "open"
    answered_at: str | None = None


class Action(NamedTuple):
    """Something agreed, with who, what and when.

    `note` is the school's last word of it, `words` how many it said; `told` says that a person
    has read here that it is withdrawn.
    """

    action_id: str
    what: str
    who: str
    due: str
    agreed_on: str
    meeting: str | None
    pseudonym: str | None
    state: str
    note: str = ""
    why_withdrawn: str = ""
    version: int = 0
    carried: int = 0
    escalated_to: str = ""
    words: int = 0
    told: int = 0


def keep(tx: Tx, item: Item, at: str) -> None:
    """Keep an item as it arrived. One that took effect already changes nothing.

    One that could not be opened may come again under the same id, sealed anew to newer keys. The
    hub sends only what it does not hold as acknowledged, so that is said again: not at once, for
    its worker may just not have come to what was said.
    """
    tx.execute(
        "INSERT INTO inbox (id, kind, sealed, received_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed, applied_at = NULL,"
        " refused = NULL WHERE sealed != excluded.sealed"
        " AND (applied_at IS NULL OR refused IS NOT NULL)",
        [item.id, item.kind, item.sealed, at],
    )
    patience = (datetime.fromisoformat(at) - SAY_AGAIN_AFTER).isoformat()
    # Acknowledged in a time to come: under a clock that has been set since.
    tx.execute(
        "UPDATE inbox SET acked_at = NULL WHERE id = ? AND (acked_at < ? OR acked_at > ?)",
        [item.id, patience, at],
    )


def has(db: Db, item_id: str) -> bool:
    """Whether an item ever came into this store and was not refused as unreadable."""
    query = "SELECT 1 FROM inbox WHERE id = ? AND refused IS NULL"
    return db.execute(query, [item_id]).fetchone() is not None


def newest(db: Db, limit: int) -> list[str]:
    """The ids of the items that came last, without those that could not be read."""
    query = "SELECT id FROM inbox WHERE refused IS NULL ORDER BY rowid DESC LIMIT ?"
    found = db.execute(query, [limit])
    return [row["id"] for row in found]


def waiting(db: Db) -> list[Item]:
    """Items not yet applied, in the order they arrived."""
    rows = db.execute(
        "SELECT id, kind, sealed FROM inbox WHERE applied_at IS NULL ORDER BY rowid"
    ).fetchall()
    return [Item(row["id"], row["kind"], bytes(row["sealed"])) for row in rows]


def claim(tx: Tx, item_id: str, at: str, refused: str | None = None) -> bool:
    """Mark one item applied, or refused for a reason. False when it already was.

    Called in the transaction of its effect, so that one key guards both.
    """
    done = tx.execute(
        "UPDATE inbox SET applied_at = ?, refused = ? WHERE id = ? AND applied_at IS NULL",
        [at, refused, item_id],
    )
    return done.rowcount == 1


def forget_bodies(tx: Tx, now: datetime) -> None:
    """Keep of items that took effect long ago only that they came: their id guards their effect."""
    before = (now - BODY_KEPT).isoformat()
    tx.execute(
        "UPDATE inbox SET sealed = x'' WHERE acked_at < ? AND refused IS NULL AND sealed != x''",
        [before],
    )


def to_acknowledge(db: Db) -> list[str]:
    """Items that took effect and of which the hub does not know it yet."""
    rows = db.execute(
        "SELECT id FROM inbox WHERE applied_at IS NOT NULL AND refused IS NULL"
        " AND acked_at IS NULL ORDER BY rowid"
    )
    return [row["id"] for row in rows]


def acknowledged(tx: Tx, item_ids: list[str], at: str) -> None:
    """The hub holds our word that these items took effect."""
    tx.executemany("UPDATE inbox SET acked_at = ? WHERE id = ?", [(at, i) for i in item_ids])


def add_request(tx: Tx, request: Request) -> None:
    """Keep a request; one that is known keeps its state."""
    tx.execute(
        'INSERT INTO requests (request_id, asks, pseudonym, "trigger", message, asked_by,'
        " asked_on, due, evidence) VALUES (:request_id, :asks, :pseudonym, :trigger, :message,"
        " :asked_by, :asked_on, :due, :evidence) ON CONFLICT (request_id) DO NOTHING",
        request._asdict() | {"evidence": json.dumps(request.evidence)},
    )


def requests(db: Db) -> list[Request]:
    """Every request, open ones first, then by date."""
    rows = db.execute("SELECT * FROM requests ORDER BY state != 'open', asked_on, rowid").fetchall()
    return [_request(dict(row)) for row in rows]


def request(db: Db, request_id: str) -> Request | None:
    """One request by its id, or None."""
    row = db.execute("SELECT * FROM requests WHERE request_id = ?", [request_id]).fetchone()
    return None if row is None else _request(dict(row))


def _request(row: dict[str, Any]) -> Request:
    return Request(**(row | {"evidence": tuple(json.loads(row["evidence"]))}))


def answer_request(tx: Tx, request_id: str, at: str) -> bool:
    """Mark a request answered. False when it already was."""
    done = tx.execute(
        "UPDATE requests SET state = 'answered', answered_at = ?"
        " WHERE request_id = ? AND state = 'open'",
        [at, request_id],
    )
    return done.rowcount == 1


def put_action(tx: Tx, action: Action) -> None:
    """Keep an agreed action; of a known one only a later version changes anything.

    A version may withdraw an action, never reopen it: whatever the order in which they arrive,
    one action stands here once and ends in the same state.
    """
    tx.execute(
        "INSERT INTO actions (action_id, what, who, due, agreed_on, meeting, pseudonym, state,"
        " why_withdrawn, version, carried, escalated_to) VALUES (:action_id, :what, :who, :due,"
        " :agreed_on, :meeting, :pseudonym, :state, :why_withdrawn, :version, :carried,"
        " :escalated_to)"
        " ON CONFLICT (action_id) DO UPDATE SET what = excluded.what, who = excluded.who,"
        " due = excluded.due, version = excluded.version, carried = excluded.carried,"
        " escalated_to = excluded.escalated_to, why_withdrawn = excluded.why_withdrawn,"
        " state = CASE excluded.state WHEN 'withdrawn' THEN 'withdrawn' ELSE state END"
        " WHERE excluded.version > version"
        " OR (excluded.version = version AND state != 'withdrawn')",
        action._asdict(),
    )


def actions(db: Db) -> list[Action]:
    """Every action, the unfinished first, then by due date."""
    rows = db.execute(
        "SELECT * FROM actions ORDER BY state IN ('done', 'declined', 'withdrawn'), due, action_id"
    ).fetchall()
    return [Action(**dict(row)) for row in rows]


def action(db: Db, action_id: str) -> Action | None:
    """One action by its id, or None."""
    row = db.execute("SELECT * FROM actions WHERE action_id = ?", [action_id]).fetchone()
    return None if row is None else Action(**dict(row))


def set_action_state(tx: Tx, action_id: str, state: str, note: str) -> None:
    """What the school says of an action: one more word of it."""
    tx.execute(
        "UPDATE actions SET state = ?, note = ?, words = words + 1 WHERE action_id = ?",
        [state, note, action_id],
    )


def tell_withdrawn(tx: Tx) -> None:
    """A person has read which actions are withdrawn, and why."""
    tx.execute("UPDATE actions SET told = 1 WHERE state = 'withdrawn'")
