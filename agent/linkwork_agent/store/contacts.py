"""What was done with pupils, families and agencies: written once, corrected by a new line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from linkwork_agent.store.base import Db, Tx


class Contact(NamedTuple):
    """One contact, or a line that corrects another.

    `at` is the school's own time, YYYY-MM-DDTHH:MM, or the day alone. `corrects` is the id of the
    line in whose place this one stands. A letter about a run of absence says by which rule it was
    due (`rule`) and which days the run had by then; else these are empty.
    """

    id: int
    pupil_key: str
    at: str
    with_whom: str
    how: str
    note: str
    by_whom: str
    noted_at: str
    corrects: int | None = None
    rule: str = ""
    run_first: str = ""
    run_last: str = ""

    @property
    def day(self) -> str:
        """The day of it, as YYYY-MM-DD."""
        return self.at[:10]


def add(tx: Tx, new: Contact) -> int:
    """Keep a line; its id. `new.id` is not looked at."""
    made = tx.execute(
        "INSERT INTO contacts (pupil_key, at, with_whom, how, note, by_whom, noted_at, corrects,"
        " rule, run_first, run_last) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        new[1:],
    )
    return int(made.lastrowid or 0)


def every(db: Db) -> list[Contact]:
    """Every line ever written, corrected ones too, the newest first."""
    return [
        Contact(**dict(row))
        for row in db.execute(
            "SELECT id, pupil_key, at, with_whom, how, note, by_whom, noted_at, corrects, rule,"
            " run_first, run_last FROM contacts ORDER BY at DESC, id DESC"
        )
    ]


def corrected_by(lines: Sequence[Contact]) -> Mapping[int, int]:
    """By the id of each line that is corrected, the id of the one in its place."""
    return {line.corrects: line.id for line in lines if line.corrects is not None}


def standing(lines: Sequence[Contact]) -> list[Contact]:
    """Those in whose place no other stands, in the order given."""
    over = corrected_by(lines)
    return [line for line in lines if line.id not in over]


def rekey(tx: Tx, keys: Sequence[tuple[str, str]]) -> None:
    """Contacts about a pupil known twice are of the key it has now; each pair: was, now."""
    tx.executemany(
        "UPDATE contacts SET pupil_key = ? WHERE pupil_key = ?", [(b, a) for a, b in keys]
    )
