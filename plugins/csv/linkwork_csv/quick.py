"""The same as `Reader.take`, for rows that are like rows before them: nearly all of a file.

Each function reads what it knows and gives back what has to be looked at; `Reader.take` reads that
and makes it known. A test compares the two ways.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import date
from itertools import islice
from operator import itemgetter
from typing import Any

from linkwork.marking import Filler, Marker
from linkwork_csv import alike, dates, marks
from linkwork_csv.reading import Reader, Tally
from linkwork_csv.shapes import session_columns
from linkwork_csv.strings import is_padding, sessions_of
from linkwork_csv.values import BadValue

Numbered = Iterable[tuple[int, list[str]]]
Left = Iterator[tuple[int, list[str]]]


def read(reader: Reader) -> Tally:
    """All of a reader's table. Raises BadInput where going on would not be safe."""
    first = reader.header.row
    reader.refuse_swallowed(reader.header.titles, first)
    with reader.table.rows() as rows:
        deque(islice(rows, first), maxlen=0)
        for number, row in _left(reader, alike.numbered(reader, rows)):
            reader.take(row, number)
    return reader.finish()


def _left(reader: Reader, rows: Numbered) -> Left:
    """Read what is like rows before; give those that have to be looked at one by one."""
    if reader.layout.shape == "long":
        return _long(reader, rows)
    if reader.layout.shape == "day-wide":
        return _day_wide(reader, rows)
    if reader.layout.shape == "date-wide":
        return _date_wide(reader, rows)
    return _strings(reader, rows)


def _long(reader: Reader, rows: Numbered) -> Left:
    place, width = reader.header.place, reader.header.width
    when_of, code_at = itemgetter(place["date"], place["session"]), place["code"]
    late_at = place.get("minutes_late", code_at)
    late = "minutes_late" in place
    who_of, positions, codes = reader.who_of, reader.positions, reader.codes
    known: dict[Any, Marker | None] = {}
    last, position = None, -1
    used = outside = 0
    for number, row in rows:
        if len(row) == width and not (late and row[late_at]):
            who = who_of(row)
            if who != last:
                last, position = who, positions.get(who, -1)
            when, index = when_of(row), codes.get(row[code_at])
            if position >= 0 and index is not None and when in known:
                mark = known[when]
                if mark is None:
                    outside += 1
                else:
                    used += 1
                    mark(position, index, number)
                continue
        last = None
        yield number, row
        if len(row) == width:
            with suppress(BadValue):
                day = dates.day(row[place["date"]], reader.layout.dates)
                session = (day, marks.half(row[place["session"]]))
                # Only what a row was read for: a total's date makes no session.
                if session in reader.markers:
                    known[when_of(row)] = reader.markers[session]
    _count(reader, used, outside, 1)


def _day_wide(reader: Reader, rows: Numbered) -> Left:
    place, width = reader.header.place, reader.header.width
    if "am" not in place or "pm" not in place:
        yield from rows
        return
    date_at, am_at, pm_at = place["date"], place["am"], place["pm"]
    late_at = [place[name] for name in ("am_minutes_late", "pm_minutes_late") if name in place]
    minutes = itemgetter(*late_at) if late_at else None
    none = ("",) * len(late_at) if len(late_at) > 1 else ""
    who_of, positions, codes = reader.who_of, reader.positions, reader.codes
    known: dict[str, tuple[Marker, Marker] | None] = {}
    last, position = None, -1
    used = outside = 0
    for number, row in rows:
        if len(row) == width and (minutes is None or minutes(row) == none):
            who = who_of(row)
            if who != last:
                last, position = who, positions.get(who, -1)
            am, pm = codes.get(row[am_at]), codes.get(row[pm_at])
            day = row[date_at]
            if position >= 0 and am is not None and pm is not None and day in known:
                both = known[day]
                if both is None:
                    outside += 1
                else:
                    used += 1
                    both[0](position, am, number)
                    both[1](position, pm, number)
                continue
        last = None
        yield number, row
        if len(row) == width:
            with suppress(BadValue):
                found = dates.day(row[date_at], reader.layout.dates)
                if {(found, "AM"), (found, "PM")} <= reader.markers.keys():
                    am_mark, pm_mark = reader.markers[found, "AM"], reader.markers[found, "PM"]
                    known[row[date_at]] = (am_mark, pm_mark) if am_mark and pm_mark else None
    _count(reader, used, outside, 2)


def _count(reader: Reader, used: int, outside: int, marks_a_row: int) -> None:
    tally = reader.tally
    tally.rows += used + outside
    tally.used += used
    tally.outside += outside
    tally.marks += marks_a_row * (used + outside)


def _date_wide(reader: Reader, rows: Numbered) -> Left:
    width, codes = reader.header.width, reader.codes
    columns = session_columns(reader.header, reader.layout)
    pairs = columns[0][0].half is None
    sessions = [
        (day, half)
        for one, day in columns
        for half in (("AM", "PM") if one.half is None else (one.half,))
    ]
    wanted = [reader.is_wanted(day) for day, _ in sessions]
    if not all(wanted):
        # Only some of the dates were asked for: one by one, which is seldom and still right.
        yield from rows
        return
    fill = _Late(reader, sessions)
    cells_of = itemgetter(*(one.column for one, _ in columns))
    both: dict[str, bytes] = {}

    def indexes(row: list[str]) -> bytes:
        if pairs:
            return b"".join(map(both.__getitem__, cells_of(row)))
        return bytes(map(codes.__getitem__, cells_of(row)))

    for number, row in rows:
        if len(row) == width and _known(reader, row, indexes, fill, number):
            continue
        yield number, row
        if pairs and len(row) == width:
            for text in set(cells_of(row)) - both.keys():
                with suppress(BadValue, KeyError):
                    both[text] = bytes(codes[code] for code in marks.pair(text))


def _strings(reader: Reader, rows: Numbered) -> Left:
    place, width, layout = reader.header.place, reader.header.width, reader.layout
    start_at, marks_at = place["start_date"], place["marks"]
    known: dict[tuple[str, int], tuple[_Late, Callable[[Any], Any], Callable[[Any], Any]]] = {}
    if "end_date" in place:
        yield from rows
        return

    for number, row in rows:
        if len(row) == width:
            with suppress(BadValue):
                parts = marks.apart(row[marks_at])
                found = known.get((row[start_at], len(parts)))
                if found is not None and _known(
                    reader, row, _of_string(reader, parts, *found[1:]), found[0], number
                ):
                    continue
        yield number, row
        if len(row) == width:
            with suppress(BadValue):
                count = len(marks.apart(row[marks_at]))
                start = dates.day(row[start_at], layout.dates)
                sessions = sessions_of(start, count, layout.days, reader.school_days)
                held = [n for n, (day, _) in enumerate(sessions) if not is_padding(day, "")]
                fill = _Late(reader, [sessions[n] for n in held])
                padding = [n for n in range(count) if n not in set(held)]
                if len(held) > 1 and all(reader.is_wanted(day) for day, _ in sessions):
                    known[row[start_at], count] = (fill, itemgetter(*held), _getter(padding))


def _of_string(
    reader: Reader, parts: Any, held: Callable[[Any], Any], padding: Callable[[Any], Any]
) -> Callable[[list[str]], bytes]:
    def indexes(_row: list[str]) -> bytes:
        if not marks.SHUT.issuperset(padding(parts)):
            raise KeyError
        return bytes(map(reader.codes.__getitem__, held(parts)))

    return indexes


def _getter(places: list[int]) -> Callable[[Any], Any]:
    if len(places) > 1:
        return itemgetter(*places)
    return lambda _: ()


class _Late:
    """A filler made when it is first needed: sessions that no row is of are not made."""

    def __init__(self, reader: Reader, sessions: list[tuple[date, str]]) -> None:
        self._reader, self._sessions = reader, sessions
        self._fill: Filler | None = None

    def get(self) -> Filler:
        """The filler."""
        if self._fill is None:
            reader, file = self._reader, str(self._reader.table.path)
            self._fill = reader.into.filler(self._sessions, file=file)
        return self._fill


def _known(
    reader: Reader,
    row: list[str],
    indexes: Callable[[list[str]], bytes],
    fill: _Late,
    number: int,
) -> bool:
    """Read a row of many marks, when its pupil and all its codes were met before."""
    try:
        found = indexes(row)
    except KeyError:
        return False
    position = reader.positions.get(reader.who_of(row))
    if position is None:
        # A pupil's only row: who it is of has to be looked at, its marks have not.
        position = reader.meet(row, number)
    if position < 0:
        return False
    fill.get()(position, found, number)
    tally = reader.tally
    tally.rows += 1
    tally.used += 1
    tally.marks += len(found)
    return True
