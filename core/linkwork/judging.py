"""What the rules share: whose marks count when, and a finding made of counted positions."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from operator import getitem, itemgetter
from typing import NamedTuple, Protocol, overload

from linkwork.age import AgeRule, AgeWord
from linkwork.codes import CodeClass
from linkwork.facts import Facts
from linkwork.findings import Counted, Finding, Waiting
from linkwork.policy import CountRule, RateRule, Rule
from linkwork.register import GUEST_MODES, Pupil
from linkwork.school_year import between, school_year, spans
from linkwork.sheet import WAITS, Lines, Reading, Sheet

#: A half-open range of positions among the school days.
Span = tuple[int, int]

POSSIBLE, UNKNOWN, NEITHER = "x", "?", "."
ON_SITE, ELSEWHERE = "s", "."


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


class Ages(dict[date, tuple[date, date]]):
    """The first and last day of compulsory school age by date of birth, worked out once each."""

    def __init__(self, rule: AgeRule) -> None:
        super().__init__()
        self.rule = rule

    def __missing__(self, born: date) -> tuple[date, date]:
        self[born] = self.rule.interval(born)
        return self[born]


class Stays(Sequence[tuple[Span, ...]]):
    """Each pupil's school days on the roll, in the register's order, worked out when asked for.

    With an `age` rule: those of compulsory school age, or all without a date of birth.
    """

    def __init__(self, sheet: Sheet, age: Ages | None = None) -> None:
        self._sheet, self._age = sheet, age
        self._known: dict[int, tuple[Span, ...]] = {}

    def __len__(self) -> int:
        return len(self._sheet.register.pupils)

    @overload
    def __getitem__(self, index: int) -> tuple[Span, ...]: ...

    @overload
    def __getitem__(self, index: slice) -> list[tuple[Span, ...]]: ...

    def __getitem__(self, index: int | slice) -> tuple[Span, ...] | list[tuple[Span, ...]]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        if index not in self._known:
            self._known[index] = self._stays(self._sheet.register.pupils[index])
        return self._known[index]

    def _stays(self, pupil: Pupil) -> tuple[Span, ...]:
        days = self._sheet.days
        stays = tuple(spans(pupil, days))
        if self._age is None or pupil.date_of_birth is None:
            return stays
        return clipped(stays, between(days, *self._age[pupil.date_of_birth]))


@dataclass(frozen=True)
class Bench:
    """What every rule needs of a register: its sheet, and which sessions were possible.

    `on_roll` and `of_age` are each pupil's school days, in the register's order: all, and those
    of compulsory school age (all of them for a pupil without a date of birth).
    """

    sheet: Sheet
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
        marks, known = self.sheet.columns.of(index), self._told
        if len(places) < 2:
            return tuple([known[place][marks[place]] for place in places])
        # Thousands of findings tell of a hundred thousand sessions: none of them is a step here.
        chosen = itemgetter(*places)
        return tuple(map(getitem, chosen(known), chosen(marks)))

    def seen(self, index: int, places: Sequence[int]) -> tuple[date, ...]:
        """The days of these sessions on which the pupil was on site: came, but late."""
        line, days = self._on_site.of(index), self.sheet.days
        if not places or line.find(ON_SITE, places[0], places[-1] + 1) < 0:
            return ()
        return tuple({days[place // 2]: None for place in places if line[place] == ON_SITE})

    def waiting(self, index: int, places: Sequence[int]) -> tuple[Waiting, ...]:
        """Those of these sessions whose code says that the reason is not known yet."""
        if not self.sheet.waits(index):
            return ()
        sheet, line = self.sheet, self.sheet.waiting.of(index)
        late = places[bisect_left(places, 2 * sheet.recent) :]
        return tuple(
            Waiting(*sheet.session(place), sheet.due(place // 2))
            for place in late
            if line[place] == WAITS
        )

    @cached_property
    def _on_site(self) -> Lines:
        return self.sheet.read(lambda known: ON_SITE if known and known.on_site else ELSEWHERE)

    @cached_property
    def _told(self) -> list[_Told]:
        return [_Told(self.sheet, place) for place in range(2 * len(self.sheet.days))]

    def age(self, pupil: Pupil, day: date) -> AgeWord:
        """Whether the pupil is of compulsory school age on a day."""
        if pupil.date_of_birth is None:
            return "unknown"
        first, last = self.ages[pupil.date_of_birth]
        return "compulsory" if first <= day <= last else "outside"

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


class _Told(dict[int, Counted]):
    """One session with each code it was marked with, made once: thousands of findings share it."""

    def __init__(self, sheet: Sheet, place: int) -> None:
        super().__init__()
        self._sheet, self._session = sheet, sheet.session(place)

    def __missing__(self, index: int) -> Counted:
        self[index] = Counted(*self._session, self._sheet.register.codes[index])
        return self[index]


class Reader:
    """Every pupil's line as one rule reads it, and without the N marks of the last days."""

    def __init__(self, at: Bench, reading: Reading, no_mark: str | None = None) -> None:
        self._at, self._reading, self._no_mark = at, reading, no_mark
        self._lines = at.sheet.read(reading, no_mark=no_mark)

    def of(self, index: int) -> str:
        """The pupil's line as it is marked."""
        return self._lines.of(index)

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
    ages = Ages(sheet.policy.age.rule())
    possible = sheet.read(_possible)
    return Bench(sheet, ages, possible, Stays(sheet), Stays(sheet, ages), facts or {})


def clipped(ranges: Sequence[Span], to: Span) -> tuple[Span, ...]:
    """The parts of `ranges` that lie inside `to`."""
    low, high = to
    if len(ranges) == 1:
        [(first, last)] = ranges
        first, last = max(low, first), min(high, last)
        return ((first, last),) if first < last else ()
    cut = ((max(low, first), min(high, last)) for first, last in ranges)
    return tuple((first, last) for first, last in cut if first < last)


def finding(at: Bench, rule: Rule, judged: Judged, found: Evidence) -> Finding:
    """The finding that `found` proves."""
    sheet, pupil, counted = at.sheet, judged.pupil, found.counted
    line, inside = at.possible.of(judged.index), clipped(judged.spans, found.period)
    low, high = found.window or found.period
    last = sheet.days[counted[-1] // 2]
    return Finding(
        pupil_id=pupil.pupil_id,
        trigger=rule.name,
        audience=rule.audience,
        statutory=rule.statutory,
        status="provisional" if found.provisional else "confirmed",
        age=at.age(pupil, last if rule.age_bound else sheet.as_of),
        value=found.value,
        threshold=found.threshold,
        unit=rule.unit,
        possible=counted_in(line, POSSIBLE, inside),
        first=sheet.days[counted[0] // 2],
        last=last,
        ended=None if found.ended is None else sheet.days[found.ended],
        at_least=found.at_least,
        at_most=found.at_most,
        why=at.told(judged.index, counted),
        missing=counted_in(line, UNKNOWN, inside),
        seen=at.seen(judged.index, counted),
        window=(sheet.days[low], sheet.days[high - 1]),
        waiting=at.waiting(judged.index, counted),
        priority=first_for(pupil, rule) if rule.priority else (),
        parts=found.parts,
        before=found.before,
        over=None if found.over is None else sheet.days[found.over],
    )


def counted_in(line: str, letter: str, ranges: Sequence[Span]) -> int:
    """How many sessions of some school days have a letter in a line."""
    if len(ranges) == 1:
        [(first, last)] = ranges
        return line.count(letter, 2 * first, 2 * last)
    return sum([line.count(letter, 2 * first, 2 * last) for first, last in ranges])


def first_for(pupil: Pupil, rule: Rule) -> tuple[str, ...]:
    """Of the rule's reasons to see a child first, those that hold for this one."""
    return tuple(reason for reason in rule.priority if comes_first(pupil, reason))


def comes_first(pupil: Pupil, reason: str) -> bool:
    """Whether a child is of those an authority wants to see first; what is not known is not."""
    return {
        "social-worker": pupil.social_worker is True,
        # E: education, health and care plan. Source: school census, SEN provision.
        "ehcp": pupil.sen == "E",
        "looked-after": pupil.looked_after is True,
        "youth-justice-worker": pupil.youth_justice_worker is True,
    }[reason]


def _possible(known: CodeClass | None) -> str:
    if known is None:
        return UNKNOWN
    return POSSIBLE if known.possible else NEITHER
