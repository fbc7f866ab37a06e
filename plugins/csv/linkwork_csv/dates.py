"""Dates as exports write them. A date that could be two days is never read as one of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache

from linkwork_csv.values import BadValue, shape

#: How the dates of a file are written. Dates with the month's name and ISO dates say it themselves
#: and are read beside any of these.
STYLES = ("iso", "day-first", "month-first", "serial")

_TIME = re.compile(r"[T ]\d\d?:\d\d(?::\d\d(?:\.\d+)?)?Z?$")
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)|(20\d\d)(\d\d)(\d\d)")
_NUMBERS = re.compile(r"(\d\d?)([/.-])(\d\d?)\2(\d{4}|\d\d)")
_NAMED = re.compile(r"(\d\d?)(?:st|nd|rd|th)?[ -]([A-Za-z]{3,9})[ -](\d{4}|\d\d)")
_SERIAL = re.compile(r"\d{5}(?:\.0+)?")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LONG_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september"),
    *("october", "november", "december"),
)
#: Day 0 of Excel's numbers for dates from 1 March 1900 on.
_EPOCH = date(1899, 12, 30)
#: A register's dates, as Excel's numbers: 1 January 1990 to 31 December 2099.
_SERIALS = range(32874, 73051)


def styles_of(text: str) -> frozenset[str]:
    """The styles in which `text` is a date; empty when it is none in any."""
    text = _TIME.sub("", text.strip())
    if _iso(text) or _named(text):
        return frozenset(STYLES)
    found = {style for style in ("day-first", "month-first") if _numbers(text, style)}
    if _SERIAL.fullmatch(text) and int(float(text)) in _SERIALS:
        found.add("serial")
    return frozenset(found)


@lru_cache(4096)
def day(text: str, style: str) -> date:
    """The date in `text`, as a file of this style writes it. Raises BadValue."""
    bare = _TIME.sub("", text.strip())
    found = _iso(bare) or _named(bare)
    if found is None and style in {"day-first", "month-first"}:
        found = _numbers(bare, style)
    if found is None and style == "serial" and _SERIAL.fullmatch(bare):
        number = int(float(bare))
        found = _EPOCH + timedelta(number) if number in _SERIALS else None
    if found is None:
        raise _no_date(bare, style)
    return found


def optional_day(text: str, style: str) -> date | None:
    """A date, or None for an empty cell. Raises BadValue."""
    return day(text, style) if text.strip() else None


def _no_date(text: str, style: str) -> BadValue:
    if _SERIAL.fullmatch(text):
        return BadValue(
            "the date became a number, as Excel keeps dates, while others in the file did not",
            "Give the whole column the format yyyy-mm-dd in Excel, or export again without it",
        )
    if _NUMBERS.fullmatch(text) and style in {"day-first", "month-first"}:
        return BadValue(
            f"there is no such date when the {style.replace('-first', '')} comes first: "
            "Excel may have turned the date round",
            "Export again without opening the file in Excel, or correct the date",
        )
    return BadValue(f"the date looks like {shape(text)}", "Write it as YYYY-MM-DD")


def _iso(text: str) -> date | None:
    match = _ISO.fullmatch(text)
    if match is None:
        return None
    year, month, number = (int(part) for part in match.groups() if part)
    return _date(year, month, number)


def _named(text: str) -> date | None:
    match = _NAMED.fullmatch(text)
    if match is None:
        return None
    word = match[2].lower()
    for names in (_MONTHS, _LONG_MONTHS):
        if word in names:
            return _date(_year(match[3]), names.index(word) + 1, int(match[1]))
    return _date(_year(match[3]), 9, int(match[1])) if word == "sept" else None


def _numbers(text: str, style: str) -> date | None:
    match = _NUMBERS.fullmatch(text)
    if match is None:
        return None
    one, other, year = int(match[1]), int(match[3]), _year(match[4])
    return _date(year, other, one) if style == "day-first" else _date(year, one, other)


def _year(text: str) -> int:
    # Pupils and their marks are of this century.
    return int(text) if len(text) == 4 else 2000 + int(text)


def _date(year: int, month: int, number: int) -> date | None:
    try:
        return date(year, month, number)
    except ValueError:
        return None


@dataclass
class Styles:
    """Which style the dates of a file are in, from as many cells as it takes."""

    possible: frozenset[str] = frozenset(STYLES)
    cells: int = 0
    #: A cell, by its row, that left each style out.
    against: dict[str, int] = field(default_factory=dict)
    _padded: int | None = None
    _bare: int | None = None
    _numbered: int | None = None
    _serial: int | None = None
    _known: set[str] = field(default_factory=set)
    _damage: tuple[str, int] | None = None

    def see(self, text: str, row: int) -> None:
        """Take one cell into account. Empty cells and what is no date say nothing."""
        if text in self._known:
            return
        self._known.add(text)
        ways = styles_of(text)
        if not ways:
            return
        self.cells += 1
        for style in self.possible - ways:
            self.against.setdefault(style, row)
        self.possible &= ways
        bare = _TIME.sub("", text.strip())
        match = _NUMBERS.fullmatch(bare)
        if match:
            self._numbered = self._numbered or row
            for part in (match[1], match[3]):
                if part.startswith("0"):
                    self._padded = self._padded or row
                elif len(part) == 1:
                    self._bare = self._bare or row
        elif _SERIAL.fullmatch(bare):
            self._serial = self._serial or row

    def see_all(self, cells: Iterable[tuple[str, int]]) -> None:
        """`see` for each (cell, row)."""
        for text, row in cells:
            self.see(text, row)

    @property
    def decided(self) -> str | None:
        """The one style left; "iso" where every date says itself what it is; None if open."""
        if not self.possible:
            return None
        if "iso" in self.possible:
            return "iso" if self.cells else None
        return next(iter(self.possible)) if len(self.possible) == 1 else None

    def join(self, other: Styles) -> None:
        """Take in what another column of the same file showed."""
        self.cells += other.cells
        self.possible &= other.possible
        for style, row in other.against.items():
            self.against.setdefault(style, row)
        self._serial = self._serial or other._serial
        self._numbered = self._numbered or other._numbered
        self._damage = self._damage or other.damage()

    def damage(self) -> tuple[str, int] | None:
        """What a spreadsheet did to the dates, and the row that shows it; None when nothing."""
        if self._damage is not None:
            return self._damage
        if self._serial and self._numbered:
            rows = f"rows {self._numbered} and {self._serial}"
            return f"some dates became numbers and others did not ({rows})", self._serial
        if self._padded and self._bare:
            ways = f"as 07/09 in row {self._padded} and as 7/9 in row {self._bare}"
            said = f"dates are written in two ways ({ways}): Excel turned some of them round"
            return said, max(self._padded, self._bare)
        if not self.possible and self.cells:
            rows = ", ".join(str(row) for row in sorted(set(self.against.values()))[:4])
            return f"dates are written in different orders (see rows {rows})", max(
                self.against.values()
            )
        return None

    def why(self) -> str:
        """The evidence, in words."""
        found = self.decided
        if found == "iso":
            return f"{self.cells} dates that say year, month and day"
        if found == "serial":
            return f"{self.cells} Excel numbers of days"
        if found is not None:
            other = "month-first" if found == "day-first" else "day-first"
            return f"{self.cells} dates; row {self.against.get(other)} is none the other way round"
        return f"{self.cells} dates, and each could be read both ways"
