"""A marks string: which sessions its codes are of. Pure, but for looking through a table once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import islice

from linkwork_csv import dates, marks
from linkwork_csv.layout import Header, Table
from linkwork_csv.values import BadValue

#: Which days a marks string goes through.
DAYS = ("weekdays", "all", "school-days")
#: A mark that says the school was shut; with no mark at all it is what a weekend looks like.
_SHUT = marks.SHUT
FRIDAY = 4


def sessions_of(
    start: date, count: int, days: str, school_days: Collection[date] | None = None
) -> list[tuple[date, str]]:
    """The first `count` sessions from `start` on. Raises BadValue when they do not come out.

    `school_days` is only looked at for days "school-days".
    """
    if count % 2:
        raise BadValue(
            f"there are {count} marks, an odd number, where each day has two",
            "Export again; the string may have been cut short, or lost a mark in Excel",
        )
    found = list(islice(_days(start, days, school_days), count // 2))
    if len(found) < count // 2:
        raise BadValue(
            f"there are {count} marks and only {2 * len(found)} sessions from that day on in "
            "calendar.csv",
            "Correct the calendar, or the setting days of the profile",
        )
    return [(day, half) for day in found for half in ("AM", "PM")]


def _days(start: date, days: str, school_days: Collection[date] | None) -> Iterator[date]:
    if days == "school-days":
        yield from sorted(day for day in school_days or () if day >= start)
        return
    day = start
    while True:
        if days == "all" or day.weekday() <= FRIDAY:
            yield day
        day += timedelta(1)


def is_padding(day: date, code: str) -> bool:
    """Whether a mark only fills the place of a Saturday or Sunday."""
    return day.weekday() > FRIDAY and code in _SHUT


class DaysSeen:
    """Whether strings go through weekends, from the strings themselves."""

    def __init__(self) -> None:
        self.strings = 0
        #: Whether no string has a mark where a Saturday or Sunday would be.
        self.all_fits = True
        #: Whether any string is long enough to reach a weekend.
        self.reaches = False
        #: What an end date says, where there is one: the ways that the lengths fit.
        self.ended: set[str] | None = None

    def see(self, start: date, codes: Sequence[str], end: date | None = None) -> None:
        """Take in one pupil's string, its codes as they are written."""
        self.strings += 1
        for weekday in (FRIDAY + 1, FRIDAY + 2):
            first = 2 * ((weekday - start.weekday()) % 7)
            for place in (first, first + 1):
                there = {code.strip() for code in codes[place::14]}
                self.reaches = self.reaches or bool(there)
                self.all_fits = self.all_fits and there <= _SHUT
        if end is not None:
            fits = {way for way in ("weekdays", "all") if _fits(start, len(codes), end, way)}
            self.ended = fits if self.ended is None else self.ended & fits

    @property
    def decided(self) -> tuple[str | None, str]:
        """The days, and what shows it; None where nothing does."""
        if self.ended is not None:
            if len(self.ended) == 1:
                return next(iter(self.ended)), "so the lengths agree with the end dates"
            if not self.ended:
                return None, "the lengths agree with the end dates in no way"
        if not self.reaches:
            return "weekdays", "no string goes beyond a Friday"
        if self.all_fits:
            return "all", f"none of {self.strings} strings has a mark on a Saturday or Sunday"
        return "weekdays", "counted with weekends, there would be marks on a Saturday or Sunday"


def _fits(start: date, count: int, end: date, days: str) -> bool:
    if count % 2 or not count:
        return False
    *_, last = islice(_days(start, days, None), count // 2)
    return agrees(last, end, days)


def agrees(last: date, end: date, days: str, school_days: Collection[date] | None = None) -> bool:
    """Whether a string whose last day is `last` may have the end date `end`: none is left out."""
    return last <= end and next(_days(last + timedelta(1), days, school_days), date.max) > end


def seen_in(strings: Iterable[tuple[date, Sequence[str], date | None]]) -> DaysSeen:
    """`DaysSeen` of (start, codes, end) of each pupil."""
    seen = DaysSeen()
    for start, codes, end in strings:
        seen.see(start, codes, end)
    return seen


def days_of(table: Table, header: Header, style: str) -> tuple[str | None, str]:
    """Which days the marks strings of a table go through, and what shows it."""
    return seen_in(_strings(table, header, style)).decided


def _strings(
    table: Table, header: Header, style: str
) -> Iterator[tuple[date, Sequence[str], date | None]]:
    """Each string that can be read; a row that cannot is named when it is read for its marks."""
    start_at, marks_at = header.place["start_date"], header.place["marks"]
    end_at = header.place.get("end_date")
    with table.rows() as rows:
        for row in islice(rows, header.row, None):
            try:
                start = dates.day(row[start_at], style)
                end = None if end_at is None else dates.optional_day(row[end_at], style)
                yield start, marks.apart(row[marks_at]), end
            except (BadValue, IndexError):
                continue
