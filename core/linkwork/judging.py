"""What the rules share: whose marks count when, and a finding made of counted positions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from linkwork.codes import CodeClass
from linkwork.findings import Counted, Finding
from linkwork.policy import RateRule, RunRule, WindowRule
from linkwork.register import Pupil
from linkwork.school_year import AgeRule, between, compulsory_age, spans
from linkwork.sheet import Lines, Sheet

Rule = RunRule | WindowRule | RateRule
#: A half-open range of positions among the school days.
Span = tuple[int, int]

POSSIBLE, UNKNOWN, NEITHER = "x", "?", "."


@dataclass(frozen=True, slots=True)
class Judged:
    """One pupil in front of one rule: where it stands, and the days the rule may look at."""

    index: int
    pupil: Pupil
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Bench:
    """What every rule needs of a register: its sheet, and which sessions were possible."""

    sheet: Sheet
    ages: AgeRule
    possible: Lines

    def spans_of(self, rule: Rule, pupil: Pupil) -> tuple[Span, ...]:
        """The school days this rule may look at: on roll and, if age-bound, of that age.

        A guest is judged by rules of the school's own alone: what the law asks for, and what
        leaves the school, is for the school where the pupil is registered.
        """
        days = self.sheet.days
        on_roll = spans(pupil, days, registered=rule.audience != "school")
        if not rule.age_bound or pupil.date_of_birth is None:
            return tuple(on_roll)
        first, last = self.ages.interval(pupil.date_of_birth)
        return clipped(on_roll, between(days, first, last))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a rule found of one pupil: counted positions of its line, and the numbers."""

    counted: Sequence[int]
    value: int
    threshold: int
    provisional: bool
    at_least: int
    at_most: int
    period: Span
    ended: int | None = None


def bench(sheet: Sheet) -> Bench:
    """The shared readings of a sheet, made once for all rules."""
    return Bench(sheet, sheet.policy.age.rule(), sheet.read(_possible))


def clipped(ranges: Sequence[Span], to: Span) -> tuple[Span, ...]:
    """The parts of `ranges` that lie inside `to`."""
    low, high = to
    cut = ((max(low, first), min(high, last)) for first, last in ranges)
    return tuple((first, last) for first, last in cut if first < last)


def finding(at: Bench, rule: Rule, judged: Judged, found: Evidence) -> Finding:
    """The finding that `found` proves."""
    sheet, pupil = at.sheet, judged.pupil
    line = at.possible.of(judged.index)
    low, high = found.period
    inside = "".join(line[2 * a : 2 * b] for a, b in clipped(judged.spans, (low, high)))
    why = tuple(
        Counted(*sheet.session(place), sheet.code(judged.index, place)) for place in found.counted
    )
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
        seen=_seen(sheet, why),
    )


def _possible(known: CodeClass | None) -> str:
    if known is None:
        return UNKNOWN
    return POSSIBLE if known.possible else NEITHER


def _seen(sheet: Sheet, why: Sequence[Counted]) -> tuple[date, ...]:
    """Counted days on which the pupil was on site: came, but after the register closed."""
    seen: dict[date, None] = {}
    for counted in why:
        known = sheet.policy.codes_on(counted.date).classify(counted.code)
        if known is not None and known.on_site:
            seen[counted.date] = None
    return tuple(seen)
