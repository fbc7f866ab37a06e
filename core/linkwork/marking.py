"""How marks are handed to a register, and where something stood in a source."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import NamedTuple

from linkwork.errors import BadInput

#: The years a mark can be of: a date outside them is a slip, whatever code sets are known.
YEARS = range(1990, 2100)

#: Writes marks of many sessions of one pupil: its place, a code's index for each session in
#: order, the source's row number.
Filler = Callable[[int, Iterable[int], int], None]

#: Writes one mark of one session: the pupil's place, the code's index, the source's row number.
Marker = Callable[[int, int, int], None]


class Place(NamedTuple):
    """Where something stood in a source: a file, and a row counted with the header as 1."""

    file: str | None
    row: int | None


def refuse_other_years(day: date, place: Place) -> None:
    """Raise BadInput, with its place, for a day that no mark can be of."""
    if day.year not in YEARS:
        raise BadInput(
            f"no register is of {day.isoformat()}: marks are of {YEARS[0]} to {YEARS[-1]}",
            remedy="Correct the year of that date, or leave it out",
            file=place.file,
            row=place.row,
            column="date",
        )
