"""Meetings of more than one officer or school: free half-days for all of them, and planned so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from linkwork.errors import Refused
from linkwork_hub.access import staff_store
from linkwork_hub.access import store as access
from linkwork_hub.access.models import SLOTS, Person, School
from linkwork_hub.db import Role, Scope, Tx
from linkwork_hub.meetings import chairing, company_store, diary_store, rules, store
from linkwork_hub.meetings.diaries import Diaries, read_diaries
from linkwork_hub.meetings.kinds import CHAIR, Kind, MeetingRules
from linkwork_hub.meetings.models import OfficerDiary, SchoolDiary, Slot, Window
from linkwork_hub.meetings.planning import slot_key
from linkwork_hub.meetings.work_models import Company

#: So many days are offered for a kind that may fill both halves of one.
_DAYS = 5


@dataclass(frozen=True)
class Together:
    """What can be offered for a meeting in company: slots, or the sentence that says why none."""

    school: School
    officer: OfficerDiary | None
    slots: tuple[Slot, ...]
    why_none: str


def offer(
    scope: Scope, db: Tx, meeting_rules: MeetingRules, school_id: str, kind: Kind, company: Company
) -> Together:
    """Half-days that are free for the school, the officer and all the company. At most ten."""
    school = access.school(scope, db, school_id)
    window = Window(
        db.today + timedelta(days=meeting_rules.notice_days),
        db.today + timedelta(days=meeting_rules.look_ahead_days),
    )
    near = Scope(scope.role, scope.person_id, frozenset({school_id, *company.schools}))
    diaries = read_diaries(near, db, meeting_rules, kind, window)
    officer = diaries.officer(company.officer_id or school.link_officer)
    diary = with_company(diaries, diaries.school(school_id, window), company, window)
    slots: tuple[Slot, ...] = ()
    if officer is not None and kind.family_minutes:
        free = rules.possible(diary, officer, window)
        days = sorted({half_day.day for half_day in free})[:_DAYS]
        said = rules.weighed(diary, len(free))
        slots = tuple(rules.slot_at(each, kind, said) for each in free if each.day in days)
    elif officer is not None:
        slots = rules.next_slots(diary, officer, kind, window, meeting_rules.planning)
    none = "" if slots else rules.why_none(diary, officer, window)
    return Together(school, officer, slots, none)


def with_company(
    diaries: Diaries, diary: SchoolDiary, company: Company, window: Window
) -> SchoolDiary:
    """A school's diary in which what any of the company cannot is taken too."""
    busy, never, opened = set(diary.busy), set(diary.never), set(diary.open_days)
    for ident in filter(None, (company.chair_id, *company.officers)):
        other = diaries.officer(ident)
        if other is not None:
            busy |= other.busy
            # Somebody without a working pattern, as a manager may be, is asked for any half-day.
            never |= set(SLOTS) - other.works if other.works else set()
    for school_id in company.schools:
        beside = diaries.school(school_id, window)
        busy |= beside.busy
        never |= beside.never
        opened &= beside.open_days
    return replace(diary, busy=frozenset(busy), never=frozenset(never), open_days=frozenset(opened))


def plan(
    scope: Scope,
    db: Tx,
    meeting_rules: MeetingRules,
    school_id: str,
    kind: Kind,
    company: Company,
    chosen: Sequence[str],
    by: str,
) -> list[str]:
    """Plan the chosen slots in company; the ids of the meetings, one for each half-day.

    The offer is made again inside this transaction. Raises Refused for a slot that is taken by
    now, for more than one day, and for a chair who may not chair.
    """
    made = offer(scope, db, meeting_rules, school_id, kind, company)
    slots = [slot for slot in made.slots if slot_key(slot) in chosen]
    if len(slots) != len(set(chosen)) or not slots or made.officer is None:
        raise Refused("That half-day is not free any more. Choose one of those shown now.")
    if len({slot.half_day.day for slot in slots}) > 1:
        raise Refused("Choose the morning, the afternoon or both of one day.")
    if kind.chair:
        check_chair(scope, db, meeting_rules, kind, company.chair_id, made.officer.person_id, slots)
    return [_plan_one(scope, db, made, kind, company, slot, by) for slot in slots]


def _plan_one(
    scope: Scope, db: Tx, made: Together, kind: Kind, company: Company, slot: Slot, by: str
) -> str:
    if made.officer is None:
        raise Refused(made.why_none)
    school_id = made.school.id
    wishes = diary_store.wishes_of(scope, db, school_id)
    officer = made.officer.person_id
    ident = store.plan(scope, db, school_id, officer, kind.id, slot, by, wishes=wishes)
    one = store.meeting(scope, db, ident)
    if one is None:
        return ident
    if company.chair_id:
        company_store.add_officer(scope, db, one, company.chair_id, CHAIR, by)
    for each in company.officers:
        company_store.add_officer(scope, db, one, each, "", by)
    for each in company.schools:
        company_store.add_school(scope, db, one, each, made.school.name, by)
    if company.case_id:
        company_store.set_case(scope, db, ident, company.case_id)
    return ident


def check_chair(
    scope: Scope,
    db: Tx,
    meeting_rules: MeetingRules,
    kind: Kind,
    chair_id: str,
    officer_id: str,
    slots: Sequence[Slot],
) -> None:
    """Raises Refused unless this person may chair on the day of every slot."""
    person = access.person(Scope.system(), db, chair_id) if chair_id else None
    for slot in slots:
        marks = staff_store.marks_on(scope, db, slot.half_day.day)
        chairing.check_chair(meeting_rules, kind, person, marks.get(chair_id, ()), officer_id)


def who_reaches(scope: Scope, db: Tx, school_id: str) -> list[Person]:
    """Officers who reach a school, and managers: who can be given a part in its meetings."""
    managers = [one for one in access.people(scope, db, role=Role.MANAGER) if one.active]
    return [*access.officers_at(scope, db, school_id), *managers]
