"""A duty rota: filled in rotation, and the days on which nobody is there. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from linkwork_hub.access.models import WEEKDAYS, Person
from linkwork_hub.meetings.work_models import DutyDay


def works(person: Person, day: date) -> bool:
    """Whether somebody works all of a day; whoever has no working pattern works every day."""
    if not person.days:
        return True
    if day.weekday() >= len(WEEKDAYS):
        return False
    weekday = WEEKDAYS[day.weekday()]
    return {f"{weekday}-am", f"{weekday}-pm"} <= set(person.days)


def in_rotation(
    days: Sequence[date],
    officers: Sequence[Person],
    away: Mapping[str, frozenset[date]],
    before: Mapping[date, str],
) -> dict[date, str | None]:
    """Who is on duty on each day: whoever had the fewest, then whoever had it longest ago.

    Days in `before` stay as they are and count. None where nobody of them is there.
    """
    had = {one.id: sum(who == one.id for who in before.values()) for one in officers}
    last = {one.id: -1 for one in officers}
    made: dict[date, str | None] = {}
    for number, day in enumerate(days):
        who = before.get(day)
        if who is None:
            able = [
                (had[one.id], last[one.id], order, one.id)
                for order, one in enumerate(officers)
                if works(one, day) and day not in away.get(one.id, frozenset())
            ]
            who = min(able)[3] if able else None
            if who is not None:
                had[who] += 1
        if who in last:
            last[who] = number
        made[day] = who
    return made


def standing(
    days: Iterable[date],
    duties: Mapping[date, str],
    people: Mapping[str, Person],
    away: Mapping[str, frozenset[date]],
) -> list[DutyDay]:
    """Each day with who is on duty, and why nobody is there when nobody is."""
    return [_day(day, duties.get(day), people, away) for day in days]


def _day(
    day: date,
    who: str | None,
    people: Mapping[str, Person],
    away: Mapping[str, frozenset[date]],
) -> DutyDay:
    person = people.get(who or "")
    if person is None:
        return DutyDay(day, None, "Nobody is on the rota.")
    if not person.active:
        return DutyDay(day, who, f"{person.name} works here no more.")
    if day in away.get(person.id, frozenset()):
        return DutyDay(day, who, f"{person.name} is away.")
    if not works(person, day):
        return DutyDay(day, who, f"{person.name} does not work that day.")
    return DutyDay(day, who)


def owner(
    link: Person | None,
    duty: DutyDay | None,
    day: date,
    away: Mapping[str, frozenset[date]],
) -> tuple[str | None, str]:
    """Who has a school's question on a day, and why they: its link officer, or the duty officer.

    `duty` None is no day of term. Nobody has it where neither is there.
    """
    if link is None or not link.active:
        why = "The school has no link officer"
    elif day in away.get(link.id, frozenset()):
        why = f"{link.name}, its link officer, is away"
    elif not works(link, day):
        why = f"{link.name}, its link officer, does not work today"
    else:
        return link.id, f"{link.name} is the school's link officer."
    if duty is not None and duty.officer_id and not duty.gap:
        return duty.officer_id, f"{why}: it is with the duty officer of the day."
    return None, f"{why}, and no duty officer is there: the next one has it."
