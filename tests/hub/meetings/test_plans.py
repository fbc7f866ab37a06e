"""Term plans: no hard rule broken, as many as can be, the bound proven, a reason for all of it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from plan_judge import broken_rules, cost_of

from linkwork_hub.meetings.kinds import Kind, MeetingRules, PlanningRules
from linkwork_hub.meetings.models import (
    HalfDay,
    Need,
    OfficerDiary,
    Place,
    Plan,
    SchoolDiary,
    Session,
    Visit,
    Window,
)
from linkwork_hub.meetings.plans import plan_term
from linkwork_hub.meetings.rules import possible

Officer = Callable[..., OfficerDiary]
School = Callable[..., SchoolDiary]
MONDAY = date(2025, 9, 8)
FRIDAY = date(2025, 9, 12)
WEEK = Window(MONDAY, FRIDAY)
TOWN, BESIDE, FAR = Place(51.45, -1.0), Place(51.46, -1.01), Place(51.8, -1.6)


def planned(rules: MeetingRules, *needs: Need) -> Plan:
    return plan_term(needs, rules.link, rules.planning)


def test_a_school_without_a_link_officer_is_named_with_the_remedy(
    meeting_rules: MeetingRules, a_school: School
) -> None:
    plan = planned(meeting_rules, Need(a_school(MONDAY, FRIDAY), None, WEEK))
    assert plan.placed == ()
    assert "import schools with link_officer" in plan.unplaced[0].reason


def test_a_meeting_moves_aside_when_that_makes_room(
    meeting_rules: MeetingRules, an_officer: Officer, a_school: School
) -> None:
    """Three schools, three half-days; taking the first two's best choices strands the third."""
    officer = an_officer("mon-am mon-pm tue-am")
    never = [{"tue-am"}, {"mon-pm"}, set()]
    needs = [
        Need(
            replace(a_school(MONDAY, FRIDAY, urn=f"90000{n}"), never=frozenset(codes)),
            officer,
            WEEK,
        )
        for n, codes in enumerate(never)
    ]
    assert len(planned(meeting_rules, *needs).placed) == 3


def test_neighbours_share_a_day_and_schools_far_apart_do_not(
    meeting_rules: MeetingRules, an_officer: Officer, a_school: School
) -> None:
    def days(other: Place) -> set[date]:
        schools = [
            replace(a_school(MONDAY, FRIDAY, urn="900001"), place=TOWN),
            replace(a_school(MONDAY, FRIDAY, urn="900002"), place=other),
        ]
        plan = planned(meeting_rules, *(Need(one, an_officer(), WEEK) for one in schools))
        return {placed.slot.half_day.day for placed in plan.placed}

    assert len(days(BESIDE)) == 1
    assert len(days(FAR)) == 2


def test_a_shared_day_is_said_with_the_neighbour_and_the_way(
    meeting_rules: MeetingRules, an_officer: Officer, a_school: School
) -> None:
    schools = [
        replace(a_school(MONDAY, FRIDAY, urn="900001"), place=TOWN, wishes=frozenset({"mon-am"})),
        replace(a_school(MONDAY, FRIDAY, urn="900002"), place=BESIDE, name="Ash Park"),
    ]
    plan = planned(meeting_rules, *(Need(one, an_officer(), WEEK) for one in schools))
    reason = plan.placed[0].slot.reason
    assert "The school asked for Monday morning." in reason
    assert "middle of its window" in reason
    assert "On one day with Ash Park, 1.3 km away." in reason


def test_a_visit_that_stands_draws_a_neighbour_to_its_day(
    meeting_rules: MeetingRules, an_officer: Officer, a_school: School
) -> None:
    stands = HalfDay(date(2025, 9, 11), Session.AM)
    officer = replace(an_officer(busy=[stands]), visits=frozenset({Visit(stands, place=BESIDE)}))
    plan = planned(
        meeting_rules, Need(replace(a_school(MONDAY, FRIDAY), place=TOWN), officer, WEEK)
    )
    assert plan.placed[0].slot.half_day == HalfDay(stands.day, Session.PM)
    assert plan.cost == plan.bound == 0


def test_one_person_is_never_needed_at_two_schools_at_once(
    meeting_rules: MeetingRules, an_officer: Officer, a_school: School
) -> None:
    """An attendance lead of a trust, two officers, and one half-day that suits all."""
    needs = [
        Need(
            replace(a_school(MONDAY, MONDAY, urn=f"90000{n}"), people=frozenset({"per_lead"})),
            an_officer("mon-am", person_id=f"per_{n}"),
            WEEK,
        )
        for n in range(2)
    ]
    plan = planned(meeting_rules, *needs)
    assert (len(plan.placed), len(plan.unplaced)) == (1, 1)
    apart = [replace(n, school=replace(n.school, people=frozenset())) for n in needs]
    assert len(planned(meeting_rules, *apart).placed) == 2


def test_no_day_holds_two_meetings_with_too_little_time_to_travel(
    meeting_rules: MeetingRules, an_officer: Officer, a_school: School
) -> None:
    needs = [
        Need(replace(a_school(MONDAY, MONDAY, urn=f"90000{n}"), place=place), an_officer(), WEEK)
        for n, place in enumerate((TOWN, Place(53.5, -2.2)))
    ]
    assert len(planned(meeting_rules, *needs).placed) == 1
    online = [needs[0], replace(needs[1], school=replace(needs[1].school, online=True))]
    assert len(planned(meeting_rules, *online).placed) == 2


def test_the_most_a_day_is_kept(
    meeting_rules: MeetingRules, an_officer: Officer, a_school: School
) -> None:
    once = meeting_rules.planning.model_copy(update={"most_a_day": 1})
    needs = [
        Need(a_school(MONDAY, date(2025, 9, 9), urn=f"90000{n}"), an_officer(), WEEK)
        for n in range(3)
    ]
    plan = plan_term(needs, meeting_rules.link, once)
    assert len({placed.slot.half_day.day for placed in plan.placed}) == len(plan.placed) == 2


# -- any plan at all ---------------------------------------------------------------------------

ALL_CODES = [f"{d}-{s}" for d in ("mon", "tue", "wed", "thu", "fri") for s in ("am", "pm")]
codes = st.sets(st.sampled_from(ALL_CODES), max_size=6).map(frozenset)
half_days = st.builds(
    HalfDay,
    st.integers(0, 20).map(lambda n: MONDAY + timedelta(n)),
    st.sampled_from(list(Session)),
)
places = st.sampled_from([None, TOWN, BESIDE, Place(51.5, -1.1), Place(52.6, -1.0)])
weights = st.builds(
    PlanningRules,
    most_a_day=st.integers(1, 2),
    day_out=st.integers(0, 4),
    far_pair=st.integers(0, 5),
    preference=st.integers(0, 3),
    week=st.integers(0, 2),
    free_weeks=st.integers(0, 2),
    km_per_hour=st.sampled_from([30.0, 90.0]),
)


@st.composite
def needs_strategy(
    draw: st.DrawFn, most: int = 8, days: int = 14, *, plain: bool = False
) -> list[Need]:
    officers: list[OfficerDiary | None] = [
        OfficerDiary(f"per_{n}", f"{n}@council.example", f"Officer {n}", draw(codes), busy)
        for n, busy in enumerate(draw(st.lists(st.frozensets(half_days, max_size=4), max_size=2)))
    ]
    needs = []
    for n in range(draw(st.integers(0, most))):
        opened = draw(st.sets(st.integers(0, days), max_size=8))
        people = st.sets(st.sampled_from(["a", "b"]), max_size=1)
        school = SchoolDiary(
            school_id=f"sch_{n}",
            urn=f"9000{n:02d}",
            name=f"School {n}",
            open_days=frozenset(MONDAY + timedelta(d) for d in opened),
            wishes=draw(codes),
            busy=draw(st.frozensets(half_days, max_size=3)),
            never=draw(codes.map(lambda found: frozenset(sorted(found)[:2]))),
            place=TOWN if plain else draw(places),
            online=not plain and draw(st.booleans()),
            people=frozenset() if plain else frozenset(draw(people)),
        )
        window = Window(MONDAY, MONDAY + timedelta(draw(st.integers(0, days))))
        needs.append(Need(school, draw(st.sampled_from([*officers, None])), window))
    return needs


@settings(max_examples=300)
@given(needs=needs_strategy(), rules=weights, seed=st.integers(0, 9))
def test_no_plan_breaks_a_hard_rule_or_forgets_a_school(
    link: Kind, needs: list[Need], rules: PlanningRules, seed: int
) -> None:
    plan = plan_term(needs, link, rules, seed=seed, rounds=40)
    assert broken_rules(plan, rules) == []
    answered = [p.need.school.urn for p in plan.placed] + [u.need.school.urn for u in plan.unplaced]
    assert sorted(answered) == sorted(need.school.urn for need in needs)
    assert all(unplaced.reason for unplaced in plan.unplaced)
    assert plan.bound <= plan.cost == cost_of(plan, rules)


def cheapest_of_all(needs: Sequence[Need], link: Kind, rules: PlanningRules) -> int | None:
    """The least cost of any arrangement that holds every need, by trying them all."""
    ways = [possible(n.school, n.officer, n.window) if n.officer else [] for n in needs]
    best: int | None = None
    for choice in itertools.product(*ways):
        made = _as_placed(needs, choice, link)
        if not broken_rules(made, rules):
            cost = cost_of(made, rules)
            best = cost if best is None else min(best, cost)
    return best


def _as_placed(needs: Sequence[Need], choice: Sequence[HalfDay], link: Kind) -> Plan:
    placed = []
    for need, half_day in zip(needs, choice, strict=True):
        only = replace(
            need,
            school=replace(need.school, open_days=frozenset({half_day.day}), never=frozenset()),
            officer=replace(need.officer, works=frozenset({half_day.code}))
            if need.officer
            else None,
        )
        [one] = plan_term([only], link, PlanningRules(), rounds=0).placed
        placed.append(replace(one, need=need, officer=need.officer or one.officer))
    return Plan(tuple(placed), (), 0, 0)


@settings(max_examples=60)
@given(needs=needs_strategy(most=3, days=3), rules=weights)
def test_the_bound_is_below_every_arrangement_there_is(
    link: Kind, needs: list[Need], rules: PlanningRules
) -> None:
    plan = plan_term(needs, link, rules, rounds=60)
    if needs and not plan.unplaced:
        least = cheapest_of_all(needs, link, rules)
        assert least is not None
        assert plan.bound <= least <= plan.cost


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


@settings(max_examples=60)
@given(needs=needs_strategy(most=4, days=3, plain=True))
def test_a_school_stays_out_only_when_no_arrangement_would_hold_it(
    meeting_rules: MeetingRules, needs: list[Need]
) -> None:
    assert len(planned(meeting_rules, *needs).placed) == most_that_fit(needs, frozenset())


@given(both=needs_strategy().flatmap(lambda n: st.tuples(st.just(n), st.permutations(n))))
def test_the_order_of_the_schools_changes_nothing(
    meeting_rules: MeetingRules, both: tuple[list[Need], list[Need]]
) -> None:
    needs, shuffled = both
    assert planned(meeting_rules, *shuffled) == planned(meeting_rules, *needs)


def test_the_judge_itself_sees_what_is_wrong(
    meeting_rules: MeetingRules, an_officer: Officer, a_school: School
) -> None:
    """A control: a plan that breaks rules must be found to."""
    rules = meeting_rules.planning
    need = Need(a_school(MONDAY, MONDAY), an_officer("mon-am"), WEEK)
    [placed] = planned(meeting_rules, need).placed
    twice = broken_rules(Plan((placed, placed), (), 0, 0), rules)
    assert {"clash of an officer", "clash of a school", "no time to travel"} <= set(twice)
    shut = replace(need, school=replace(need.school, never=frozenset({"mon-am"})))
    never = replace(placed, need=shut)
    assert "a never-time" in broken_rules(Plan((never,), (), 0, 0), rules)
