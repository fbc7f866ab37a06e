"""Each kind of rule over a block: which pupils have at least one finding."""

from __future__ import annotations

from collections.abc import Callable

from linkwork import rates, runs, windows
from linkwork.judging import Rule
from linkwork.packed.block import Block
from linkwork.packed.lanes import Lanes, lanes
from linkwork.packed.signals import Signal, Signals
from linkwork.policy import RateRule, RunRule, WindowRule

#: A 1 in the byte of each pupil of the block with a finding.
Screen = Callable[[Block], int]


def screen_of(rule: Rule, signals: Signals) -> Screen:
    """The screen of a rule, with its questions put into `signals`."""
    if isinstance(rule, RunRule):
        return _run(rule, signals)
    if isinstance(rule, WindowRule):
        return _window(rule, signals)
    return _rate(rule, signals)


# So many school days in a row


def _run(rule: RunRule, signals: Signals) -> Screen:
    """A lane counts the days of the run so far.

    It wraps around below its top bit, which no run does before its threshold was noticed. On a
    day outside the pupil's time nothing is answered yes, so that no run goes on over it.
    """

    def ask(letters: str) -> Signal:
        return signals.ask(runs.reading(rule), letters, age_bound=rule.age_bound)

    leave_ends, mixed_ends = rule.authorised_day == "ends", rule.mixed_day == "ends"
    leave = "" if leave_ends and mixed_ends else runs.AUTHORISED
    counts = ask(runs.COUNTED)
    goes_on = ask(runs.COUNTED + runs.SKIPPED + runs.UNKNOWN + leave)
    # Leave ends a run only beside, or only without, a counted session.
    no_leave = ask("".join(runs.LETTERS).replace(leave, "")) if leave_ends != mixed_ends else None

    def longest(block: Block, at: Lanes, part: int) -> int:
        ones, full = at.ones, (1 << (at.bits - 1)) - 1
        missing = at.every((1 << (at.bits - 1)) - rule.threshold)
        count, on = 8 * part + counts.bit, 8 * part + goes_on.bit
        free = 8 * part + (no_leave or goes_on).bit
        run = hit = 0
        for some, whole, without in zip(
            block.either(counts),
            block.both(goes_on),
            block.both(no_leave or goes_on),
            strict=True,
        ):
            counted = some >> count & ones
            keeps = whole >> on
            if no_leave:
                keeps &= without >> free | (counted if leave_ends else counted ^ ones)
            run = (run + counted) & (keeps & ones) * full
            hit |= run + missing
        return hit

    def screen(block: Block) -> int:
        if rule.threshold > len(block.plan.sheet.days):
            return 0
        at = lanes(block.pupils, rule.threshold)
        return at.gather(longest(block, at, part) for part in range(at.parts))

    return screen


# So many sessions within so many school weeks


def _window(rule: WindowRule, signals: Signals) -> Screen:
    counts = signals.ask(windows.reading(rule), windows.COUNTED, age_bound=rule.age_bound)

    def screen(block: Block) -> int:
        stretches = block.plan.stretches
        most = _fullest_window(block, rule.school_weeks)
        if rule.threshold > most:
            return 0
        # The narrowest lanes that hold the fullest window and, above it, the missing.
        at = lanes(block.pupils, rule.threshold)
        while most + (1 << (at.bits - 1)) - rule.threshold >= 1 << at.bits:
            at = lanes(block.pupils, 1 << (at.bits - 1))
        missing = at.every((1 << (at.bits - 1)) - rule.threshold)
        hits = []
        for part in range(at.parts):
            sums = [at.pick(digits, counts.bit, part) for digits in block.counts(counts)]
            inside = hit = oldest = 0
            for stretch, more in zip(stretches, sums, strict=True):
                while stretches[oldest].week <= stretch.week - rule.school_weeks:
                    inside -= sums[oldest]
                    oldest += 1
                inside += more
                hit |= inside + missing
            hits.append(hit)
        return at.gather(hits)

    return screen


def _fullest_window(block: Block, school_weeks: int) -> int:
    """The most sessions that so many school weeks in a row have."""
    weeks = block.plan.sheet.weeks
    first = most = 0
    for day, week in enumerate(weeks):
        while weeks[first] <= week - school_weeks:
            first += 1
        most = max(most, 2 * (day + 1 - first))
    return most


# Absent for a share of the year


def _rate(rule: RateRule, signals: Signals) -> Screen:
    reading, bound = rates.reading(rule), rule.age_bound
    absences = signals.ask(reading, rates.ABSENT, age_bound=bound)
    possible = signals.ask(reading, rates.ABSENT + rates.POSSIBLE, age_bound=bound)
    part, whole = rule.rate
    beyond = rule.boundary == "more-than"

    def screen(block: Block) -> int:
        sessions = 2 * len(block.plan.sheet.days)
        if rule.min_possible > sessions:
            return 0
        at = lanes(block.pupils, max(sessions, rule.min_possible) * max(part, whole) + 1)
        half = 1 << (at.bits - 1)
        hits = []
        for number in range(at.parts):
            absent = at.pick(block.year(absences), absences.bit, number)
            could = at.pick(block.year(possible), possible.bit, number)
            hits.append(
                (absent * whole + at.every(half - beyond) - could * part)
                & (absent + at.every(half - 1))
                & (could + at.every(half - rule.min_possible))
            )
        return at.gather(hits)

    return screen
