"""A hub process that ends itself with SIGKILL at a named point; and two wrong designs of it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from linkwork import seal
from linkwork.wire import read_message
from linkwork_hub.box import Box
from linkwork_hub.db import Database, Scope, Tx, open_engine
from linkwork_hub.feeds import inbox
from linkwork_hub.feeds.keys import HubKeys, load_keys
from linkwork_hub.feeds.models import ApplyContext
from linkwork_hub.feeds.receive import receive
from linkwork_hub.feeds.work import work_once

SYSTEM = Scope.system()
Reached = Callable[[str], None]


def open_hub(home: Path, minutes: int = 0) -> Database:
    """The database in `home`, at a fixed moment plus some minutes."""
    now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC) + timedelta(minutes=minutes)
    random = Random(f"{home}{minutes}").randbytes
    engine = open_engine(f"sqlite:///{home / 'hub.db'}")
    return Database(engine, Box(b"k" * 32, random), lambda: now, random)


def run(home: Path, design: str, point: str, minutes: int) -> None:
    """Take in every unacknowledged file of the outbox, then apply what waits.

    The process ends itself the second time it reaches `point`.
    """
    db, keys = open_hub(home, minutes), load_keys(home / "keys")
    reached = partial(_die, point, count(1))
    for path in sorted((home / "outbox").glob("*.lw1")):
        if receive(db, keys.receiver, path.read_bytes(), reached).status == 200:
            path.rename(path.with_suffix(".acked"))
    DESIGNS[design](db, keys, reached)
    db.close()


def _die(point: str, times: Any, reached: str) -> None:
    if reached == point and next(times) == 2:
        os.kill(os.getpid(), signal.SIGKILL)


def note(_scope: Scope, db: Tx, _ctx: ApplyContext, message: Any, /) -> None:
    """The effect that is counted: one row a message."""
    db.conn.exec_driver_sql("INSERT INTO effects (what) VALUES (?)", (message.action_id,))


def _ours(db: Database, keys: HubKeys, reached: Reached) -> None:
    work_once(db, keys.work, {"action-progress": note}, reached)


def _mark_then_apply(db: Database, keys: HubKeys, reached: Reached) -> None:
    """Wrong: the mark is written before the effect, so a death between loses the effect."""
    for message_id, what in _waiting(db, keys):
        with db.write() as tx:
            inbox.settle(SYSTEM, tx, message_id, "summary")
        reached("between")
        with db.write() as tx:
            tx.conn.exec_driver_sql("INSERT INTO effects (what) VALUES (?)", (what,))


def _apply_then_mark(db: Database, keys: HubKeys, reached: Reached) -> None:
    """Wrong: the effect is written before the mark, so a death between doubles the effect."""
    for message_id, what in _waiting(db, keys):
        with db.write() as tx:
            tx.conn.exec_driver_sql("INSERT INTO effects (what) VALUES (?)", (what,))
        reached("between")
        with db.write() as tx:
            inbox.settle(SYSTEM, tx, message_id, "summary")


def _waiting(db: Database, keys: HubKeys) -> list[tuple[str, str]]:
    """Ids of waiting messages, each with the action it is about."""
    with db.read() as tx:
        school_id = tx.conn.exec_driver_sql("SELECT school_id FROM agents").scalar_one()
        rows = [inbox.message(SYSTEM, tx, one) for one in inbox.ready(SYSTEM, tx, school_id, 100)]
        known: dict[str, bytes] = {row[0]: row[1] for row in tx.conn.exec_driver_sql(_KEYS)}
    found = []
    for row in rows:
        verified = seal.verify(row.envelope, known.get)
        (opener,) = keys.work.openers.values()
        message: Any = read_message(seal.open_verified(verified, opener))
        found.append((row.id, message.action_id))
    return found


_KEYS = "SELECT sign_key_id, sign_public FROM agents"
DESIGNS = {"ours": _ours, "mark-then-apply": _mark_then_apply, "apply-then-mark": _apply_then_mark}
