"""The optional calendar: one day a row (`date,kind`), or the terms as an authority lists them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

from linkwork import terms
from linkwork.errors import BadInput
from linkwork.register import RegisterBuilder
from linkwork_csv import files, values
from linkwork_csv.values import BadCell, BadValue, cell

DAY_COLUMNS = ("date", "kind")
DAY_KINDS = ("school", "inset", "closure", "holiday")
TERM_COLUMNS = ("name", "first", "last", "kind", "urn", "year_group")
TERM_NEEDED = ("name", "first", "last", "kind")


def columns_of(header: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Which of the two forms a header is of: its columns, and those it needs."""
    if any(name.strip().lower() in ("first", "last") for name in header):
        return TERM_COLUMNS, TERM_NEEDED
    return DAY_COLUMNS, DAY_COLUMNS


def read(path: Path, first: date, last: date, into: RegisterBuilder) -> None:
    """The calendar of a file, in either form, into the builder. Raises BadInput.

    Days outside `first`..`last` are left out; terms are kept whole.
    """
    with files.opened(path) as file:
        known, needed = columns_of(file.header)
        place = files.columns(file.header, known, needed, path)
        rows = [(number, row) for number, row in enumerate(file.rows, 2) if any(row)]
    if known is TERM_COLUMNS:
        into.terms(_entries(rows, place, str(path)), str(path))
    else:
        days = _school_days(rows, place, str(path))
        into.calendar((day for day in days if first <= day <= last), str(path))


Rows = list[tuple[int, list[str]]]


def _school_days(rows: Rows, place: dict[str, int], file: str) -> list[date]:
    """The days of kind `school`, in the file's order."""
    days: dict[date, str] = {}
    for number, row in rows:
        try:
            _refuse_width(row, place)
            day = cell("date", values.school_day, row[place["date"]].strip())
            kind = cell("kind", _kind(DAY_KINDS), row[place["kind"]].strip().lower())
        except BadCell as bad:
            raise bad.at(file, number) from bad
        if days.setdefault(day, kind) != kind:
            raise BadInput(
                f"{day.isoformat()} has two kinds",
                remedy="Keep the right one",
                file=file,
                row=number,
            )
    school = [day for day, kind in days.items() if kind == "school"]
    if not school:
        raise BadInput(
            "no day is of kind school",
            remedy="List the days the school is open, each with kind school",
            file=file,
        )
    return school


def _entries(rows: Rows, place: dict[str, int], file: str) -> list[terms.Entry]:
    """The entries of a terms file, in its order."""
    found: list[terms.Entry] = []
    for number, row in rows:
        try:
            found.append(_entry(row, place, found))
        except BadCell as bad:
            raise bad.at(file, number) from bad
    if not found:
        raise BadInput(
            "there is no term", remedy="Write one row a term, or give no calendar", file=file
        )
    return found


def _entry(row: list[str], place: dict[str, int], before: list[terms.Entry]) -> terms.Entry:
    _refuse_width(row, place)
    cells = {name: row[at].strip() for name, at in place.items()}
    name = cell("name", values.plain, cells["name"])
    if name is None:
        raise BadCell("name", BadValue("the cell is empty", "Every row needs one"))
    entry = terms.Entry(
        name=name,
        first=cell("first", values.school_day, cells["first"]),
        last=cell("last", values.school_day, cells["last"]),
        kind=cell("kind", _kind(terms.KINDS), cells["kind"].lower()),
        urn=cell("urn", _urn, cells.get("urn", "")),
        year_group=cell("year_group", values.year_group, cells.get("year_group", "")) or "",
    )
    wrong = terms.problem(entry, before)
    if wrong:
        raise BadCell(wrong[0], BadValue(wrong[1], "Correct the row"))
    return entry


def _refuse_width(row: list[str], place: dict[str, int]) -> None:
    if len(row) != len(place):
        named = ",".join(sorted(place, key=place.__getitem__))
        problem = BadValue(f"the row has {len(row)} cells, not {len(place)}", f"Write {named}")
        raise BadCell(None, problem)


def _urn(text: str) -> str:
    if text and not (text.isascii() and text.isdigit()):
        raise BadValue(
            f"the URN looks like {values.shape(text)}",
            "Write the school's number, or nothing for every school",
        )
    return text


def _kind(words: tuple[str, ...]) -> Callable[[str], str]:
    """A parser of one of these words."""

    def parse(text: str) -> str:
        if text not in words:
            raise BadValue(
                f"the kind looks like {values.shape(text)}", f"Write one of {', '.join(words)}"
            )
        return text

    return parse
