"""The packed engine against the judges, on registers and policies nobody would write by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from random_policies import facts_about, policies_of_every_kind
from random_registers import registers

from linkwork import policy as policies
from linkwork.facts import Fact
from linkwork.findings import Finding
from linkwork.policy import Policy
from linkwork.register import Enrolment, Pupil, Register
from linkwork.triggers import evaluate, evaluate_plainly, flags

ENGLAND = policies.builtin("england-2024")

many = settings(
    max_examples=500,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example],
)


class Case(NamedTuple):
    """What an engine is given."""

    register: Register
    policy: Policy
    as_of: date
    facts: Mapping[str, Sequence[Fact]]


#: For each trigger, the ids of the pupils who have a finding.
Flagged = dict[str, set[str]]


@st.composite
def cases(draw: st.DrawFn, policy: st.SearchStrategy[Policy]) -> Case:
    register, as_of = draw(registers())
    return Case(register, draw(policy), as_of, draw(facts_about(register, as_of)))


def flagged(case: Case, block: int = 4096) -> Flagged:
    """The packed engine's answer."""
    found = flags(case.register, case.policy, case.as_of, facts=case.facts, block=block)
    ids = [pupil.pupil_id for pupil in case.register.pupils]
    return {
        name: {pupil for pupil, met in zip(ids, marked, strict=True) if met}
        for name, marked in found.items()
    }


def found_by(findings: Sequence[Finding], policy: Policy) -> Flagged:
    """Who has a finding of what."""
    found: Flagged = {rule.name: set() for rule in policy.enabled}
    for each in findings:
        found[each.trigger].add(each.pupil_id)
    return found


def agree(case: Case) -> None:
    """Packed and plain say the same, finding by finding; so do the flags, in blocks of any size."""
    plainly = evaluate_plainly(case.register, case.policy, case.as_of, facts=case.facts)
    assert evaluate(case.register, case.policy, case.as_of, facts=case.facts) == plainly
    expected = found_by(plainly, case.policy)
    assert flagged(case) == expected
    assert flagged(case, block=2) == expected


@settings(many, max_examples=200)
@given(cases(st.just(ENGLAND)))
def test_packed_and_plain_agree_on_every_trigger_of_england(case: Case) -> None:
    agree(case)


@many
@given(cases(policies_of_every_kind()))
def test_packed_and_plain_agree_on_rules_of_every_kind_with_any_settings(case: Case) -> None:
    agree(case)


@pytest.mark.long
@pytest.mark.timeout(7200)
@settings(many, max_examples=20_000, derandomize=False)
@given(cases(policies_of_every_kind()))
def test_packed_and_plain_agree_on_twenty_thousand_registers(case: Case) -> None:
    agree(case)


# Engines that are wrong in one thing each: the comparison must see it.


def _one_more(policy: Policy) -> Policy:
    rules = [
        rule.model_copy(update={"threshold": rule.threshold + 1})
        if isinstance(getattr(rule, "threshold", None), int)
        else rule
        for rule in policy.triggers
    ]
    return policy.model_copy(update={"triggers": tuple(rules)})


def off_by_one(case: Case) -> Flagged:
    """Asks for one more than the rule does."""
    return flagged(case._replace(policy=_one_more(case.policy)))


def _register(case: Case, **changes: object) -> Case:
    register = case.register
    fields = {
        "pupils": register.pupils,
        "sessions": register.sessions,
        "codes": register.codes,
        "rows": register.rows,
        "calendar": register.calendar,
    }
    return case._replace(register=Register(**(fields | changes)))  # type: ignore[arg-type]


def blanks_count(case: Case) -> Flagged:
    """Reads no mark as an absence."""
    return flagged(_register(case, codes=("O", *case.register.codes[1:])))


def leavers_count(case: Case) -> Flagged:
    """Looks at no date of entry or leaving."""
    pupils = [
        Pupil(pupil.pupil_id, date_of_birth=pupil.date_of_birth, enrolments=(Enrolment(),))
        for pupil in case.register.pupils
    ]
    return flagged(_register(case, pupils=tuple(pupils)))


def age_is_nothing(case: Case) -> Flagged:
    """Takes everybody for being of compulsory school age."""
    pupils = [Pupil(pupil.pupil_id, enrolments=pupil.enrolments) for pupil in case.register.pupils]
    return flagged(_register(case, pupils=tuple(pupils)))


def neighbours_mix(case: Case) -> Flagged:
    """Carries a lane's overflow into the next pupil: answers for the pupil beside."""
    ids = [pupil.pupil_id for pupil in case.register.pupils]
    beside = dict(zip(ids, [*ids[1:], ids[0]], strict=True))
    return {name: {beside[each] for each in ids} for name, ids in flagged(case).items()}


@pytest.mark.parametrize(
    "wrong",
    [off_by_one, blanks_count, leavers_count, age_is_nothing, neighbours_mix],
    ids=lambda wrong: str(wrong.__name__),
)
def test_a_wrong_packed_engine_is_caught_by_the_same_comparison(
    wrong: Callable[[Case], Flagged],
) -> None:
    def differs(case: Case) -> bool:
        plainly = evaluate_plainly(case.register, case.policy, case.as_of, facts=case.facts)
        return wrong(case) != found_by(plainly, case.policy)

    case = find(
        cases(policies_of_every_kind()),
        differs,
        # Any example will do: making it small would take minutes.
        settings=settings(many, max_examples=300, phases=[Phase.generate]),
    )
    agree(case)
