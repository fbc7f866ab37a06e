"""Slots and term plans: inside every rule, never a clash, and a reason for all of it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from datetime import date, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkwork_hub.meetings.kinds import Kind
from linkwork_hub.meetings.models import (
    HalfDay,
    Need,
    OfficerDiary,
    Plan,
    SchoolDiary,
    Session,
    Window,
)
from linkwork_hub.meetings.rules import (
    next_slots,
    plan_term,
    possible,
    weeks_off,
    why_none,
    windows,
)

Officer = Callable[..., OfficerDiary]
School = Callable[..., SchoolDiary]
MONDAY = date(2025, 9, 8)
FRIDAY = date(2025, 9, 12)
WEEK = Window(MONDAY, FRIDAY)


def test_slots_are_school_days_the_school_wishes_for_and_the_officer_works(
    link: Kind, an_officer: Officer, a_school: School
) -> None:
    inset = date(2025, 9, 16)
    school = a_school(MONDAY, date(2025, 9, 26), wishes="tue-am tue-pm thu-am", closed=[inset])
    slots = next_slots(
        school, an_officer("tue-pm wed-am thu-am"), link, Window(MONDAY, date(2025, 9, 26))
    )
    assert [(slot.half_day.day, slot.half_day.session) for slot in slots] == [
        (date(2025, 9, 9), Session.PM),
        (date(2025, 9, 11), Session.AM),
        (date(2025, 9, 18), Session.AM),
    ]
    assert (slots[0].start, slots[0].end) == (time(13, 30), time(14, 30))
    assert "Tuesday, Thursday morning" in slots[0].reason


def test_a_half_day_taken_by_either_is_not_offered(
    link: Kind, an_officer: Officer, a_school: School
) -> None:
    taken = HalfDay(MONDAY, Session.AM)
    school = a_school(MONDAY, MONDAY)
    assert taken in possible(school, an_officer(), WEEK)
    assert taken not in possible(school, an_officer(busy=[taken]), WEEK)
    busy = SchoolDiary(
        school.school_id, school.urn, school.name, school.open_days, busy=frozenset([taken])
    )
    assert taken not in possible(busy, an_officer(), WEEK)


def test_offers_fall_on_different_days_while_there_are_days(
    link: Kind, an_officer: Officer, a_school: School
) -> None:
    days = [s.half_day.day for s in next_slots(a_school(MONDAY, FRIDAY), an_officer(), link, WEEK)]
    assert len(days) == len(set(days)) == 3
    only = next_slots(a_school(MONDAY, MONDAY), an_officer(), link, WEEK)
    assert [slot.half_day.session for slot in only] == [Session.AM, Session.PM]


@pytest.mark.parametrize(
    ("works", "wishes", "first", "words"),
    [
        ("", "", MONDAY, "no working days: import staff"),
        ("mon-am", "", date(2025, 10, 6), "no school day between .*: import its terms"),
        ("mon-am", "tue-am", MONDAY, "none of the half-days the school wishes for"),
    ],
)
def test_an_empty_offer_says_why_and_what_to_do(
    an_officer: Officer, a_school: School, works: str, wishes: str, first: date, words: str
) -> None:
    school = a_school(first, first + timedelta(4), wishes=wishes)
    assert re.search(words, why_none(school, an_officer(works), WEEK))


def test_a_school_without_a_link_officer_is_named_with_the_remedy(
    link: Kind, a_school: School
) -> None:
    plan = plan_term([Need(a_school(MONDAY, FRIDAY), None, WEEK)], link)
    assert plan.placed == ()
    assert "import schools with link_officer" in plan.unplaced[0].reason


def test_a_term_has_a_meeting_before_and_after_its_break(link: Kind) -> None:
    first, last = date(2025, 9, 2), date(2025, 12, 19)
    off = Window(date(2025, 10, 27), date(2025, 10, 31))
    once = link.model_copy(update={"cadence": "term"})
    assert windows(first, last, [off], link) == [
        Window(first, date(2025, 10, 26)),
        Window(date(2025, 11, 1), last),
    ]
    assert windows(first, last, [off], once) == [Window(first, last)]
    assert windows(first, last, [], link) == [Window(first, last)]


def test_a_break_of_another_term_divides_nothing(link: Kind) -> None:
    first, last = date(2025, 9, 2), date(2025, 12, 19)
    later = Window(date(2026, 2, 16), date(2026, 2, 20))
    assert windows(first, last, [later], link) == [Window(first, last)]


def test_a_meeting_moves_aside_when_that_makes_room(
    link: Kind, an_officer: Officer, a_school: School
) -> None:
    """Both of these have two half-days; taking each one's first choice would strand the third."""
    officer = an_officer("mon-am mon-pm tue-am")
    wishes = ["mon-am mon-pm", "mon-am tue-am", "mon-am mon-pm tue-am"]
    needs = [
        Need(a_school(MONDAY, FRIDAY, wishes=w, urn=f"90000{n}"), officer, WEEK)
        for n, w in enumerate(wishes)
    ]
    assert len(plan_term(needs, link).placed) == 3


def test_each_placed_meeting_says_why_it_stands_there(
    link: Kind, an_officer: Officer, a_school: School
) -> None:
    need = Need(a_school(MONDAY, date(2025, 9, 26), wishes="mon-am"), an_officer(), WEEK)
    placed = plan_term([need], link).placed[0]
    assert "The school asked for Monday morning." in placed.slot.reason
    assert "middle of its window" in placed.slot.reason


# -- any plan at all ---------------------------------------------------------------------------

ALL_CODES = [f"{d}-{s}" for d in ("mon", "tue", "wed", "thu", "fri") for s in ("am", "pm")]
codes = st.sets(st.sampled_from(ALL_CODES), max_size=6).map(frozenset)
half_days = st.builds(
    HalfDay,
    st.integers(0, 20).map(lambda n: MONDAY + timedelta(n)),
    st.sampled_from(list(Session)),
)


@st.composite
def needs_strategy(draw: st.DrawFn, most: int = 8, days: int = 14) -> list[Need]:
    officers: list[OfficerDiary | None] = [
        OfficerDiary(f"per_{n}", f"{n}@council.example", f"Officer {n}", draw(codes), busy)
        for n, busy in enumerate(draw(st.lists(st.frozensets(half_days, max_size=4), max_size=2)))
    ]
    needs = []
    for n in range(draw(st.integers(0, most))):
        opened = draw(st.sets(st.integers(0, days), max_size=8))
        school = SchoolDiary(
            school_id=f"sch_{n}",
            urn=f"9000{n:02d}",
            name=f"School {n}",
            open_days=frozenset(MONDAY + timedelta(d) for d in opened),
            wishes=draw(codes),
            busy=draw(st.frozensets(half_days, max_size=3)),
        )
        window = Window(MONDAY, MONDAY + timedelta(draw(st.integers(0, days))))
        needs.append(Need(school, draw(st.sampled_from([*officers, None])), window))
    return needs


def broken_rules(plan: Plan) -> list[str]:
    """Every hard rule a plan breaks, judged without the planner's own functions."""
    found = []
    for placed in plan.placed:
        day, session = placed.slot.half_day.day, placed.slot.half_day.session
        code = f"{['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'][day.weekday()]}-{session}"
        school = placed.need.school
        if day not in school.open_days:
            found.append("not a school day")
        if school.wishes and code not in school.wishes:
            found.append("outside the wishes")
        if code not in placed.officer.works:
            found.append("not worked")
        if not placed.need.window.first <= day <= placed.need.window.last:
            found.append("outside the window")
        if placed.slot.half_day in placed.officer.busy | school.busy:
            found.append("taken before")
    for one, other in itertools.combinations(plan.placed, 2):
        same_time = one.slot.half_day == other.slot.half_day
        if same_time and one.officer.person_id == other.officer.person_id:
            found.append("clash")
    return found


@given(needs=needs_strategy())
def test_no_plan_breaks_a_rule_or_forgets_a_school(link: Kind, needs: list[Need]) -> None:
    plan = plan_term(needs, link)
    assert broken_rules(plan) == []
    answered = [p.need.school.urn for p in plan.placed] + [u.need.school.urn for u in plan.unplaced]
    assert sorted(answered) == sorted(need.school.urn for need in needs)
    assert all(unplaced.reason for unplaced in plan.unplaced)


@given(needs=needs_strategy())
def test_the_cost_is_never_below_its_bound(link: Kind, needs: list[Need]) -> None:
    plan = plan_term(needs, link)
    assert plan.bound <= plan.cost
    assert plan.cost == sum(weeks_off(p.slot.half_day.day, p.need) for p in plan.placed)


def most_that_fit(needs: list[Need], taken: frozenset[tuple[str, HalfDay]]) -> int:
    """The most needs any arrangement can hold, by trying them all."""
    if not needs:
        return 0
    need, rest = needs[0], needs[1:]
    best = most_that_fit(rest, taken)
    if need.officer is not None:
        for half_day in possible(need.school, need.officer, need.window):
            key = (need.officer.person_id, half_day)
            if key not in taken:
                best = max(best, 1 + most_that_fit(rest, taken | {key}))
    return best


@settings(max_examples=60, deadline=None)
@given(needs=needs_strategy(most=4, days=3))
def test_a_school_stays_out_only_when_no_arrangement_would_hold_it(
    link: Kind, needs: list[Need]
) -> None:
    assert len(plan_term(needs, link).placed) == most_that_fit(needs, frozenset())


@given(both=needs_strategy().flatmap(lambda n: st.tuples(st.just(n), st.permutations(n))))
def test_the_order_of_the_schools_changes_nothing(
    link: Kind, both: tuple[list[Need], list[Need]]
) -> None:
    needs, shuffled = both
    assert plan_term(shuffled, link) == plan_term(needs, link)


def test_the_judge_itself_sees_a_clash(link: Kind, an_officer: Officer, a_school: School) -> None:
    """A control: two placed meetings of one officer in one half-day must be called a clash."""
    need = Need(a_school(MONDAY, MONDAY), an_officer("mon-am"), WEEK)
    placed = plan_term([need], link).placed
    assert "clash" in broken_rules(Plan(placed * 2, (), 0, 0))
