"""When a pattern of absence needs someone: `evaluate(register, policy, as_of) -> findings`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from linkwork.findings import Counted, Finding
from linkwork.judging import Bench, Judged, Rule, bench
from linkwork.packed import screen
from linkwork.policy import Policy, RunRule, WindowRule
from linkwork.rates import RateJudge
from linkwork.register import Register
from linkwork.runs import RunJudge
from linkwork.sheet import lay_out
from linkwork.windows import WindowJudge

__all__ = ["Counted", "Finding", "evaluate", "evaluate_plainly"]


def evaluate(register: Register, policy: Policy, as_of: date) -> list[Finding]:
    """Every finding of the policy's rules on `as_of`, by pupil id, trigger and first day.

    Pure. Marks after `as_of`, outside the pupil's time on roll or on no school day count for
    nothing; no mark and an unknown code are neither absence nor presence. Raises BadInput for
    a school day no code set of the policy covers.
    """
    at = bench(lay_out(register, policy, as_of))
    return _judged(at, screen(at, policy.enabled))


def evaluate_plainly(register: Register, policy: Policy, as_of: date) -> list[Finding]:
    """The same as `evaluate`, by judging every pupil: what the packed engine is held against."""
    everybody = range(len(register.pupils))
    at = bench(lay_out(register, policy, as_of))
    return _judged(at, {rule.name: everybody for rule in policy.enabled})


def _judged(at: Bench, suspects: Mapping[str, Iterable[int]]) -> list[Finding]:
    """The findings of each rule about the pupils at the positions given."""
    pupils = at.sheet.register.pupils
    found: list[Finding] = []
    for rule in at.sheet.policy.enabled:
        judge = _judge(at, rule)
        for index in suspects[rule.name]:
            spans = at.spans_of(rule, pupils[index])
            if spans:
                found.extend(judge.findings(Judged(index, pupils[index], spans)))
    return sorted(found, key=lambda each: (each.pupil_id, each.trigger, each.first, each.why))


def _judge(at: Bench, rule: Rule) -> RunJudge | WindowJudge | RateJudge:
    if isinstance(rule, RunRule):
        return RunJudge(at, rule)
    if isinstance(rule, WindowRule):
        return WindowJudge(at, rule)
    return RateJudge(at, rule)
