"""Messages on their way to the hub, and in plain words what has left this building."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from linkwork_agent.store.base import Db, Store, Tx, number, put, text

#: How long a row outlives its receipt, so that a hub restored to an older state can ask again.
KEPT_DAYS = 30
#: How many refused messages an answer of the hub names at most.
REFUSALS_NAMED = 50
#: Where an envelope names the key that signed it: after its four letters.
_SENDER_AT = 4


class Row(NamedTuple):
    """One message. `words` says what it is to a person; `detail` what it names, if anything."""

    epoch: int
    seq: int
    kind: str
    message_id: str
    created: str
    envelope: bytes
    words: str
    detail: dict[str, Any]
    acked_at: str | None
    refused: str | None


class Place(NamedTuple):
    """Where in the feed the next message goes."""

    epoch: int
    seq: int


class Counts(NamedTuple):
    """How many messages wait, and how many the hub stored but could not apply."""

    waiting: int
    refused: int


def next_place(db: Db) -> Place:
    """The epoch and sequence number the next message takes."""
    return Place(number(db, "epoch") or 1, number(db, "next_seq") or 1)


def add(tx: Tx, row: Row, body: bytes) -> None:
    """Keep one message at the next place; raises ValueError when `row` is for another."""
    place = next_place(tx)
    if (row.epoch, row.seq) != (place.epoch, place.seq):
        raise ValueError(f"message for {row.epoch}/{row.seq}, but {place} is next")
    tx.execute(
        "INSERT INTO outbox (epoch, seq, kind, message_id, created, body, envelope, words, detail)"
        " VALUES (:epoch, :seq, :kind, :message_id, :created, :body, :envelope, :words, :detail)",
        row._asdict() | {"body": body, "detail": json.dumps(row.detail)},
    )
    put(tx, epoch=place.epoch, next_seq=place.seq + 1)


def waiting(db: Db, limit: int = 100) -> list[Row]:
    """The oldest messages without a receipt, in order."""
    found = db.execute(
        "SELECT * FROM outbox WHERE acked_at IS NULL ORDER BY epoch, seq LIMIT ?", [limit]
    )
    return [_row(row) for row in found]


def latest(db: Db, limit: int = 50) -> list[Row]:
    """The newest messages, acknowledged or not, newest first."""
    found = db.execute("SELECT * FROM outbox ORDER BY epoch DESC, seq DESC LIMIT ?", [limit])
    return [_row(row) for row in found]


def last_of(db: Db, kind: str) -> Row | None:
    """The newest message of a kind, or None."""
    found = db.execute(
        "SELECT * FROM outbox WHERE kind = ? ORDER BY epoch DESC, seq DESC LIMIT 1", [kind]
    ).fetchone()
    return None if found is None else _row(found)


def refused(db: Db) -> list[Row]:
    """Messages the hub stored but could not apply, oldest first."""
    found = db.execute("SELECT * FROM outbox WHERE refused IS NOT NULL ORDER BY epoch, seq")
    return [_row(row) for row in found]


def counts(db: Db) -> Counts:
    """How many wait and how many were refused."""
    row = db.execute(
        "SELECT COUNT(*) FILTER (WHERE acked_at IS NULL) AS waiting,"
        " COUNT(*) FILTER (WHERE refused IS NOT NULL) AS refused FROM outbox"
    ).fetchone()
    return Counts(int(row["waiting"]), int(row["refused"]))


def acked(tx: Tx, row: Row, now: datetime) -> None:
    """The hub's signed receipt for `row` was verified: it is stored there."""
    at = now.isoformat()
    tx.execute(
        "UPDATE outbox SET acked_at = ? WHERE epoch = ? AND seq = ? AND acked_at IS NULL",
        [at, row.epoch, row.seq],
    )
    put(tx, last_receipt=at)


def renew(tx: Tx, epoch: int, remake: Callable[[Row, bytes, Place], bytes]) -> int:
    """Number every waiting message anew in a new epoch, in order; how many there were.

    `remake` makes the envelope of one for its new place, from the row and its body.
    """
    rows = tx.execute("SELECT * FROM outbox WHERE acked_at IS NULL ORDER BY epoch, seq").fetchall()
    for seq, found in enumerate(rows, start=1):
        row = _row(found)
        envelope = remake(row, bytes(found["body"]), Place(epoch, seq))
        tx.execute(
            "UPDATE outbox SET epoch = ?, seq = ?, envelope = ? WHERE message_id = ?",
            [epoch, seq, envelope, row.message_id],
        )
    put(tx, epoch=epoch, next_seq=len(rows) + 1)
    return len(rows)


def ask_again(tx: Tx, held: Place, senders: Sequence[bytes]) -> int:
    """Let what the hub receipted and no longer holds go again, byte for byte; how many messages.

    `held` is how far it holds the feed without a gap. Only envelopes signed by a key of an id in
    `senders`: those of an earlier enrolment belong to another feed.
    """
    lost = 0
    for sender in senders:
        lost += tx.execute(
            "UPDATE outbox SET acked_at = NULL, applied = 0 WHERE acked_at IS NOT NULL"
            " AND (epoch > ? OR (epoch = ? AND seq > ?)) AND substr(envelope, ?, ?) = ?",
            [held.epoch, held.epoch, held.seq, _SENDER_AT + 1, len(sender), sender],
        ).rowcount
    return lost


def receipted(db: Db, epoch: int) -> bool:
    """Whether the hub ever proved that it holds something of an epoch."""
    found = db.execute(
        "SELECT 1 FROM outbox WHERE epoch = ? AND acked_at IS NOT NULL LIMIT 1", [epoch]
    )
    return found.fetchone() is not None


def waits_under_another_key(db: Db, sender: bytes) -> bool:
    """Whether something that waits was signed with another key than that of id `sender`."""
    found = db.execute(
        "SELECT 1 FROM outbox WHERE acked_at IS NULL AND substr(envelope, ?, ?) != ? LIMIT 1",
        [_SENDER_AT + 1, len(sender), sender],
    )
    return found.fetchone() is not None


def all_again(tx: Tx) -> None:
    """Let everything that is still kept go again, what was refused for good excepted."""
    tx.execute(
        "UPDATE outbox SET acked_at = NULL, applied = 0"
        " WHERE acked_at IS NOT NULL AND refused IS NULL"
    )


def hole(db: Db, held: Place) -> bool:
    """Whether something between what the hub holds and our next number is no longer kept here."""
    ours = next_place(db)
    first = held.seq + 1 if held.epoch == ours.epoch else 1
    kept = db.execute(
        "SELECT COUNT(*) FROM outbox WHERE epoch = ? AND seq >= ?", [ours.epoch, first]
    ).fetchone()
    return int(kept[0]) < ours.seq - first


class Line(NamedTuple):
    """One line in the log of what left this building; the same `key` is one line for ever."""

    key: str
    kind: str
    words: str
    detail: dict[str, Any]


def line_of(row: Row) -> Line:
    """The line of a message: one, however often it is sent and under whatever number."""
    return Line(row.message_id, row.kind, row.words, row.detail)


def leaving(store: Store, line: Line, now: datetime) -> None:
    """Write a line before its first byte goes out, so that nothing leaves without one."""
    if store.read.execute("SELECT 1 FROM sent WHERE key = ?", [line.key]).fetchone():
        return
    with store.write() as tx:
        tx.execute(
            "INSERT INTO sent (key, at, kind, words, detail) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (key) DO NOTHING",
            [line.key, now.isoformat(), line.kind, line.words, json.dumps(line.detail)],
        )


def received(tx: Tx, line: Line, now: datetime) -> None:
    """The hub has proven that it holds what a line tells of; the first proof counts."""
    tx.execute(
        "UPDATE sent SET receipt = ? WHERE key = ? AND receipt IS NULL",
        [now.isoformat(), line.key],
    )


def sent(db: Db, limit: int) -> list[dict[str, Any]]:
    """What left this building, newest first: at, kind, words, receipt, and what it named.

    `receipt` is when the hub proved that it holds it, None while there is no such proof.
    """
    rows = db.execute(
        "SELECT at, kind, words, receipt, detail FROM sent ORDER BY id DESC LIMIT ?", [limit]
    ).fetchall()
    told = ("at", "kind", "words", "receipt")
    return [{name: row[name] for name in told} | json.loads(row["detail"]) for row in rows]


def learned(
    tx: Tx, epoch: int, through: int, refusals: Sequence[tuple[int, int, str]], unread: str
) -> None:
    """What a later answer says became of stored messages: applied through, and refused.

    A hub that was too old for a message names it in every answer, with a reason that begins with
    `unread`, until it was updated and has read it: then it is refused no more.
    """
    tx.execute(
        "UPDATE outbox SET applied = 1 WHERE epoch < ? OR (epoch = ? AND seq <= ?)",
        [epoch, epoch, through],
    )
    if len(refusals) < REFUSALS_NAMED:
        tx.execute("UPDATE outbox SET refused = NULL WHERE refused LIKE ?", [f"{unread}%"])
    for refused_epoch, seq, reason in refusals:
        tx.execute(
            "UPDATE outbox SET refused = ? WHERE epoch = ? AND seq = ?",
            [reason, refused_epoch, seq],
        )


def purge(tx: Tx, now: datetime) -> None:
    """Forget rows whose receipt is older than 30 days; what is in `sent` stays."""
    before = (now - timedelta(days=KEPT_DAYS)).isoformat()
    tx.execute("DELETE FROM outbox WHERE acked_at < ? AND refused IS NULL", [before])


def last_receipt(db: Db) -> str | None:
    """When the hub last proved that it holds something of ours."""
    return text(db, "last_receipt")


def _row(found: sqlite3.Row) -> Row:
    return Row(
        epoch=found["epoch"],
        seq=found["seq"],
        kind=found["kind"],
        message_id=found["message_id"],
        created=found["created"],
        envelope=bytes(found["envelope"]),
        words=found["words"],
        detail=json.loads(found["detail"]),
        acked_at=found["acked_at"],
        refused=found["refused"],
    )
