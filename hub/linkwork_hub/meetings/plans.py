"""A whole term planned: columns, bound, search; and each choice put into words. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from linkwork_hub.documents.words import long_date
from linkwork_hub.meetings.bounds import officer_bound
from linkwork_hub.meetings.columns import Columns, columns_of
from linkwork_hub.meetings.kinds import Kind, PlanningRules
from linkwork_hub.meetings.models import HalfDay, Need, Placed, Plan, Unplaced
from linkwork_hub.meetings.rules import (
    distance_km,
    fits,
    half_day_cost,
    middle,
    slot_at,
    weeks_off,
    why_none,
)
from linkwork_hub.meetings.solving import solve

ROUNDS = 700


def plan_term(
    needs: Sequence[Need], kind: Kind, rules: PlanningRules, *, seed: int = 0, rounds: int = ROUNDS
) -> Plan:
    """Place each need in its window without a clash; as many as can be placed, then cheaply.

    `seed` decides every toss and `rounds` how long is looked, so equal arguments give an equal
    plan, whatever the order of `needs`.
    """
    ordered = sorted(needs, key=lambda need: (need.school.urn, need.window.first))
    columns = columns_of(ordered, kind, rules)
    groups = [[index for index in group if columns.own[index]] for group in columns.groups]
    bounds = [officer_bound(columns, group) if group else 0 for group in groups]
    at = solve(columns, bounds, seed, rounds)
    for number, group in enumerate(groups):
        # What could not be placed costs nothing, so the bound is of those that were.
        held = [index for index in group if at[index] is not None]
        if len(held) < len(group):
            bounds[number] = officer_bound(columns, held) if held else 0
    return _told(columns, at, kind, sum(bounds))


def _told(columns: Columns, at: Sequence[HalfDay | None], kind: Kind, bound: int) -> Plan:
    by_day: dict[tuple[str, object], list[int]] = {}
    for index, half_day in enumerate(at):
        if half_day is not None:
            by_day.setdefault((columns.officer(index), half_day.day), []).append(index)
    placed, unplaced, cost = [], [], 0
    for index, half_day in enumerate(at):
        need = columns.needs[index]
        if half_day is None or need.officer is None:
            unplaced.append(Unplaced(need, why_none(need.school, need.officer, need.window)))
            continue
        there = by_day[columns.officer(index), half_day.day]
        mates = [columns.needs[other] for other in there if other != index]
        reason = _reason(need, half_day, mates, len(columns.own[index]), columns.rules)
        own = columns.own[index][half_day]
        placed.append(Placed(need, need.officer, slot_at(half_day, kind, reason), own))
        cost += own if mates else columns.alone[index][half_day]
        if mates and index == there[0]:
            cost += columns.mates[there[0]][there[1]]
    placed.sort(key=lambda one: (one.slot.half_day, one.need.school.urn))
    return Plan(tuple(placed), tuple(unplaced), cost, bound)


def _reason(
    need: Need, half_day: HalfDay, mates: Sequence[Need], possible: int, rules: PlanningRules
) -> str:
    off = weeks_off(half_day.day, need)
    near = "Less than a week" if off == 0 else "1 week" if off == 1 else f"{off} weeks"
    said = [fits(need.school)]
    if half_day_cost(need.school, half_day, rules):
        said.append("This is not one of them: what else was weighed spoke for it.")
    target = need.target or middle(need.window)
    what = "where it stood" if need.target else "the middle of its window"
    said.append(f"{near} from {long_date(target)}, {what}; one of {possible} possible half-days.")
    for mate in mates:
        km = distance_km(need.school.place, mate.school.place)
        way = "" if km is None else f", {km:.1f} km away"
        said.append(f"On one day with {mate.school.name}{way}.")
    return " ".join(said)
