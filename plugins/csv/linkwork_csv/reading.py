"""Rows of a table into a builder. What cannot be read is rejected with its reason, never lost."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from itertools import islice
from operator import itemgetter
from types import MappingProxyType
from typing import Any

from linkwork import wording
from linkwork.errors import BadInput, Rejected
from linkwork.marking import Marker
from linkwork.register import RegisterBuilder
from linkwork_csv import eaten, marks, values
from linkwork_csv.layout import Header, Layout, Table
from linkwork_csv.mapping import LATE_CODES, OTHER_SCHOOL, SeveralSchools, Wanted
from linkwork_csv.names import place_of, plain
from linkwork_csv.pupils import PupilDetails
from linkwork_csv.shapes import Mark, marks_of
from linkwork_csv.values import BadCell, BadValue, cell
from linkwork_csv.whose import Conflict, Whose

#: First words of a row that adds up others.
TOTALS = frozenset(
    {
        *("total", "totals", "grand total", "sub total", "subtotal", "overall", "average"),
        *("count", "percentage", "% attendance", "attendance %", "total pupils", "total marks"),
    }
)
#: More rejected rows or marks than one in so many, and the file is not what it seems to be.
REJECTED_AT_MOST = 50


@dataclass
class Tally:
    """What became of a table's rows under the header: each is counted once, under one name."""

    rows: int = 0
    used: int = 0
    outside: int = 0
    blank: int = 0
    notes: int = 0
    totals: int = 0
    headers: int = 0
    other_school: int = 0
    rejected: int = 0
    marks: int = 0
    marks_rejected: int = 0
    minutes_ignored: int = 0
    first: Rejected | None = None

    @property
    def counted(self) -> int:
        """The sum of the names; equal to `rows`, or a row was lost."""
        return (
            self.used + self.outside + self.blank + self.notes + self.totals + self.headers
            + self.other_school + self.rejected
        )  # fmt: skip

    def words(self) -> str:
        """For a technician: rows, and where they went."""
        parts = [wording.number(self.rows, "row"), f"{self.used + self.outside:,} read"]
        for name, count in (
            ("of other schools", self.other_school),
            ("totals", self.totals),
            ("notes", self.notes),
            ("repeated headers", self.headers),
            ("blank", self.blank),
            ("rejected", self.rejected),
        ):
            if count:
                parts.append(f"{count:,} {name}")
        if self.marks_rejected > self.rejected:
            parts.append(f"{self.marks_rejected:,} marks rejected")
        return ", ".join(parts)


class Reader:
    """One table's rows on their way into a builder."""

    def __init__(
        self,
        table: Table,
        header: Header,
        layout: Layout,
        wanted: Wanted,
        pupils: PupilDetails,
        into: RegisterBuilder,
        school_days: Collection[date] | None = None,
        roster: Mapping[str, Sequence[Mapping[str, str]]] = MappingProxyType({}),
        most: int | None = None,
    ) -> None:
        self.table, self.header, self.layout = table, header, layout
        self.wanted, self.into = wanted, into
        self.whose = Whose(header, layout, wanted, pupils, into, roster)
        self.tally = Tally()
        self.codes: dict[str, int] = {}
        self.positions: dict[Any, int] = {}
        self.markers: dict[tuple[date, str], Marker | None] = {}
        self.school_days = school_days
        #: After which row to stop, for a look at a file; whether there was more.
        self.last_row = None if most is None else header.row + most
        self.stopped = False
        self._titles = [plain(title) for title in header.titles]
        try:
            self._marks_of = marks_of(header, layout, school_days)
        except BadCell as bad:
            raise self.refuse(bad, header.row) from bad
        self.who_of: Callable[[list[str]], Any] = itemgetter(*self.whose.columns)

    def is_enough(self, number: int) -> bool:
        """Whether the row of this number is beyond those that are to be looked at."""
        self.stopped = self.last_row is not None and number > self.last_row
        return self.stopped

    def finish(self) -> Tally:
        """Once every row was taken. Raises BadInput where the rest is not safe to use."""
        self.whose.warn()
        self._refuse_too_many()
        if not eaten.looks_whole(self.codes):
            eaten.refuse(self.table, self._all_marks())
        return self.tally

    def _all_marks(self) -> Iterator[Mark]:
        """Every mark of the table as it is written; rows that cannot be taken apart left out."""
        with self.table.rows() as rows:
            for row in islice(rows, self.header.row, None):
                if self._kind(row) is None:
                    with suppress(BadCell):
                        yield from list(self._marks_of(self._fitted(row)))

    def take(self, row: list[str], number: int) -> None:
        """One row, counted under one name."""
        self.refuse_swallowed(row, number)
        tally = self.tally
        tally.rows += 1
        kind = self._kind(row)
        try:
            if kind is not None:
                _refuse_swallowed(row)
                setattr(tally, kind, getattr(tally, kind) + 1)
                return
            row = self._fitted(row)
            position = self._position(row, number)
            if position == OTHER_SCHOOL:
                tally.other_school += 1
                return
            found = list(self._marks_of(row))
        except (Conflict, SeveralSchools) as bad:
            raise self.refuse(bad, number) from bad
        except BadCell as bad:
            tally.rejected += 1
            tally.marks += 1
            self._reject(bad, number)
            return
        used = [self._mark(mark, position, number) for mark in found]
        if None in used and len(used) == used.count(None):
            tally.rejected += 1
        elif any(used):
            tally.used += 1
        else:
            tally.outside += 1

    def _mark(self, mark: Mark, position: int, number: int) -> bool | None:
        """Place one mark: whether its date was asked for, or None when it was rejected."""
        self.tally.marks += 1
        try:
            if isinstance(mark.code, BadValue):
                raise BadCell("code", mark.code)  # noqa: TRY301 -- one way out for all of a mark
            index = self.codes.get(mark.code)
            if index is None:
                index = self._code(mark.code, number)
            late = cell("minutes_late", values.minutes, mark.minutes.strip())
        except BadCell as bad:
            self._reject(bad, number, mark.column)
            return None
        put = self.marker(mark.day, mark.half, number)
        if put is None:
            return False
        put(position, index, number)
        if late:
            self._late(position, mark, late)
        return True

    def marker(self, day: date, half: str, number: int) -> Marker | None:
        """What writes marks of this session; None when nobody asked for its date."""
        key = (day, half)
        if key not in self.markers:
            asked = self.is_wanted(day)
            file = str(self.table.path)
            self.markers[key] = (
                self.into.marker(day, half, file=file, row=number) if asked else None
            )
        return self.markers[key]

    def is_wanted(self, day: date) -> bool:
        """Whether marks of this date were asked for."""
        return self.wanted.first <= day <= self.wanted.last

    def refuse_swallowed(self, row: Sequence[str], number: int) -> None:
        """Raise BadInput for a row of text that may have taken in the rows after it.

        A quotation mark that opens in one row and closes in a later one leaves what stood between
        in a cell: with the line break as many delimiters as a row has, or all but the empty
        columns that the row has too many. A comment on several lines has fewer.
        """
        broken = [text for text in row if "\n" in text or "\r" in text]
        if not broken or not self.table.delimiter:
            return
        width = self.header.width
        signs = sum(text.count(self.table.delimiter) for text in broken)
        if signs + max(0, len(row) - width) >= width - 1:
            at = place_of(next(n for n, text in enumerate(row) if text is broken[0]))
            raise self.table.refuse(
                "a cell of the row holds a line break and as many delimiters as a whole row: rows "
                "may be hidden in it, and nothing of the file is used",
                "Look for a quotation mark that is closed some rows later; or leave the column "
                "out of the export",
                row=number,
                column=at,
            )

    def meet(self, row: list[str], number: int) -> int:
        """The place of a pupil not met before, when the row is one of marks; else -1."""
        if self._kind(row) is not None:
            return -1
        try:
            return self._position(row, number)
        except BadCell:
            return -1

    def _code(self, written: str, number: int) -> int:
        code = cell("code", marks.code, written)
        index = self.into.code_index(code, file=str(self.table.path), row=number)
        self.codes[written] = index
        return index

    def _late(self, position: int, mark: Mark, minutes: int) -> None:
        if str(mark.code).strip().upper() in LATE_CODES:
            self.into.late(position, mark.day, mark.half, minutes)
        else:
            self.tally.minutes_ignored += 1

    def _position(self, row: list[str], number: int) -> int:
        who = self.who_of(row)
        position = self.positions.get(who)
        if position is None:
            position = self.positions[who] = self.whose.position(row, number)
        return position

    def _kind(self, row: list[str]) -> str | None:
        """The name under which a row that is of no pupil is counted; None for all others."""
        filled = [text for text in row if text.strip()]
        if not filled:
            return "blank"
        at = self.header.place[self.whose.id_of]
        the_id = row[at].strip() if at < len(row) else ""
        if the_id and plain(the_id) == self._titles[at]:
            return "headers"
        first = plain(filled[0]).rstrip(":")
        if first in TOTALS and (not the_id or plain(the_id).rstrip(":") == first):
            return "totals"
        if len(filled) == 1 and self.header.width > 2 and len(filled[0].split()) > 1:
            return "notes"
        return None

    def _fitted(self, row: list[str]) -> list[str]:
        """The row with the header's width. Raises BadCell for one that has another."""
        width = self.header.width
        if len(row) < width and self.table.pads:
            return row + [""] * (width - len(row))
        if len(row) > width and not any(text.strip() for text in row[width:]):
            return row[:width]
        if len(row) != width:
            raise BadCell(
                None,
                BadValue(
                    f"the row has {len(row)} cells where the header has {width}",
                    "Look for a delimiter inside a cell (put the cell in quotation marks) or for "
                    "a row cut short",
                ),
            )
        return row

    def refuse(self, bad: BadCell, number: int) -> BadInput:
        """The error that ends the read of the file."""
        return self.table.refuse(
            str(bad.error), bad.error.remedy, row=number, column=self._column(bad.column)
        )

    def _reject(self, bad: BadCell, number: int, column: int | None = None) -> None:
        self.tally.marks_rejected += 1
        named = self._column(bad.column)
        if column is not None and bad.column in {"code", "minutes_late"}:
            named = f"{place_of(column)} ({bad.column})"
        rejected = Rejected(
            str(bad.error),
            bad.error.remedy,
            str(self.table.path),
            self.table.sheet or None,
            number,
            named,
        )
        self.tally.first = self.tally.first or rejected
        self.into.reject(rejected)

    def _column(self, meaning: str | None) -> str | None:
        """Where a column is and what it is; never its title, which may be anything."""
        if meaning is None:
            return None
        at = self.header.place.get(meaning)
        return meaning if at is None else f"{place_of(at)} ({meaning})"

    def _refuse_too_many(self) -> None:
        tally = self.tally
        if tally.first is None:
            return
        rows, cells = tally.rejected, tally.marks_rejected
        if rows * REJECTED_AT_MOST <= tally.rows and cells * REJECTED_AT_MOST <= tally.marks:
            return
        words = f"{rows} of {tally.rows} rows" if rows else f"{cells} of {tally.marks} marks"
        first = tally.first
        raise self.table.refuse(
            f"{words} cannot be read, so nothing of the file is used; the first: {first.problem}",
            first.remedy,
            row=first.row,
            column=first.column,
        )


def _refuse_swallowed(row: list[str]) -> None:
    """Raise BadCell for a total or note with a line break in a cell: there may be rows in it."""
    if any("\n" in text or "\r" in text for text in row):
        raise BadCell(
            None,
            BadValue(
                "a cell of the row holds a line break, and perhaps the rows after it",
                "Look for a quotation mark that is never closed, or write two where one is meant",
            ),
        )
