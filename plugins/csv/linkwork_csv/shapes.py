"""Each shape's row as marks: (column, day, half, code as written, minutes as written). Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date
from typing import NamedTuple

from linkwork_csv import dates, marks
from linkwork_csv.layout import Header, Layout, SessionColumn
from linkwork_csv.strings import agrees, is_padding, sessions_of
from linkwork_csv.values import BadCell, BadValue, cell


class Mark(NamedTuple):
    """One mark of a row, not looked at yet: where it stands, of which session, what it says.

    `code` is what is wrong instead, where the cell cannot be taken apart.
    """

    column: int
    day: date
    half: str
    code: str | BadValue
    minutes: str


#: The marks of one row. Raises BadCell, with the meaning of the column, where a row cannot say.
MarksOf = Callable[[list[str]], Iterator[Mark]]


def marks_of(
    header: Header, layout: Layout, school_days: Collection[date] | None = None
) -> MarksOf:
    """What takes a row of this table apart."""
    ways: Mapping[str, Callable[[], MarksOf]] = {
        "long": lambda: _long(header, layout),
        "day-wide": lambda: _day_wide(header, layout),
        "date-wide": lambda: _date_wide(header, layout),
        "marks-string": lambda: _string(header, layout, school_days),
    }
    return ways[layout.shape]()


def _long(header: Header, layout: Layout) -> MarksOf:
    place, style = header.place, layout.dates
    late_at = place.get("minutes_late")

    def split(row: list[str]) -> Iterator[Mark]:
        day = cell("date", lambda text: dates.day(text, style), row[place["date"]])
        half = cell("session", marks.half, row[place["session"]])
        late = "" if late_at is None else row[late_at]
        yield Mark(place["code"], day, half, row[place["code"]], late)

    return split


def _day_wide(header: Header, layout: Layout) -> MarksOf:
    place, style = header.place, layout.dates
    halves = [
        (place[name], name.upper(), place.get(f"{name}_minutes_late"))
        for name in ("am", "pm")
        if name in place
    ]

    def split(row: list[str]) -> Iterator[Mark]:
        day = cell("date", lambda text: dates.day(text, style), row[place["date"]])
        for at, half, late_at in halves:
            yield Mark(at, day, half, row[at], "" if late_at is None else row[late_at])

    return split


def session_columns(header: Header, layout: Layout) -> list[tuple[SessionColumn, date]]:
    """The columns of marks with their dates; halves as the layout says. Raises BadCell."""
    found: list[tuple[SessionColumn, date]] = []
    met: dict[tuple[date, str | None], int] = {}
    for one in header.sessions:
        day = cell("date", lambda text: dates.day(text, layout.dates), one.date)
        if one.half is None and layout.halves:
            one = SessionColumn(one.column, one.date, "PM" if (day, "AM") in met else "AM")
        if met.setdefault((day, one.half), one.column) != one.column:
            raise BadCell(
                "date",
                BadValue(
                    f"two columns are of {day.isoformat()} {one.half or ''}".rstrip(),
                    "Keep one column a session",
                ),
            )
        found.append((one, day))
    return found


def _date_wide(header: Header, layout: Layout) -> MarksOf:
    columns = session_columns(header, layout)

    def split(row: list[str]) -> Iterator[Mark]:
        for one, day in columns:
            if one.half is not None:
                yield Mark(one.column, day, one.half, row[one.column], "")
                continue
            try:
                morning, afternoon = marks.pair(row[one.column])
            except BadValue as bad:
                yield Mark(one.column, day, "AM", bad, "")
                yield Mark(one.column, day, "PM", bad, "")
            else:
                yield Mark(one.column, day, "AM", morning, "")
                yield Mark(one.column, day, "PM", afternoon, "")

    return split


def _string(header: Header, layout: Layout, school_days: Collection[date] | None) -> MarksOf:
    start_at, marks_at = header.place["start_date"], header.place["marks"]
    end_at = header.place.get("end_date")

    def split(row: list[str]) -> Iterator[Mark]:
        start = cell("start_date", lambda text: dates.day(text, layout.dates), row[start_at])
        codes = cell("marks", marks.tokens, row[marks_at])
        sessions = cell(
            "marks", lambda _: sessions_of(start, len(codes), layout.days, school_days), ""
        )
        if end_at is not None and sessions and row[end_at].strip():
            end = cell("end_date", lambda text: dates.day(text, layout.dates), row[end_at])
            if not agrees(sessions[-1][0], end, layout.days, school_days):
                raise BadCell(
                    "marks",
                    BadValue(
                        f"the {len(codes)} marks end on {sessions[-1][0].isoformat()} and the end "
                        f"date is {end.isoformat()}",
                        "Export again; the string may have been cut short, or lost a mark in Excel",
                    ),
                )
        for (day, half), code in zip(sessions, codes, strict=True):
            if not is_padding(day, code):
                yield Mark(marks_at, day, half, code, "")

    return split
