"""The SQL of enrolments on their way from the receiver to the worker."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, bindparam, func, insert, select, update

from linkwork.seal import Verified
from linkwork_hub.db import Scope, Tx
from linkwork_hub.feeds import tables

#: Anyone can send an enrolment; more than this many unseen ones are told to come back.
MAX_WAITING = 200


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


def too_many(scope: Scope, db: Tx) -> bool:
    """Whether so many wait that no more are kept for now."""
    table = tables.enrolments
    query = select(func.count()).select_from(table).where(table.c.state == "waiting")
    return int(db.execute(query).scalar_one()) >= MAX_WAITING


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
