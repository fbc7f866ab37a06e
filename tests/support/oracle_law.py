"""What the oracle knows of law and guidance, in its own words: codes, ages, school days, one pupil.

Slow on purpose and sharing nothing with the engine: no tables, no bytes, no code sets. Every
question is asked again of a dictionary of marks. What is missing or doubtful is answered by
filling the marks in and asking again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache, cached_property

import holidays

from linkwork.register import Pupil, Register

Session = tuple[date, str]
Marks = Mapping[Session, str]
HALVES = ("AM", "PM")

NEW_CODES = date(2024, 8, 19)
PRESENT = ["/", "\\", "L"]
ACTIVITY_2024 = ["K", "V", "P", "W", "B"]
ACTIVITY_BEFORE = ["B", "J", "P", "V", "W"]
AUTHORISED_2024 = ["C", "C1", "C2", "E", "I", "J1", "M", "R", "S", "T"]
AUTHORISED_BEFORE = ["C", "E", "H", "I", "M", "R", "S", "T"]
UNAUTHORISED = ["G", "N", "O", "U"]
NOT_POSSIBLE_2024 = ["D", "Q", "X", "Y1", "Y2", "Y3", "Y4", "Y5", "Y6", "Y7"]
NOT_POSSIBLE_BEFORE = ["D", "X", "Y"]
ADMINISTRATIVE = ["Z", "#"]
#: Another library's, of England and Wales.
BANK_HOLIDAYS = holidays.country_holidays("GB", subdiv="ENG")
#: A code of each class, for filling a gap in.
ONE_OF = {"unauthorised": "O", "authorised": "I", "activity": "B", "not-possible": "X"}


def class_of(code: str, day: date) -> str:
    """What one mark counts as on a day; "unknown" for none and for a code nobody knows."""
    new = day >= NEW_CODES
    classes = {
        "present": PRESENT,
        "activity": ACTIVITY_2024 if new else ACTIVITY_BEFORE,
        "authorised": AUTHORISED_2024 if new else AUTHORISED_BEFORE,
        "unauthorised": UNAUTHORISED,
        "not-possible": NOT_POSSIBLE_2024 if new else NOT_POSSIBLE_BEFORE,
        "administrative": ADMINISTRATIVE,
    }
    return next((name for name, codes in classes.items() if code in codes), "unknown")


def could_attend(code: str, day: date) -> bool:
    """Whether the session belongs in the number of sessions the pupil could have attended."""
    return class_of(code, day) in ("present", "activity", "authorised", "unauthorised")


def of_compulsory_age(born: date, day: date) -> bool:
    """Whether the day lies in the time section 8 speaks of."""
    starts, leaving = compulsory_age_of(born)
    return starts <= day <= leaving


@cache
def compulsory_age_of(born: date) -> tuple[date, date]:
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
    return starts, leaving


def _birthday(born: date, age: int) -> date:
    if (born.month, born.day) == (2, 29):
        return date(born.year + age, 2, 28) + timedelta(days=1)
    return date(born.year + age, born.month, born.day)


def monday(day: date) -> date:
    """The Monday of the day's week."""
    return day - timedelta(days=day.weekday())


def is_holiday_between(earlier: date, later: date, weekdays: int = 5) -> bool:
    """Whether so many weekdays lie between two school days that follow each other."""
    between = (earlier + timedelta(days=n) for n in range(1, (later - earlier).days))
    return sum(day.weekday() < 5 for day in between) >= weekdays


@dataclass(frozen=True)
class School:
    """The school's days up to the day asked about."""

    register: Register
    as_of: date
    waiting_days: int

    @cached_property
    def days(self) -> list[date]:
        """Declared days, or days on which anybody has a mark other than a closure."""
        sessions = list(zip(self.register.sessions, self.register.rows, strict=True))
        codes = self.register.codes
        held = {s.date for s, row in sessions for mark in row if codes[mark] not in ("", "#")}
        if self.register.calendar is not None:
            first = min((s.date for s, _ in sessions), default=date.max)
            last = max((s.date for s, row in sessions if any(row)), default=date.min)
            held = {day for day in self.register.calendar if first <= day <= last}
        return sorted(day for day in held if day <= self.as_of)

    @cached_property
    def this_year(self) -> list[date]:
        """The days since 1 August."""
        return [day for day in self.days if day >= self.august]

    @cached_property
    def august(self) -> date:
        """The day on which the school year began."""
        return date(self.as_of.year if self.as_of.month >= 8 else self.as_of.year - 1, 8, 1)

    @cached_property
    def mondays(self) -> list[date]:
        """The Mondays of the school weeks."""
        return sorted({monday(day) for day in self.days})

    @cached_property
    def numbers(self) -> dict[tuple[date, str, int], int]:
        """The number of each day's week or day, kept once it is asked for."""
        return {}

    def last_weeks(self, count: int, before: int = 0) -> list[date]:
        """The days of the last `count` school weeks, leaving out the last `before` of all."""
        weeks = self.mondays[: len(self.mondays) - before][-count:]
        return [day for day in self.days if monday(day) in weeks]

    def half_terms(self) -> list[list[date]]:
        """This year's days in stretches without a holiday; an unmarked week is none."""
        stretches: list[list[date]] = []
        before: date | None = None
        for day in sorted({*self.days, *self.unmarked}):
            new = before is None or is_holiday_between(before, day)
            if new or (day >= self.august and before is not None and before < self.august):
                stretches.append([])
            stretches[-1].append(day)
            before = day
        ours = [[day for day in each if day in self.days] for each in stretches]
        return [each for each in ours if each and each[0] >= self.august]

    @cached_property
    def unmarked(self) -> set[date]:
        """Weekdays between school days whose sessions the register holds without any mark."""
        marked: dict[date, bool] = {}
        for session, row in zip(self.register.sessions, self.register.rows, strict=True):
            marked[session.date] = marked.get(session.date, False) or any(row)
        blank = {day for day, any_mark in marked.items() if not any_mark and day.weekday() < 5}
        return {day for day in blank if self.days and self.days[0] < day < self.days[-1]}

    @cached_property
    def taken(self) -> set[Session]:
        """The sessions in which anybody has a mark other than a closure."""
        codes = self.register.codes
        return {
            (session.date, session.half)
            for session, row in zip(self.register.sessions, self.register.rows, strict=True)
            if any(codes[mark] not in ("", "#") for mark in row)
        }

    @cached_property
    def recent(self) -> list[date]:
        """The school days in which an N is still waiting."""
        return self.days[len(self.days) - min(len(self.days), self.waiting_days) :]

    def due(self, day: date) -> date:
        """The school day, so many after, by which the reason falls due."""
        later = [each for each in self.days if each > day]
        calendar = [each for each in sorted(self.register.calendar or ()) if each > self.as_of]
        later += calendar
        following = max([*calendar, self.as_of])
        while len(later) < self.waiting_days + 1:
            following += timedelta(days=1)
            if following.weekday() < 5 and following not in BANK_HOLIDAYS:
                later.append(following)
        return later[self.waiting_days - 1] if self.waiting_days else day


@dataclass(frozen=True)
class Story:
    """One pupil's marks, and the days they may count on."""

    school: School
    pupil: Pupil
    marks: Marks
    age_bound: bool

    def code(self, session: Session) -> str:
        """The mark; "" for none."""
        return self.marks.get(session, "")

    def unknown(self, session: Session) -> bool:
        """Whether nothing is known of it."""
        return class_of(self.code(session), session[0]) == "unknown"

    @cached_property
    def stays(self) -> list[list[date]]:
        """The pupil's school days, cut where a school day lies between two enrolments."""
        stays: list[list[date]] = [[]]
        for day in self.school.days:
            if not any(each.covers(day) for each in self.pupil.enrolments):
                stays.append([])
            elif self._old_enough(day):
                stays[-1].append(day)
        return [stay for stay in stays if stay]

    def _old_enough(self, day: date) -> bool:
        """Whether the pupil's age lets the day count; an unknown age does."""
        born = self.pupil.date_of_birth
        return not self.age_bound or born is None or of_compulsory_age(born, day)

    @cached_property
    def days(self) -> list[date]:
        """All of them."""
        return [day for stay in self.stays for day in stay]

    def but(self, change: Callable[[Session, str], str]) -> Story:
        """The same pupil with every mark of a school day passed through `change`."""
        sessions = [(day, half) for day in self.school.days for half in HALVES]
        return replace(self, marks={each: change(each, self.code(each)) for each in sessions})

    def waiting(self) -> Story:
        """Without the N of the last school days."""
        recent = self.school.recent
        # Not a blank: a session whose N is set aside has a mark, only not one to count.
        return self.but(lambda s, code: "??" if s[0] in recent and code == "N" else code)

    def filled(self, code: str) -> Story:
        """With `code` wherever nothing is known."""
        return self.but(lambda s, old: code if class_of(old, s[0]) == "unknown" else old)

    def sessions(self, days: list[date], wanted: Callable[[Session], bool]) -> list[Session]:
        """The sessions of some days that are wanted."""
        return [(day, half) for day in days for half in HALVES if wanted((day, half))]

    def possible(self, days: list[date]) -> int:
        """Sessions the pupil could have attended."""
        return len(self.sessions(days, lambda s: could_attend(self.code(s), s[0])))

    def missing(self, days: list[date]) -> int:
        """Sessions of which nothing is known."""
        return len(self.sessions(days, self.unknown))
