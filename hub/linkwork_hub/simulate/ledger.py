"""What took effect at the simulated hub, one row an effect, written in the effect's transaction."""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

from linkwork.wire import Wire
from linkwork_hub.db import Tx
from linkwork_hub.feeds.models import ApplyContext

TABLE = (
    "CREATE TABLE simulated_effects (place INTEGER PRIMARY KEY, school_id TEXT, agent_id TEXT,"
    " message_id TEXT, body TEXT)"
)
_ADD = "INSERT INTO simulated_effects (school_id, agent_id, message_id, body) VALUES (?, ?, ?, ?)"
_EFFECTS = "SELECT place, message_id, body FROM simulated_effects WHERE school_id = ? AND place > ?"
_STORED = (
    "SELECT rowid, message_id FROM inbox WHERE school_id = ? AND stream = 'feed' AND rowid > ?"
)
_REFUSED = (
    "SELECT message_id, reason FROM inbox WHERE school_id = ? AND refused IS NOT NULL"
    " AND kind != ? LIMIT 1"
)
_HOLE = (
    "SELECT m.agent_id, m.epoch, count(*), max(i.seq) FROM inbox i JOIN (SELECT agent_id,"
    " max(epoch) AS epoch FROM feed_marks GROUP BY agent_id) m ON m.agent_id = i.agent_id AND"
    " m.epoch = i.epoch WHERE i.school_id = ? AND i.stream = 'feed' AND (i.applied IS NOT NULL OR"
    " i.refused IS NOT NULL) GROUP BY m.agent_id, m.epoch HAVING count(*) < max(i.seq)"
)
_ITEMS = "SELECT id, acknowledged, expired FROM downlink WHERE school_id = ? AND kind = 'action'"
_OPEN = "SELECT count(*) FROM inbox WHERE school_id = ? AND applied IS NULL AND refused IS NULL"
_ALARMS = "SELECT what, place FROM feed_alarms WHERE school_id = ?"
_SPELLS = "SELECT id FROM episodes WHERE school_id = ? AND state = 'open'"
_DOUBLED = """
    SELECT min(id), max(id) FROM episodes WHERE school_id = ? AND state = 'open'
    GROUP BY pseudonym, trigger, first HAVING count(*) > 1
"""
_AS_OF = "SELECT as_of FROM feed_states WHERE school_id = ?"


class Effect(NamedTuple):
    """One effect: of which message, and the digest of what it said."""

    place: int
    message_id: str
    body: str


def note(db: Tx, ctx: ApplyContext, message: Wire) -> None:
    """Write down that a message took effect."""
    body = hashlib.sha256(message.to_bytes()).hexdigest()
    db.conn.exec_driver_sql(_ADD, (ctx.school_id, ctx.agent_id, ctx.message_id, body))


def effects(db: Tx, school_id: str, after: int) -> list[Effect]:
    """The effects of a school after a place, in order."""
    return [Effect(*row) for row in db.conn.exec_driver_sql(_EFFECTS, (school_id, after))]


def stored(db: Tx, school_id: str, after: int) -> list[tuple[int, str]]:
    """The messages of a school's feed that the hub holds: row and message id, after a row."""
    return [(row[0], row[1]) for row in db.conn.exec_driver_sql(_STORED, (school_id, after))]


def refused(db: Tx, school_id: str, besides: str = "") -> str:
    """One message the hub refused for good, with the reason; nothing when there is none.

    Messages of the kind `besides` are not looked at.
    """
    row = db.conn.exec_driver_sql(_REFUSED, (school_id, besides)).first()
    return f"{row[0]}: {row[1]}" if row else ""


def hole(db: Tx, school_id: str) -> str:
    """The newest epoch of a feed in which something was settled before what stands before it."""
    row = _first(db, _HOLE, school_id)
    return f"epoch {row[1]}: {row[2]} settled, up to number {row[3]}" if row else ""


def items(db: Tx, school_id: str) -> dict[str, str | None]:
    """The actions issued to a school: when each was acknowledged, if it was."""
    return {row[0]: row[1] for row in db.conn.exec_driver_sql(_ITEMS, (school_id,))}


def unsettled(db: Tx, school_id: str) -> int:
    """How many messages of a school wait for the worker."""
    row = _first(db, _OPEN, school_id)
    return int(row[0]) if row else 0


def alarms(db: Tx, school_id: str) -> list[str]:
    """The alarms that stand, by name and place."""
    return [f"{row[0]} {row[1]}" for row in db.conn.exec_driver_sql(_ALARMS, (school_id,))]


def spells(db: Tx, school_id: str) -> frozenset[str]:
    """The spells of absence that stand at the hub."""
    return frozenset(row[0] for row in db.conn.exec_driver_sql(_SPELLS, (school_id,)))


def doubled(db: Tx, school_id: str) -> str:
    """Two spells that stand and are one: pupil, trigger and first day are the same; or nothing."""
    row = _first(db, _DOUBLED, school_id)
    return f"{row[0]} and {row[1]}" if row else ""


def as_of(db: Tx, school_id: str) -> str:
    """The day up to which a school's register was collected."""
    row = _first(db, _AS_OF, school_id)
    return str(row[0]) if row else ""


def _first(db: Tx, query: str, school_id: str) -> Any:
    return db.conn.exec_driver_sql(query, (school_id,)).first()
