"""From stored diaries to offered slots and a term's plan, and back into the diary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from linkwork.errors import Refused, WrongUse
from linkwork_hub.access import store as access
from linkwork_hub.access.models import School, Term
from linkwork_hub.db import Scope, Tx
from linkwork_hub.meetings import diary_store, rules, store
from linkwork_hub.meetings.diaries import Diaries, read_diaries
from linkwork_hub.meetings.kinds import Kind, MeetingRules
from linkwork_hub.meetings.models import (
    Meeting,
    Need,
    OfficerDiary,
    Plan,
    Slot,
    VisitWishes,
    Window,
)
from linkwork_hub.meetings.plans import plan_term
from linkwork_hub.meetings.programme import stretches


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
    kind: Kind
    wishes: Mapping[str, VisitWishes]


def offer(
    scope: Scope, db: Tx, meeting_rules: MeetingRules, school_id: str, kind: Kind | None = None
) -> Offer:
    """Up to three clash-free slots for a school's next meeting; of the regular kind by itself."""
    school = access.school(scope, db, school_id)
    window = Window(
        db.today + timedelta(days=meeting_rules.notice_days),
        db.today + timedelta(days=meeting_rules.look_ahead_days),
    )
    kind = kind or meeting_rules.link
    near = Scope(scope.role, scope.person_id, frozenset({school_id}))
    diaries = read_diaries(near, db, meeting_rules, kind, window)
    officer, diary = diaries.officer(school.link_officer), diaries.school(school_id, window)
    slots = (
        rules.next_slots(diary, officer, kind, window, meeting_rules.planning) if officer else ()
    )
    none = "" if slots else rules.why_none(diary, officer, window)
    return Offer(school, officer, slots, none)


def offer_instead(scope: Scope, db: Tx, meeting_rules: MeetingRules, one: Meeting) -> Offer:
    """Up to three other slots for a meeting that is planned, with the officer it has."""
    school = access.school(scope, db, one.school_id)
    window = Window(
        db.today + timedelta(days=1), db.today + timedelta(days=meeting_rules.look_ahead_days)
    )
    kind = meeting_rules.kind(one.kind)
    near = Scope(scope.role, scope.person_id, frozenset({one.school_id}))
    diaries = read_diaries(near, db, meeting_rules, kind, window)
    officer, diary = diaries.officer(one.officer_id), diaries.school(one.school_id, window)
    weigh = meeting_rules.planning
    slots = rules.next_slots(diary, officer, kind, window, weigh) if officer else ()
    none = "" if slots else rules.why_none(diary, officer, window)
    return Offer(school, officer, slots, none)


def choose(
    scope: Scope,
    db: Tx,
    meeting_rules: MeetingRules,
    school_id: str,
    chosen: str,
    by: str,
    kind: Kind | None = None,
) -> str:
    """Plan the offered slot called `chosen` (`2026-03-12-am`); the meeting's id.

    The offer is made again inside this transaction: a slot someone took meanwhile is Refused.
    """
    kind = kind or meeting_rules.link
    made = offer(scope, db, meeting_rules, school_id, kind)
    for slot in made.slots:
        if made.officer is not None and slot_key(slot) == chosen:
            return store.plan(
                scope,
                db,
                school_id,
                made.officer.person_id,
                kind.id,
                slot,
                by,
                wishes=diary_store.wishes_of(scope, db, school_id),
            )
    raise Refused("That slot is not free any more. Choose one of those shown now.")


def slot_key(slot: Slot) -> str:
    """A slot's name in a form: `2026-03-12-am`."""
    return f"{slot.half_day.day.isoformat()}-{slot.half_day.session}"


def plan_for_term(
    scope: Scope, db: Tx, meeting_rules: MeetingRules, name: str, kind_id: str = ""
) -> TermPlan:
    """Plan the meetings of one kind that a term still lacks, for every school within reach.

    Of several terms of that name it is the one that is not over, and comes first. Meetings that
    stand are kept where they are. Raises WrongUse when no term, or not one alone, can be meant.
    """
    kind = meeting_rules.regular(kind_id)
    if kind.several or kind.chair:
        raise WrongUse(f"{kind.name} is planned together with others, from a school's page.")
    schools = access.schools(scope, db)
    own = access.terms_in_force(scope, db, [school.id for school in schools])
    spans = rules.terms_called(name, own or {"": access.terms(scope, db, None)}, db.today)
    first = min(term.first for term in spans.values())
    last = max(term.last for term in spans.values())
    earliest = db.today + timedelta(days=meeting_rules.notice_days)
    stands = store.meetings_between(scope, db, first, last, kind=kind.id)
    diaries = read_diaries(scope, db, meeting_rules, kind, Window(first, last))
    needs = []
    for school in schools:
        if school.id not in spans:
            continue
        officer = diaries.officer(school.link_officer)
        for window in windows_of(diaries, school.id, spans[school.id]):
            if window.last >= earliest and not _met(stands, school.id, window):
                left = Window(max(window.first, earliest), window.last)
                needs.append(Need(diaries.school(school.id, left), officer, left))
    plan = plan_term(needs, kind, meeting_rules.planning)
    return TermPlan(name, plan, tuple(stands), kind, diaries.wishes)


def save(scope: Scope, db: Tx, made: TermPlan, by: str) -> list[str]:
    """Write what a plan placed into the diary; the new meetings' ids."""
    return [
        store.plan(
            scope,
            db,
            placed.need.school.school_id,
            placed.officer.person_id,
            made.kind.id,
            placed.slot,
            by,
            wishes=made.wishes.get(placed.need.school.school_id),
        )
        for placed in made.plan.placed
    ]


def windows_of(diaries: Diaries, school_id: str, term: Term) -> list[Window]:
    """The stretches of a school's term that each hold a meeting, as often as was agreed with it."""
    cadence = diaries.wishes.get(school_id, VisitWishes()).cadence
    return stretches(term, diaries.terms[school_id], diaries.kind, cadence)


def _met(stands: list[Meeting], school_id: str, window: Window) -> bool:
    return any(
        meeting.school_id == school_id and window.holds(meeting.half_day.day) for meeting in stands
    )
