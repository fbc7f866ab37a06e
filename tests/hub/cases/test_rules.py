"""Clocks, gates, references and closings."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkwork.errors import BadInput, Refused, WrongUse
from linkwork_hub.access.profile import Profile
from linkwork_hub.access.rules import bank_holidays
from linkwork_hub.cases import rules
from linkwork_hub.cases.models import NO_STEP, Case, Clock, Door, Pathway, Unit, read_pathway

MONDAY = date(2026, 3, 2)
#: The last three weeks of the spring term and the first of summer.
OPEN_DAYS = [
    MONDAY + timedelta(days=n)
    for n in range(120)
    if (MONDAY + timedelta(days=n)).weekday() < 5
    and not date(2026, 3, 27) < MONDAY + timedelta(days=n) < date(2026, 4, 13)
]


@pytest.fixture(scope="module")
def pathway(reading: Profile) -> Pathway:
    return read_pathway(reading.section("pathway"))


def a_case(**changes: Any) -> Case:
    fields: dict[str, Any] = {
        "id": "cas_1",
        "ref": "RDG-2026-0001",
        "door": Door.REFERRAL,
        "school_id": "sch_1",
        "pseudonym": "p_x",
        "candidate_id": "can_1",
        "referral_id": None,
        "officer_id": None,
        "opened": MONDAY,
        "closed": None,
        "void": False,
        "step": "first-contact",
        "step_since": MONDAY,
        "due": None,
        "outcome": None,
        "predecessor": None,
    }
    return Case(**fields | changes)


def clock(amount: int, unit: Unit) -> Clock:
    return Clock(amount=amount, unit=unit, stopped_by="the next step")


@pytest.mark.parametrize(
    ("amount", "unit", "start", "falls"),
    [
        (10, "calendar days", MONDAY, date(2026, 3, 12)),
        (5, "school days", MONDAY, date(2026, 3, 9)),
        (5, "school days", date(2026, 3, 25), date(2026, 4, 15)),
        (5, "working days", MONDAY, date(2026, 3, 9)),
        (2, "working days", date(2026, 4, 2), date(2026, 4, 8)),
        (1, "school weeks", MONDAY, date(2026, 3, 13)),
        (2, "school weeks", date(2026, 3, 18), date(2026, 4, 17)),
    ],
)
def test_each_unit_of_a_clock_counts_its_own_days(
    amount: int, unit: Unit, start: date, falls: date
) -> None:
    assert rules.due(clock(amount, unit), start, OPEN_DAYS, bank_holidays(2026)) == falls


def test_a_clock_of_school_days_is_unknown_where_terms_are_unknown() -> None:
    assert rules.due(clock(5, "school days"), MONDAY, OPEN_DAYS[:4], ()) is None
    assert rules.due(clock(1, "school weeks"), MONDAY, [], ()) is None


@given(
    amount=st.integers(1, 60),
    unit=st.sampled_from(["calendar days", "school days", "working days", "school weeks"]),
    later=st.integers(0, 30),
)
def test_a_clock_falls_after_its_start_and_never_sooner_for_a_later_start(
    amount: int, unit: Unit, later: int
) -> None:
    known = [MONDAY + timedelta(days=n) for n in range(900) if n % 7 < 5]
    falls = rules.due(clock(amount, unit), MONDAY, known, ())
    after = rules.due(clock(amount, unit), MONDAY + timedelta(days=later), known, ())
    assert falls is not None
    assert after is not None
    assert MONDAY < falls <= after
    assert falls <= rules.horizon(clock(amount, unit), MONDAY)


def test_a_case_moves_only_to_a_step_its_own_step_leads_to(pathway: Pathway) -> None:
    with pytest.raises(Refused, match="does not go there"):
        rules.may_move(pathway, a_case(), "review", {"review-held"})


def test_a_shut_gate_says_what_opens_it(pathway: Pathway) -> None:
    with pytest.raises(Refused, match="first contact with parents or carers is recorded"):
        rules.may_move(pathway, a_case(), "assessment", set())
    assert rules.may_move(pathway, a_case(), "assessment", {"family-contact"}).id == "assessment"


def test_a_case_on_no_step_may_be_put_on_any(pathway: Pathway) -> None:
    assert set(pathway.step(NO_STEP).leads_to) == {step.id for step in pathway.steps}


@pytest.mark.parametrize("changes", [{"closed": MONDAY}, {"void": True}])
def test_a_finished_case_takes_nothing_more(pathway: Pathway, changes: dict[str, Any]) -> None:
    done = a_case(**changes)
    for attempt in (
        lambda: rules.must_be_open(done),
        lambda: rules.may_move(pathway, done, "assessment", {"family-contact"}),
        lambda: rules.check_closing(pathway, done, "improved", MONDAY, MONDAY),
        lambda: rules.work_is_dated(MONDAY, done, MONDAY),
    ):
        with pytest.raises(Refused, match="nothing more is recorded"):
            attempt()


def test_a_closing_needs_an_outcome_of_the_profile_and_a_day_of_the_case(pathway: Pathway) -> None:
    with pytest.raises(Refused, match="Choose the outcome"):
        rules.check_closing(pathway, a_case(), "vanished", MONDAY, MONDAY)
    for day in (MONDAY - timedelta(days=1), MONDAY + timedelta(days=1)):
        with pytest.raises(Refused, match="closing day"):
            rules.check_closing(pathway, a_case(), "improved", day, MONDAY)


def test_a_step_is_overdue_the_day_after_it_was_due() -> None:
    waiting = a_case(due=MONDAY)
    assert not rules.overdue(waiting, MONDAY)
    assert rules.overdue(waiting, MONDAY + timedelta(days=1))
    assert not rules.overdue(a_case(due=MONDAY, void=True), MONDAY + timedelta(days=1))


def test_every_step_of_readings_pathway_can_be_reached(pathway: Pathway) -> None:
    reached, waiting = set(), [pathway.first_step]
    while waiting:
        ident = waiting.pop()
        if ident not in reached:
            reached.add(ident)
            waiting += pathway.step(ident).leads_to
    assert reached == {step.id for step in pathway.steps}


def test_a_pathway_that_names_an_unknown_step_is_refused_by_its_place(reading: Profile) -> None:
    raw = dict(reading.section("pathway")) | {"first_step": "nowhere"}
    with pytest.raises(BadInput, match=r"authority\.toml: pathway: .*nowhere"):
        read_pathway(raw)


def test_a_gate_that_asks_for_unlisted_work_is_refused(reading: Profile) -> None:
    raw = dict(reading.section("pathway")) | {"work": [{"id": "other", "words": "Other"}]}
    with pytest.raises(BadInput, match="gates ask for work"):
        read_pathway(raw)


def test_a_step_in_use_that_the_profile_lost_is_named(pathway: Pathway) -> None:
    with pytest.raises(WrongUse, match=r"step “gone” is in use"):
        pathway.step("gone")
