"""The packed engine against the judges, on registers and policies nobody would write by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, find, given, seed, settings
from hypothesis import strategies as st
from oracle import Oracle, Told
from random_registers import facts_about, registers
from random_rules import ENGLAND, SHORT, rule_packs
from telling import told

from linkwork.facts import Fact
from linkwork.policy import Policy
from linkwork.register import Enrolment, Pupil, Register
from linkwork.triggers import evaluate, evaluate_plainly, flags

many = settings(
    max_examples=500,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example],
)


#: The long run of 20,000 registers comes in so many parts.
PARTS = 40
#: A policy as its author writes it.
Pack = Mapping[str, Any]


class Case(NamedTuple):
    """What an engine is given."""

    register: Register
    pack: Pack
    as_of: date
    facts: Mapping[str, Sequence[Fact]]


#: For each trigger, the ids of the pupils who have a finding.
Flagged = dict[str, set[str]]


@st.composite
def cases(draw: st.DrawFn, packs: st.SearchStrategy[Pack]) -> Case:
    register, as_of = draw(registers())
    return Case(register, draw(packs), as_of, draw(facts_about(register)))


def flagged(case: Case, block: int = 4096) -> Flagged:
    """The packed engine's answer."""
    policy = Policy.model_validate(case.pack)
    found = flags(case.register, policy, case.as_of, facts=case.facts, block=block)
    ids = [pupil.pupil_id for pupil in case.register.pupils]
    return {
        name: {pupil for pupil, met in zip(ids, marked, strict=True) if met}
        for name, marked in found.items()
    }


def by_law(case: Case) -> list[Told]:
    """The second opinion's answer, which shares nothing with either engine."""
    return Oracle(case.register, case.as_of, case.pack, case.facts).findings()


def whom(case: Case, found: Sequence[Told]) -> Flagged:
    """The pupils of some findings."""
    pupils: Flagged = {rule.name: set() for rule in Policy.model_validate(case.pack).enabled}
    for each in found:
        pupils[each.trigger].add(each.pupil_id)
    return pupils


def agree(case: Case) -> None:
    """Packed, plain and second opinion say the same, finding by finding and mark by mark."""
    policy = Policy.model_validate(case.pack)
    packed = evaluate(case.register, policy, case.as_of, facts=case.facts)
    assert packed == evaluate_plainly(case.register, policy, case.as_of, facts=case.facts)
    law = by_law(case)
    assert [told(each) for each in packed] == law
    expected = whom(case, law)
    assert flagged(case) == expected
    # In blocks so small that every register spans several.
    assert flagged(case, block=2) == expected


@settings(many, max_examples=150)
@given(cases(st.just(ENGLAND)))
def test_packed_plain_and_law_agree_on_every_trigger_of_england(case: Case) -> None:
    agree(case)


@many
@given(cases(rule_packs()))
def test_packed_plain_and_law_agree_on_any_rules_an_authority_could_compose(case: Case) -> None:
    agree(case)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("part", range(1, PARTS + 1))
def test_they_agree_on_twenty_thousand_registers(part: int) -> None:
    """In parts with a seed each: every one says that it is done, and any can be run again alone."""
    compared = 0

    @seed(part)
    @settings(many, max_examples=20_000 // PARTS, derandomize=False, database=None)
    @given(cases(st.one_of(rule_packs(), st.just(SHORT))))
    def compare(case: Case) -> None:
        nonlocal compared
        agree(case)
        compared += 1

    compare()
    assert compared >= 20_000 // PARTS


# Engines that are wrong in one thing each: the comparison must see it.


def off_by_one(case: Case) -> Flagged:
    """Asks for one more than the rule does."""
    rules = [
        rule | {"threshold": rule["threshold"] + 1, "last": rule.get("last", 0) + 1}
        if "last" in rule
        else rule | {"threshold": rule["threshold"] + 1}
        if "threshold" in rule
        else rule
        for rule in case.pack["trigger"]
    ]
    return flagged(case._replace(pack={**case.pack, "trigger": rules}))


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
        return wrong(case) != whom(case, by_law(case))

    case = find(
        cases(rule_packs()),
        differs,
        # Any example will do: making it small would take minutes.
        settings=settings(many, max_examples=300, phases=[Phase.generate]),
    )
    agree(case)
