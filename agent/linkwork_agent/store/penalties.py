"""Penalty notices the school asked its authority for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from linkwork_agent.store.base import Db, Tx

#: No message takes a request back: a person at the school does.
TELL = "tell the authority at once that leave was granted, by telephone or on its pages"


class Asked(NamedTuple):
    """One request: for whose leave, its first and last day (ISO), and who asked when."""

    referral_id: str
    pupil_key: str
    first: str
    last: str
    asked_at: str
    asked_by: str


def asked(db: Db) -> list[Asked]:
    """Every request, the oldest first."""
    rows = db.execute(
        "SELECT referral_id, pupil_key, first, last, asked_at, asked_by FROM penalty_requests"
        " ORDER BY asked_at, referral_id"
    )
    return [Asked(*row) for row in rows]


def for_days(made: Sequence[Asked], key: str, first: str, last: str) -> Asked | None:
    """The first of these requests that is for any day of a pupil's from `first` to `last` (ISO)."""
    return next(
        (
            each
            for each in made
            if each.pupil_key == key and each.first <= last and each.last >= first
        ),
        None,
    )


def add(tx: Tx, new: Asked) -> None:
    """Keep a request, in the transaction that puts it into the outbox."""
    tx.execute("INSERT INTO penalty_requests VALUES (?, ?, ?, ?, ?, ?)", new)


def rekey(tx: Tx, keys: Sequence[tuple[str, str]]) -> None:
    """Requests for a pupil known twice are for the key it has now; each pair: was, now."""
    tx.executemany(
        "UPDATE penalty_requests SET pupil_key = ? WHERE pupil_key = ?", [(b, a) for a, b in keys]
    )
