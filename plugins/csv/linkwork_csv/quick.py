"""The same as `Reader.take`, for rows that are like rows before them: most of a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from linkwork_csv.reading import Reader

Numbered = Iterable[tuple[int, list[str]]]


def rows_left(reader: Reader, rows: Numbered) -> Iterator[tuple[int, list[str]]]:
    """Read what is like rows before; give those that have to be looked at one by one."""
    ways = {"long": _long, "day-wide": _day_wide}
    quick = ways.get(reader.layout.shape)
    return iter(rows) if quick is None else quick(reader, rows)


def _long(reader: Reader, rows: Numbered) -> Iterator[tuple[int, list[str]]]:
    yield from rows


def _day_wide(reader: Reader, rows: Numbered) -> Iterator[tuple[int, list[str]]]:
    yield from rows
