"""The school's copies of what its meetings agreed, each version as it was signed."""

from __future__ import annotations

from typing import NamedTuple

from linkwork_agent.store.base import Db, Tx


class Record(NamedTuple):
    """One version of a record: its very bytes as text, and who confirmed it for the school."""

    record_id: str
    version: int
    body: str
    signature: str
    key_id: str
    digest: str
    received_at: str
    confirmed_by: str = ""
    confirmed_on: str = ""


def put(tx: Tx, record: Record) -> None:
    """Keep a version; of a known one nothing changes but who confirmed it."""
    tx.execute(
        "INSERT INTO records VALUES (:record_id, :version, :body, :signature, :key_id, :digest,"
        " :received_at, :confirmed_by, :confirmed_on) ON CONFLICT (record_id, version) DO UPDATE"
        " SET confirmed_by = excluded.confirmed_by, confirmed_on = excluded.confirmed_on"
        " WHERE confirmed_by = '' AND digest = excluded.digest",
        record._asdict(),
    )


def confirm(tx: Tx, record: Record, by: str, on: str) -> bool:
    """The school confirms a version. False when it had before."""
    done = tx.execute(
        "UPDATE records SET confirmed_by = ?, confirmed_on = ?"
        " WHERE record_id = ? AND version = ? AND confirmed_by = ''",
        [by, on, record.record_id, record.version],
    )
    return done.rowcount == 1


def records(db: Db) -> list[Record]:
    """Every version of every record: the newest meeting first, of each the newest version first."""
    rows = db.execute(
        "SELECT * FROM records ORDER BY json_extract(body, '$.day') DESC, record_id, version DESC"
    )
    return [Record(**dict(row)) for row in rows]
