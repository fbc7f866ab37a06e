"""The nouns of actions: what was agreed, by whom, until when, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class ActionState(StrEnum):
    """Where an agreed action stands."""

    AGREED = "agreed"
    DELIVERED = "delivered"
    SEEN = "seen"
    IN_PROGRESS = "in-progress"
    DONE = "done"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


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
    """An agreed action as it stands now; `changed` is when its state last changed."""

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


@dataclass(frozen=True, slots=True)
class Step:
    """One change in an action's life. `on` is the day the school gave, where it gave one."""

    at: datetime
    state: ActionState
    on: date | None
    by: str
    note: str | None
