"""One pupil's marks: present everywhere, then absences in spells until the rate is met."""

from __future__ import annotations

from collections.abc import Callable

from linkwork.sample.days import Days, SchoolYear
from linkwork.sample.dice import Dice, running
from linkwork.sample.habits import (
    ILL_DAYS,
    ILL_WEIGHTS,
    KINDS,
    LONG_ILL_DAYS,
    LONG_ILL_WEIGHTS,
    MOSTLY,
    Habits,
)

PRESENT = ("/", "\\")
CLOSED = "#"
#: Absences whose reason comes later, and how likely it is still N after so many school days.
WITHOUT_REASON, STILL_N = ("I", "O"), (0.6, 0.4, 0.3, 0.2, 0.1)
#: More tries than this for one spell, and its place is taken: the year is full enough.
TRIES = 8


class Column:
    """One pupil's codes: two a date of `days`, morning and afternoon; "" is no mark."""

    def __init__(self, days: Days) -> None:
        self.days = days
        self.codes = ["#" if i // 2 in days.closed else PRESENT[i % 2] for i in range(_ends(days))]
        self.minutes: dict[int, int] = {}

    def put(self, place: int, half: int, code: str) -> bool:
        """Mark one session, if the pupil is present there so far. Whether it was."""
        at = 2 * place + half
        if self.codes[at] not in PRESENT:
            return False
        self.codes[at] = code
        return True

    def day(self, place: int, code: str) -> int:
        """Mark both sessions of a day; how many of them were taken."""
        return self.put(place, 0, code) + self.put(place, 1, code)

    def clear(self, place: int) -> None:
        """No mark at all on this day: the pupil is not on roll."""
        self.codes[2 * place] = self.codes[2 * place + 1] = ""

    def late(self, place: int, half: int, minutes: int, code: str = "L") -> int:
        """Mark a late arrival; 1 when it took the session, else 0."""
        if not self.put(place, half, code):
            return 0
        self.minutes[2 * place + half] = minutes
        return 1


class Absences:
    """Puts absences into one pupil's column. Every method returns the sessions it took."""

    def __init__(self, dice: Dice, column: Column, habits: Habits) -> None:
        self._dice, self._column, self._habits = dice, column, habits
        self._kinds: dict[str, Callable[[SchoolYear, int], int]] = {
            "illness": self.illness,
            "appointment": self.appointment,
            "leave": self.leave,
            "unauthorised": self.unauthorised,
            "holiday": self.holiday,
            "late": self.late,
            "suspended": self.suspended,
        }

    def fill(self, year: SchoolYear) -> None:
        """Absences of one school year, until the pupil's rate is met."""
        codes = self._column.codes
        possible = sum(codes[2 * p + half] in PRESENT for p in year.open for half in (0, 1))
        left = int(possible * self._habits.rate + self._dice.roll())
        sums = running(self._habits.kinds)
        idle = 0
        while left > 0 and idle < TRIES:
            kind = self._dice.weighted(KINDS, sums)
            taken = self._kinds[kind](year, left)
            idle = 0 if taken else idle + 1
            left -= taken

    def lateness(self) -> None:
        """Late arrivals before the register closes, which are attendance."""
        for place in self._column.days.open:
            if self._dice.chance(self._habits.late):
                self._column.late(place, 0, self._dice.between(2, 25))

    def illness(self, year: SchoolYear, left: int) -> int:
        """A spell of days; the last odd session is an afternoon sent home."""
        dice = self._dice
        long = self._habits.rate >= MOSTLY
        lengths = LONG_ILL_DAYS if long else ILL_DAYS
        sums = running(LONG_ILL_WEIGHTS if long else ILL_WEIGHTS)
        return self._spell(year, left, dice.weighted(lengths, sums), "I")

    def appointment(self, year: SchoolYear, _left: int) -> int:
        """One session at a doctor or dentist."""
        return self._one(year, self._dice.below(2), "M")

    def leave(self, year: SchoolYear, _left: int) -> int:
        """One session of leave in exceptional circumstances."""
        return self._one(year, self._dice.below(2), "C")

    def unauthorised(self, year: SchoolYear, left: int) -> int:
        """An afternoon, or one to three days, without a reason the school accepts."""
        if self._dice.chance(0.25):
            return self._one(year, 1, "O")
        return self._spell(year, left, self._dice.between(1, 3), "O")

    def holiday(self, year: SchoolYear, left: int) -> int:
        """Two to five days beside a holiday, not granted."""
        days = self._dice.between(2, 5)
        if not year.edges or left < 2 * days:
            return 0
        at = year.open.index(self._dice.pick(year.edges))
        start = at if self._dice.chance(0.5) else max(0, at - days + 1)
        return sum(self._column.day(place, "G") for place in year.open[start : start + days])

    def late(self, year: SchoolYear, _left: int) -> int:
        """An arrival after the register closed."""
        place = self._dice.weighted(year.open, year.sums)
        return self._column.late(place, 0, self._dice.between(31, 90), "U")

    def suspended(self, year: SchoolYear, left: int) -> int:
        """One to five days of suspension."""
        return self._spell(year, left, self._dice.between(1, 5), "E")

    def _one(self, year: SchoolYear, half: int, code: str) -> int:
        place = self._dice.weighted(year.open, year.sums)
        return int(self._column.put(place, half, code))

    def _spell(self, year: SchoolYear, left: int, days: int, code: str) -> int:
        if left == 1:
            return self._one(year, 1, code)
        days = min(days, left // 2)
        at = year.open.index(self._dice.weighted(year.open, year.sums))
        return sum(self._column.day(place, code) for place in year.open[at : at + days])


def without_reasons(dice: Dice, column: Column) -> None:
    """Recent absences still stand as N; reasons arrive within five school days."""
    for ago, place in enumerate(column.days.open[: -len(STILL_N) - 1 : -1]):
        if not dice.chance(STILL_N[ago]):
            continue
        for at in (2 * place, 2 * place + 1):
            if column.codes[at] in WITHOUT_REASON:
                column.codes[at] = "N"


def _ends(days: Days) -> int:
    return 2 * len(days.dates)
