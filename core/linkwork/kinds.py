"""Each kind of rule: the judge that says what was counted, and the screen that says of whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from linkwork.anyof import AnyJudge, Part
from linkwork.counts import CountJudge, DaysJudge
from linkwork.judging import Bench, Evidence, Judge, Judged
from linkwork.packed.block import Block
from linkwork.packed.screens import Ask, Screen
from linkwork.packed.shares import comparison, rate
from linkwork.packed.signals import Signals
from linkwork.packed.spells import run, window
from linkwork.packed.tallies import count, days
from linkwork.policy import (
    AnyRule,
    ComparisonRule,
    CountRule,
    InForce,
    RateRule,
    Rule,
    RunRule,
    TermEdgeRule,
    WeekdayRule,
    WindowRule,
)
from linkwork.rates import ComparisonJudge, RateJudge
from linkwork.runs import RunJudge
from linkwork.windows import WindowJudge


class Kind(NamedTuple):
    """Who judges a kind of rule, and what its screen is; each takes a rule of that kind alone."""

    judge: Callable[[Bench, Any], Judge]
    screen: Callable[[Any, Ask], Screen]


#: Every kind but `any`, which is made of the others.
KINDS: Mapping[type, Kind] = {
    RunRule: Kind(RunJudge, run),
    WindowRule: Kind(WindowJudge, window),
    RateRule: Kind(RateJudge, rate),
    ComparisonRule: Kind(ComparisonJudge, comparison),
    CountRule: Kind(CountJudge, count),
    WeekdayRule: Kind(DaysJudge, days),
    TermEdgeRule: Kind(DaysJudge, days),
}


class Once:
    """A judge whose rule may also be a part of others: what it found last, it found for all."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._of: Judged | None = None
        self._found: list[Evidence] = []

    def evidence(self, judged: Judged) -> Iterator[Evidence]:
        """As the judge does."""
        # Rules that look at the same days of a pupil are given the same one.
        if judged is not self._of:
            self._found = list(self._judge.evidence(judged))
            self._of = judged
        return iter(self._found)


def judges_of(at: Bench, rules: Sequence[InForce]) -> list[Judge]:
    """The judge of each rule, and of the rules that an `any` is made of."""
    asked = [rule for each in rules for rule in (each.rule, *each.parts)]
    every = {id(rule): rule for rule in asked if not isinstance(rule, AnyRule)}
    times = Counter(map(id, asked))
    simple: dict[int, Judge] = {
        key: Once(judge) if times[key] > 1 else judge
        for key, rule in every.items()
        for judge in [KINDS[type(rule)].judge(at, rule)]
    }
    return [
        AnyJudge(
            at,
            each.rule,
            [Part(part, simple[id(part)]) for part in each.parts if id(part) in simple],
        )
        if isinstance(each.rule, AnyRule)
        else simple[id(each.rule)]
        for each in rules
    ]


def screen_of(at: Bench, signals: Signals, rule: Rule, parts: Sequence[Rule]) -> Screen:
    """The screen of a rule that is made of `parts`, with its questions put into `signals`."""
    if not isinstance(rule, AnyRule):
        return KINDS[type(rule)].screen(rule, Ask(at, signals, rule.age_bound))
    screens = [
        KINDS[type(part)].screen(part, Ask(at, signals, rule.age_bound or part.age_bound))
        for part in parts
        if not isinstance(part, AnyRule)
    ]
    # One finding of everything is about this school year; its parts look at earlier ones too.
    exact = rule.findings == "each" or at.year[0] == 0

    def hits(block: Block) -> int:
        return reduce(or_, (screen.hits(block) for screen in screens), 0)

    return Screen(hits, exact and all(screen.exact for screen in screens))
