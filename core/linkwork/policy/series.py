"""Several policies, each in force for its own dates, and what applies to a register then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from linkwork.codes import CodeSet
from linkwork.errors import BadInput, WrongUse
from linkwork.policy.pack import Policy
from linkwork.policy.reading import builtin, names
from linkwork.policy.rules import (
    AnyRule,
    ComparisonRule,
    CountRule,
    RateRule,
    Rule,
    TermEdgeRule,
    WeekdayRule,
)

# What words a rule is put in changes nothing in what it finds.
_WORDS = {"title", "source", "version", "to_do", "doubt", "audience", "on_return", "statutory",
          "route", "priority", "part"}  # fmt: skip
_AS_OF = (RateRule, CountRule, ComparisonRule, WeekdayRule, TermEdgeRule)


@dataclass(frozen=True, slots=True)
class InForce:
    """A rule with the rules it is made of, and the first and last day on which it may be met.

    What it counts may have begun before the first.
    """

    rule: Rule
    parts: tuple[Rule, ...]
    first: date
    last: date


@dataclass(frozen=True)
class PolicySeries:
    """Policies of one nation, in order of their dates, without a gap and without an overlap.

    The first also judges the days before it came into force, for nothing earlier is given.
    """

    policies: tuple[Policy, ...]

    def in_force(self, day: date) -> Policy:
        """The policy in force on `day`. Raises BadInput after the last one's end."""
        last = self.policies[-1]
        if last.valid_to is not None and day > last.valid_to:
            raise BadInput(
                f"no policy is in force on {day.isoformat()}: {last.name} ended on "
                f"{last.valid_to.isoformat()}",
                remedy="Give the policy that follows it as well, or an earlier day",
            )
        for policy in reversed(self.policies):
            if policy.valid_from <= day:
                return policy
        return self.policies[0]

    @property
    def triggers(self) -> list[Rule]:
        """Every rule of any of the policies, each name once: as the last that has it says it."""
        return list({rule.name: rule for of in self.policies for rule in of.triggers}.values())

    def only(self, name: str) -> PolicySeries:
        """The same policies with this rule alone."""
        return PolicySeries(
            tuple(
                policy.model_copy(
                    update={"triggers": tuple(r for r in policy.triggers if r.name == name)}
                )
                for policy in self.policies
            )
        )

    @property
    def code_sets(self) -> list[CodeSet]:
        """The code sets any of the policies reads marks with, each once."""
        return list({each.name: each for of in self.policies for each in of.code_sets}.values())

    @property
    def changes(self) -> set[date]:
        """The dates from which another policy, or another code set of one, may be in force."""
        found = {policy.valid_from for policy in self.policies}
        for each in self.code_sets:
            found.add(each.valid_from)
            if each.valid_to is not None and each.valid_to < date.max:
                found.add(each.valid_to + timedelta(days=1))
        return found

    def codes_on(self, day: date) -> CodeSet:
        """The code set in force on `day`. Raises BadInput when its policy has none."""
        return self.in_force(day).codes_on(day)

    def rules(self, as_of: date) -> list[InForce]:
        """What applies up to `as_of`. A rule that did not change from one policy to the next
        looks across the change; one that changed is met by its figure on each policy's dates, and
        what began before counts.
        """
        found: list[InForce] = []
        for policy, first, last in self._dated():
            if first > as_of:
                break
            for rule in policy.enabled:
                now = first <= as_of <= last
                if _judged_once(rule):
                    if now:
                        found.append(InForce(rule, policy.parts_of(rule), date.min, date.max))
                    continue
                parts = (part for part in policy.parts_of(rule) if now or not _judged_once(part))
                each = InForce(rule, tuple(parts), first, last)
                before = next((old for old in found if _goes_on(old, each)), None)
                if before is not None:
                    found.remove(before)
                    each = InForce(rule, each.parts, before.first, last)
                found.append(each)
        return found

    def _dated(self) -> Iterator[tuple[Policy, date, date]]:
        for number, policy in enumerate(self.policies):
            first = policy.valid_from if number else date.min
            yield policy, first, policy.valid_to or date.max


def series(policies: Sequence[Policy]) -> PolicySeries:
    """The policies as one series. Raises BadInput for a gap or an overlap, naming both."""
    ordered = tuple(sorted(policies, key=lambda policy: policy.valid_from))
    for earlier, later in pairwise(ordered):
        if earlier.nation != later.nation:
            raise BadInput(
                f"{earlier.name} is a policy of {earlier.nation}, {later.name} of {later.nation}",
                remedy="Give policies of one nation",
            )
        next_day = (earlier.valid_to or date.max - timedelta(days=1)) + timedelta(days=1)
        if later.valid_from < next_day:
            until = "has no valid_to" if earlier.valid_to is None else f"ends on {earlier.valid_to}"
            raise BadInput(
                f"{earlier.name} and {later.name} are both in force on {later.valid_from}: "
                f"{earlier.name} {until}",
                remedy=f"Set valid_to of {earlier.name} to the day before {later.valid_from}",
            )
        if later.valid_from > next_day:
            raise BadInput(
                f"no policy is in force from {next_day} to {later.valid_from - timedelta(days=1)}, "
                f"between {earlier.name} and {later.name}",
                remedy=f"Move valid_to of {earlier.name} or valid_from of {later.name}, "
                "or give the policy between them",
            )
    return PolicySeries(ordered)


def followed(sent: Sequence[Policy]) -> PolicySeries:
    """Policies as they were sent and followed, in that order: each holds from its first day until
    the next one's, and the last for as long as no other is sent, past its own last day.

    One that begins no later than one sent before takes its place. Raises WrongUse without any.
    """
    if not sent:
        raise WrongUse("No policy was sent, so none can be followed")
    kept: list[Policy] = []
    for policy in sent:
        kept = [
            each
            for each in kept
            if each.valid_from < policy.valid_from and each.nation == policy.nation
        ]
        kept.append(policy)
    ends = [each.valid_from - timedelta(days=1) for each in kept[1:]]
    return PolicySeries(
        tuple(
            each.model_copy(update={"valid_to": end})
            for each, end in zip(kept, [*ends, None], strict=True)
        )
    )


def of_nation(nation: str) -> PolicySeries:
    """Every policy shipped for a nation, as one series."""
    return series([each for name in names() if (each := builtin(name)).nation == nation])


def as_series(policy: Policy | PolicySeries) -> PolicySeries:
    """A policy alone is a series of one."""
    return policy if isinstance(policy, PolicySeries) else PolicySeries((policy,))


def _judged_once(rule: Rule) -> bool:
    """Judged as of a day, by the policy in force on it, over all the time the rule looks at."""
    return isinstance(rule, _AS_OF) or (isinstance(rule, AnyRule) and rule.findings == "one")


def _goes_on(old: InForce, new: InForce) -> bool:
    touches = old.last != date.max and old.last + timedelta(days=1) == new.first
    return touches and old.rule.name == new.rule.name and _settings(old) == _settings(new)


def _settings(each: InForce) -> list[Any]:
    return [rule.model_dump(exclude=_WORDS) for rule in (each.rule, *each.parts)]
