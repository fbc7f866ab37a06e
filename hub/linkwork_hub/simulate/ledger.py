"""What took effect at the simulated hub, one row an effect, written in the effect's transaction."""

from __future__ import annotations

import hashlib
import sqlite3
from typing import Any, NamedTuple

from linkwork.wire import Wire
from linkwork_hub.db import Tx
from linkwork_hub.feeds.models import ApplyContext

TABLE = (
    "CREATE TABLE simulated_effects (place INTEGER PRIMARY KEY, school_id TEXT, agent_id TEXT,"
    " message_id TEXT, body TEXT)"
)
_ADD = "INSERT INTO simulated_effects (school_id, agent_id, message_id, body) VALUES (?, ?, ?, ?)"
_EFFECTS = "SELECT place, school_id, message_id, body FROM simulated_effects WHERE place > ?"
_STORED = "SELECT rowid, school_id, message_id FROM inbox WHERE stream = 'feed' AND rowid > ?"
# What is refused is not applied, and an index of the hub's leads to it so.
_REFUSED = (
    "SELECT message_id, reason FROM inbox WHERE school_id = ? AND applied IS NULL"
    " AND refused IS NOT NULL AND kind != ? LIMIT 1"
)
_REFUSED_AT_ALL = (
    "SELECT message_id, reason FROM inbox WHERE school_id = ? AND refused IS NOT NULL"
    " AND kind != ? LIMIT 1"
)
_NEWEST_EPOCHS = (
    "SELECT m.agent_id, max(m.epoch) FROM agents a JOIN feed_marks m ON m.agent_id = a.id"
    " WHERE a.school_id = ? GROUP BY m.agent_id"
)
_BEYOND = (
    "SELECT seq, applied IS NOT NULL OR refused IS NOT NULL FROM inbox WHERE agent_id = ?"
    " AND stream = 'feed' AND epoch = ? AND seq > ? ORDER BY seq"
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
_KEY_OF = (
    "SELECT sign_key_id FROM agents WHERE school_id = ? AND state = 'active'"
    " ORDER BY created, id LIMIT 1"
)
_AS_OF = "SELECT as_of FROM feed_states WHERE school_id = ?"


#: Whoever looks at the hub's database from outside, and only looks.
Onlooker = sqlite3.Connection


class Effect(NamedTuple):
    """One effect: of which school's message, and the digest of what it said."""

    place: int
    school_id: str
    message_id: str
    body: str


def note(db: Tx, ctx: ApplyContext, message: Wire) -> None:
    """Write down that a message took effect."""
    body = hashlib.sha256(message.to_bytes()).hexdigest()
    db.conn.exec_driver_sql(_ADD, (ctx.school_id, ctx.agent_id, ctx.message_id, body))


def effects(db: Onlooker, after: int) -> list[Effect]:
    """The effects of every school after a place, in order."""
    return [Effect(*row) for row in db.execute(_EFFECTS, (after,))]


def stored(db: Onlooker, after: int) -> list[tuple[int, str, str]]:
    """The messages of all feeds that the hub holds: row, school and message id, after a row."""
    return [tuple(row) for row in db.execute(_STORED, (after,))]


def refused(db: Onlooker, school_id: str, besides: str = "", *, at_all: bool = False) -> str:
    """One message the hub refused for good, with the reason; nothing when there is none.

    Messages of the kind `besides` are not looked at. `at_all`: even one that was applied as well.
    """
    query = _REFUSED_AT_ALL if at_all else _REFUSED
    row = db.execute(query, (school_id, besides)).fetchone()
    return f"{row[0]}: {row[1]}" if row else ""


def hole(db: Onlooker, school_id: str) -> str:
    """The newest epoch of a feed in which something was settled before what stands before it."""
    row = _first(db, _HOLE, school_id)
    return f"epoch {row[1]}: {row[2]} settled, up to number {row[3]}" if row else ""


#: Up to which number everything was settled when it was looked at last, by agent and epoch.
Settled = dict[tuple[str, int], int]


def hole_beyond(db: Onlooker, school_id: str, settled: Settled) -> str:
    """What `hole` finds, looking only beyond `settled`, which is moved on meanwhile."""
    for agent, epoch in db.execute(_NEWEST_EPOCHS, (school_id,)).fetchall():
        up_to = settled.get((agent, epoch), 0)
        found = [seq for seq, done in db.execute(_BEYOND, (agent, epoch, up_to)) if done]
        count = up_to + len(found)
        while found and found[0] == up_to + 1:
            up_to = found.pop(0)
        settled[agent, epoch] = up_to
        if found:
            return f"epoch {epoch}: {count} settled, up to number {found[-1]}"
    return ""


def items(db: Onlooker, school_id: str) -> dict[str, str | None]:
    """The actions issued to a school: when each was acknowledged, if it was."""
    return {row[0]: row[1] for row in db.execute(_ITEMS, (school_id,))}


def unsettled(db: Onlooker, school_id: str) -> int:
    """How many messages of a school wait for the worker."""
    row = _first(db, _OPEN, school_id)
    return int(row[0]) if row else 0


def alarms(db: Onlooker, school_id: str) -> list[str]:
    """The alarms that stand, by name and place."""
    return [f"{row[0]} {row[1]}" for row in db.execute(_ALARMS, (school_id,))]


def spells(db: Onlooker, school_id: str) -> frozenset[str]:
    """The spells of absence that stand at the hub."""
    return frozenset(row[0] for row in db.execute(_SPELLS, (school_id,)))


def doubled(db: Onlooker, school_id: str) -> str:
    """Two spells that stand and are one: pupil, trigger and first day are the same; or nothing."""
    row = _first(db, _DOUBLED, school_id)
    return f"{row[0]} and {row[1]}" if row else ""


def as_of(db: Onlooker, school_id: str) -> str:
    """The day up to which a school's register was collected."""
    row = _first(db, _AS_OF, school_id)
    return str(row[0]) if row else ""


def key_of(db: Onlooker, school_id: str) -> str:
    """The id of the signing key by which the hub knows a school; "" when it knows none."""
    row = _first(db, _KEY_OF, school_id)
    return str(row[0]) if row else ""


def _first(db: Onlooker, query: str, school_id: str) -> Any:
    return db.execute(query, (school_id,)).fetchone()
