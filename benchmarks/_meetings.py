"""A made-up authority whose link meetings are to be planned, from a seed."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

from linkwork_hub.meetings.kinds import MeetingRules, read_rules
from linkwork_hub.meetings.models import (
    WEEKDAY_CODES,
    HalfDay,
    Need,
    OfficerDiary,
    Place,
    SchoolDiary,
    Session,
    Window,
)

_PROFILE = Path(__file__).parent.parent / "hub" / "linkwork_hub" / "authorities" / "reading.toml"
FIRST = date(2026, 9, 7)


def meeting_rules() -> MeetingRules:
    """The kinds of meeting and the weights of a profile that ships."""
    table = tomllib.loads(_PROFILE.read_text(encoding="utf-8"))["meetings"]
    return read_rules(table, file=_PROFILE.name)


def authority(
    seed: int, *, schools: int = 150, officers: int = 12, weeks: int = 13, parts: int = 1
) -> list[Need]:
    """One need a school and part of the term. Schools lie in towns; officers work three to five
    days, have leave and other commitments; schools have wishes, never-times and closures.
    """
    random = Random(seed)
    days = [FIRST + timedelta(7 * week + day) for week in range(weeks) for day in range(5)]
    people = [_officer(random, number, days) for number in range(officers)]
    towns = [[_near(random, Place(51.45, -1.0), 20) for _ in range(4)] for _ in range(officers)]
    cut = [len(days) * part // parts for part in range(parts + 1)]
    needs = []
    for number in range(schools):
        mine = number % officers
        school = _school(random, number, days, random.choice(towns[mine]))
        for start, end in pairwise(cut):
            needs.append(Need(school, people[mine], Window(days[start], days[end - 1])))
    return needs


def _officer(random: Random, number: int, days: list[date]) -> OfficerDiary:
    worked = random.sample(WEEKDAY_CODES, random.choice([3, 3, 4, 4, 5]))
    codes = [f"{day}-{half}" for day in worked for half in ("am", "pm")]
    away = {HalfDay(day, session) for day in random.sample(days, 5) for session in Session} | {
        HalfDay(random.choice(days), random.choice(list(Session))) for _ in range(15)
    }
    ident = f"per_{number:02d}"
    return OfficerDiary(
        ident, f"{ident}@council.example", f"Officer {number}", frozenset(codes), frozenset(away)
    )


def _school(random: Random, number: int, days: list[date], town: Place) -> SchoolDiary:
    codes = [f"{day}-{half}" for day in WEEKDAY_CODES for half in ("am", "pm")]
    wishes = random.sample(codes, random.choice([0, 2, 3, 4]))
    never = [
        code for code in random.sample(codes, random.choice([0, 1, 2, 3])) if code not in wishes
    ]
    closed = set(random.sample(days, 2))
    return SchoolDiary(
        school_id=f"sch_{number:03d}",
        urn=f"{900_000 + number}",
        name=f"School {number}",
        open_days=frozenset(days) - closed,
        wishes=frozenset(wishes),
        never=frozenset(never),
        place=_near(random, town, 2),
    )


def _near(random: Random, place: Place, km: float) -> Place:
    north, east = random.uniform(-km, km), random.uniform(-km, km)
    return Place(place.latitude + north / 111.2, place.longitude + east / 69.3)
