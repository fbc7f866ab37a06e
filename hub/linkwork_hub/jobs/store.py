"""The SQL of claims: which process runs which slot of which job."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Column, Integer, String, Table, select, update

from linkwork_hub.db import Scope, Tx, Utc, metadata

job_runs = Table(
    "job_runs",
    metadata,
    Column("job", String, primary_key=True),
    Column("slot", String, primary_key=True),
    Column("attempt", Integer, nullable=False),
    Column("lease_until", Utc, nullable=False),
    Column("done", Utc),
)


def claim(scope: Scope, db: Tx, job: str, slot: str, lease: timedelta) -> int | None:
    """Take one slot for as long as the lease; the attempt's number, or None.

    None when the slot is done or another process holds it. An expired lease is taken over
    with the next number, so that the process that lost it can no longer finish.
    """
    until = db.now + lease
    key = {"job": job, "slot": slot}
    if db.add_once(job_runs, key | {"attempt": 1, "lease_until": until, "done": None}):
        return 1
    mine = (job_runs.c.job == job) & (job_runs.c.slot == slot)
    row = db.execute(select(job_runs).where(mine).with_for_update()).one()
    if row.done is not None or row.lease_until > db.now:
        return None
    attempt = int(row.attempt) + 1
    db.execute(update(job_runs).where(mine).values(attempt=attempt, lease_until=until))
    return attempt


def finish(scope: Scope, db: Tx, job: str, slot: str, attempt: int) -> bool:
    """Mark a slot done; False when another attempt has taken it over since."""
    mine = (job_runs.c.job == job) & (job_runs.c.slot == slot) & (job_runs.c.attempt == attempt)
    done = db.execute(update(job_runs).where(mine, job_runs.c.done.is_(None)).values(done=db.now))
    return done.rowcount == 1
