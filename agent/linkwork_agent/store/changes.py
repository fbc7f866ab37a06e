"""Marks that became other ones: in sets, one a read; what waits for a person, what was decided."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from linkwork_agent.store.base import Db, Tx, number, put

APPLIED, WAITING, ACCEPTED, REJECTED, TAKEN_BACK = (
    "applied",
    "waiting",
    "accepted",
    "rejected",
    "taken back",
)


class Changed(NamedTuple):
    """One mark that is another one now. `episodes` are the ids of those that had counted it."""

    pupil_key: str
    date: str
    half: str
    old: str
    new: str
    episodes: tuple[str, ...] = ()


class ChangeSet(NamedTuple):
    """What one read found changed. `state` is applied, waiting, accepted, rejected, taken back."""

    id: int
    found_at: str
    why: str
    state: str
    decided_at: str | None
    decided_by: str | None


class Told(NamedTuple):
    """One thing the authority was told of an episode; `ref` is the return's own id."""

    episode: str
    event: str
    at: str
    message: str
    ref: str | None


def add(tx: Tx, found_at: str, why: str, state: str, marks: Sequence[Changed]) -> int:
    """Keep a set; its id."""
    made = tx.execute(
        "INSERT INTO change_sets (found_at, why, state) VALUES (?, ?, ?)", [found_at, why, state]
    )
    set_id = int(made.lastrowid or 0)
    put_marks(tx, set_id, marks)
    return set_id


def put_marks(tx: Tx, set_id: int, marks: Sequence[Changed]) -> None:
    """Add marks to a set, or give those of it the source's newest word."""
    tx.executemany(
        "INSERT INTO mark_changes (set_id, pupil_key, date, half, old, new, episodes)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (set_id, pupil_key, date, half) DO UPDATE SET new = excluded.new",
        [
            (set_id, m.pupil_key, m.date, m.half, m.old, m.new, json.dumps(m.episodes))
            for m in marks
        ],
    )


def sets(db: Db, state: str = "", limit: int = -1) -> list[ChangeSet]:
    """Sets, those that wait first, then the newest."""
    return [
        ChangeSet(**dict(row))
        for row in db.execute(
            "SELECT id, found_at, why, state, decided_at, decided_by FROM change_sets"
            " WHERE ? IN ('', state) ORDER BY state != 'waiting', id DESC LIMIT ?",
            [state, limit],
        )
    ]


def marks(db: Db, set_id: int) -> list[Changed]:
    """The marks of one set, by pupil and time."""
    return [
        _changed(row)
        for row in db.execute(
            "SELECT * FROM mark_changes WHERE set_id = ? ORDER BY pupil_key, date, half", [set_id]
        )
    ]


def standing(db: Db, state: str) -> list[tuple[int, Changed]]:
    """Every mark of the sets in this state that still stands, with its set's id."""
    return [
        (row["set_id"], _changed(row))
        for row in db.execute(
            "SELECT m.* FROM mark_changes m JOIN change_sets s ON s.id = m.set_id"
            " WHERE s.state = ? AND m.standing ORDER BY m.set_id",
            [state],
        )
    ]


def taken_over(db: Db, since: str) -> list[tuple[str, Changed]]:
    """Marks taken over on the day `since` (ISO) or later, with that day, the oldest first."""
    return [
        (row["day"], _changed(row))
        for row in db.execute(
            "SELECT m.*, substr(coalesce(s.decided_at, s.found_at), 1, 10) AS day"
            " FROM mark_changes m JOIN change_sets s ON s.id = m.set_id"
            " WHERE s.state IN ('applied', 'accepted') AND day >= ? ORDER BY day, m.set_id",
            [since],
        )
    ]


def waiting(db: Db) -> tuple[int, int]:
    """How many sets wait for a person, and how many marks are in them."""
    row = db.execute(
        "SELECT count(DISTINCT s.id) AS sets, count(m.set_id) AS marks FROM change_sets s"
        " LEFT JOIN mark_changes m ON m.set_id = s.id WHERE s.state = 'waiting'"
    ).fetchone()
    return row["sets"], row["marks"]


def waiting_words(db: Db) -> str:
    """What a person is waited for, with the commands; nothing when nothing waits."""
    sets, marks = waiting(db)
    if not sets:
        return ""
    count = "1 mark is" if marks == 1 else f"{marks} marks are"
    what = f"{count} another one now" if marks else "the register comes from another source"
    return (
        f"A person is waited for: {what}, and until someone has decided nothing that was told is "
        "withdrawn. Look with: linkwork-agent changes; then linkwork-agent changes accept, or "
        "linkwork-agent changes reject"
    )


def forget(tx: Tx, settled: Sequence[tuple[str, str, str]]) -> None:
    """The source says something else of these (pupil key, date, half) than what waits or was
    rejected. A set of which nothing waits any more is closed.
    """
    tx.executemany(
        "DELETE FROM mark_changes WHERE pupil_key = ? AND date = ? AND half = ? AND set_id IN"
        " (SELECT id FROM change_sets WHERE state = 'waiting')",
        settled,
    )
    tx.executemany(
        "UPDATE mark_changes SET standing = 0 WHERE pupil_key = ? AND date = ? AND half = ?"
        " AND set_id IN (SELECT id FROM change_sets WHERE state = 'rejected')",
        settled,
    )
    if settled:
        tx.execute(
            "UPDATE change_sets SET state = 'taken back' WHERE state = 'waiting' AND NOT EXISTS"
            " (SELECT 1 FROM mark_changes m WHERE m.set_id = change_sets.id)"
        )


def decide(tx: Tx, set_id: int, state: str, by: str, at: str) -> None:
    """What a person decided of a waiting set. Whoever is reading at this moment starts again."""
    tx.execute(
        "UPDATE change_sets SET state = ?, decided_at = ?, decided_by = ? WHERE id = ?",
        [state, at, by, set_id],
    )
    put(tx, decisions=number(tx, "decisions") + 1)


def tell(tx: Tx, told: Sequence[Told]) -> None:
    """Keep what leaves of episodes, in the transaction that puts it into the outbox."""
    tx.executemany(
        "INSERT INTO told (episode, event, at, message, ref) VALUES (?, ?, ?, ?, ?)", told
    )


def told_with(db: Db, message: str) -> frozenset[str]:
    """The ids of the episodes of which the authority was told with this kind of message."""
    rows = db.execute("SELECT DISTINCT episode FROM told WHERE message = ?", [message])
    return frozenset(row["episode"] for row in rows)


def rekey(tx: Tx, keys: Sequence[tuple[str, str]]) -> None:
    """Marks of a pupil known twice are those of the key it has now; each pair: was, now.

    Where both have the mark of one session in one set, that under the new key stays.
    """
    swapped = [(now, was) for was, now in keys]
    tx.executemany("UPDATE OR IGNORE mark_changes SET pupil_key = ? WHERE pupil_key = ?", swapped)
    tx.executemany("DELETE FROM mark_changes WHERE pupil_key = ?", [(was,) for was, _ in keys])


def told(db: Db, episode: str) -> list[Told]:
    """What the authority was told of an episode, in order."""
    return [
        Told(**dict(row))
        for row in db.execute(
            "SELECT episode, event, at, message, ref FROM told WHERE episode = ? ORDER BY id",
            [episode],
        )
    ]


def _changed(row: sqlite3.Row) -> Changed:
    counted = tuple(json.loads(row["episodes"]))
    day, half, old, new = row["date"], row["half"], row["old"], row["new"]
    return Changed(row["pupil_key"], day, half, old, new, counted)
