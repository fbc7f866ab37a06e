"""Which half-days suit an officer and a school, and a whole term's meetings: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from linkwork.errors import WrongUse
from linkwork.school_year import school_year
from linkwork_hub.access.models import Term
from linkwork_hub.documents.words import WEEKDAYS, long_date
from linkwork_hub.meetings.kinds import Kind
from linkwork_hub.meetings.models import (
    WEEKDAY_CODES,
    HalfDay,
    Need,
    OfficerDiary,
    Placed,
    Plan,
    SchoolDiary,
    Session,
    Slot,
    Unplaced,
    Window,
)

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

    A school day of this school, among its wishes, worked by the officer, taken by neither.
    """
    half_days = (
        HalfDay(day, session)
        for day in sorted(school.open_days)
        if window.holds(day)
        for session in Session
    )
    return [
        half_day
        for half_day in half_days
        if half_day.code in officer.works
        and (not school.wishes or half_day.code in school.wishes)
        and half_day not in officer.busy
        and half_day not in school.busy
    ]


def next_slots(
    school: SchoolDiary, officer: OfficerDiary, kind: Kind, window: Window, count: int = 3
) -> tuple[Slot, ...]:
    """The first `count` possible slots, on different days as far as there are enough days."""
    free = possible(school, officer, window)
    first_of_day = {half_day.day: half_day for half_day in reversed(free)}
    chosen = [first_of_day[day] for day in sorted(first_of_day)][:count]
    chosen += [half_day for half_day in free if half_day not in chosen][: count - len(chosen)]
    slots = []
    for half_day in sorted(chosen):
        own = _beside(half_day, free[0])
        slots.append(_slot(half_day, kind, f"{weighed(school, len(free))} {own}", own))
    return tuple(slots)


def weighed(school: SchoolDiary, possible: int) -> str:
    """What every slot of an offer rests on, said once."""
    suits = "half-day suits" if possible == 1 else "half-days suit"
    return f"{_fits(school)} {possible} {suits} both."


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
    worked = officer.works & school.wishes if school.wishes else officer.works
    if not worked:
        return f"{officer.name} works on none of the half-days the school wishes for."
    return f"Every half-day that suits both {span} is already taken."


def plan_term(needs: Sequence[Need], kind: Kind) -> Plan:
    """Place each need in its window without a clash; as many as can be placed at all.

    The need with the fewest possibilities goes first and takes the one nearest the middle of its
    window. When nothing is left for a need, meetings of this plan move aside if that makes room
    (an augmenting path), so a need stays out only when no arrangement would have held it.
    """
    choices = [_choices(need) for need in needs]
    order = sorted(
        range(len(needs)),
        key=lambda i: (len(choices[i]), needs[i].school.urn, needs[i].window.first),
    )
    taken: dict[tuple[str, HalfDay], int] = {}
    for index in order:
        officer = _officer_id(needs[index])
        free = next((h for h in choices[index] if (officer, h) not in taken), None)
        if free is not None:
            taken[officer, free] = index
        else:
            _make_room(index, needs, choices, taken, set())
    placed = [
        _placed(needs[index], half_day, kind, choices[index])
        for (_, half_day), index in taken.items()
    ]
    left = [needs[i] for i in order if i not in set(taken.values())]
    return Plan(
        placed=tuple(sorted(placed, key=lambda p: (p.slot.half_day, p.need.school.urn))),
        unplaced=tuple(Unplaced(n, why_none(n.school, n.officer, n.window)) for n in left),
        cost=sum(p.weeks_off for p in placed),
        bound=sum(min(weeks_off(h.day, needs[i]) for h in choices[i]) for i in taken.values()),
    )


def weeks_off(day: date, need: Need) -> int:
    """Whole weeks between `day` and the middle of the need's window."""
    return abs((day - _middle(need.window)).days) // 7


def _choices(need: Need) -> list[HalfDay]:
    """The need's possible half-days, the one nearest the middle of its window first."""
    if need.officer is None:
        return []
    found = possible(need.school, need.officer, need.window)
    middle = _middle(need.window)
    return sorted(found, key=lambda half_day: (abs((half_day.day - middle).days), half_day))


def _make_room(
    index: int,
    needs: Sequence[Need],
    choices: Sequence[Sequence[HalfDay]],
    taken: dict[tuple[str, HalfDay], int],
    seen: set[tuple[str, HalfDay]],
) -> bool:
    for half_day in choices[index]:
        key = (_officer_id(needs[index]), half_day)
        if key in seen:
            continue
        seen.add(key)
        if key not in taken or _make_room(taken[key], needs, choices, taken, seen):
            taken[key] = index
            return True
    return False


def _placed(need: Need, half_day: HalfDay, kind: Kind, choices: Sequence[HalfDay]) -> Placed:
    if need.officer is None:
        raise ValueError("a need without an officer has no choices and is never placed")
    off = weeks_off(half_day.day, need)
    near = "Less than a week" if off == 0 else "1 week" if off == 1 else f"{off} weeks"
    reason = (
        f"{_fits(need.school)} {near} from {long_date(_middle(need.window))}, "
        f"the middle of its window; one of {len(choices)} possible half-days."
    )
    return Placed(need, need.officer, _slot(half_day, kind, reason), off)


def _fits(school: SchoolDiary) -> str:
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


def _slot(half_day: HalfDay, kind: Kind, reason: str, own: str = "") -> Slot:
    start, end = kind.hours(half_day.session)
    return Slot(half_day, start, end, reason, own)


def _middle(window: Window) -> date:
    return window.first + (window.last - window.first) // 2


def _officer_id(need: Need) -> str:
    return need.officer.person_id if need.officer else ""
