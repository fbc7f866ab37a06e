"""From stored diaries to offered slots and a term's plan, and back into the diary."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from linkwork.errors import Refused
from linkwork_hub.access import store as access
from linkwork_hub.access.models import Person, School, SchoolFacts, Term
from linkwork_hub.access.rules import in_force, open_days
from linkwork_hub.db import Scope, Tx
from linkwork_hub.documents.words import long_date
from linkwork_hub.meetings import rules, store
from linkwork_hub.meetings.kinds import Kind, MeetingRules
from linkwork_hub.meetings.models import (
    HalfDay,
    Meeting,
    Need,
    OfficerDiary,
    Place,
    Plan,
    SchoolDiary,
    Slot,
    Window,
)
from linkwork_hub.meetings.plans import plan_term


@dataclass(frozen=True)
class Offer:
    """What can be offered to one school now: slots, or the sentence that says why none."""

    school: School
    officer: OfficerDiary | None
    slots: tuple[Slot, ...]
    why_none: str


@dataclass(frozen=True)
class TermPlan:
    """A term's plan: what it placed and could not, and the meetings that stood before it."""

    term: str
    plan: Plan
    kept: tuple[Meeting, ...]


def offer(scope: Scope, db: Tx, meeting_rules: MeetingRules, school_id: str) -> Offer:
    """Up to three clash-free slots for a school's next link meeting."""
    school = access.school(scope, db, school_id)
    window = Window(
        db.today + timedelta(days=meeting_rules.notice_days),
        db.today + timedelta(days=meeting_rules.look_ahead_days),
    )
    person = access.link_officer(scope, db, school_id)
    busy = store.taken(
        scope,
        db,
        window.first,
        window.last,
        officer_ids=[person.id] if person else [],
        school_ids=[school_id],
    )
    officer = _officer(person, busy[person.id]) if person else None
    terms = in_force(access.terms(scope, db, school_id), school_id)
    diary = _school(scope, db, school, terms, window, busy[school_id])
    slots = (
        rules.next_slots(diary, officer, meeting_rules.link, window, meeting_rules.planning)
        if officer
        else ()
    )
    none = "" if slots else rules.why_none(diary, officer, window)
    return Offer(school, officer, slots, none)


def choose(
    scope: Scope, db: Tx, meeting_rules: MeetingRules, school_id: str, chosen: str, by: str
) -> str:
    """Plan the offered slot called `chosen` (`2026-03-12-am`); the meeting's id.

    The offer is made again inside this transaction: a slot someone took meanwhile is Refused.
    """
    made = offer(scope, db, meeting_rules, school_id)
    for slot in made.slots:
        if made.officer is not None and slot_key(slot) == chosen:
            kind = meeting_rules.link.id
            return store.plan(scope, db, school_id, made.officer.person_id, kind, slot, by)
    raise Refused("That slot is not free any more. Choose one of those shown now.")


def slot_key(slot: Slot) -> str:
    """A slot's name in a form: `2026-03-12-am`."""
    return f"{slot.half_day.day.isoformat()}-{slot.half_day.session}"


def plan_for_term(scope: Scope, db: Tx, meeting_rules: MeetingRules, name: str) -> TermPlan:
    """Plan the link meetings that a term still lacks, for every school within reach.

    Of several terms of that name it is the one that is not over, and comes first. Meetings that
    stand are kept where they are. Raises WrongUse when no term, or not one alone, can be meant.
    """
    kind = meeting_rules.link
    schools = access.schools(scope, db)
    own = access.terms_in_force(scope, db, [school.id for school in schools])
    spans = rules.terms_called(name, own or {"": access.terms(scope, db, None)}, db.today)
    first = min(term.first for term in spans.values())
    last = max(term.last for term in spans.values())
    earliest = db.today + timedelta(days=meeting_rules.notice_days)
    stands = store.meetings_between(scope, db, first, last, kind=kind.id)
    people = {person.id: person for person in access.people(scope, db)}
    busy = store.taken(
        scope, db, first, last, officer_ids=people, school_ids=[school.id for school in schools]
    )
    needs = []
    for school in schools:
        term = spans.get(school.id)
        if term is None:
            continue
        person = people.get(school.link_officer or "")
        officer = _officer(person, busy[person.id]) if person else None
        for window in _windows(own[school.id], term, kind):
            if window.last >= earliest and not _met(stands, school.id, window):
                left = Window(max(window.first, earliest), window.last)
                diary = _school(scope, db, school, own[school.id], left, busy[school.id])
                needs.append(Need(diary, officer, left))
    return TermPlan(name, plan_term(needs, kind, meeting_rules.planning), tuple(stands))


def save(scope: Scope, db: Tx, made: TermPlan, kind: Kind, by: str) -> list[str]:
    """Write what a plan placed into the diary; the new meetings' ids."""
    return [
        store.plan(
            scope, db, placed.need.school.school_id, placed.officer.person_id, kind.id,
            placed.slot, by,
        )
        for placed in made.plan.placed
    ]  # fmt: skip


def _windows(terms: list[Term], term: Term, kind: Kind) -> list[Window]:
    breaks = [
        Window(off.first, off.last)
        for off in terms
        if off.kind == "half-term" and term.first <= off.first <= term.last
    ]
    return rules.windows(term.first, term.last, breaks, kind)


def _met(stands: list[Meeting], school_id: str, window: Window) -> bool:
    return any(
        meeting.school_id == school_id and window.holds(meeting.half_day.day) for meeting in stands
    )


def _officer(person: Person, busy: frozenset[HalfDay]) -> OfficerDiary:
    return OfficerDiary(person.id, person.email, person.name, frozenset(person.days), busy)


def _school(
    scope: Scope,
    db: Tx,
    school: School,
    terms: list[Term],
    window: Window,
    busy: frozenset[HalfDay],
) -> SchoolDiary:
    return SchoolDiary(
        school_id=school.id,
        urn=school.urn,
        name=school.name,
        open_days=frozenset(open_days(terms, window.first, window.last)),
        wishes=access.preferences(scope, db, school.id),
        busy=busy,
        place=_place(school.facts),
    )


def _place(known: SchoolFacts) -> Place | None:
    if known.latitude is None or known.longitude is None:
        return None
    return Place(known.latitude, known.longitude)


def term_words(made: TermPlan, first: date) -> str:
    """How a plan went, in one sentence; `first` is the day it was asked for."""
    placed, left = len(made.plan.placed), len(made.plan.unplaced)
    return (
        f"{placed} planned, {left} could not be, {len(made.kept)} stood already "
        f"({made.term}, {long_date(first)})."
    )
