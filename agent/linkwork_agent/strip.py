"""A pupil's year as lines of text: one a school week, with what each rule counted under it.

Plain signs and words, so that it can be read aloud, copied into a mail and printed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from linkwork import wording
from linkwork.school_year import spans
from linkwork.sheet import Sheet

NO_MARK, NO_SCHOOL, CLOSED, OFF_ROLL = "_", ":", "#", "~"
LEGEND = (
    f"Morning and afternoon of each school day. {NO_MARK} no mark, {NO_SCHOOL} no school that day, "
    f"{CLOSED} closed, {OFF_ROLL} not on roll."
)
LABEL, WIDTH = 17, 80
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

#: Makes a sign stand out on a screen; given the position among the sessions and the sign.
Paint = Callable[[int, str], str]


@dataclass(frozen=True)
class Strip:
    """What is drawn: one pupil of a sheet, and the counted positions of each letter."""

    sheet: Sheet
    pupil: int
    counted: Mapping[str, frozenset[int]]
    paint: Paint = lambda _place, sign: sign

    def lines(self) -> Iterator[str]:
        """The year, week by week."""
        days = self.sheet.days
        if not days:
            return
        last = max(4, *(day.weekday() for day in days))
        width = max(1, *(len(self._sign(place)) for place in range(2 * len(days))))
        columns = last + 1
        wide = LABEL + columns * (2 * width + 1 + 3) - 3 <= WIDTH
        gap = "   " if wide else "  "
        names = [name.ljust(2 * width + 1) for name in _WEEKDAYS[:columns]]
        yield _row("Week from", names, gap)
        for on_roll, weeks in groupby(self._weeks(), key=self._on_roll):
            drawn = list(weeks)
            if not on_roll:
                yield f"{wording.day(drawn[0][0][1]).ljust(LABEL)}not on roll{_until(drawn)}"
                continue
            for week in drawn:
                yield from self._week(week, columns, width, gap)

    def _weeks(self) -> Iterator[list[tuple[int, date]]]:
        """The school days of each school week, with their place."""
        numbered = enumerate(self.sheet.days)
        for _, week in groupby(numbered, key=lambda each: each[1].isocalendar()[:2]):
            yield list(week)

    def _on_roll(self, week: Sequence[tuple[int, date]]) -> bool:
        return any(self._is_on_roll(place) for place, _ in week)

    def _is_on_roll(self, day: int) -> bool:
        pupil = self.sheet.register.pupils[self.pupil]
        return any(first <= day < last for first, last in spans(pupil, self.sheet.days))

    def _week(
        self, week: Sequence[tuple[int, date]], columns: int, width: int, gap: str
    ) -> Iterator[str]:
        places = {day: place for place, day in week}
        monday = week[0][1] - timedelta(days=week[0][1].weekday())
        if week[0][0] and monday - self.sheet.days[week[0][0] - 1] > timedelta(days=7):
            before = self.sheet.days[week[0][0] - 1] + timedelta(days=1)
            yield f"{''.ljust(LABEL)}no school from {wording.day(before)}"
        dates = [monday + timedelta(days=n) for n in range(columns)]
        cells = [self._day(day, places.get(day), width) for day in dates]
        yield _row(wording.day(monday), cells, gap)
        for letter, counted in self.counted.items():
            if any(2 * place in counted or 2 * place + 1 in counted for place, _ in week):
                marks = [_marked(letter, places.get(day), counted, width) for day in dates]
                yield _row(letter.rjust(LABEL - 2), marks, gap)

    def _day(self, day: date, place: int | None, width: int) -> str:
        if place is None:
            sign = CLOSED if day in self.sheet.school.closed else NO_SCHOOL
            return f"{sign.ljust(width)} {''.ljust(width)}"
        halves = (2 * place, 2 * place + 1)
        return " ".join(self._painted(each, width) for each in halves)

    def _painted(self, place: int, width: int) -> str:
        sign = self._sign(place)
        return self.paint(place, sign) + " " * (width - len(sign))

    def _sign(self, place: int) -> str:
        if not self._is_on_roll(place // 2):
            return OFF_ROLL
        return self.sheet.code(self.pupil, place) or NO_MARK


def _row(label: str, cells: Sequence[str], gap: str) -> str:
    return (label.ljust(LABEL) + gap.join(cells)).rstrip()


def _marked(letter: str, place: int | None, counted: frozenset[int], width: int) -> str:
    halves = ((), ()) if place is None else ((2 * place,), (2 * place + 1,))
    signs = (letter if half and half[0] in counted else "" for half in halves)
    return " ".join(sign.ljust(width) for sign in signs)


def _until(weeks: Sequence[Sequence[tuple[int, date]]]) -> str:
    last = weeks[-1][-1][1]
    return f" up to {wording.day(last)}"
