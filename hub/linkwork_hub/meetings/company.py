"""What a meeting's page shows of its company: chair, caution, case, officers and schools."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from linkwork_hub.access import staff_store
from linkwork_hub.access import store as access
from linkwork_hub.cases import store as cases
from linkwork_hub.db import Role, Scope, Tx
from linkwork_hub.feeds import store as feeds
from linkwork_hub.meetings import (
    caution_store,
    chairing,
    company_store,
    family_store,
    gathering,
    record_store,
    store,
)
from linkwork_hub.meetings.kinds import CHAIR, Kind, MeetingRules
from linkwork_hub.meetings.models import Agreed, Beside, Meeting, Side


def company_of(
    scope: Scope, db: Tx, rules: MeetingRules, kind: Kind, one: Meeting
) -> dict[str, Any]:
    """What a meeting's page says of its company. A school sees who comes, and not the case."""
    service = scope.role in (Role.OFFICER, Role.MANAGER)
    people = {each.id: each for each in access.people(Scope.system(), db)}
    beside = company_store.beside(scope, db, one.meeting_id, Beside.OFFICER)
    chair = next((each for each in beside if each.part == CHAIR), None)
    officers = [people[each.officer_id].name for each in beside if each.part != CHAIR]
    values: dict[str, Any] = {
        "chair": people[chair.officer_id] if chair else None,
        "further_officers": officers,
        "further_schools": [
            (each.meeting_id, access.school(scope, db, each.school_id).name)
            for each in company_store.beside(scope, db, one.meeting_id, Beside.SCHOOL)
        ],
        "families": family_store.count(scope, db, one.meeting_id) if kind.family_minutes else 0,
        "other_half": company_store.same_day(scope, db, one) if kind.family_minutes else None,
        "spread": [],
        "about_case": None,
        "cautions": [],
    }
    if not service:
        return values
    if kind.several == "schools" and not one.main_id:
        values["spread"] = _spread(scope, db, kind, one)
    case_id = company_store.case_of(scope, db, one.meeting_id)
    values["about_case"] = cases.case(scope, db, case_id) if case_id else None
    if kind.chair:
        values |= _chair(scope, db, rules, kind, one)
    if kind.caution:
        values["cautions"] = caution_store.cautions(scope, db, one.meeting_id)
        values["caution_words"] = rules.caution_on(one.half_day.day)
        there = [chair.officer_id] if chair else []
        there.append(one.officer_id)
        values["caution_givers"] = [
            (people[each].name, people[each].name) for each in there if each in people
        ]
    return values


def _chair(scope: Scope, db: Tx, rules: MeetingRules, kind: Kind, one: Meeting) -> dict[str, Any]:
    marks = staff_store.marks_on(scope, db, one.half_day.day)
    reaching = gathering.who_reaches(scope, db, one.school_id)
    able = chairing.chairs(kind, reaching, marks, one.officer_id)
    return {
        "chairs": [("", "Choose"), *((each.id, each.name) for each in able)],
        "who_chairs": chairing.who_may(rules, kind),
    }


@dataclass(frozen=True)
class Told:
    """What of a meeting of several schools went to one of them, and what that school did."""

    meeting_id: str
    school: str
    version: int
    sent: datetime | None
    state: str
    came: tuple[str, ...]


def _spread(scope: Scope, db: Tx, kind: Kind, one: Meeting) -> list[Told]:
    """For each school of a meeting, the version it was told, how far that came, and who came."""
    found = []
    for each in (one, *company_store.beside(scope, db, one.meeting_id, Beside.SCHOOL)):
        agreed = record_store.agreed(scope, db, each.meeting_id)
        newest = agreed[0] if agreed else None
        state = "Nothing was told yet"
        if newest is not None:
            state = _how_far(scope, db, each, newest)
        there = store.attendance(scope, db, each.meeting_id)
        came = tuple(who.name or who.part for who in there if who.present)
        name = access.school(scope, db, each.school_id).name
        sent = newest.written_at if newest else None
        found.append(
            Told(each.meeting_id, name, newest.version if newest else 0, sent, state, came)
        )
    return found


def _how_far(scope: Scope, db: Tx, one: Meeting, newest: Agreed) -> str:
    if Side.SCHOOL in newest.confirmed:
        by, _at, way = newest.confirmed[Side.SCHOOL]
        return f"Confirmed by {by}" + (", at the school's own computer" if way == "agent" else "")
    item = feeds.delivery(scope, db, f"{one.meeting_id}-r{newest.version}")
    if item is not None and item.acknowledged:
        return "It is on the school's own computer"
    if item is not None and item.delivered:
        return "Handed to the school's computer"
    return "To be read on its page; waits for the school's computer"


def parts_filled(scope: Scope, db: Tx, kind: Kind, one: Meeting) -> dict[str, str]:
    """Who fills which part as it was planned: names the form of who was there starts with."""
    chair = company_store.chair_of(scope, db, one.meeting_id, CHAIR)
    filled = {}
    officer = access.person(Scope.system(), db, one.officer_id)
    for part in (*kind.must, *kind.may):
        if part in OFFICER_PARTS and officer is not None:
            filled[part] = officer.name
    person = access.person(Scope.system(), db, chair.officer_id) if chair else None
    if person is not None:
        filled[CHAIR] = person.name
    return filled


#: What the officer of a meeting is called among the parts of a profile.
OFFICER_PARTS = ("Link officer", "Allocated officer")
