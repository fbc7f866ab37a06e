"""When a pattern of absence needs someone: `evaluate(register, policy, as_of) -> findings`."""

from __future__ import annotations

from datetime import date

from linkwork.findings import Counted, Finding
from linkwork.judging import Bench, Judged, Rule, bench
from linkwork.policy import Policy, RunRule, WindowRule
from linkwork.rates import RateJudge
from linkwork.register import Register
from linkwork.runs import RunJudge
from linkwork.sheet import lay_out
from linkwork.windows import WindowJudge

__all__ = ["Counted", "Finding", "evaluate"]


def evaluate(register: Register, policy: Policy, as_of: date) -> list[Finding]:
    """Every finding of the policy's rules on `as_of`, by pupil id, trigger and first day.

    Pure. Marks after `as_of`, outside the pupil's time on roll or on no school day count for
    nothing; no mark and an unknown code are neither absence nor presence. Raises BadInput for
    a school day no code set of the policy covers.
    """
    at = bench(lay_out(register, policy, as_of))
    found: list[Finding] = []
    for rule in policy.enabled:
        judge = _judge(at, rule)
        for index, pupil in enumerate(register.pupils):
            spans = at.spans_of(rule, pupil)
            if spans:
                found.extend(judge.findings(Judged(index, pupil, spans)))
    return sorted(found, key=lambda each: (each.pupil_id, each.trigger, each.first, each.why))


def _judge(at: Bench, rule: Rule) -> RunJudge | WindowJudge | RateJudge:
    if isinstance(rule, RunRule):
        return RunJudge(at, rule)
    if isinstance(rule, WindowRule):
        return WindowJudge(at, rule)
    return RateJudge(at, rule)
