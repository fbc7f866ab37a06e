"""How far a pupil is from a rule that is not met: what is counted so far, of how many."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from linkwork import rates, runs, windows
from linkwork.judging import Bench, Judged, Rule, clipped
from linkwork.policy import RateRule, RunRule, WindowRule
from linkwork.school_year import between, school_year
from linkwork.sheet import Sheet

Unit = Literal["school days", "sessions"]


@dataclass(frozen=True, slots=True)
class Standing:
    """What one rule counts of one pupil now: `value` of the `threshold` that meets it.

    `since` is the first counted day, None when nothing counts. `possible` is that of a rate.
    `best` is the highest value there ever was in the register, in the same unit.
    """

    trigger: str
    value: int
    threshold: int
    unit: Unit
    since: date | None
    best: int
    possible: int = 0


def standing(at: Bench, rule: Rule, index: int) -> Standing | None:
    """Where the pupil at `index` of the register stands; None outside the rule's age or dates.

    A run counts the days of the one that goes on, a window the sessions of its last school weeks
    that no earlier window used, a rate the school year so far.
    """
    pupil = at.sheet.register.pupils[index]
    spans = at.spans_of(rule, pupil)
    if not spans:
        return None
    judged = Judged(index, pupil, spans)
    if isinstance(rule, RunRule):
        return _run(at.sheet, rule, judged)
    if isinstance(rule, WindowRule):
        return _window(at.sheet, rule, judged)
    return _rate(at.sheet, rule, judged)


def _run(sheet: Sheet, rule: RunRule, judged: Judged) -> Standing:
    line, table = sheet.read(runs.reading(rule)).of(judged.index), runs.day_table(rule)
    found = [run for span in judged.spans for run in runs.runs(line, span, table)]
    last_span = runs.runs(line, judged.spans[-1], table)
    going = last_span[-1].days if last_span and last_span[-1].ended is None else ()
    return Standing(
        rule.name,
        len(going),
        rule.threshold,
        rule.unit,
        sheet.days[going[0]] if going else None,
        max((len(run.days) for run in found), default=0),
    )


def _window(sheet: Sheet, rule: WindowRule, judged: Judged) -> Standing:
    line = sheet.read(windows.reading(rule)).of(judged.index)
    places = [
        place
        for first, last in judged.spans
        for place in range(2 * first, 2 * last)
        if line[place] == windows.COUNTED
    ]
    used = windows.windows(places, sheet.weeks, rule)
    free = [place for place in places if not used or place > used[-1][-1]]
    oldest = sheet.weeks[-1] - rule.school_weeks + 1
    now = [place for place in free if sheet.weeks[place // 2] >= oldest]
    best = max((_within(free[n:], sheet, rule) for n in range(len(free))), default=0)
    since = sheet.days[now[0] // 2] if now else None
    return Standing(rule.name, len(now), rule.threshold, rule.unit, since, best)


def _within(places: list[int], sheet: Sheet, rule: WindowRule) -> int:
    """How many of `places` lie in the window that starts with the first of them."""
    last = sheet.weeks[places[0] // 2] + rule.school_weeks
    return sum(sheet.weeks[place // 2] < last for place in places)


def _rate(sheet: Sheet, rule: RateRule, judged: Judged) -> Standing:
    line = sheet.read(rates.reading(rule)).of(judged.index)
    year = between(sheet.days, school_year(sheet.as_of)[0], sheet.as_of)
    parts = [line[2 * a : 2 * b] for a, b in clipped(judged.spans, year)]
    absent = sum(part.count(rates.ABSENT) for part in parts)
    possible = absent + sum(part.count(rates.POSSIBLE) for part in parts)
    counted = (
        place
        for first, last in clipped(judged.spans, year)
        for place in range(2 * first, 2 * last)
        if line[place] == rates.ABSENT
    )
    first_counted = next(counted, None)
    return Standing(
        rule.name,
        absent,
        max(1, rule.threshold(possible)),
        rule.unit,
        None if first_counted is None else sheet.days[first_counted // 2],
        absent,
        possible,
    )
