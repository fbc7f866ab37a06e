"""How far a pupil is from a rule that is not met: what is counted so far, of how many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from linkwork import counts, rates, runs, windows
from linkwork.judging import Bench, Judged
from linkwork.policy import CountRule, RateRule, Rule, RunRule, WindowRule
from linkwork.sheet import Sheet
from linkwork.stays import clipped


@dataclass(frozen=True, slots=True)
class Standing:
    """What one rule counts of one pupil now: `value` of the `threshold` that meets it.

    `since` is the first counted day, None when nothing counts. `possible` is that of a rate.
    `best` is the highest value there ever was in the register, in the same unit. `value` is None
    for a rule that is met or not and knows no number between.
    """

    trigger: str
    value: int | None
    threshold: int
    unit: Literal["school days", "sessions"]
    since: date | None = None
    best: int = 0
    possible: int = 0


def standing(at: Bench, rule: Rule, index: int) -> Standing | None:
    """Where the pupil at `index` of the register stands; None outside the rule's age or dates.

    A run counts the days of the one that goes on, a window the sessions of its last weeks or days
    that no earlier window used, a rate or a count the time it is taken of.
    """
    spans = at.spans_of(rule, index)
    if not spans:
        return None
    judged = Judged(index, at.sheet.register.pupils[index], spans)
    if isinstance(rule, RunRule) and not rule.follows:
        return _run(at.sheet, rule, judged)
    if isinstance(rule, WindowRule):
        return _window(at.sheet, rule, judged)
    if isinstance(rule, RateRule):
        return _rate(at, rule, judged)
    if isinstance(rule, CountRule) and not rule.no_mark:
        return _count(at, rule, judged)
    return Standing(rule.name, None, 0, rule.unit)


def _run(sheet: Sheet, rule: RunRule, judged: Judged) -> Standing:
    line, does = sheet.read(runs.reading(rule)).of(judged.index), runs.table(rule)
    width = 2 if rule.of == "days" else 1
    stays = [runs.runs(line, span, does, width) for span in judged.spans]
    last = stays[-1][-1] if stays[-1] else None
    here = judged.spans[-1][1] == len(sheet.days)
    going = last.units if here and last and last.ended is None else ()
    return Standing(
        rule.name,
        len(going),
        rule.threshold,
        rule.unit,
        sheet.days[going[0] * width // 2] if going else None,
        max((len(run.units) for found in stays for run in found), default=0),
    )


def _window(sheet: Sheet, rule: WindowRule, judged: Judged) -> Standing:
    line = sheet.read(windows.reading(rule)).of(judged.index)
    numbers = windows.numbered(sheet, rule)
    places = _places(line, windows.COUNTED, judged.spans)
    used = windows.windows(places, numbers, rule.threshold, rule.length)
    free = [place for place in places if not used or place > used[-1][-1]]
    oldest = numbers[-1] - rule.length + 1
    now = [place for place in free if numbers[place // 2] >= oldest]
    best = 0
    for first in free:
        end = numbers[first // 2] + rule.length
        best = max(best, sum(first <= p and numbers[p // 2] < end for p in free))
    since = sheet.days[now[0] // 2] if now else None
    return Standing(rule.name, len(now), rule.threshold, rule.unit, since, best)


def _rate(at: Bench, rule: RateRule, judged: Judged) -> Standing:
    line = at.sheet.read(rates.reading(rule)).of(judged.index)
    time = (at.time_of(rule) or [(0, 0)])[-1]
    ranges = clipped(judged.spans, time)
    absent, possible = rates.sums(line, ranges)
    counted = _places(line, rates.ABSENT, ranges)
    since = at.sheet.days[counted[0] // 2] if counted else None
    threshold = max(1, rule.threshold(possible))
    return Standing(rule.name, absent, threshold, rule.unit, since, absent, possible)


def _count(at: Bench, rule: CountRule, judged: Judged) -> Standing:
    line = at.sheet.read(counts.reading(rule)).of(judged.index)
    end = len(at.sheet.days) - rule.older_than
    values: list[int] = []
    since: date | None = None
    for first, last in at.time_of(rule):
        ranges = clipped(judged.spans, (first, max(first, min(last, end))))
        places = _places(line, counts.COUNTED, ranges)
        days = [day for a, b in ranges for day in range(a, b)]
        found = counts.Days.of(line, days, whole=rule.whole_days)
        values.append(found.value if rule.of == "days" else len(places))
        since = at.sheet.days[places[0] // 2] if places else None
    now = values[-1] if values else 0
    return Standing(rule.name, now, rule.threshold, rule.unit, since, max(values, default=0))


def _places(line: str, letter: str, spans: Sequence[tuple[int, int]]) -> list[int]:
    """The positions of a letter within some stretches of school days."""
    return [p for first, last in spans for p in range(2 * first, 2 * last) if line[p] == letter]
