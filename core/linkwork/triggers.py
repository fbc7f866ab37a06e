"""When a pattern of absence needs someone: `evaluate(register, policy, as_of) -> findings`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from linkwork.anyof import AnyJudge, Part
from linkwork.counts import CountJudge, DaysJudge
from linkwork.facts import Facts
from linkwork.findings import Counted, Finding, Waiting
from linkwork.judging import Bench, Judge, Judged, bench, clipped, finding
from linkwork.policy import (
    AnyRule,
    ComparisonRule,
    CountRule,
    InForce,
    Policy,
    PolicySeries,
    RateRule,
    Rule,
    RunRule,
    WindowRule,
    as_series,
)
from linkwork.rates import ComparisonJudge, RateJudge
from linkwork.register import Register
from linkwork.runs import RunJudge
from linkwork.school_year import between
from linkwork.sheet import lay_out
from linkwork.windows import WindowJudge

__all__ = ["Counted", "Finding", "Screen", "Waiting", "evaluate", "evaluate_plainly"]

#: Which pupils (by position) a rule can possibly find, at least; None: any.
Screen = Callable[[Bench, Rule], Sequence[int] | None]


def evaluate(
    register: Register,
    policy: Policy | PolicySeries,
    as_of: date,
    *,
    facts: Facts | None = None,
    screen: Screen | None = None,
) -> list[Finding]:
    """Every finding of the policy's rules on `as_of`, by pupil id, trigger and first day.

    Pure. Marks after `as_of`, outside the pupil's time on roll or on no school day count for
    nothing; no mark and an unknown code are neither absence nor presence. Of a series each
    policy applies to its own dates. `facts` are what the school has stated beside the marks.
    `screen` may leave out pupils whom a rule cannot find; it never changes what is found.
    Raises BadInput for a school day no code set of the policy covers.
    """
    at = bench(lay_out(register, policy, as_of), facts)
    everyone = range(len(register.pupils))
    found: list[Finding] = []
    for applied in as_series(policy).rules(as_of):
        rule = applied.rule
        judge = _judge(at, rule, applied.parts)
        chosen = screen(at, rule) if screen else None
        for index in everyone if chosen is None else chosen:
            spans = _dated(at, applied, index)
            if spans:
                judged = Judged(index, register.pupils[index], spans)
                found.extend(finding(at, rule, judged, each) for each in judge.evidence(judged))
    return sorted(found, key=lambda each: (each.pupil_id, each.trigger, each.first, each.why))


def evaluate_plainly(
    register: Register,
    policy: Policy | PolicySeries,
    as_of: date,
    *,
    facts: Facts | None = None,
) -> list[Finding]:
    """The same, every pupil read by every rule: what a screen is held against."""
    return evaluate(register, policy, as_of, facts=facts, screen=None)


def _dated(at: Bench, applied: InForce, index: int) -> tuple[tuple[int, int], ...]:
    """The pupil's school days the rule may look at, while it is in force."""
    spans = at.spans_of(applied.rule, index)
    if (applied.first, applied.last) == (date.min, date.max):
        return spans
    return clipped(spans, between(at.sheet.days, applied.first, applied.last))


def _judge(at: Bench, rule: Rule, parts: Sequence[Rule]) -> Judge:
    if isinstance(rule, AnyRule):
        return AnyJudge(at, rule, [Part(part, _judge(at, part, ())) for part in parts])
    if isinstance(rule, RunRule):
        return RunJudge(at, rule)
    if isinstance(rule, WindowRule):
        return WindowJudge(at, rule)
    if isinstance(rule, RateRule):
        return RateJudge(at, rule)
    if isinstance(rule, CountRule):
        return CountJudge(at, rule)
    if isinstance(rule, ComparisonRule):
        return ComparisonJudge(at, rule)
    return DaysJudge(at, rule)
