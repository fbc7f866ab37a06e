"""Who may chair a meeting, and what a record of its kind may not end without: pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime

from linkwork.errors import Refused
from linkwork_hub.access.models import Person
from linkwork_hub.db import Role
from linkwork_hub.meetings.kinds import Caution, Kind, MeetingRules
from linkwork_hub.meetings.work_models import CautionGiven

_ROLE_WORDS = {"manager": "a service manager", "officer": "any officer"}


def may_chair(kind: Kind, person: Person, marks: Collection[str]) -> bool:
    """Whether somebody may chair a meeting of this kind: by their role, or a mark they hold."""
    return person.active and (person.role.value in kind.chair or bool(set(marks) & set(kind.chair)))


def who_may(rules: MeetingRules, kind: Kind) -> str:
    """Who may chair, in words: `a service manager, or somebody marked as Experienced officer`."""
    roles = [words for role, words in _ROLE_WORDS.items() if role in kind.chair]
    marks = [mark.name for mark in rules.marks if mark.id in kind.chair]
    said = " or ".join(roles)
    marked = f"somebody marked as {' or '.join(marks)}" if marks else ""
    return ", or ".join(part for part in (said, marked) if part)


def check_chair(
    rules: MeetingRules, kind: Kind, person: Person | None, marks: Collection[str], officer_id: str
) -> None:
    """Raises Refused for a chair who is none: nobody, not qualified, or the meeting's officer."""
    if person is None:
        raise Refused(f"Choose who chairs: {who_may(rules, kind)}.")
    if not may_chair(kind, person, marks):
        raise Refused(
            f"{person.name} may not chair this meeting. It is chaired by {who_may(rules, kind)}."
        )
    if person.id == officer_id:
        raise Refused(
            f"{person.name} is the allocated officer of this meeting. Somebody else chairs it."
        )


def chairs(
    kind: Kind, people: Iterable[Person], marks: Mapping[str, Collection[str]], officer_id: str
) -> list[Person]:
    """Those who may chair, by name; the meeting's own officer is not among them."""
    able = [
        one
        for one in people
        if one.id != officer_id
        and one.role in (Role.OFFICER, Role.MANAGER)
        and may_chair(kind, one, marks.get(one.id, ()))
    ]
    return sorted(able, key=lambda one: (one.name, one.id))


def caution_faults(
    said: CautionGiven, words: Caution | None, day: date, today: date, now: datetime
) -> dict[str, str]:
    """What a caution lacks, by the field of its form: too little said, too early, or ahead.

    `day` is the meeting's, `today` the day of `now` in the United Kingdom.
    """
    if words is None:
        return {"given": "The profile has no words for this day: add [[meetings.cautions]]."}
    if today < day:
        return {
            "given": "The meeting is not held yet. A caution is recorded from its day on.",
        }
    if not said.given:
        why = "Write why no caution was given, such as that no parent came."
        return {} if said.why_not else {"why-no-caution": why}
    faults = {}
    if not said.subject:
        faults["subject"] = "Write who was cautioned."
    if said.given_at is None:
        faults["caution-at"] = "Write the time at which the caution was given, such as 10:05."
    elif said.given_at > now:
        faults["caution-at"] = "The caution cannot be given later than now. Correct the time."
    return faults


def check_ending(
    kind: Kind, texts: Mapping[str, str], actions: int, cautions: Collection[CautionGiven]
) -> None:
    """Raises Refused while a record lacks what a meeting of this kind ends in."""
    titles = {part.part: part.title for part in kind.agenda}
    missing = [titles[part] for part in kind.ends_with if not texts.get(part, "").strip()]
    if missing:
        raise Refused(f"{kind.name} ends in: {', '.join(missing)}. Write that first.")
    if kind.plan and not actions:
        raise Refused(
            f"{kind.name} ends in an action plan. Agree at least one action, with who and by when."
        )
    if kind.caution and not cautions:
        raise Refused(
            "Record the caution first, or why none was given, on the page of the meeting."
        )
