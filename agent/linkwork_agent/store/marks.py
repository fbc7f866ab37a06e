"""The last known register: one byte a mark, kept so that a read of a few weeks judges a year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from pydantic import TypeAdapter

from linkwork.register import Pupil, Register, Session
from linkwork_agent.store.base import Db, Tx

_pupil: TypeAdapter[Pupil] = TypeAdapter(Pupil)


class Kept(NamedTuple):
    """What is kept: the register, its pupils' keys, marks gone from the source, pupils away."""

    register: Register
    keys: tuple[str, ...]
    gone: Mapping[Session, bytes]
    away: frozenset[str]


def load(db: Db, calendar: frozenset[date] | None) -> Kept:
    """The last known register; without pupils before the first read.

    `calendar` is the days its source declared, which are kept apart.
    """
    rows = db.execute(
        "SELECT pupil_key, place, details, gone_since FROM pupils WHERE place IS NOT NULL"
        " ORDER BY place"
    ).fetchall()
    places = [row["place"] for row in rows]
    width = max(places, default=-1) + 1

    def in_order(kept: bytes) -> bytes:
        padded = kept.ljust(width, b"\0")
        return bytes([padded[place] for place in places])

    marks = {
        Session(date.fromisoformat(row["date"]), row["half"]): (
            in_order(row["marks"]),
            in_order(row["gone"]),
        )
        for row in db.execute("SELECT date, half, marks, gone FROM known_marks ORDER BY date, half")
    }
    return Kept(
        Register(
            pupils=tuple(_pupil.validate_json(row["details"]) for row in rows),
            sessions=tuple(marks),
            codes=codes(db),
            rows=[bytearray(row) for row, _ in marks.values()],
            calendar=calendar,
        ),
        keys=tuple(row["pupil_key"] for row in rows),
        gone={session: gone for session, (_, gone) in marks.items() if any(gone)},
        away=frozenset(row["pupil_key"] for row in rows if row["gone_since"]),
    )


def codes(db: Db) -> tuple[str, ...]:
    """Every code met so far, by its place; the first is no mark."""
    met = db.execute("SELECT code FROM known_codes ORDER BY place").fetchall()
    return ("", *(row["code"] for row in met))


def save(tx: Tx, kept: Kept, given: Mapping[str, Pupil], today: str) -> None:
    """Keep a register in place of the last; what is in it no longer is forgotten.

    `given` are the pupils whom the source gave this time, by key. The pupils must be known to
    the store already. Its codes begin with those loaded. Rows that did not change are not
    written.
    """
    places = _places(tx, kept, given, today)
    tx.executemany(
        "INSERT OR IGNORE INTO known_codes (place, code) VALUES (?, ?)",
        list(enumerate(kept.register.codes))[1:],
    )
    before = {
        (row["date"], row["half"]): (row["marks"], row["gone"])
        for row in tx.execute("SELECT date, half, marks, gone FROM known_marks")
    }
    width = max(places, default=-1) + 1
    nothing = bytes(len(places))
    now: dict[tuple[str, str], tuple[bytes, bytes]] = {}
    for session, row in zip(kept.register.sessions, kept.register.rows, strict=True):
        gone = kept.gone.get(session, nothing)
        key = (session.date.isoformat(), session.half)
        now[key] = _placed(row, places, width), _placed(gone, places, width)
    tx.executemany(
        "INSERT INTO known_marks (date, half, marks, gone) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (date, half) DO UPDATE SET marks = excluded.marks, gone = excluded.gone",
        [(*key, *rows) for key, rows in now.items() if before.get(key) != rows],
    )
    tx.executemany(
        "DELETE FROM known_marks WHERE date = ? AND half = ?", list(before.keys() - now.keys())
    )


def put(tx: Tx, pupil_key: str, session: Session, code: str) -> None:
    """Make one mark another one. Nothing happens to a mark that is kept no longer."""
    place = tx.execute("SELECT place FROM pupils WHERE pupil_key = ?", [pupil_key]).fetchone()
    at = [session.date.isoformat(), session.half]
    row = tx.execute("SELECT marks FROM known_marks WHERE date = ? AND half = ?", at).fetchone()
    if row is None or place is None or place["place"] is None:
        return
    known = codes(tx)
    if code not in known:
        tx.execute("INSERT INTO known_codes (place, code) VALUES (?, ?)", [len(known), code])
        known = (*known, code)
    marks = bytearray(row["marks"].ljust(place["place"] + 1, b"\0"))
    marks[place["place"]] = known.index(code)
    tx.execute("UPDATE known_marks SET marks = ? WHERE date = ? AND half = ?", [bytes(marks), *at])


def _placed(row: bytes | bytearray, places: Sequence[int], width: int) -> bytes:
    # Without the zeros at the end, a pupil who joins changes no row of before.
    placed = bytearray(width)
    for place, mark in zip(places, row, strict=True):
        placed[place] = mark
    return bytes(placed).rstrip(b"\0")


def _places(tx: Tx, kept: Kept, given: Mapping[str, Pupil], today: str) -> list[int]:
    """The place of each pupil, in order; who is kept no longer gives up place and details."""
    held = {
        row["pupil_key"]: row["place"]
        for row in tx.execute("SELECT pupil_key, place FROM pupils WHERE place IS NOT NULL")
    }
    stay = set(kept.keys)
    tx.executemany(
        "UPDATE pupils SET place = NULL, details = NULL, gone_since = NULL WHERE pupil_key = ?",
        [(key,) for key in held if key not in stay],
    )
    held = {key: place for key, place in held.items() if key in stay}
    free = iter(sorted(set(range(len(stay) + len(held))) - set(held.values())))
    for key in kept.keys:
        if key not in held:
            held[key] = next(free)
    tx.executemany(
        "UPDATE pupils SET place = ?, details = ?, gone_since = NULL WHERE pupil_key = ?",
        [(held[key], _pupil.dump_json(pupil).decode(), key) for key, pupil in given.items()],
    )
    tx.executemany(
        "UPDATE pupils SET gone_since = coalesce(gone_since, ?) WHERE pupil_key = ?",
        [(today, key) for key in kept.away],
    )
    return [held[key] for key in kept.keys]
