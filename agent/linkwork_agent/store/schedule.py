"""The claim rows of scheduled work, and what is wrong now, in sentences."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from linkwork_agent.store.base import Db, Tx

#: How many slots of one job are remembered, the last to be claimed; only the last one decides.
SLOTS_KEPT = 200


class Problem(NamedTuple):
    """Something a person should know. `shared` is the part that may leave: it names no pupil."""

    source: str
    sentence: str
    shared: str
    since: str


def last_done(db: Db, latest: str) -> dict[str, str]:
    """The last finished slot of each job, none of them after `latest`."""
    rows = db.execute(
        "SELECT job, MAX(slot) AS slot FROM schedule_state"
        " WHERE done_at IS NOT NULL AND slot <= ? GROUP BY job",
        [latest],
    )
    return {row["job"]: row["slot"] for row in rows}


def claim(tx: Tx, job: str, slot: str, now: datetime) -> bool:
    """Claim one slot of a job. False when it is done: it never runs twice."""
    claimed = tx.execute(
        "INSERT INTO schedule_state (job, slot, claimed_at, attempts) VALUES (?, ?, ?, 1)"
        " ON CONFLICT (job, slot) DO UPDATE SET claimed_at = excluded.claimed_at,"
        " attempts = attempts + 1 WHERE done_at IS NULL",
        [job, slot, now.isoformat()],
    )
    return claimed.rowcount == 1


def finish(tx: Tx, job: str, slot: str, now: datetime) -> None:
    """The slot's work is whole; forget slots long past."""
    tx.execute(
        "UPDATE schedule_state SET done_at = ? WHERE job = ? AND slot = ?",
        [now.isoformat(), job, slot],
    )
    tx.execute(
        "DELETE FROM schedule_state WHERE job = ? AND slot NOT IN"
        " (SELECT slot FROM schedule_state WHERE job = ? ORDER BY rowid DESC LIMIT ?)",
        [job, job, SLOTS_KEPT],
    )


def problems(db: Db) -> list[Problem]:
    """What is wrong now, oldest first."""
    rows = db.execute("SELECT source, sentence, shared, since FROM problems ORDER BY since, source")
    return [Problem(**dict(row)) for row in rows]


def report(tx: Tx, source: str, sentence: str, shared: str, now: datetime) -> None:
    """Keep a problem of `source`; the same sentence again keeps the time it began."""
    tx.execute(
        "INSERT INTO problems (source, sentence, shared, since) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (source) DO UPDATE SET sentence = excluded.sentence,"
        " shared = excluded.shared, since = excluded.since WHERE sentence != excluded.sentence",
        [source, sentence, shared, now.isoformat()],
    )


def solved(tx: Tx, source: str) -> None:
    """The problem of `source` is over."""
    tx.execute("DELETE FROM problems WHERE source = ?", [source])
