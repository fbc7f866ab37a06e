"""Whether a plan breaks a hard rule, and what it costs: judged without the planner's own code."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from datetime import date, datetime

from linkwork_hub.meetings.kinds import PlanningRules
from linkwork_hub.meetings.models import Place, Placed, Plan

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def broken_rules(plan: Plan, rules: PlanningRules) -> list[str]:
    """Every hard rule that a plan breaks, once for each breach."""
    found = [word for placed in plan.placed for word in _alone(placed)]
    on_day: dict[tuple[str, date], list[Placed]] = defaultdict(list)
    for placed in plan.placed:
        on_day[placed.officer.person_id, placed.slot.half_day.day].append(placed)
    for (_, day), there in on_day.items():
        standing = [v for v in there[0].officer.visits if v.half_day.day == day]
        if len(there) + len(standing) > rules.most_a_day:
            found.append("too many a day")
        stops = [
            (p.slot.start, p.slot.end, p.need.school.place, p.need.school.online) for p in there
        ]
        found += _late(sorted(stops, key=lambda stop: stop[0]), rules)
    for one, other in itertools.combinations(plan.placed, 2):
        if one.slot.half_day != other.slot.half_day:
            continue
        if one.officer.person_id == other.officer.person_id:
            found.append("clash of an officer")
        if one.need.school.school_id == other.need.school.school_id:
            found.append("clash of a school")
        if one.need.school.people & other.need.school.people:
            found.append("clash of someone who must be there")
    return found


def _alone(placed: Placed) -> list[str]:
    day, session = placed.slot.half_day.day, placed.slot.half_day.session
    code, school = f"{_DAYS[day.weekday()]}-{session}", placed.need.school
    judged = {
        "not a school day": day not in school.open_days,
        "a never-time": code in school.never,
        "not worked": code not in placed.officer.works,
        "outside the window": not placed.need.window.first <= day <= placed.need.window.last,
        "taken before": placed.slot.half_day in placed.officer.busy | school.busy,
        "no reason": not placed.slot.reason,
    }
    return [words for words, broken in judged.items() if broken]


def _late(stops: list[tuple], rules: PlanningRules) -> list[str]:  # type: ignore[type-arg]
    found = []
    for (_, ends, place, online), (starts, _, other, also) in itertools.pairwise(stops):
        gap = datetime.combine(date.min, starts) - datetime.combine(date.min, ends)
        if not online and not also and gap.total_seconds() / 60 < minutes(place, other, rules):
            found.append("no time to travel")
    return found


def minutes(one: Place | None, other: Place | None, rules: PlanningRules) -> float:
    """Travel by the law of cosines: another formula than the planner's."""
    if one is None or other is None:
        return rules.unknown_travel_minutes
    a, b = math.radians(one.latitude), math.radians(other.latitude)
    turn = math.radians(other.longitude - one.longitude)
    inner = math.sin(a) * math.sin(b) + math.cos(a) * math.cos(b) * math.cos(turn)
    km = 6371.0 * math.acos(max(-1.0, min(1.0, inner)))
    return km * rules.way_factor / rules.km_per_hour * 60


def cost_of(plan: Plan, rules: PlanningRules) -> int:
    """What the weights make of a plan without standing visits, summed anew."""
    total = 0
    on_day: dict[tuple[str, date], list[Placed]] = defaultdict(list)
    for placed in plan.placed:
        half_day, need = placed.slot.half_day, placed.need
        on_day[placed.officer.person_id, half_day.day].append(placed)
        wishes = {tuple(wish.split("-")) for wish in need.school.wishes}
        mine = (_DAYS[half_day.day.weekday()], str(half_day.session))
        if wishes and mine not in wishes:
            missed = (mine[0] not in {w[0] for w in wishes}) + (
                mine[1] not in {w[1] for w in wishes}
            )
            total += rules.preference * max(1, missed)
        span = (need.window.last - need.window.first).days // 2
        off = abs((half_day.day - need.window.first).days - span) // 7
        total += rules.week * max(0, off - rules.free_weeks)
    for there in on_day.values():
        out = [placed.need.school for placed in there if not placed.need.school.online]
        total += rules.day_out if out else 0
        if len(out) == 2:
            km = minutes(out[0].place, out[1].place, rules) * rules.km_per_hour / 60
            known = out[0].place is not None and out[1].place is not None
            far = not known or km / rules.way_factor > rules.near_km
            total += rules.far_pair if far else 0
    return total
