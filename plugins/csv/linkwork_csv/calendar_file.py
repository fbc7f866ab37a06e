"""The optional calendar: `date,kind`, one day a row."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from linkwork.errors import BadInput
from linkwork_csv import files, values
from linkwork_csv.values import BadCell, BadValue, cell

COLUMNS = ("date", "kind")
KINDS = ("school", "inset", "closure", "holiday")


def school_days(path: Path) -> list[date]:
    """The days of kind `school`, in the file's order. Raises BadInput."""
    days: dict[date, str] = {}
    with files.opened(path) as file:
        place = files.columns(file.header, COLUMNS, COLUMNS, path)
        for number, row in enumerate(file.rows, 2):
            if any(row):
                _day(row, place, days, str(path), number)
    school = [day for day, kind in days.items() if kind == "school"]
    if not school:
        raise BadInput(
            "no day is of kind school",
            remedy="List the days the school is open, each with kind school",
            file=str(path),
        )
    return school


def _day(
    row: list[str], place: dict[str, int], days: dict[date, str], file: str, number: int
) -> None:
    try:
        day, kind = _parsed(row, place)
    except BadCell as bad:
        raise bad.at(file, number) from bad
    if days.setdefault(day, kind) != kind:
        raise BadInput(
            f"{day.isoformat()} has two kinds", remedy="Keep the right one", file=file, row=number
        )


def _parsed(row: list[str], place: dict[str, int]) -> tuple[date, str]:
    if len(row) != len(place):
        problem = BadValue(f"the row has {len(row)} cells, not {len(place)}", "Write date,kind")
        raise BadCell(None, problem)
    return (
        cell("date", values.day, row[place["date"]].strip()),
        cell("kind", _kind, row[place["kind"]].strip().lower()),
    )


def _kind(text: str) -> str:
    if text not in KINDS:
        raise BadValue(
            f"the kind looks like {values.shape(text)}", f"Write one of {', '.join(KINDS)}"
        )
    return text
