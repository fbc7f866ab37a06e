"""What a plan is made of: every legal half-day of each need with its cost, alone or with another.

A column is one officer's day: one meeting, or two of neighbours. Costs are whole numbers from
the profile's `[meetings.planning]`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from linkwork_hub.meetings.kinds import Kind, PlanningRules
from linkwork_hub.meetings.models import HalfDay, Need, SchoolDiary, Session, Visit
from linkwork_hub.meetings.rules import (
    distance_km,
    half_day_cost,
    middle,
    possible,
    travel_minutes,
    weeks_off,
)

#: One way to hold two needs on one day: cost, half-day of the first, half-day of the second.
PairColumn = tuple[int, HalfDay, HalfDay]


@dataclass(frozen=True)
class Columns:
    """Every column of a set of needs. Lists run parallel to `needs`.

    `own[i]` is what each half-day costs need i by itself; `singles[i]` its columns alone, the
    cheapest first, with the cost of going out; `pairs` the columns of neighbours; `mates[i]` the
    needs of the same officer that may share a day, with what the day then costs beside `own`.
    """

    needs: tuple[Need, ...]
    rules: PlanningRules
    own: tuple[dict[HalfDay, int], ...]
    alone: tuple[dict[HalfDay, int], ...]
    singles: tuple[tuple[tuple[int, HalfDay], ...], ...]
    pairs: dict[tuple[int, int], tuple[PairColumn, ...]]
    mates: tuple[dict[int, int], ...]
    groups: tuple[tuple[int, ...], ...]

    def officer(self, index: int) -> str:
        """The id of the officer of a need; "" without one."""
        officer = self.needs[index].officer
        return officer.person_id if officer else ""


def columns_of(needs: Sequence[Need], kind: Kind, rules: PlanningRules) -> Columns:
    """Generate the columns of these needs, in the order given."""
    own = tuple(_own_costs(need, rules) for need in needs)
    own, alone = _alone(needs, own, kind, rules)
    groups = _groups(needs)
    mates: list[dict[int, int]] = [{} for _ in needs]
    pairs: dict[tuple[int, int], tuple[PairColumn, ...]] = {}
    for group in groups if rules.most_a_day > 1 else ():
        for position, first in enumerate(group):
            for second in group[position + 1 :]:
                shared = _shared_cost(needs[first].school, needs[second].school, kind, rules)
                if shared is None:
                    continue
                mates[first][second] = mates[second][first] = shared
                if shared < 2 * rules.day_out:
                    found = _pair_columns(own[first], own[second], shared)
                    if found:
                        pairs[first, second] = found
    return Columns(
        needs=tuple(needs),
        rules=rules,
        own=own,
        alone=alone,
        singles=tuple(_nearest_first(*both) for both in zip(needs, alone, strict=True)),
        pairs=pairs,
        mates=tuple(mates),
        groups=groups,
    )


def _nearest_first(need: Need, alone: dict[HalfDay, int]) -> tuple[tuple[int, HalfDay], ...]:
    """By cost; of equal cost the one nearest its target first."""
    aim = need.target or middle(need.window)
    ranked = sorted((cost, abs((h.day - aim).days), h) for h, cost in alone.items())
    return tuple((cost, half_day) for cost, _, half_day in ranked)


def _own_costs(need: Need, rules: PlanningRules) -> dict[HalfDay, int]:
    if need.officer is None:
        return {}
    missed: dict[str, int] = {}
    weeks: dict[date, int] = {}
    found = {}
    for half_day in possible(need.school, need.officer, need.window):
        code, day = half_day.code, half_day.day
        if code not in missed:
            missed[code] = half_day_cost(need.school, half_day, rules)
        if day not in weeks:
            weeks[day] = rules.week * max(0, weeks_off(day, need) - rules.free_weeks)
        found[half_day] = missed[code] + weeks[day]
    return found


def _alone(
    needs: Sequence[Need], own: Sequence[dict[HalfDay, int]], kind: Kind, rules: PlanningRules
) -> tuple[tuple[dict[HalfDay, int], ...], tuple[dict[HalfDay, int], ...]]:
    """Own costs without days that a standing visit makes impossible; and with going out."""
    kept: list[dict[HalfDay, int]] = []
    alone: list[dict[HalfDay, int]] = []
    for need, costs in zip(needs, own, strict=True):
        standing = {} if need.officer is None else _by_day(need.officer.visits)
        mine: dict[HalfDay, int] = {}
        out: dict[HalfDay, int] = {}
        for half_day, cost in costs.items():
            extra = going_out(need.school, half_day, standing.get(half_day.day, ()), kind, rules)
            if extra is not None:
                mine[half_day] = cost
                out[half_day] = cost + extra
        kept.append(mine)
        alone.append(out)
    return tuple(kept), tuple(alone)


def _by_day(visits: frozenset[Visit]) -> dict[date, tuple[Visit, ...]]:
    found: dict[date, tuple[Visit, ...]] = {}
    for visit in visits:
        found[visit.half_day.day] = (*found.get(visit.half_day.day, ()), visit)
    return found


def going_out(
    school: SchoolDiary,
    half_day: HalfDay,
    standing: Sequence[Visit],
    kind: Kind,
    rules: PlanningRules,
) -> int | None:
    """What a day costs beside the meeting itself, given what stands there; None: impossible.

    `standing` are the officer's visits of that day.
    """
    if len(standing) >= rules.most_a_day:
        return None
    extra = 0 if school.online else rules.day_out
    for visit in standing:
        if visit.half_day == half_day:
            return None
        if visit.online or school.online:
            continue
        if travel_minutes(school.place, visit.place, rules) > _gap(kind):
            return None
        far = _is_far(distance_km(school.place, visit.place), rules)
        extra = rules.far_pair if far else 0
    return extra


def _shared_cost(
    one: SchoolDiary, other: SchoolDiary, kind: Kind, rules: PlanningRules
) -> int | None:
    """What a day with both costs beside the two meetings; None when nobody could be at both."""
    if one.school_id == other.school_id:
        return None
    if one.online and other.online:
        return 0
    if one.online or other.online:
        return rules.day_out
    if travel_minutes(one.place, other.place, rules) > _gap(kind):
        return None
    far = _is_far(distance_km(one.place, other.place), rules)
    return rules.day_out + (rules.far_pair if far else 0)


def _is_far(km: float | None, rules: PlanningRules) -> bool:
    return km is None or km > rules.near_km


def _gap(kind: Kind) -> float:
    """Minutes between the end of a morning meeting and the start of an afternoon one."""
    ends = datetime.combine(date.min, kind.hours(Session.AM)[1])
    return (datetime.combine(date.min, kind.pm) - ends).total_seconds() / 60


def _pair_columns(
    one: dict[HalfDay, int], other: dict[HalfDay, int], shared: int
) -> tuple[PairColumn, ...]:
    found = []
    for half_day, cost in one.items():
        session = Session.PM if half_day.session is Session.AM else Session.AM
        beside = HalfDay(half_day.day, session)
        if beside in other:
            found.append((cost + other[beside] + shared, half_day, beside))
    return tuple(sorted(found))


def _groups(needs: Sequence[Need]) -> tuple[tuple[int, ...], ...]:
    """The needs of each officer."""
    by_officer: dict[str, list[int]] = {}
    for index, need in enumerate(needs):
        if need.officer is not None:
            by_officer.setdefault(need.officer.person_id, []).append(index)
    return tuple(tuple(group) for _, group in sorted(by_officer.items()))
