"""The nouns of a year with a school: a plan, its standing, answers, summaries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any


class Said(StrEnum):
    """How one item of the checklist stands at a school."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered to one item for one school year; the last one given stands."""

    id: str
    item: str
    said: Said
    on: date
    by: str
    evidence: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PlanVersion:
    """A version of a school's plan; `agreed` is the day both sides had confirmed it, else None."""

    meeting_id: str
    day: date
    version: int
    agreed: date | None


@dataclass(frozen=True, slots=True)
class PlanStanding:
    """How the plan of a school stands.

    `current` is the newest that both sides agreed, `waiting` a newer version that the school has
    not confirmed. `review` is the day by which the current one is reviewed.
    """

    current: PlanVersion | None
    waiting: PlanVersion | None
    review: date | None
    overdue: bool


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a summary is of: a term or a school year, both ends inside. `part` is "term", "year"."""

    name: str
    part: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Figures:
    """A school's sums of the school days `since`..`as_of`, as it told them.

    `since` is the day after what was last told before the stretch, or the first day of the school
    year where nothing was. `pupils`, `persistent` and `severe` are of the year up to `as_of`.
    """

    since: date
    as_of: date
    pupils: int
    possible: int
    present: int
    persistent: int
    severe: int


@dataclass(frozen=True, slots=True)
class Summary:
    """One summary as it was issued: nothing of it changes any more."""

    id: str
    number: str
    school_id: str
    part: str
    name: str
    first: date
    last: date
    issued: date
    issued_by: str
    body: Mapping[str, Any]
