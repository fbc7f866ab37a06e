"""Meetings the authority planned with this school, and what was released by name for each."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import NamedTuple

from linkwork_agent.store.base import Db, Tx


class Planned(NamedTuple):
    """One meeting; days are ISO dates. `sent` is the digest of the list that left last, or ""."""

    meeting_id: str
    version: int
    meeting: str
    day: str
    names_from: str
    names_through: str
    state: str
    released_by: str = ""
    withdrawn_by: str = ""
    sent: str = ""
    sent_at: str = ""


_COLUMNS = ", ".join(Planned._fields)


def put(tx: Tx, one: Planned) -> None:
    """Keep a meeting as the authority has it now; an older word of it changes nothing."""
    tx.execute(
        "INSERT INTO meetings (meeting_id, version, meeting, day, names_from, names_through, state)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (meeting_id) DO UPDATE SET"
        " version = excluded.version, meeting = excluded.meeting, day = excluded.day,"
        " names_from = excluded.names_from, names_through = excluded.names_through,"
        " state = excluded.state WHERE excluded.version >= meetings.version",
        list(one[:7]),
    )


def meetings(db: Db) -> list[Planned]:
    """Every meeting known here, the earliest first."""
    rows = db.execute(f"SELECT {_COLUMNS} FROM meetings ORDER BY day, meeting_id")  # noqa: S608
    return [Planned(**dict(row)) for row in rows]


def meeting(db: Db, meeting_id: str) -> Planned | None:
    """One meeting, or None."""
    return next((one for one in meetings(db) if one.meeting_id == meeting_id), None)


def release(tx: Tx, meeting_id: str, by: str) -> None:
    """A list of names may leave for this meeting, says somebody of the school."""
    tx.execute(
        "UPDATE meetings SET released_by = ?, withdrawn_by = '' WHERE meeting_id = ?",
        [by, meeting_id],
    )


def withdraw(tx: Tx, meeting_id: str, by: str) -> None:
    """No list leaves for this meeting, whatever else is released; what left is forgotten here."""
    tx.execute(
        "UPDATE meetings SET released_by = '', withdrawn_by = ?, sent = '', sent_at = ''"
        " WHERE meeting_id = ?",
        [by, meeting_id],
    )


def set_sent(tx: Tx, meeting_id: str, digest: str, at: str, pseudonyms: Collection[str]) -> None:
    """A list left for this meeting: its digest, when, and whom it was about."""
    tx.execute(
        "UPDATE meetings SET sent = ?, sent_at = ?, listed = ? WHERE meeting_id = ?",
        [digest, at, json.dumps(sorted(pseudonyms)), meeting_id],
    )
