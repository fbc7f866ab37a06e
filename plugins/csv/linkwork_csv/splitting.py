"""A row as five parts: who, date, session, code, minutes late.

`who` is everything a row says of its pupil, in one piece: it is the same on hundreds of rows,
so it is taken apart once and looked up after that.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import methodcaller

from linkwork_csv.files import Opened
from linkwork_csv.values import BadCell, BadValue

MARK = ("date", "session", "code", "minutes_late")
Who = str | tuple[str, ...]


class Splitter:
    """How the rows of one file come apart. `place` says where each column stands."""

    def __init__(self, place: Mapping[str, int]) -> None:
        self.width = len(place)
        names = tuple(sorted(place, key=place.__getitem__))
        # With the mark's columns last, a line is cut from its right end; quotation marks in a
        # name stay inside `who`. Any other order goes through the csv module, at half the speed.
        self._mark_is_last = names[-len(MARK) :] == MARK
        self.who = tuple(name for name in names if name not in MARK)
        self._pick = _picker(place, self.who)

    def parts(self, file: Opened) -> Iterator[Sequence[Who]]:
        """Five parts a row; fewer where a row is blank or has not the header's width."""
        if self._mark_is_last:
            return map(methodcaller("rsplit", ",", len(MARK)), file.lines)
        return map(self._pick, file.rows)

    def cells(self, who: Who) -> dict[str, str]:
        """The cells of `who` by column. Raises BadCell when it has not the header's width."""
        cells = _split(who) if isinstance(who, str) else who
        if len(cells) != len(self.who):
            raise self.wrong_width(len(cells) + self.width - len(self.who))
        return dict(zip(self.who, cells, strict=True))

    def wrong_width(self, cells: int) -> BadCell:
        """The error for a row of so many cells."""
        return BadCell(
            None,
            BadValue(
                f"the row has {cells} cells where the header has {self.width}",
                "Look for a comma inside a cell (put the cell in quotation marks) or for a row "
                "cut short",
            ),
        )

    def is_blank(self, parts: Sequence[Who]) -> bool:
        """Whether no cell of a row says anything; spreadsheets leave such rows at the end.

        A line break inside a cell says something: a quotation mark has swallowed the next row.
        """
        if isinstance(parts[0], tuple) and any("\n" in cell for part in parts for cell in part):
            return False
        return not any(sign not in ' ,"\n' for part in parts for cell in part for sign in cell)


def unquoted(cell: str) -> str:
    """A cell cut from a line, without the spaces and quotation marks around it."""
    cell = cell.strip()
    if len(cell) > 1 and cell[0] == cell[-1] == '"':
        return cell[1:-1]
    return cell


def _split(who: str) -> list[str]:
    if '"' not in who:
        return who.split(",")
    try:
        return next(csv.reader([who], strict=True))
    except csv.Error as error:
        raise BadCell(
            None,
            BadValue(
                f"the row cannot be split into columns ({error})",
                "Look for a quotation mark that is never closed, or write two where one is meant",
            ),
        ) from error


def _picker(place: Mapping[str, int], who: tuple[str, ...]) -> Callable[[list[str]], Sequence[Who]]:
    width, who_at = len(place), [place[name] for name in who]
    date_at, half_at, code_at = place["date"], place["session"], place["code"]
    minutes_at = place.get("minutes_late")

    def pick(row: list[str]) -> Sequence[Who]:
        if len(row) != width:
            return (tuple(row),)
        late = "" if minutes_at is None else row[minutes_at]
        return tuple([row[at] for at in who_at]), row[date_at], row[half_at], row[code_at], late

    return pick
