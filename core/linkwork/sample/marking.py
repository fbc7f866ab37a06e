"""Everybody's marks: planted cases first, then ordinary pupils and a few in unusual places."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from linkwork.register import HALVES, Enrolment, Pupil, Register, Session
from linkwork.sample.days import Days
from linkwork.sample.dice import Dice
from linkwork.sample.habits import habits
from linkwork.sample.planted import SPLIT_CODES, Planted, cases, planted
from linkwork.sample.spells import Absences, Column, without_reasons

#: One pupil in so many leaves, joins, attends part-time, is registered at a second school.
LEAVERS, JOINERS, PART_TIME, DUAL = 70, 70, 200, 400
#: Reception is not yet, and the sixth form no longer, of compulsory school age.
NOT_COMPULSORY = frozenset({"R", "1", "11", "12", "13"})
WEDNESDAY, THURSDAY = 2, 3


class Marking:
    """The columns of a school, pupil by pupil. `roll` is changed where pupils leave or join."""

    def __init__(self, dice: Dice, phase: str, days: Days, roll: list[Pupil]) -> None:
        self.dice, self.phase, self.days, self.roll = dice, phase, days, roll
        self.columns = [Column(days) for _ in roll]
        self._planted: set[int] = set()
        for pupil, column in zip(roll, self.columns, strict=True):
            self._only_on_roll(pupil, column)

    def plant(self) -> tuple[Planted, ...]:
        """Plant every case the days suffice for, each on a pupil of its own."""
        able = [
            place
            for place, pupil in enumerate(self.roll)
            if pupil.year_group not in NOT_COMPULSORY and pupil.on_roll(self.days.dates[0])
        ]
        found = []
        for place, case in zip(self.dice.shuffled(able), cases(), strict=False):
            column = Column(self.days)
            if case.mark(column):
                self.columns[place] = column
                self._planted.add(place)
                found.append(planted(case, self.roll[place].pupil_id, column))
        return tuple(found)

    def fill(self) -> None:
        """Ordinary marks for everybody else. Planted pupils are left as they are."""
        rest = [place for place in range(len(self.roll)) if place not in self._planted]
        others = self.dice.shuffled(rest)
        for way, every in self._unusual():
            for _ in range(max(1, len(self.roll) // every)):
                way(others.pop())
        for place in self._youngest(rest):
            self._mornings_only(place)
        for place, habit in zip(rest, habits(self.dice, self.phase, len(rest)), strict=True):
            column = self.columns[place]
            absences = Absences(self.dice, column, habit)
            for year in self.days.years:
                absences.fill(year)
            absences.lateness()
            without_reasons(self.dice, column)
        self._lose_a_register(rest)

    def register(self, urn: str, name: str) -> Register:
        """The register of all columns."""
        codes = {"": 0}
        coded = [
            bytes([codes.setdefault(code, len(codes)) for code in column.codes])
            for column in self.columns
        ]
        sessions = tuple(Session(day, half) for day in self.days.dates for half in HALVES)
        return Register(
            pupils=tuple(self.roll),
            sessions=sessions,
            codes=tuple(codes),
            rows=[bytearray(marks) for marks in zip(*coded, strict=True)],
            minutes_late={
                (at, place): minutes
                for place, column in enumerate(self.columns)
                for at, minutes in column.minutes.items()
            },
            urn=urn,
            source=f"the made-up {name}",
        )

    def _unusual(self) -> list[tuple[Callable[[int], None], int]]:
        return [
            (self._leaves, LEAVERS),
            (self._joins, JOINERS),
            (self._part_time, PART_TIME),
            (self._dual, DUAL),
        ]

    def _leaves(self, place: int) -> None:
        start = self.roll[place].enrolments[0].start
        self._enrol(place, Enrolment(start, self._some_day()))

    def _joins(self, place: int) -> None:
        self._enrol(place, Enrolment(self._some_day()))

    def _part_time(self, place: int) -> None:
        """A part-time timetable: mornings only, for up to six weeks, from 2024 marked C2."""
        start = self.dice.below(max(1, len(self.days.open) - 30))
        for day in self.days.open[start : start + 30]:
            code = "C2" if self.days.dates[day] >= SPLIT_CODES else "C"
            self.columns[place].put(day, 1, code)

    def _dual(self, place: int) -> None:
        """Two days a week at another school, which marks the attendance there."""
        for day in self.days.open:
            if self.days.dates[day].weekday() in {WEDNESDAY, THURSDAY}:
                self.columns[place].day(day, "D")

    def _youngest(self, rest: list[int]) -> list[int]:
        """One in fifteen of Reception."""
        return [place for place in rest if self.roll[place].year_group == "R"][::15]

    def _mornings_only(self, place: int) -> None:
        """A child not yet of compulsory school age who comes in the mornings until Christmas."""
        for day in self.days.open:
            if self.days.dates[day].month >= 9:
                self.columns[place].put(day, 1, "X")

    def _some_day(self) -> date:
        """An open day of this school year, not among its first or last ten."""
        places = self.days.years[-1].open
        middle = places[10:-10] or places
        return self.days.dates[self.dice.pick(middle)]

    def _enrol(self, place: int, enrolment: Enrolment) -> None:
        self.roll[place] = replace(self.roll[place], enrolments=(enrolment,))
        self._only_on_roll(self.roll[place], self.columns[place])

    def _only_on_roll(self, pupil: Pupil, column: Column) -> None:
        for at, day in enumerate(self.days.dates):
            if not pupil.on_roll(day):
                column.clear(at)

    def _lose_a_register(self, rest: list[int]) -> None:
        """One form's register of one afternoon was never taken: no mark, which is unknown."""
        day = self.dice.pick(self.days.open)
        form = self.roll[self.dice.pick(rest)].form
        for place in rest:
            if self.roll[place].form == form:
                self.columns[place].codes[2 * day + 1] = ""
                self.columns[place].minutes.pop(2 * day + 1, None)
