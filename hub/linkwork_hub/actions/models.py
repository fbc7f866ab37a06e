"""The nouns of actions: what was agreed, by whom, until when, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class ActionState(StrEnum):
    """Where an agreed action stands. CARRIED and ESCALATED are steps of its life, never a state."""

    AGREED = "agreed"
    SEALED = "sealed"
    DELIVERED = "delivered"
    SEEN = "seen"
    IN_PROGRESS = "in-progress"
    DONE = "done"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    CARRIED = "carried"
    ESCALATED = "escalated"


@dataclass(frozen=True, slots=True)
class NewAction:
    """An action as it is agreed. `who` is "school", "officer" or another party in words.

    `cause` is what it came from, as (kind, id): ("meeting", "mtg_…"), ("case", "cas_…").
    `pseudonym` only when it concerns one pupil. `meeting` is a word for the school's reader,
    such as "Link meeting of 12 November 2026".
    """

    what: str
    who: str
    due: date
    school_id: str
    cause: tuple[str, str]
    agreed_on: date
    pseudonym: str | None = None
    meeting: str | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """An agreed action as it stands now; `changed` is when its state last changed.

    `carried` counts how often it was given a later day; `escalated_to` is who it was taken to,
    "" when to nobody; `version` rises with each of these.
    """

    id: str
    school_id: str
    what: str
    who: str
    due: date
    state: ActionState
    agreed_on: date
    agreed_by: str
    changed: datetime
    cause_kind: str
    cause_id: str
    pseudonym: str | None
    why_withdrawn: str | None
    meeting: str | None = None
    carried: int = 0
    escalated_to: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """What shows that something was done: what, on which day, by whom."""

    what: str
    on: date | None
    by: str


@dataclass(frozen=True, slots=True)
class Step:
    """One change in an action's life. `on` is the day the school gave, where it gave one."""

    at: datetime
    state: ActionState
    on: date | None
    by: str
    note: str | None
    evidence: tuple[Shown, ...] = ()
