"""What is wrong with a policy, and what its author should look at twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from linkwork.codes import Category
from linkwork.errors import BadInput
from linkwork.policy.pack import Policy
from linkwork.policy.reading import loads, mistakes, names
from linkwork.policy.rules import (
    AnyRule,
    ComparisonRule,
    CountRule,
    RateRule,
    Rule,
    RunRule,
    WindowRule,
)

_ATTENDED = (Category.PRESENT, Category.ACTIVITY)


@dataclass(frozen=True, slots=True)
class Lint:
    """Everything to say of a policy file. `policy` is None while there are `mistakes`."""

    policy: Policy | None
    mistakes: tuple[BadInput, ...]
    doubts: tuple[str, ...]


def lint(text: str, *, file: str | None = None) -> Lint:
    """Read a policy as it would be used, and look at its settings. Raises nothing."""
    wrong = tuple(mistakes(text, file=file))
    if wrong:
        return Lint(None, wrong, ())
    policy = loads(text, file=file)
    return Lint(policy, (), tuple(doubts(policy)))


def doubts(policy: Policy) -> Iterator[str]:
    """Settings that are allowed and probably not meant, each with what to do."""
    if policy.name in names():
        yield f"name {policy.name} is that of a policy shipped with Linkwork: give it your own."
    for code_set in policy.code_sets:
        if code_set.nation != policy.nation:
            yield (
                f"nation {policy.nation} is not that of the code set {code_set.name}, which is "
                f"{code_set.nation}'s: correct one of them."
            )
    if not policy.enabled:
        yield "No trigger is enabled: nothing would ever be found."
    used = {name for rule in policy.triggers if isinstance(rule, AnyRule) for name in rule.any_of}
    rules = {rule.name: rule for rule in policy.triggers}
    for rule in policy.triggers:
        said = [*_reach(rule), *_figures(rule), *_codes(policy, rule), *_parts(rule, rules)]
        for part in (rule, *(policy.parts_of(rule) if rule.enabled else ())):
            said += _strange(policy, part, rule)
        if rule.part and rule.name not in used:
            said.append("is a part, and no rule of kind any names it: nothing comes of it.")
        if rule.doubt and rule.enabled:
            said.append(f"carries a doubt to settle: {rule.doubt}")
        yield from (f"trigger {rule.name} {each}" for each in said)


def _reach(rule: Rule) -> Iterator[str]:
    if rule.on_return and rule.audience != "authority":
        yield f"is on the return, but its audience is {rule.audience}: set audience authority."
    if rule.on_return and not rule.age_bound:
        yield "is on the return and not age_bound: the duty is for compulsory school age only."
    if rule.statutory and rule.audience == "school":
        yield "is statutory, but never leaves the school: set audience authority."


def _figures(rule: Rule) -> Iterator[str]:
    if isinstance(rule, WindowRule):
        days = rule.length if rule.school_days is not None else rule.length * 7
        if rule.threshold > days * 2:
            yield f"can never be met: {rule.threshold} sessions do not fit into its window."
    if isinstance(rule, RateRule) and rule.rate[0] == rule.rate[1]:
        never = " and more" if rule.boundary == "more-than" else ""
        yield f"asks for all sessions{never}: a rate of [{rule.rate[0]}, {rule.rate[1]}]."
    if isinstance(rule, CountRule) and rule.period == "today" and rule.school_weeks is None:
        most = 0 if rule.older_than else 1 if rule.of == "days" else 2
        if rule.threshold > most:
            yield "can never be met: the day judged is one day of two sessions."
    if isinstance(rule, RunRule) and rule.unit == "school days" and rule.threshold > 195:
        yield f"asks for {rule.threshold} days in a row: a school year has about 190."
    lists = isinstance(rule, RateRule) and max(rule.min_possible, rule.min_possible_listed)
    if lists == 1 and rule.audience == "meeting":
        yield "lists a pupil after one absence early in the year: set min_possible_listed, say 40."


def _codes(policy: Policy, rule: Rule) -> Iterator[str]:
    known = {code: each for of in policy.code_sets for code, each in of.codes.items()}
    counts: tuple[str, ...] = getattr(rule, "counts", ())
    for code in counts:
        if code in known and known[code].category.value in counts:
            yield f"counts {code} twice: it is {known[code].category.value}, which counts too."
    if isinstance(rule, RunRule):
        for code in rule.skips:
            if code in counts:
                yield f"both counts and skips {code}: it is skipped."
        for code in rule.follows:
            if code in known and rule.counted(known[code]):
                yield f"follows {code}, which it counts as well: no run ever starts after it."


def _strange(policy: Policy, rule: Rule, whole: Rule) -> Iterator[str]:
    """What `rule` counts and should not; `whole` is the rule itself, or the `any` it is part of."""
    counted = [(code, _class(policy, code)) for code in getattr(rule, "counts", ())]
    attended = ", ".join(code for code, known in counted if known in _ATTENDED)
    came = ", ".join(code for code, known in counted if known is Category.PRESENT)
    others = ", ".join(code for code, known in counted if known is not Category.UNAUTHORISED)
    counts = "counts" if rule is whole else f"has the part {rule.name}, which counts"
    if whole.on_return and others:
        yield f"is on the return and {counts} {others}: the law names absence without permission."
    elif whole.statutory and attended:
        yield f"is statutory and {counts} {attended}, which is attendance."
    elif isinstance(rule, RateRule | ComparisonRule) and attended:
        yield f"{counts} {attended} towards a share of absence."
    elif whole.audience != "school" and came:
        yield f"{counts} {came}: a pupil who came would be told of as absent."


def _class(policy: Policy, code: str) -> Category:
    """What a code or class that a rule names counts as, by the latest code set that has it."""
    if code in set(Category):
        return Category(code)
    return next(of.codes[code].category for of in policy.code_sets if code in of.codes)


def _parts(rule: Rule, rules: Mapping[str, Rule]) -> Iterator[str]:
    if isinstance(rule, AnyRule) and rule.enabled:
        for name in rule.any_of:
            if not rules[name].enabled:
                yield f"names {name}, which is not enabled: that part is never met."
