"""Where the header is, under whatever stands above it, and what its columns mean. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from linkwork_csv import dates, marks
from linkwork_csv.layout import Header, SessionColumn
from linkwork_csv.names import IDS, MEANINGS, OF_A_SHAPE, SHAPES, plain

#: How far down a header is looked for: a title, a date range and a few blank lines stand above.
DEEPEST = 60

_WEEKDAY = re.compile(
    r"^(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+", re.IGNORECASE
)
_HALF_AFTER = re.compile(r"^(.*\S)[\s,:-]+\(?([ap]\.?m\.?|morning|afternoon)\)?$", re.IGNORECASE)
_HALF_BEFORE = re.compile(r"^([ap]\.?m\.?|morning|afternoon)[\s,:-]+(\S.*)$", re.IGNORECASE)


@dataclass
class _Columns:
    """Columns of one header on their way to a Header."""

    titles: list[str]
    place: dict[str, int] = field(default_factory=dict)
    doubles: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    sessions: list[SessionColumn] = field(default_factory=list)
    unused: list[int] = field(default_factory=list)

    def title(self, column: int, meanings: Mapping[str, str]) -> None:
        """Take one column by its title."""
        meaning = meanings.get(plain(self.titles[column]))
        if meaning is None:
            self.unused.append(column)
        elif meaning in self.place:
            self.doubles[meaning].append(column)
        else:
            self.place[meaning] = column

    def finished(self, row: int, titles: list[str]) -> Header | None:
        """The header, when its columns make at least one shape; None when they do not."""
        shapes = _shapes(self.place, self.sessions)
        if not shapes:
            return None
        doubles = {
            meaning: (self.place[meaning], *others) for meaning, others in self.doubles.items()
        }
        return Header(
            row,
            tuple(titles),
            self.place,
            doubles,
            tuple(self.sessions),
            shapes,
            tuple(self.unused),
        )


def find(rows: Sequence[Sequence[str]], meanings: Mapping[str, str] = MEANINGS) -> Header | None:
    """The first header among `rows`; None when there is none.

    `meanings` maps a column's plain name to what it means.
    """
    for at in range(min(len(rows), DEEPEST)):
        if at + 1 < len(rows):
            two = _two_rows(list(rows[at]), list(rows[at + 1]), at + 2, meanings)
            if two is not None:
                return two
        one = _one_row(list(rows[at]), at + 1, meanings)
        if one is not None:
            return one
    return None


def nearest(rows: Sequence[Sequence[str]]) -> tuple[int, list[str], list[str]]:
    """Where no header is found: the row that names most columns, which they are, what is missing.

    Row 0 when no row names any column.
    """
    best: tuple[int, list[str]] = (0, [])
    for number, row in enumerate(rows[:DEEPEST], 1):
        known = list(dict.fromkeys(m for title in row if (m := MEANINGS.get(plain(title)))))
        if len(known) > max(1, len(best[1])):
            best = (number, known)
    wanted = min(
        (needs for needs in SHAPES.values() if needs),
        key=lambda needs: (len(set(needs) - set(best[1])), needs),
    )
    missing = [name for name in wanted if name not in best[1]]
    if not set(IDS) & set(best[1]):
        missing.insert(0, "pupil_id")
    return best[0], best[1], missing


def session_of(title: str) -> tuple[str, str | None] | None:
    """A heading such as `Mon 16/11/2026 AM` as its date and half; None when it is no date.

    The half is None where the heading has none.
    """
    text = " ".join(title.split())
    half: str | None = None
    if after := _HALF_AFTER.match(text):
        text, half = after[1], marks.half_or_none(after[2])
    elif before := _HALF_BEFORE.match(text):
        text, half = before[2], marks.half_or_none(before[1])
    text = _WEEKDAY.sub("", text)
    return (text, half) if dates.styles_of(text) else None


def _one_row(titles: list[str], row: int, meanings: Mapping[str, str]) -> Header | None:
    columns = _Columns(titles)
    for column, title in enumerate(titles):
        found = session_of(title)
        if found is None:
            columns.title(column, meanings)
        else:
            columns.sessions.append(SessionColumn(column, *found))
    return columns.finished(row, titles)


def _two_rows(
    upper: list[str], lower: list[str], row: int, meanings: Mapping[str, str]
) -> Header | None:
    """Dates in one row and AM or PM below; a date may stand once over both of its halves."""
    width = max(len(upper), len(lower))
    upper += [""] * (width - len(upper))
    lower += [""] * (width - len(lower))
    titles = [below if below.strip() else above for above, below in zip(upper, lower, strict=True)]
    columns = _Columns(titles)
    day: str | None = None
    for column, (above, below) in enumerate(zip(upper, lower, strict=True)):
        half = marks.half_or_none(below)
        found = session_of(above)
        if found is not None:
            day = found[0]
        elif above.strip():
            day = None
        if half is not None and day is not None:
            columns.sessions.append(SessionColumn(column, day, half))
        elif found is not None:
            return None
        else:
            columns.title(column, meanings)
    return columns.finished(row, titles) if columns.sessions else None


def _shapes(place: Mapping[str, int], sessions: Sequence[SessionColumn]) -> tuple[str, ...]:
    if not any(name in place for name in IDS):
        return ()
    found = [
        shape for shape, needs in SHAPES.items() if needs and all(name in place for name in needs)
    ]
    # A morning without its afternoon is half a register, and still one day a row.
    if "date" in place and ("am" in place) != ("pm" in place) and "long" not in found:
        found.append("day-wide")
    if len(sessions) > 1 and not OF_A_SHAPE & place.keys():
        found.append("date-wide")
    return tuple(found)
