"""The engine against a second opinion, finding by finding; and engines that must be caught."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import date
from itertools import product

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from oracle import Law, Oracle, Told
from random_registers import registers

from linkwork import policy as policies
from linkwork.policy import Policy
from linkwork.register import Pupil, Register
from linkwork.triggers import Finding, evaluate

ENGLAND = policies.builtin("england-2024")
#: Small figures make every rule fire often in a few weeks of marks.
SHORT = Law(run_days=3, window_sessions=4, window_weeks=2)

Engine = Callable[[Register, Policy, date], list[Finding]]

many = settings(
    max_examples=400,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example],
)


def policy_of(law: Law) -> Policy:
    """England's policy with the figures and choices of `law`."""
    data = tomllib.loads(ENGLAND.text)
    data["provisional"]["school_days"] = law.waiting_days
    rules = {rule["name"]: rule for rule in data["trigger"]}
    rules["continuous-unauthorised"] |= {
        "threshold": law.run_days,
        "u_breaks_run": law.u_breaks_run,
        "mixed_day": "ends" if law.mixed_day_ends else "counts",
        "authorised_day": "ends" if law.authorised_day_ends else "pauses",
    }
    rules["penalty-window"] |= {
        "threshold": law.window_sessions,
        "school_weeks": law.window_weeks,
    }
    return Policy.model_validate(data)


def told(finding: Finding) -> Told:
    """The part of a finding the oracle speaks of."""
    return Told(
        finding.pupil_id,
        finding.trigger,
        finding.status,
        finding.age,
        finding.value,
        finding.threshold,
        finding.possible,
        finding.first,
        finding.last,
        finding.ended,
        finding.at_least,
        finding.at_most,
        tuple((c.date, c.half, c.code) for c in finding.why),
        finding.missing,
    )


def agree(engine: Engine, register: Register, as_of: date, law: Law) -> bool:
    """Whether engine and oracle say exactly the same."""
    found = [told(each) for each in engine(register, policy_of(law), as_of)]
    return found == Oracle(register, as_of, law).findings()


@many
@given(registers())
def test_the_engine_and_a_second_opinion_agree_on_any_register(
    given: tuple[Register, date],
) -> None:
    register, as_of = given
    expected = Oracle(register, as_of).findings()
    assert [told(each) for each in evaluate(register, ENGLAND, as_of)] == expected


@pytest.mark.long
@pytest.mark.timeout(3600)
@settings(many, max_examples=20_000, derandomize=False)
@given(registers())
def test_they_agree_on_twenty_thousand_registers(given: tuple[Register, date]) -> None:
    register, as_of = given
    assert agree(evaluate, register, as_of, SHORT)


@many
@given(registers())
def test_they_agree_with_figures_that_make_every_rule_fire_often(
    given: tuple[Register, date],
) -> None:
    register, as_of = given
    expected = Oracle(register, as_of, SHORT).findings()
    assert [told(each) for each in evaluate(register, policy_of(SHORT), as_of)] == expected


@pytest.mark.parametrize(
    "choices",
    list(product((False, True), repeat=3)),
    ids=lambda choices: "-".join(map(str, choices)),
)
def test_they_agree_on_every_choice_the_guidance_leaves_open(
    choices: tuple[bool, bool, bool],
) -> None:
    u_breaks, mixed_ends, authorised_ends = choices
    law = Law(
        run_days=3,
        u_breaks_run=u_breaks,
        mixed_day_ends=mixed_ends,
        authorised_day_ends=authorised_ends,
    )

    @settings(many, max_examples=60)
    @given(registers())
    def compare(given: tuple[Register, date]) -> None:
        register, as_of = given
        expected = Oracle(register, as_of, law).findings()
        assert [told(each) for each in evaluate(register, policy_of(law), as_of)] == expected

    compare()


def one_day_early(register: Register, policy: Policy, as_of: date) -> list[Finding]:
    """A wrong engine: thresholds off by one."""
    early = policy.text.replace("threshold = 3", "threshold = 2")
    return evaluate(register, policies.loads(early), as_of)


def blanks_are_absences(register: Register, policy: Policy, as_of: date) -> list[Finding]:
    """A wrong engine: no mark is read as O."""
    codes = ("O", *register.codes[1:])
    return evaluate(
        Register(register.pupils, register.sessions, codes, register.rows, register.calendar),
        policy,
        as_of,
    )


def blanks_are_attendances(register: Register, policy: Policy, as_of: date) -> list[Finding]:
    """A wrong engine: no mark is read as present."""
    codes = ("/", *register.codes[1:])
    return evaluate(
        Register(register.pupils, register.sessions, codes, register.rows, register.calendar),
        policy,
        as_of,
    )


def leavers_count(register: Register, policy: Policy, as_of: date) -> list[Finding]:
    """A wrong engine: entry and leaving dates are not looked at."""
    pupils = tuple(
        Pupil(pupil.pupil_id, date_of_birth=pupil.date_of_birth) for pupil in register.pupils
    )
    return evaluate(
        Register(pupils, register.sessions, register.codes, register.rows, register.calendar),
        policy,
        as_of,
    )


def tomorrow_counts(register: Register, policy: Policy, as_of: date) -> list[Finding]:
    """A wrong engine: marks after the date asked about are looked at."""
    return evaluate(register, policy, max((s.date for s in register.sessions), default=as_of))


@pytest.mark.parametrize(
    "wrong",
    [
        one_day_early,
        blanks_are_absences,
        blanks_are_attendances,
        leavers_count,
        tomorrow_counts,
    ],
    ids=lambda wrong: str(wrong.__name__),
)
def test_a_wrong_engine_is_caught_by_the_same_comparison(wrong: Engine) -> None:
    law = Law(run_days=3)
    register, as_of = find(
        registers(),
        lambda given: not agree(wrong, given[0], given[1], law),
        # Any example will do: making it small would take minutes.
        settings=settings(many, max_examples=2000, phases=[Phase.generate]),
    )
    assert agree(evaluate, register, as_of, law)
