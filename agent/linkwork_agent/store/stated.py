"""What the school has said beside its marks: facts about pupils, and declarations with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from linkwork_agent.store.base import Db, Tx, number, put


class Stated(NamedTuple):
    """One thing said of one pupil, from `first` to `last`, both inclusive; None: without an end.

    `kind` is a kind of fact, or the name of the rule that is declared met. One that was taken
    back was a mistake and holds on no day.
    """

    id: int
    pupil_key: str
    kind: str
    first: str
    last: str | None
    reason: str
    said_by: str
    said_at: str
    withdrawn_at: str | None = None
    withdrawn_by: str | None = None


def all_stated(db: Db) -> list[Stated]:
    """Everything ever said, the newest first."""
    return [
        Stated(**dict(row))
        for row in db.execute(
            "SELECT id, pupil_key, kind, first, last, reason, said_by, said_at, withdrawn_at,"
            " withdrawn_by FROM stated ORDER BY id DESC"
        )
    ]


def state(tx: Tx, new: Stated) -> int:
    """Keep what was said; its id. `new.id` is not looked at."""
    made = tx.execute(
        "INSERT INTO stated (pupil_key, kind, first, last, reason, said_by, said_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        new[1:8],
    )
    _decided(tx)
    return int(made.lastrowid or 0)


def end(tx: Tx, stated_id: int, last: str) -> None:
    """It holds up to and including this day."""
    tx.execute("UPDATE stated SET last = ? WHERE id = ?", [last, stated_id])
    _decided(tx)


def withdraw(tx: Tx, stated_id: int, by: str, at: datetime) -> None:
    """It was a mistake; who said so and when is kept beside it."""
    tx.execute(
        "UPDATE stated SET withdrawn_at = ?, withdrawn_by = ? WHERE id = ?",
        [at.isoformat(), by, stated_id],
    )
    _decided(tx)


def rekey(tx: Tx, keys: Sequence[tuple[str, str]]) -> None:
    """What was said of a pupil known twice is of the key it has now; each pair: was, now."""
    tx.executemany("UPDATE stated SET pupil_key = ? WHERE pupil_key = ?", [(b, a) for a, b in keys])


def _decided(tx: Tx) -> None:
    # Whoever is reading at this moment starts again.
    put(tx, decisions=number(tx, "decisions") + 1)
