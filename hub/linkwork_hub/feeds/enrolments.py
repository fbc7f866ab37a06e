"""The SQL of enrolments on their way from the receiver to the worker."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, insert, select, update

from linkwork.seal import Verified
from linkwork_hub.db import Scope, Tx
from linkwork_hub.feeds import tables

#: Anyone can send an enrolment; more than this many unseen ones are told to come back.
MAX_WAITING = 200
#: Nor are more kept in an hour, and what became of one is known for so long, which is longer than
#: a join string is good: strangers may fill a disk by this and no more.
MOST_AN_HOUR = 10_000
KNOWN = timedelta(days=4)


def found(scope: Scope, db: Tx, digest: str) -> Row[Any] | None:
    """A kept enrolment by the digest of its bytes."""
    table = tables.enrolments
    return db.first(select(table).where(table.c.digest == digest))


#: Built once: every work of a worker begins with it.
_WAITING = (
    select(tables.enrolments)
    .where(tables.enrolments.c.state == "waiting")
    .order_by(tables.enrolments.c.received)
    .limit(bindparam("many"))
    .with_for_update(skip_locked=True)
)


_SETTLED = ("pending", "refused")
_FORGET = delete(tables.enrolments).where(
    tables.enrolments.c.state.in_(_SETTLED), tables.enrolments.c.received < bindparam("before")
)


def too_many(scope: Scope, db: Tx) -> bool:
    """Whether so many wait, or came in the last hour, that no more are kept for now."""
    table = tables.enrolments
    count = select(func.count()).select_from(table)
    waiting = count.where(table.c.state == "waiting")
    # Of each state by itself, so that an index finds them.
    states = ("waiting", *_SETTLED)
    lately = count.where(table.c.state.in_(states), table.c.received > db.now - timedelta(hours=1))
    return (
        int(db.execute(waiting).scalar_one()) >= MAX_WAITING
        or int(db.execute(lately).scalar_one()) >= MOST_AN_HOUR
    )


def forget(scope: Scope, db: Tx) -> int:
    """Forget what became of enrolments long ago; how many. An agent is known by its key."""
    return db.execute(_FORGET, {"before": db.now - KNOWN}).rowcount


def keep(scope: Scope, db: Tx, verified: Verified, envelope: bytes) -> None:
    """Store an enrolment as it came, for the worker to open."""
    row = {"digest": verified.digest, "sign_key_id": verified.sender, "envelope": envelope}
    values = row | {"received": db.now, "state": "waiting", "reason": ""}
    db.execute(insert(tables.enrolments), values)


def waiting(scope: Scope, db: Tx, limit: int) -> list[Row[Any]]:
    """Enrolments nobody has looked at, oldest first; locked for this worker (PostgreSQL)."""
    return db.all(_WAITING, {"many": limit})


def settle(scope: Scope, db: Tx, digest: str, refused: str) -> None:
    """Keep what became of an enrolment; its bytes, with the used code inside, go."""
    table = tables.enrolments
    values = {"state": "refused" if refused else "pending", "reason": refused, "envelope": b""}
    db.execute(update(table).where(table.c.digest == digest).values(values))
