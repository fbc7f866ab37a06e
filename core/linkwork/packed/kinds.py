"""The screen of each kind of rule."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_

from linkwork import counts
from linkwork.judging import Bench, Span
from linkwork.packed.block import Block
from linkwork.packed.screens import Ask, Screen, enough, in_all
from linkwork.packed.shares import comparison, rate
from linkwork.packed.signals import Signals
from linkwork.packed.spells import run, window
from linkwork.policy import (
    AnyRule,
    ComparisonRule,
    CountRule,
    RateRule,
    Rule,
    RunRule,
    SimpleRule,
    WindowRule,
)


def screen_of(at: Bench, signals: Signals, rule: Rule, parts: Sequence[Rule]) -> Screen:
    """The screen of a rule that is made of `parts`, with its questions put into `signals`."""
    if not isinstance(rule, AnyRule):
        return _simple(rule, Ask(at, signals, rule.age_bound))
    screens = [
        _simple(part, Ask(at, signals, rule.age_bound or part.age_bound))
        for part in parts
        if not isinstance(part, AnyRule)
    ]
    # One finding of everything is about this school year; its parts look at earlier ones too.
    exact = rule.findings == "each" or at.year[0] == 0

    def hits(block: Block) -> int:
        return reduce(or_, (screen.hits(block) for screen in screens), 0)

    return Screen(hits, exact and all(screen.exact for screen in screens))


def _simple(rule: SimpleRule, ask: Ask) -> Screen:
    if isinstance(rule, RunRule):
        return run(rule, ask)
    if isinstance(rule, WindowRule):
        return window(rule, ask)
    if isinstance(rule, RateRule):
        return rate(rule, ask)
    if isinstance(rule, ComparisonRule):
        return comparison(rule, ask)
    if isinstance(rule, CountRule):
        return _count(rule, ask)
    # Which Mondays, or days at a holiday, were a pupil's last ones differs from pupil to pupil.
    signal = ask(counts.reading(rule), counts.COUNTED)
    return in_all(signal, rule.threshold, (0, len(ask.at.sheet.days)))


def _count(rule: CountRule, ask: Ask) -> Screen:
    sheet = ask.at.sheet
    end = len(sheet.days) - rule.older_than
    times: list[Span] = [
        (first, min(last, end)) for first, last in ask.at.time_of(rule) if first < min(last, end)
    ]
    # Whether a register was taken at all, the judge sees; here every session without a mark counts.
    blanks = rule.no_mark and rule.of == "sessions"
    signal = ask(
        counts.reading(rule),
        counts.COUNTED + counts.BLANK * blanks,
        no_mark=counts.BLANK if rule.no_mark else None,
    )

    def hits(block: Block) -> int:
        found = 0
        for time in times:
            if rule.of == "days":
                digits = block.days(signal, time, whole=rule.whole_days)
            else:
                digits = block.count(signal, time)
            found |= enough(block, signal, digits, rule.threshold)
        return found

    return Screen(hits, exact=not blanks)
