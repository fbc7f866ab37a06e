"""Which half-days suit an officer and a school, and a whole term's meetings: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from math import asin, cos, radians, sin, sqrt
from zoneinfo import ZoneInfo

from linkwork.errors import WrongUse
from linkwork.school_year import school_year
from linkwork_hub.access.models import Term
from linkwork_hub.documents.words import WEEKDAYS, long_date
from linkwork_hub.meetings.kinds import Kind, PlanningRules
from linkwork_hub.meetings.models import (
    WEEKDAY_CODES,
    Busy,
    HalfDay,
    Need,
    OfficerDiary,
    Place,
    SchoolDiary,
    Session,
    Slot,
    Window,
)

_HERE = ZoneInfo("Europe/London")
_IMPORT = "Import terms with: linkwork-hub import terms FILE"


def terms_called(
    name: str, by_school: Mapping[str, Sequence[Term]], today: date
) -> dict[str, Term]:
    """For each school that has one, its term of this name: the earliest that is not over.

    `by_school` holds the terms in force. Names come again, so a calendar year may follow a
    name: `Spring 2027` is a Spring that begins in 2027. Raises WrongUse, with the dates there
    are, when no such term is to come, or when schools would be planned in different years.
    """
    terms = {
        school_id: [term for term in entries if term.kind == "term"]
        for school_id, entries in by_school.items()
    }
    every = {term for entries in terms.values() for term in entries}
    meant = [term for term in every if _is_called(term, name)]
    meant = meant or [term for term in every if _is_called(term, name, with_year=True)]
    if not meant:
        names = sorted({term.name for term in every})
        known = f"Known: {', '.join(names)}." if names else "No terms are known yet."
        raise WrongUse(f"There is no term {name!r}. {known} {_IMPORT}")
    chosen = {}
    for school_id, entries in terms.items():
        ahead = [term for term in entries if term in meant and term.last >= today]
        if ahead:
            chosen[school_id] = min(ahead, key=lambda term: term.first)
    if not chosen:
        raise WrongUse(f"Every term {name!r} is over: {_dates(meant)}. {_IMPORT}")
    if len({school_year(term.first) for term in chosen.values()}) > 1:
        newest = max(chosen.values(), key=lambda term: term.first)
        raise WrongUse(
            f"Not every school is in the same {name!r}: {_dates(chosen.values())}. "
            f"Write its year too, such as --term '{newest.name} {newest.first.year}'"
        )
    return chosen


def _is_called(term: Term, name: str, *, with_year: bool = False) -> bool:
    called = f"{term.name} {term.first.year}" if with_year else term.name
    return called.casefold() == name.strip().casefold()


def _dates(terms: Iterable[Term]) -> str:
    spans = sorted({(term.first, term.last) for term in terms})
    return "; ".join(f"{long_date(first)} to {long_date(last)}" for first, last in spans)


def windows(first: date, last: date, breaks: Iterable[Window], kind: Kind) -> list[Window]:
    """The stretches of a term that each hold one meeting: the term, or its parts round a break."""
    if kind.cadence == "as-needed":
        return []
    if kind.cadence == "term":
        return [Window(first, last)]
    found, begins = [], first
    for off in sorted(breaks, key=lambda off: off.first):
        if off.last < begins or off.first > last:
            continue
        if off.first > begins:
            found.append(Window(begins, off.first - timedelta(days=1)))
        begins = max(begins, off.last + timedelta(days=1))
    return [*found, Window(begins, last)] if begins <= last else found


def possible(school: SchoolDiary, officer: OfficerDiary, window: Window) -> list[HalfDay]:
    """Every half-day in `window` that breaks no rule, in order.

    A school day of this school, not among its never-times, worked by the officer, taken by
    neither, nor by anyone who must be there.
    """
    codes = officer.works - school.never
    taken = officer.busy | school.busy
    return [
        half_day
        for day in sorted(school.open_days)
        if window.holds(day)
        for half_day in (HalfDay(day, Session.AM), HalfDay(day, Session.PM))
        if half_day.code in codes and half_day not in taken
    ]


def next_slots(
    school: SchoolDiary,
    officer: OfficerDiary,
    kind: Kind,
    window: Window,
    rules: PlanningRules,
    count: int = 3,
) -> tuple[Slot, ...]:
    """The `count` best slots, on different days as far as there are enough days; by date.

    Best is what misses no preference and comes soon: a week later costs as `rules` says.
    """
    free = possible(school, officer, window)
    ranked = sorted(free, key=lambda half_day: _offer_cost(half_day, free[0], school, rules))
    chosen: list[HalfDay] = []
    for half_day in ranked:
        if len(chosen) < count and half_day.day not in {one.day for one in chosen}:
            chosen.append(half_day)
    chosen += [half_day for half_day in ranked if half_day not in chosen][: count - len(chosen)]
    slots = []
    for half_day in sorted(chosen):
        own = _beside(half_day, free[0])
        if half_day_cost(school, half_day, rules):
            own += " Not one of the half-days the school asked for."
        slots.append(slot_at(half_day, kind, f"{weighed(school, len(free))} {own}", own))
    return tuple(slots)


def _offer_cost(
    half_day: HalfDay, earliest: HalfDay, school: SchoolDiary, rules: PlanningRules
) -> tuple[int, HalfDay]:
    later = (half_day.day - earliest.day).days // 7
    return half_day_cost(school, half_day, rules) + rules.week * later, half_day


def half_day_cost(school: SchoolDiary, half_day: HalfDay, rules: PlanningRules) -> int:
    """What missing a school's preferences costs: once for the weekday, once for the half."""
    if not school.wishes or half_day.code in school.wishes:
        return 0
    weekday, _, session = half_day.code.partition("-")
    day_missed = all(not wish.startswith(weekday) for wish in school.wishes)
    half_missed = all(not wish.endswith(session) for wish in school.wishes)
    return rules.preference * max(1, day_missed + half_missed)


def distance_km(one: Place | None, other: Place | None) -> float | None:
    """Kilometres as the crow flies; None when either place is unknown."""
    if one is None or other is None:
        return None
    north, south = radians(one.latitude), radians(other.latitude)
    up = sin((south - north) / 2) ** 2
    over = sin(radians(other.longitude - one.longitude) / 2) ** 2
    return 2 * 6371.0 * asin(sqrt(up + cos(north) * cos(south) * over))


def travel_minutes(one: Place | None, other: Place | None, rules: PlanningRules) -> float:
    """How long the way between two places takes, by the profile's speed and way factor."""
    km = distance_km(one, other)
    if km is None:
        return rules.unknown_travel_minutes
    return km * rules.way_factor / rules.km_per_hour * 60


def weighed(school: SchoolDiary, possible: int) -> str:
    """What every slot of an offer rests on, said once."""
    suits = "half-day suits" if possible == 1 else "half-days suit"
    return f"{fits(school)} {possible} {suits} both."


def _beside(half_day: HalfDay, earliest: HalfDay) -> str:
    """How a slot differs from the earliest possible one."""
    days = (half_day.day - earliest.day).days
    if half_day == earliest:
        return "The earliest of them."
    if days == 0:
        return "The afternoon of the same day as the earliest."
    return f"{days} {'day' if days == 1 else 'days'} after the earliest."


def why_none(school: SchoolDiary, officer: OfficerDiary | None, window: Window) -> str:
    """Why no half-day suits, as one sentence with its remedy."""
    days = [day for day in school.open_days if window.holds(day)]
    span = f"between {long_date(window.first)} and {long_date(window.last)}"
    if officer is None:
        return "The school has no link officer: import schools with link_officer filled."
    if not officer.works:
        return f"{officer.name} has no working days: import staff with days filled."
    if not days:
        return f"The school has no school day {span}: import its terms."
    if not officer.works - school.never:
        return f"{officer.name} works only on half-days on which the school can never be visited."
    return f"Every half-day that suits both {span} is already taken."


def weeks_off(day: date, need: Need) -> int:
    """Whole weeks between `day` and the need's target, or else the middle of its window."""
    return abs((day - (need.target or middle(need.window))).days) // 7


def taken_by(busy: Iterable[Busy], kind: Kind, margin: timedelta) -> frozenset[HalfDay]:
    """The half-days of this kind of meeting that these stretches of a diary leave no room for.

    `margin` is the time kept free before and after a meeting, for the way.
    """
    found = set()
    for stretch in busy:
        day, last = stretch.starts.astimezone(_HERE).date(), stretch.ends.astimezone(_HERE).date()
        while day <= last:
            for session in Session:
                start, end = kind.hours(session)
                begins = datetime.combine(day, start, tzinfo=_HERE) - margin
                ends = datetime.combine(day, end, tzinfo=_HERE) + margin
                if stretch.starts < ends and stretch.ends > begins:
                    found.add(HalfDay(day, session))
            day += timedelta(days=1)
    return frozenset(found)


def fits(school: SchoolDiary) -> str:
    """What holds for every slot of a plan or an offer."""
    wishes = (
        f"The school asked for {wishes_in_words(school.wishes)}."
        if school.wishes
        else "The school has named no half-days it prefers."
    )
    return f"A school day, worked by the officer and free in both diaries. {wishes}"


def wishes_in_words(wishes: frozenset[str]) -> str:
    """`Tuesday morning, Thursday`: wishes as people say them, in the order of the week."""
    parts = []
    for code, name in zip(WEEKDAY_CODES, WEEKDAYS, strict=False):
        am, pm = f"{code}-am" in wishes, f"{code}-pm" in wishes
        if am and pm:
            parts.append(name)
        elif am or pm:
            parts.append(f"{name} {'morning' if am else 'afternoon'}")
    return ", ".join(parts)


def slot_at(half_day: HalfDay, kind: Kind, reason: str, own: str = "") -> Slot:
    """The slot of a half-day, at the hours of this kind."""
    start, end = kind.hours(half_day.session)
    return Slot(half_day, start, end, reason, own)


def middle(window: Window) -> date:
    """The day in the middle of a window."""
    return window.first + (window.last - window.first) // 2
