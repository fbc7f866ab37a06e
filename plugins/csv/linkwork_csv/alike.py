"""Rows whose text was met before: most of a file of a row a mark, and known without cutting it up.

What a row says of its pupil is the text before the mark, the same on hundreds of rows that follow
each other; what it says of the mark is the rest, the same for every pupil. Both are learnt from
rows that were read cell by cell.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from linkwork.marking import Marker
from linkwork_csv import dates, marks, values
from linkwork_csv.layout import Rows
from linkwork_csv.mapping import LATE_CODES
from linkwork_csv.reading import Reader
from linkwork_csv.texts import TextRows
from linkwork_csv.values import BadValue

Numbered = Iterator[tuple[int, list[str]]]
#: What a row's end says: its one or two marks, each as what places it and the code's index.
End = tuple[Marker, int, Marker | None, int]

#: How many ends of rows are kept: more differ where every mark has a remark of its own.
MOST = 50_000
_MARKS = {
    "long": (("date", "session", "code"), ("minutes_late",)),
    "day-wide": (("date", "am", "pm"), ("am_minutes_late", "pm_minutes_late")),
}
#: No line begins so: nothing is known of a pupil yet.
_NOBODY = "\n\n"


def numbered(reader: Reader, rows: Rows) -> Numbered:
    """The rows after the header, counted from 1 with it, but those that are read by their text.

    Raises BadInput for a row that may have taken in others.
    """
    if not isinstance(rows, TextRows):
        for number, row in enumerate(rows, reader.header.row + 1):
            if reader.is_enough(number):
                return
            yield number, row
        return
    ends = _Ends.of(reader)
    if ends is None:
        yield from _whole(reader, rows)
        return
    try:
        yield from ends.left(rows)
    finally:
        ends.count()


def _whole(reader: Reader, rows: TextRows) -> Numbered:
    before = rows.line
    for number, row in enumerate(rows, reader.header.row + 1):
        if reader.is_enough(number):
            return
        if (line := rows.line) > before + 1:
            reader.refuse_swallowed(row, number)
        before = line
        yield number, row


class _Ends:
    """The ends of rows met so far, from the first column of the mark on."""

    def __init__(
        self, reader: Reader, at: int, needed: tuple[str, ...], late: list[int | None]
    ) -> None:
        self._reader, self._at, self._late = reader, at, late
        self._needed = [reader.header.place[name] for name in needed]
        self._known: dict[str, End] = {}
        self._read = 0
        self._outside = 0

    @classmethod
    def of(cls, reader: Reader) -> _Ends | None:
        """None where a row's end is not that of its mark: other columns stand behind."""
        place = reader.header.place
        if reader.layout.shape not in _MARKS:
            return None
        needed, minutes = _MARKS[reader.layout.shape]
        if any(name not in place for name in needed):
            return None
        late = [place.get(name) for name in minutes]
        at = min([place[name] for name in needed] + [one for one in late if one is not None])
        return cls(reader, at, needed, late) if max(reader.whose.columns) < at else None

    def left(self, rows: TextRows) -> Numbered:
        """The rows that are not known by their text; each is learnt from once it was read."""
        known, lines, start, cut, position = self._known, rows.lines, _NOBODY, 0, -1
        number = self._reader.header.row
        more_lines, read = rows.line - number, 0
        try:
            for line in lines:
                number += 1
                if line.startswith(start):
                    end = known.get(line[cut:])
                    if end is not None:
                        mark, code, second, its_code = end
                        mark(position, code, number)
                        if second is not None:
                            second(position, its_code, number)
                        read += 1
                        continue
                if self._reader.is_enough(number):
                    return
                row, length = rows.row_of(line, number + more_lines)
                if length > 1:
                    self._reader.refuse_swallowed(row, number)
                    more_lines += length - 1
                elif line.startswith(start) and self._take(row, line[cut:], position, number):
                    read += 1
                    continue
                yield number, row
                position = self._position(row)
                if position < 0 or length > 1:
                    start, cut = _NOBODY, 0
                elif not line.startswith(start):
                    cut = rows.place(line, row, self._at) or 0
                    start = line[:cut] or _NOBODY
                if cut:
                    self._learn(row, line[cut:])
        except UnicodeError:
            rows.stand_at(number + more_lines)
            raise
        finally:
            self._read = read

    def count(self) -> None:
        """Put the rows that were read by their text into the reader's tally."""
        tally = self._reader.tally
        tally.rows += self._read
        tally.used += self._read - self._outside
        tally.outside += self._outside
        tally.marks += self._read * (len(self._needed) - 1 if self._is_wide else 1)
        self._read = self._outside = 0

    @property
    def _is_wide(self) -> bool:
        return self._reader.layout.shape == "day-wide"

    def _position(self, row: list[str]) -> int:
        reader = self._reader
        if len(row) != reader.header.width:
            return -1
        return reader.positions.get(reader.who_of(row), -1)

    def _take(self, row: list[str], end: str, position: int, number: int) -> bool:
        """Read a row of the same pupil, when all that it says was met on other rows."""
        if len(row) != self._reader.header.width or not self._learn(row, end):
            return False
        mark, code, second, its_code = self._known[end]
        mark(position, code, number)
        if second is not None:
            second(position, its_code, number)
        return True

    def _learn(self, row: list[str], end: str) -> bool:
        """Know such an end from now on; whether it could be learnt."""
        try:
            found = self._end(row)
        except BadValue:
            return False
        if found is None:
            return False
        if len(self._known) >= MOST:
            # Begin anew rather than grow; what is still met is soon known again.
            self._known.clear()
        self._known[end] = found
        return True

    def _end(self, row: list[str]) -> End | None:
        """What such a row's end says; None where not all of it was met. Raises BadValue."""
        reader = self._reader
        day = dates.day(row[self._needed[0]], reader.layout.dates)
        halves, places = ["AM", "PM"], self._needed[1:]
        if not self._is_wide:
            halves, places = [marks.half(row[self._needed[1]])], self._needed[2:]
        puts: list[tuple[Marker, int]] = []
        for half, place, late_at in zip(halves, places, self._late, strict=True):
            code, key = reader.codes.get(row[place]), (day, half)
            late = None if late_at is None else values.minutes(row[late_at].strip())
            if code is None or key not in reader.markers:
                return None
            mark = reader.markers[key]
            if mark is not None:
                late_mark = self._late_mark(mark, row[place], key, late) if late else mark
                puts.append((late_mark, code))
        if not puts:
            return self._pass, 0, None, 0
        return (*puts[0], *puts[1]) if len(puts) > 1 else (*puts[0], None, 0)

    def _late_mark(self, mark: Marker, written: str, key: tuple[date, str], minutes: int) -> Marker:
        reader, counts = self._reader, written.strip().upper() in LATE_CODES

        def late(position: int, code: int, number: int) -> None:
            mark(position, code, number)
            if counts:
                reader.into.late(position, *key, minutes)
            else:
                reader.tally.minutes_ignored += 1

        return late

    def _pass(self, _position: int, _code: int, _number: int) -> None:
        self._outside += 1
