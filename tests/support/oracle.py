"""A second opinion: the four rules by brute force, from the words of law and guidance.

Slow on purpose and sharing nothing with the engine: no tables, no bytes, no code sets. Every
question is asked again of a dictionary of marks. What is missing or doubtful is answered by
filling the marks in and asking again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property
from itertools import pairwise

from linkwork.register import Pupil, Register

Marks = Mapping[tuple[date, str], str]
HALVES = ("AM", "PM")

NEW_CODES = date(2024, 8, 19)
ATTENDED_2024 = ["/", "\\", "L", "K", "V", "P", "W", "B"]
ATTENDED_BEFORE = ["/", "\\", "L", "B", "J", "P", "V", "W"]
AUTHORISED_2024 = ["C", "C1", "C2", "E", "I", "J1", "M", "R", "S", "T"]
AUTHORISED_BEFORE = ["C", "E", "H", "I", "M", "R", "S", "T"]
NOT_POSSIBLE_2024 = ["D", "Q", "X", "Y1", "Y2", "Y3", "Y4", "Y5", "Y6", "Y7", "Z", "#"]
NOT_POSSIBLE_BEFORE = ["D", "X", "Y", "Z", "#"]
UNAUTHORISED = ["G", "N", "O", "U"]


@dataclass(frozen=True)
class Law:
    """The figures and the choices the texts leave open."""

    run_days: int = 10
    window_sessions: int = 10
    window_weeks: int = 10
    persistent: Fraction = Fraction(1, 10)
    severe: Fraction = Fraction(1, 2)
    min_possible: int = 1
    u_breaks_run: bool = False
    authorised_day_ends: bool = True
    mixed_day_ends: bool = False
    waiting_days: int = 5


@dataclass(frozen=True)
class Told:
    """A finding in the oracle's words; compared with the engine's field by field."""

    pupil_id: str
    trigger: str
    status: str
    age: str
    value: int
    threshold: int
    possible: int
    first: date
    last: date
    ended: date | None
    at_least: int
    at_most: int
    why: tuple[tuple[date, str, str], ...]
    missing: int


def kind(code: str, day: date) -> str:
    """What one mark is: attended, authorised, unauthorised, neither, or unknown."""
    new = day >= NEW_CODES
    if code in (ATTENDED_2024 if new else ATTENDED_BEFORE):
        return "attended"
    if code in (AUTHORISED_2024 if new else AUTHORISED_BEFORE):
        return "authorised"
    if code in UNAUTHORISED:
        return "unauthorised"
    if code in (NOT_POSSIBLE_2024 if new else NOT_POSSIBLE_BEFORE):
        return "neither"
    return "unknown"


def of_compulsory_age(born: date, day: date) -> bool:
    """Section 8, walked day by day."""
    starts = _birthday(born, 5)
    while (starts.month, starts.day) not in {(3, 31), (8, 31), (12, 31)}:
        starts += timedelta(days=1)
    sixteen = _birthday(born, 16)
    year_ends = sixteen
    while (year_ends.month, year_ends.day) != (8, 31):
        year_ends += timedelta(days=1)
    leaving = date(year_ends.year, 6, 30)
    while leaving.strftime("%w") != "5":
        leaving -= timedelta(days=1)
    return starts <= day <= leaving


def _birthday(born: date, age: int) -> date:
    if (born.month, born.day) == (2, 29):
        return date(born.year + age, 2, 28) + timedelta(days=1)
    return date(born.year + age, born.month, born.day)


@dataclass
class Oracle:
    """All findings of a register on a date, by brute force."""

    register: Register
    as_of: date
    law: Law = field(default_factory=Law)

    def findings(self) -> list[Told]:
        """Every finding, in the order `check` prints them."""
        told: list[Told] = []
        for number, pupil in enumerate(self.register.pupils):
            marks = {
                (session.date, session.half): self.register.codes[row[number]]
                for session, row in zip(self.register.sessions, self.register.rows, strict=True)
            }
            told += self.continuous(pupil, marks)
            told += self.penalty(pupil, marks)
            told += self.rate(pupil, marks, "persistent-absence", self.law.persistent)
            told += self.rate(pupil, marks, "severe-absence", self.law.severe)
        return sorted(told, key=lambda each: (each.pupil_id, each.trigger, each.first, each.why))

    # Whose day is it?

    @cached_property
    def school_days(self) -> list[date]:
        """Declared days, or days on which anybody has a mark other than a closure."""
        held = {
            session.date
            for session, row in zip(self.register.sessions, self.register.rows, strict=True)
            for mark in row
            if self.register.codes[mark] not in ("", "#")
        }
        marked = [
            session.date
            for session, row in zip(self.register.sessions, self.register.rows, strict=True)
            if any(row)
        ]
        if self.register.calendar is not None:
            first = min((s.date for s in self.register.sessions), default=date.max)
            last = max(marked, default=date.min)
            held = {day for day in self.register.calendar if first <= day <= last}
        return sorted(day for day in held if day <= self.as_of)

    def stays(self, pupil: Pupil, *, age_bound: bool) -> list[list[date]]:
        """The pupil's school days, cut where a school day lies between two enrolments."""
        stays: list[list[date]] = [[]]
        for day in self.school_days:
            if not any(each.covers(day) for each in pupil.enrolments):
                stays.append([])
            elif self.may_count(pupil, day, age_bound=age_bound):
                stays[-1].append(day)
        return [stay for stay in stays if stay]

    def may_count(self, pupil: Pupil, day: date, *, age_bound: bool) -> bool:
        """Whether the pupil's age lets the day count; an unknown age does."""
        born = pupil.date_of_birth
        return not age_bound or born is None or of_compulsory_age(born, day)

    def waiting(self, marks: Marks) -> Marks:
        """The marks without the N of the last school days."""
        days = self.school_days
        recent = days[len(days) - min(len(days), self.law.waiting_days) :]
        return {
            (day, half): "" if day in recent and code == "N" else code
            for (day, half), code in marks.items()
        }

    def filled(self, marks: Marks, code: str) -> Marks:
        """The marks with `code` wherever nothing is known."""
        return {
            (day, half): code if kind(marks.get((day, half), ""), day) == "unknown"
            else marks[day, half]
            for day in self.school_days
            for half in HALVES
        }  # fmt: skip

    # Ten school days in a row

    def day_does(self, marks: Marks, day: date) -> str:
        """counts, ends or passes."""
        codes = [marks.get((day, half), "") for half in HALVES]
        kinds = [kind(code, day) for code in codes]
        if "attended" in kinds or (self.law.u_breaks_run and "U" in codes):
            return "ends"
        if "unauthorised" in kinds:
            return "ends" if "authorised" in kinds and self.law.mixed_day_ends else "counts"
        if "authorised" in kinds and self.law.authorised_day_ends:
            return "ends"
        return "passes"

    def runs(self, marks: Marks, stay: list[date]) -> list[tuple[list[date], date | None]]:
        """Counted days between two ends, for every pair of ends with none between."""
        does = {day: self.day_does(marks, day) for day in stay}
        ends = [None, *(day for day in stay if does[day] == "ends"), None]
        runs: list[tuple[list[date], date | None]] = []
        for before, after in pairwise(ends):
            counted = [
                day
                for day in stay
                if does[day] == "counts"
                and (before is None or day > before)
                and (after is None or day < after)
            ]
            if counted:
                runs.append((counted, after))
        return runs

    def continuous(self, pupil: Pupil, marks: Marks) -> list[Told]:
        """Ten school days in a row on which a session was G, N, O or U and none attended."""
        told: list[Told] = []
        least = self.law.run_days
        for stay in self.stays(pupil, age_bound=True):
            for counted, ended in self.runs(marks, stay):
                if len(counted) < least:
                    continue
                first, last = counted[0], counted[-1]

                def longest(
                    other: Marks, stay: list[date] = stay, first: date = first, last: date = last
                ) -> int:
                    return max(
                        (
                            len(days)
                            for days, _ in self.runs(other, stay)
                            if days[0] <= last and days[-1] >= first
                        ),
                        default=0,
                    )

                sure = longest(self.waiting(marks)) >= least
                why = self.sessions(marks, counted, self.counts_in_run)
                period = [day for day in stay if first <= day <= last]
                told.append(
                    Told(
                        pupil.pupil_id,
                        "continuous-unauthorised",
                        "confirmed" if sure else "provisional",
                        "unknown" if pupil.date_of_birth is None else "compulsory",
                        len(counted),
                        least,
                        self.possible(marks, period),
                        first,
                        last,
                        ended,
                        longest(self.filled(marks, "/")),
                        max(len(counted), longest(self.filled(marks, "O"))),
                        why,
                        self.missing(marks, period),
                    )
                )
        return told

    def counts_in_run(self, code: str, day: date) -> bool:
        """G, N, O or U."""
        return kind(code, day) == "unauthorised"

    # Ten sessions in ten school weeks

    def penalty(self, pupil: Pupil, marks: Marks) -> list[Told]:
        """Scan forward; the sessions of a window are used up."""
        days = [day for stay in self.stays(pupil, age_bound=True) for day in stay]
        windows = self.windows(marks, days)
        sure = len(self.windows(self.waiting(marks), days))
        mondays = sorted({day - timedelta(days=day.weekday()) for day in self.school_days})
        told: list[Told] = []
        for number, window in enumerate(windows):
            first, last = window[0][0], window[-1][0]
            monday = last - timedelta(days=last.weekday())
            oldest = mondays[max(0, mondays.index(monday) - self.law.window_weeks + 1)]
            week_days = [day for day in days if oldest <= day < monday + timedelta(days=7)]
            period = [day for day in days if first <= day <= last]
            told.append(
                Told(
                    pupil.pupil_id,
                    "penalty-window",
                    "confirmed" if number < sure else "provisional",
                    "unknown" if pupil.date_of_birth is None else "compulsory",
                    len(window),
                    self.law.window_sessions,
                    self.possible(marks, period),
                    first,
                    last,
                    None,
                    len(window),
                    len(window) + self.missing(marks, week_days),
                    tuple((day, half, marks[day, half]) for day, half in window),
                    self.missing(marks, period),
                )
            )
        return told

    def windows(self, marks: Marks, days: list[date]) -> list[list[tuple[date, str]]]:
        """The sessions of each window in turn."""
        mondays = sorted({day - timedelta(days=day.weekday()) for day in self.school_days})
        sessions = [
            (day, half)
            for day in days
            for half in HALVES
            if kind(marks.get((day, half), ""), day) == "unauthorised"
        ]
        used: set[tuple[date, str]] = set()
        found: list[list[tuple[date, str]]] = []
        for now in sessions:
            this_week = mondays.index(now[0] - timedelta(days=now[0].weekday()))
            near = [
                each
                for each in sessions
                if each <= now
                and each not in used
                and this_week - mondays.index(each[0] - timedelta(days=each[0].weekday()))
                < self.law.window_weeks
            ]
            if len(near) >= self.law.window_sessions:
                found.append(near)
                used.update(near)
        return found

    # A tenth, or half, of the year

    def rate(self, pupil: Pupil, marks: Marks, name: str, share: Fraction) -> list[Told]:
        """Absences over possible sessions from 1 August to the date asked about."""
        year = self.as_of.year if self.as_of.month >= 8 else self.as_of.year - 1
        all_days = [day for stay in self.stays(pupil, age_bound=False) for day in stay]
        days = [day for day in all_days if day >= date(year, 8, 1)]
        if not self.rate_met(marks, days, share):
            return []
        why = self.sessions(marks, days, self.is_absent)
        possible = self.possible(marks, days)
        least = next(n for n in range(possible + 1) if Fraction(n, possible) >= share)
        age = "unknown"
        if pupil.date_of_birth is not None:
            inside = of_compulsory_age(pupil.date_of_birth, self.as_of)
            age = "compulsory" if inside else "outside"
        return [
            Told(
                pupil.pupil_id,
                name,
                "confirmed" if self.rate_met(self.waiting(marks), days, share) else "provisional",
                age,
                len(why),
                least,
                possible,
                why[0][0],
                why[-1][0],
                None,
                len(why),
                len(why) + self.missing(marks, days),
                why,
                self.missing(marks, days),
            )
        ]

    def rate_met(self, marks: Marks, days: list[date], share: Fraction) -> bool:
        """Whether the share is reached, unrounded."""
        possible = self.possible(marks, days)
        absent = len(self.sessions(marks, days, self.is_absent))
        if possible < max(1, self.law.min_possible) or not absent:
            return False
        return Fraction(absent, possible) >= share

    def is_absent(self, code: str, day: date) -> bool:
        """Absent with or without permission."""
        return kind(code, day) in ("authorised", "unauthorised")

    # Counting

    def sessions(
        self, marks: Marks, days: list[date], counts: Callable[[str, date], bool]
    ) -> tuple[tuple[date, str, str], ...]:
        """The sessions of the days whose mark counts."""
        return tuple(
            (day, half, marks[day, half])
            for day in days
            for half in HALVES
            if counts(marks.get((day, half), ""), day)
        )

    def possible(self, marks: Marks, days: list[date]) -> int:
        """Sessions the pupil could have attended."""
        could = ("attended", "authorised", "unauthorised")
        return sum(
            kind(marks.get((day, half), ""), day) in could for day in days for half in HALVES
        )

    def missing(self, marks: Marks, days: list[date]) -> int:
        """Sessions of which nothing is known."""
        return sum(
            kind(marks.get((day, half), ""), day) == "unknown" for day in days for half in HALVES
        )
