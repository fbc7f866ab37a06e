"""What each pupil's school year came to, kept for the lists of the next September, then dropped."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

from linkwork.results import HalfTerm, HalfTermResult, YearResult
from linkwork_agent.store.base import Db, Tx


def keep(tx: Tx, found: Iterable[tuple[str, YearResult]]) -> None:
    """Keep results by pupil key, and forget those of school years before the last.

    A read that reaches less far back than one before says less: the fuller one stands.
    """
    rows = [
        (key, result.year.isoformat(), result.expected, json.dumps(_data(result)))
        for key, result in found
    ]
    tx.executemany(
        "INSERT INTO year_results (pupil_key, year, expected, data) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (pupil_key, year) DO UPDATE"
        " SET expected = excluded.expected, data = excluded.data"
        " WHERE excluded.expected >= year_results.expected",
        rows,
    )
    newest = max((date.fromisoformat(row[1]) for row in rows), default=None)
    if newest is not None:
        last_year = newest.replace(year=newest.year - 1).isoformat()
        tx.execute("DELETE FROM year_results WHERE year < ?", [last_year])


def kept(db: Db) -> dict[str, list[YearResult]]:
    """Every result kept, by pupil key, oldest year first; its `pupil_id` is the key."""
    found: dict[str, list[YearResult]] = {}
    for row in db.execute("SELECT pupil_key, year, data FROM year_results ORDER BY year"):
        result = _result(row["pupil_key"], row["year"], json.loads(row["data"]))
        found.setdefault(row["pupil_key"], []).append(result)
    return found


def _data(result: YearResult) -> dict[str, Any]:
    terms = [
        {
            "number": each.half_term.number,
            "first": each.half_term.first.isoformat(),
            "last": each.half_term.last.isoformat(),
            "expected": each.expected,
            "possible": each.possible,
            "authorised": each.authorised,
            "unauthorised": each.unauthorised,
        }
        for each in result.half_terms
    ]
    return {"known": result.known, "half_terms": terms}


def _result(key: str, year: str, data: dict[str, Any]) -> YearResult:
    terms = tuple(
        HalfTermResult(
            HalfTerm(
                each["number"],
                date.fromisoformat(each["first"]),
                date.fromisoformat(each["last"]),
            ),
            each["expected"],
            each["possible"],
            each["authorised"],
            each["unauthorised"],
        )
        for each in data["half_terms"]
    )
    return YearResult(key, date.fromisoformat(year), data["known"], terms)
