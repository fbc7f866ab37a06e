"""What the rules share: whose marks count when, and a finding made of counted positions."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Protocol

from linkwork.codes import CodeClass
from linkwork.facts import Facts
from linkwork.findings import Counted, Finding, Waiting
from linkwork.policy import CountRule, RateRule, Rule
from linkwork.register import HALVES, Pupil
from linkwork.school_year import (
    AgeRule,
    between,
    compulsory_age,
    half_terms,
    school_year,
    spans,
)
from linkwork.sheet import Lines, Reading, Sheet

#: A half-open range of positions among the school days.
Span = tuple[int, int]

POSSIBLE, UNKNOWN, NEITHER = "x", "?", "."


@dataclass(frozen=True, slots=True)
class Judged:
    """One pupil in front of one rule: where it stands, and the days the rule may look at."""

    index: int
    pupil: Pupil
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a rule found of one pupil: counted positions of its line, and the numbers.

    `value`, `threshold`, `at_least` and `at_most` are in the rule's unit, `least_sessions` and
    `most_sessions` the same bounds in sessions (None: the unit is sessions). `period` is what
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
    least_sessions: int | None = None
    most_sessions: int | None = None
    parts: tuple[str, ...] = ()
    before: tuple[int, int] | None = None


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
    ages: AgeRule
    possible: Lines
    facts: Facts = field(default_factory=dict)
    on_roll: tuple[tuple[Span, ...], ...] = ()
    of_age: tuple[tuple[Span, ...], ...] = ()

    def spans_of(self, rule: Rule, index: int) -> tuple[Span, ...]:
        """The school days this rule may look at: on roll and, if age-bound, of that age."""
        return (self.of_age if rule.age_bound else self.on_roll)[index]

    @cached_property
    def on_site(self) -> dict[str, frozenset[str]]:
        """The codes that say a pupil was on site, by code set."""
        return {
            each.name: frozenset(c for c, known in each.codes.items() if known.on_site)
            for each in {each.name: each for each in self.sheet.sets}.values()
        }

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

    def half_terms(self) -> list[Span]:
        """The half terms of this school year so far; the last one holds the last school day."""
        return [(low, high) for low, high in half_terms(self.sheet.days) if low >= self.year[0]]

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


class Reader:
    """Every pupil's line as one rule reads it, and without the N marks of the last days."""

    def __init__(self, at: Bench, reading: Reading, no_mark: str | None = None) -> None:
        self._at, self._reading, self._no_mark = at, reading, no_mark
        self._lines = at.sheet.read(reading, no_mark=no_mark)
        self._without_recent: Lines | None = None

    def of(self, index: int) -> str:
        """The pupil's line as it is marked."""
        return self._lines.of(index)

    def forgotten(self, index: int) -> str:
        """The line with provisional marks of the last days unknown; read when first needed."""
        if self._without_recent is None:
            self._without_recent = self._at.sheet.read(
                self._reading, without_recent=True, no_mark=self._no_mark
            )
        return self._without_recent.of(index)


def bench(sheet: Sheet, facts: Facts | None = None) -> Bench:
    """The shared readings of a sheet, made once for all rules."""
    ages, days = sheet.policy.age.rule(), sheet.days
    on_roll = tuple(tuple(spans(pupil, days)) for pupil in sheet.register.pupils)
    of_age = tuple(
        stays
        if pupil.date_of_birth is None
        else clipped(stays, between(days, *ages.interval(pupil.date_of_birth)))
        for pupil, stays in zip(sheet.register.pupils, on_roll, strict=True)
    )
    return Bench(sheet, ages, sheet.read(_possible), facts or {}, on_roll, of_age)


def clipped(ranges: Sequence[Span], to: Span) -> tuple[Span, ...]:
    """The parts of `ranges` that lie inside `to`."""
    low, high = to
    cut = ((max(low, first), min(high, last)) for first, last in ranges)
    return tuple((first, last) for first, last in cut if first < last)


def finding(at: Bench, rule: Rule, judged: Judged, found: Evidence) -> Finding:
    """The finding that `found` proves."""
    sheet, pupil = at.sheet, judged.pupil
    line = at.possible.of(judged.index)
    inside = "".join(line[2 * a : 2 * b] for a, b in clipped(judged.spans, found.period))
    days, codes, rows, index = sheet.days, sheet.register.codes, sheet.rows, judged.index
    why = tuple(
        Counted(days[place // 2], HALVES[place % 2], codes[rows[place][index]])
        for place in found.counted
    )
    low, high = found.window or found.period
    last = why[-1].date
    return Finding(
        pupil_id=pupil.pupil_id,
        trigger=rule.name,
        audience=rule.audience,
        statutory=rule.statutory,
        status="provisional" if found.provisional else "confirmed",
        age=compulsory_age(
            pupil.date_of_birth, last if rule.age_bound else sheet.as_of, rule=at.ages
        ),
        value=found.value,
        threshold=found.threshold,
        unit=rule.unit,
        possible=inside.count(POSSIBLE),
        first=why[0].date,
        last=last,
        ended=None if found.ended is None else sheet.days[found.ended],
        at_least=found.at_least,
        at_most=found.at_most,
        why=why,
        missing=inside.count(UNKNOWN),
        seen=_seen(at, found.counted, why),
        window=(sheet.days[low], sheet.days[high - 1]),
        waiting=_waiting(sheet, found.counted, why),
        priority=tuple(reason for reason in rule.priority if comes_first(pupil, reason)),
        parts=found.parts,
        before=found.before,
    )


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


def _seen(at: Bench, counted: Sequence[int], why: Sequence[Counted]) -> tuple[date, ...]:
    """Counted days on which the pupil was on site: came, but after the register closed."""
    sets, on_site = at.sheet.sets, at.on_site
    seen = dict.fromkeys(
        each.date
        for place, each in zip(counted, why, strict=True)
        if each.code in on_site[sets[place // 2].name]
    )
    return tuple(seen)


def _waiting(sheet: Sheet, counted: Sequence[int], why: Sequence[Counted]) -> tuple[Waiting, ...]:
    """Counted sessions of the last days whose code says that the reason is not known yet."""
    waiting: list[Waiting] = []
    first = bisect_left(counted, 2 * sheet.recent)
    for place, each in zip(counted[first:], why[first:], strict=True):
        known = sheet.sets[place // 2].classify(each.code)
        if known is not None and known.provisional:
            waiting.append(Waiting(each.date, each.half, sheet.due(place // 2)))
    return tuple(waiting)
