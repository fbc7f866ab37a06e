"""The engine against a second opinion, finding by finding; and engines that must be caught."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from oracle import Oracle
from random_registers import facts_about, registers
from random_rules import KINDS, SHORT, england, rule_packs
from telling import told

from linkwork import policy as policies
from linkwork.judging import Bench
from linkwork.packed import Suspects
from linkwork.policy import InForce, Policy
from linkwork.readying import with_groups_closed
from linkwork.register import Enrolment, Pupil, Register
from linkwork.triggers import Finding, evaluate, evaluate_plainly

ENGLAND = policies.builtin("england-2024")
Pack = Mapping[str, Any]
Bounded = policies.RunRule | policies.WindowRule | policies.CountRule
Engine = Callable[[Register, Policy, date], list[Finding]]

many = settings(
    max_examples=250,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example],
)


def agree(engine: Engine, register: Register, as_of: date, pack: Pack) -> bool:
    """Whether engine and oracle say exactly the same."""
    found = [told(each) for each in engine(register, Policy.model_validate(pack), as_of)]
    return found == Oracle(register, as_of, pack).findings()


@many
@given(registers())
def test_the_engine_and_a_second_opinion_agree_on_any_register(
    given: tuple[Register, date],
) -> None:
    register, as_of = given
    expected = Oracle(register, as_of, ENGLAND.text).findings()
    assert [told(each) for each in evaluate(register, ENGLAND, as_of)] == expected


@many
@given(registers(), st.data())
def test_they_agree_with_figures_that_make_every_rule_fire_often(
    given: tuple[Register, date], data: st.DataObject
) -> None:
    register, as_of = given
    facts = data.draw(facts_about(register))
    policy = Policy.model_validate(SHORT)
    expected = Oracle(register, as_of, SHORT, facts).findings()
    assert [told(each) for each in evaluate(register, policy, as_of, facts=facts)] == expected


@many
@given(registers(groups=True))
def test_they_agree_where_a_year_group_alone_was_shut_whatever_was_marked(
    given: tuple[Register, date],
) -> None:
    register, as_of = given
    policy = Policy.model_validate(SHORT)
    expected = Oracle(register, as_of, SHORT).findings()
    found = evaluate(with_groups_closed(register), policy, as_of)
    assert [told(each) for each in found] == expected


def test_guests_terms_and_closures_of_a_year_group_are_among_the_registers_drawn() -> None:
    met: Counter[str] = Counter()

    @settings(many, max_examples=200)
    @given(registers(groups=True))
    def look(given: tuple[Register, date]) -> None:
        register, as_of = given
        modes = {each.mode for pupil in register.pupils for each in pupil.enrolments}
        met.update(modes)
        met.update(each.kind for each in register.terms)
        groups = {each.year_group for each in register.terms if each.year_group}
        met["shut"] += any(pupil.year_group in groups for pupil in register.pupils)
        # The control: an opinion that takes guests for the school's own says something else.
        own = replace(
            register, pupils=tuple(replace(p, enrolments=_at_home(p)) for p in register.pupils)
        )
        told_own = Oracle(own, as_of, SHORT).findings()
        met["differs"] += told_own != Oracle(register, as_of, SHORT).findings()

    look()
    wanted = {"C", "M", "S", "G", "F", "term", "half-term", "inset", "closure", "shut", "differs"}
    assert {each for each in wanted if met[each] < 3} == set()


def _at_home(pupil: Pupil) -> tuple[Enrolment, ...]:
    return tuple(replace(each, mode="C") for each in pupil.enrolments)


@pytest.mark.parametrize("kind", KINDS)
def test_they_agree_on_any_rule_an_authority_could_compose(kind: str) -> None:
    met: Counter[str] = Counter()

    @settings(many, max_examples=150)
    @given(registers(), rule_packs(kind))
    def compare(given: tuple[Register, date], pack: dict[str, Any]) -> None:
        register, as_of = given
        expected = Oracle(register, as_of, pack).findings()
        found = evaluate_plainly(register, Policy.model_validate(pack), as_of)
        assert [told(each) for each in found] == expected
        met.update(each.trigger for each in expected)

    compare()
    # Agreement that nothing is found would prove little.
    assert met["rule-0"] > 3
    assert met["any-of-them"] > 3


@pytest.mark.parametrize(
    "choices",
    list(product((False, True), repeat=3)),
    ids=lambda choices: "-".join(map(str, choices)),
)
def test_they_agree_on_every_choice_the_guidance_leaves_open(
    choices: tuple[bool, bool, bool],
) -> None:
    u_breaks, mixed_ends, authorised_ends = choices
    pack = england(
        continuous_unauthorised={
            "threshold": 3,
            "u_breaks_run": u_breaks,
            "mixed_day": "ends" if mixed_ends else "counts",
            "authorised_day": "ends" if authorised_ends else "pauses",
        }
    )
    pack["trigger"] = pack["trigger"][:1]

    @settings(many, max_examples=40)
    @given(registers())
    def compare(given: tuple[Register, date]) -> None:
        register, as_of = given
        assert agree(evaluate, register, as_of, pack)

    compare()


@many
@given(registers())
def test_a_screen_that_leaves_out_whom_no_rule_finds_changes_nothing(
    given: tuple[Register, date],
) -> None:
    register, as_of = given
    policy = Policy.model_validate(SHORT)
    plainly = evaluate_plainly(register, policy, as_of)
    by_rule = {(f.trigger, register.pupil_index(f.pupil_id)) for f in plainly}

    def these(_: Bench, rules: Sequence[InForce]) -> list[Suspects]:
        width = range(len(register.pupils))
        marked = [bytes((each.rule.name, pupil) in by_rule for pupil in width) for each in rules]
        return [Suspects(each, exact=False) for each in marked]

    def nobody(_: Bench, rules: Sequence[InForce]) -> list[Suspects]:
        return [Suspects(bytes(len(register.pupils)), exact=False) for _ in rules]

    assert evaluate(register, policy, as_of, screen=these) == plainly
    # The control: a screen that leaves out too many is noticed.
    assert not plainly or evaluate(register, policy, as_of, screen=nobody) != plainly


def off_by_one(kind: type[Bounded], more: int) -> Engine:
    """A wrong engine: the thresholds of one kind of rule are off by one."""

    def engine(register: Register, policy: Policy, as_of: date) -> list[Finding]:
        rules = [
            rule.model_copy(update={"threshold": max(1, rule.threshold + more)})
            if isinstance(rule, kind)
            else rule
            for rule in policy.triggers
        ]
        return evaluate(register, policy.model_copy(update={"triggers": tuple(rules)}), as_of)

    engine.__name__ = f"{kind.__name__}_{more:+}"
    return engine


def telling(name: str, change: Callable[[Finding], Finding]) -> Engine:
    """A wrong engine: it finds the right pupils and says something wrong about them."""

    def engine(register: Register, policy: Policy, as_of: date) -> list[Finding]:
        return [change(each) for each in evaluate(register, policy, as_of)]

    engine.__name__ = name
    return engine


def reading_blanks_as(code: str) -> Engine:
    """A wrong engine: no mark is read as some code."""

    def engine(register: Register, policy: Policy, as_of: date) -> list[Finding]:
        return evaluate(replace(register, codes=(code, *register.codes[1:])), policy, as_of)

    engine.__name__ = f"blanks_are_{code}"
    return engine


def leavers_count(register: Register, policy: Policy, as_of: date) -> list[Finding]:
    """A wrong engine: entry and leaving dates are not looked at."""
    pupils = tuple(
        Pupil(pupil.pupil_id, date_of_birth=pupil.date_of_birth) for pupil in register.pupils
    )
    return evaluate(replace(register, pupils=pupils), policy, as_of)


def tomorrow_counts(register: Register, policy: Policy, as_of: date) -> list[Finding]:
    """A wrong engine: marks after the date asked about are looked at."""
    return evaluate(register, policy, max((s.date for s in register.sessions), default=as_of))


@pytest.mark.parametrize(
    "wrong",
    [
        *(
            off_by_one(kind, more)
            for kind in (policies.RunRule, policies.WindowRule, policies.CountRule)
            for more in (-1, 1)
        ),
        telling("a_session_is_left_out", lambda found: found._replace(why=found.why[1:])),
        telling("nothing_is_provisional", lambda found: found._replace(status="confirmed")),
        telling("nothing_is_unknown", lambda found: found._replace(at_most=found.value)),
        reading_blanks_as("O"),
        reading_blanks_as("/"),
        leavers_count,
        tomorrow_counts,
    ],
    ids=lambda wrong: str(wrong.__name__),
)
def test_a_wrong_engine_is_caught_by_the_same_comparison(wrong: Engine) -> None:
    register, as_of = find(
        registers(),
        lambda given: not agree(wrong, given[0], given[1], SHORT),
        # Any example will do: making it small would take minutes.
        settings=settings(many, max_examples=2000, phases=[Phase.generate]),
    )
    assert agree(evaluate, register, as_of, SHORT)
