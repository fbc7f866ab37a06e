"""How an export is laid out, what shows it, and what a person has to decide. Nouns only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from linkwork.errors import BadInput

Rows = Iterator[list[str]]


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing understood of a file: what, how it was read, and what shows it."""

    what: str
    read_as: str
    because: str


@dataclass(frozen=True, slots=True)
class Question:
    """Something that only a person can decide. `choices` maps each answer to what it means."""

    key: str
    words: str
    choices: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Layout:
    """How one export is laid out: what a profile keeps.

    `columns` maps a meaning (see `names.NAMES`) to the column's name in the file. `dates` is one
    of `dates.STYLES`. `codes` are the school's own, with the national ones that they stand for; the
    core reads them so. `days` says which
    days a marks string goes through: weekdays, all days, or the school days of calendar.csv.
    `halves` is "am-pm" where two columns of one date stand side by side, the morning first.
    `encoding`, `delimiter` and `sheet` are found anew in every file where they are empty.
    """

    shape: str
    columns: Mapping[str, str]
    dates: str = "iso"
    codes: Mapping[str, str] = field(default_factory=dict)
    days: str = "weekdays"
    halves: str = ""
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells in a file: a text file under one delimiter, or one sheet of a workbook.

    `rows` opens them from the first; `pads` says that empty cells at a row's end may be missing.
    """

    path: Path
    sheet: str
    delimiter: str
    encoding: str
    rows: Callable[[], AbstractContextManager[Rows]]
    seen: tuple[Seen, ...] = ()
    pads: bool = False

    def refuse(
        self, problem: str, remedy: str, row: int | None = None, column: str | None = None
    ) -> BadInput:
        """The error for something wrong in this table."""
        return BadInput(
            problem,
            remedy=remedy,
            file=str(self.path),
            sheet=self.sheet or None,
            row=row,
            column=column,
        )


@dataclass(frozen=True, slots=True)
class SessionColumn:
    """A column of marks: of one session, or of a day whose two marks share a cell (half None)."""

    column: int
    date: str
    half: str | None


@dataclass(frozen=True, slots=True)
class Header:
    """Where a table's header is and what its columns mean.

    `row` is the last row of it, counted from 1. `place` maps a meaning to its column, from 0;
    `doubles` those that several columns have. `unused` are columns without a meaning.
    """

    row: int
    titles: tuple[str, ...]
    place: Mapping[str, int]
    doubles: Mapping[str, tuple[int, ...]]
    sessions: tuple[SessionColumn, ...]
    shapes: tuple[str, ...]
    unused: tuple[int, ...]

    @property
    def width(self) -> int:
        """How many columns the header has."""
        return len(self.titles)


@dataclass(frozen=True, slots=True)
class Understood:
    """One table of a file, understood as far as it says itself.

    Complete when `questions` is empty; `layout` is None while a question leaves it open.
    """

    table: Table
    header: Header
    layout: Layout | None
    seen: tuple[Seen, ...]
    questions: tuple[Question, ...]
    warnings: tuple[str, ...] = ()
