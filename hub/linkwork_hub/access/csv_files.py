"""Reading a CSV file strictly: what is not exactly as agreed is refused with its place."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from linkwork.errors import BadInput

MAX_BYTES = 64 * 1024 * 1024
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class CsvRow:
    """One row: its number in the file (the heading is row 1) and its cells by column."""

    file: str
    number: int
    cells: dict[str, str]

    def text(self, column: str) -> str:
        """A cell without spaces around it; "" when empty or when the column is not there."""
        return self.cells.get(column, "")

    def needed(self, column: str, what: str) -> str:
        """A cell that must not be empty; `what` says what to write there."""
        value = self.text(column)
        if not value:
            raise self.wrong(column, f"{column} is empty", f"Write {what}")
        return value

    def one_of(self, column: str, allowed: Collection[str]) -> str:
        """A cell that holds one of the allowed words, exactly."""
        value = self.needed(column, f"one of: {', '.join(allowed)}")
        if value not in allowed:
            raise self.wrong(
                column, f"{value!r} is not a {column}", f"Write one of: {', '.join(allowed)}"
            )
        return value

    def day(self, column: str) -> date | None:
        """An ISO date; None when the cell is empty."""
        value = self.text(column)
        if not value:
            return None
        wrong = self.wrong(
            column, f"{value!r} is not a date", "Write it as year-month-day: 2026-01-31"
        )
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
            raise wrong
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise wrong from error

    def needed_day(self, column: str) -> date:
        """An ISO date that must be there."""
        self.needed(column, "a date as year-month-day: 2026-01-31")
        day = self.day(column)
        return day if day is not None else date.min

    def decimal(self, column: str, lowest: float, highest: float) -> float | None:
        """A number with a decimal point between two bounds; None when the cell is empty."""
        value = self.text(column)
        if not value:
            return None
        good = re.fullmatch(r"-?\d{1,4}(\.\d{1,12})?", value, re.ASCII)
        if not good or not lowest <= float(value) <= highest:
            raise self.wrong(
                column,
                f"{value!r} is not a {column}",
                f"Write a number from {lowest:g} to {highest:g}, or leave it empty",
            )
        return float(value)

    def wrong(self, column: str, problem: str, remedy: str) -> BadInput:
        """The error that names this row and a column of it."""
        return BadInput(problem, remedy=remedy, file=self.file, row=self.number, column=column)


def read_csv(path: Path, required: Sequence[str], optional: Sequence[str] = ()) -> list[CsvRow]:
    """Every row of a UTF-8 CSV file with exactly these columns. Raises BadInput."""
    file = path.name
    lines = _text(path).splitlines(keepends=True)
    reader = csv.reader(lines, strict=True)
    rows = []
    heading: list[str] = []
    try:
        for number, cells in enumerate(reader, start=1):
            if number == 1:
                heading = _heading(file, cells, required, optional)
            elif cells:
                rows.append(_row(file, number, heading, cells))
    except csv.Error as error:
        raise BadInput(
            f"this is not CSV ({error})",
            remedy="Close every quote, and export the file again",
            file=file,
            row=reader.line_num,
        ) from error
    if not heading or not rows:
        raise BadInput(
            "the file holds no rows",
            remedy=f"The first row is the heading {','.join(required)}; rows follow it",
            file=file,
        )
    return rows


def _text(path: Path) -> str:
    file = path.name
    if not path.is_file():
        raise BadInput("there is no such file", remedy="Check the path", file=str(path))
    if path.stat().st_size > MAX_BYTES:
        raise BadInput("the file is larger than 64 MiB", remedy="Split it", file=file)
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(
            f"byte {error.start} is not UTF-8",
            remedy="Save the file as CSV UTF-8",
            file=file,
            row=data.count(b"\n", 0, error.start) + 1,
        ) from error
    found = _CONTROL.search(text)
    if found:
        raise BadInput(
            f"there is a control character (U+{ord(found[0]):04X})",
            remedy="Remove it, and export the file again",
            file=file,
            row=text.count("\n", 0, found.start()) + 1,
        )
    return text


def _heading(
    file: str, cells: list[str], required: Sequence[str], optional: Sequence[str]
) -> list[str]:
    names = [cell.strip() for cell in cells]
    for name in names:
        if names.count(name) > 1:
            problem, remedy = "this column is there twice", "Remove one of them"
        elif name not in required and name not in optional:
            problem = "nothing here reads this column"
            remedy = f"Remove it. Columns: {', '.join([*required, *optional])}"
        else:
            continue
        raise BadInput(problem, remedy=remedy, file=file, row=1, column=name or "(no name)")
    for name in required:
        if name not in names:
            raise BadInput("this column is missing", remedy="Add it", file=file, row=1, column=name)
    return names


def _row(file: str, number: int, heading: list[str], cells: list[str]) -> CsvRow:
    if len(cells) != len(heading):
        raise BadInput(
            f"this row has {len(cells)} cells, the heading has {len(heading)}",
            remedy="Put values with a comma in quotes, and export the file again",
            file=file,
            row=number,
        )
    values = {name: cell.strip() for name, cell in zip(heading, cells, strict=True)}
    return CsvRow(file, number, values)
