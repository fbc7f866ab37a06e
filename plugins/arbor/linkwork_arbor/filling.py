"""Marks on their way into a register's builder: what the rows of a session share is done once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from linkwork import wording
from linkwork.codes import CLOSED
from linkwork.marking import Marker
from linkwork.register import RegisterBuilder
from linkwork_arbor.mapping.marks import Mark

_SOURCE = "Arbor"


class Filling:
    """Takes marks page by page. Of pupils in `not_ours`, another school's or held, none is."""

    def __init__(self, into: RegisterBuilder, not_ours: set[str]) -> None:
        self._into, self._not_ours = into, not_ours
        self._open: dict[tuple[date, str], Marker] = {}
        self._closed: dict[tuple[date, str], Marker] = {}
        self._places: dict[str, int] = {}
        self._indices: dict[str, int] = {}
        self._unlisted = 0

    def take(self, marks: Iterable[Mark]) -> None:
        """Put marks into the builder. Raises BadInput for a second, different mark."""
        places, indices = self._places, self._indices
        opened, closed = self._open, self._closed
        for who, on, half, code, late in marks:
            place = places.get(who)
            if place is None and (place := self._place(who)) is None:
                continue
            shelf = closed if code == CLOSED else opened
            marker = shelf.get((on, half))
            if marker is None:
                marker = shelf[on, half] = self._into.marker(on, half, file=_SOURCE)
            index = indices.get(code)
            if index is None:
                index = indices[code] = self._into.code_index(code, file=_SOURCE)
            marker(place, index, 0)
            if late:
                self._into.late(place, on, half, late)

    def _place(self, who: str) -> int | None:
        if who in self._not_ours:
            return None
        if not self._into.has_pupil(who):
            self._unlisted += 1
        place = self._places[who] = self._into.place(who)
        return place

    @property
    def empty(self) -> bool:
        """Whether no mark was taken."""
        return not self._open and not self._closed

    @property
    def held_days(self) -> set[date]:
        """The days with a mark other than a closure."""
        return {on for on, _ in self._open}

    def warn(self) -> None:
        """Say that marks came of pupils nobody listed."""
        if self._unlisted:
            who = wording.number(self._unlisted, "pupil")
            verb = "is" if self._unlisted == 1 else "are"
            self._into.warn(
                f"{who} with marks {verb} not in Arbor's list of students: names and ages are "
                "unknown"
            )
