"""How marks are handed to a register, and where something stood in a source."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

#: Writes marks of many sessions of one pupil: its place, a code's index for each session in
#: order, the source's row number.
Filler = Callable[[int, Iterable[int], int], None]

#: Writes one mark of one session: the pupil's place, the code's index, the source's row number.
Marker = Callable[[int, int, int], None]


class Place(NamedTuple):
    """Where something stood in a source: a file, and a row counted with the header as 1."""

    file: str | None
    row: int | None
