"""What the rules share: whose marks count when, and what a judge says it has found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from operator import getitem, itemgetter
from typing import NamedTuple, Protocol

from linkwork.age import AgeRule, AgeWord, compulsory_age
from linkwork.codes import CodeClass
from linkwork.facts import Facts
from linkwork.findings import Counted
from linkwork.policy import CountRule, RateRule, Rule
from linkwork.register import GUEST_MODES, HALVES, NO_MARK, Pupil
from linkwork.school_year import between, school_year, spans
from linkwork.sheet import Lines, Reading, Sheet
from linkwork.stays import Ages, Span, Stays, StaysOfAge, ages, clipped

POSSIBLE, UNKNOWN, NEITHER = "x", "?", "."


@dataclass(frozen=True, slots=True)
class Judged:
    """One pupil in front of one rule: where it stands, and the days the rule may look at.

    `force` are the school days on which the rule may be met, None for all of them: a rule that
    came into force on one of them looks back over what began before, and one that is no longer
    in force sees to its end what it had found.
    """

    index: int
    pupil: Pupil
    spans: tuple[Span, ...]
    force: Span | None = None


class Evidence(NamedTuple):
    """What a rule found of one pupil: counted positions of its line, and the numbers.

    `value`, `threshold`, `at_least` and `at_most` are in the rule's unit; `least` are the counted
    positions that `at_least` is a number of (None: all of them), and `most_sessions` is `at_most`
    in sessions (None: the unit is sessions). `period` is what
    possible sessions are counted over, `window` the days the rule looked at (None: the period).
    """

    counted: Sequence[int]
    value: int
    threshold: int
    provisional: bool
    at_least: int
    at_most: int
    period: Span
    ended: int | None = None
    window: Span | None = None
    least: Sequence[int] | None = None
    most_sessions: int | None = None
    parts: tuple[str, ...] = ()
    before: tuple[int, int] | None = None
    over: int | None = None


class Judge(Protocol):
    """One rule over one register."""

    def evidence(self, judged: Judged) -> Iterator[Evidence]:
        """Everything the rule finds of one pupil, in order of time."""
        ...


@dataclass(frozen=True)
class Bench:
    """What every rule needs of a register: its sheet, and which sessions were possible.

    `on_roll` and `of_age` are each pupil's school days, in the register's order: all, and those
    of compulsory school age (all of them for a pupil without a date of birth).
    """

    sheet: Sheet
    age_rule: AgeRule
    ages: Ages
    possible: Lines
    on_roll: Sequence[tuple[Span, ...]]
    of_age: Sequence[tuple[Span, ...]]
    facts: Facts = field(default_factory=dict)

    def spans_of(self, rule: Rule, index: int) -> tuple[Span, ...]:
        """The school days this rule may look at: on roll and, if age-bound, of that age.

        A guest is judged by rules of the school's own alone: what the law asks for, and what
        leaves the school, is for the school where the pupil is registered.
        """
        stays = (self.of_age if rule.age_bound else self.on_roll)[index]
        if rule.audience == "school" or index not in self.guests:
            return stays
        own = spans(self.sheet.register.pupils[index], self.sheet.days, registered=True)
        return tuple(part for span in own for part in clipped(stays, span))

    @cached_property
    def guests(self) -> frozenset[int]:
        """The positions of pupils who are here as a guest for some of their time."""
        pupils = self.sheet.register.pupils
        if GUEST_MODES.isdisjoint([stay.mode for pupil in pupils for stay in pupil.enrolments]):
            return frozenset()
        return frozenset(
            place
            for place, pupil in enumerate(pupils)
            if not all(stay.registered for stay in pupil.enrolments)
        )

    @cached_property
    def year(self) -> Span:
        """The school days of the school year that holds the day judged."""
        return between(self.sheet.days, school_year(self.sheet.as_of)[0], self.sheet.as_of)

    def last_weeks(self, weeks: int, before: int = 0) -> Span:
        """The school days of the last so many school weeks; `before`: of those before these."""
        numbers = self.sheet.weeks
        if not numbers:
            return 0, 0
        last = numbers[-1] - before
        inside = [day for day, week in enumerate(numbers) if last - weeks < week <= last]
        return (inside[0], inside[-1] + 1) if inside else (0, 0)

    def told(self, index: int, places: Sequence[int]) -> tuple[Counted, ...]:
        """The sessions at these positions of the pupil's line, with their codes."""
        return self._told.of(index, places)

    @cached_property
    def _told(self) -> _Told:
        return _Told(self.sheet)

    def age(self, pupil: Pupil, day: date) -> AgeWord:
        """Whether the pupil is of compulsory school age on a day."""
        if pupil.date_of_birth is None:
            return "unknown"
        if day == self.sheet.as_of:
            return "compulsory" if self._of_age_now.of(pupil.date_of_birth) == (0, 1) else "outside"
        return compulsory_age(pupil.date_of_birth, day, rule=self.age_rule)

    @cached_property
    def _of_age_now(self) -> Ages:
        return ages((self.sheet.as_of,), self.age_rule)

    def half_terms(self) -> list[Span]:
        """The half terms of this school year so far."""
        return self.sheet.half_terms_of(school_year(self.sheet.as_of)[0].year)

    def time_of(self, rule: RateRule | CountRule) -> list[Span]:
        """The stretches of school days a rule that is judged as of a day looks at."""
        if rule.school_weeks is not None:
            return [self.last_weeks(rule.school_weeks)]
        if rule.period == "half-term":
            return self.half_terms()
        if rule.period == "today":
            days = self.sheet.days
            return [(len(days) - 1, len(days))] if days and days[-1] == self.sheet.as_of else []
        return [self.year]


class _Told:
    """Every session with each of its codes, made once: thousands of findings share them."""

    def __init__(self, sheet: Sheet) -> None:
        self._columns, self._with = sheet.columns, _EverySession(sheet)
        self._index = -1
        self._places: Sequence[int] = ()
        self._last: tuple[Counted, ...] = ()

    def of(self, index: int, places: Sequence[int]) -> tuple[Counted, ...]:
        """The sessions at some positions of one pupil's line."""
        # Rules that count the same are given the same places, one after the other.
        if places is not self._places or index != self._index:
            self._index, self._places, self._last = index, places, self._tell(index, places)
        return self._last

    def _tell(self, index: int, places: Sequence[int]) -> tuple[Counted, ...]:
        # A hundred thousand sessions are told of: none of them is a step here.
        line = self._columns.of(index)
        if len(places) < 2:
            return tuple([self._with[line[place]][place] for place in places])
        chosen = itemgetter(*places)
        marks = bytes(chosen(line))
        if marks.count(marks[0]) == len(marks):
            # An illness or a holiday has one code all along.
            found: tuple[Counted, ...] = chosen(self._with[marks[0]])
            return found
        return tuple(map(getitem, map(self._with.__getitem__, marks), places))


class _EverySession(dict[int, list[Counted]]):
    """Every session of a sheet with a code, by the code's number."""

    def __init__(self, sheet: Sheet) -> None:
        super().__init__()
        self._codes = sheet.register.codes
        self._sessions = [(day, half) for day in sheet.days for half in HALVES]

    def __missing__(self, code: int) -> list[Counted]:
        name = self._codes[code]
        self[code] = [Counted(day, half, name) for day, half in self._sessions]
        return self[code]


class Reader:
    """Every pupil's line as one rule reads it, and without the N marks of the last days."""

    def __init__(self, at: Bench, reading: Reading, no_mark: str | None = None) -> None:
        self._at, self._reading, self._no_mark = at, reading, no_mark
        self._lines = at.sheet.read(reading, no_mark=no_mark)
        #: The pupil's line as it is marked, and the positions of a letter in it.
        self.of, self.places = self._lines.of, self._lines.places

    def forgotten(self, index: int) -> str:
        """The line with provisional marks of the last days unknown: the same where none is."""
        if not self._at.sheet.waits(index):
            return self._lines.of(index)
        return self._without_recent.of(index)

    @cached_property
    def _without_recent(self) -> Lines:
        return self._at.sheet.read(self._reading, without_recent=True, no_mark=self._no_mark)


def bench(sheet: Sheet, facts: Facts | None = None) -> Bench:
    """The shared readings of a sheet, made once for all rules."""
    pupils, days, rule = sheet.register.pupils, sheet.days, sheet.policy.age.rule()
    on_roll, of_ages = Stays(pupils, days), ages(days, rule)
    of_age = StaysOfAge(pupils, days, on_roll, of_ages)
    return Bench(sheet, rule, of_ages, sheet.read(_possible), on_roll, of_age, facts or {})


def without_mark(at: Bench, index: int, ranges: Sequence[Span]) -> int:
    """How many sessions of some school days have no mark at all: an unknown code is one."""
    marks = at.sheet.columns.of(index)
    return sum(marks.count(NO_MARK, 2 * first, 2 * last) for first, last in ranges)


def unknown_in(line: str, ranges: Sequence[Span]) -> int:
    """How many sessions of some school days nothing is known of: in most lines, of all of them."""
    return counted_in(line, UNKNOWN, ranges) if UNKNOWN in line else 0


def counted_in(line: str, letter: str, ranges: Sequence[Span]) -> int:
    """How many sessions of some school days have a letter in a line."""
    if len(ranges) == 1:
        [(first, last)] = ranges
        return line.count(letter, 2 * first, 2 * last)
    return sum([line.count(letter, 2 * first, 2 * last) for first, last in ranges])


def _possible(known: CodeClass | None) -> str:
    if known is None:
        return UNKNOWN
    return POSSIBLE if known.possible else NEITHER
