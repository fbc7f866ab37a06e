"""The nouns of a year with a school, and the profile's `[yearly]` table as typed data."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from linkwork.errors import BadInput
from linkwork_hub.access.profile import refused


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PlanRule(_Part):
    """The yearly action plan: the record of which kind of meeting, reviewed after how long."""

    meeting: str = Field(min_length=1)
    review_months: int = Field(default=12, ge=1, le=24)


class Item(_Part):
    """One thing a school must have or do. `source` says where that is written."""

    id: str = Field(pattern=r"^[a-z][a-z-]*$")
    words: str = Field(min_length=1)
    source: str = Field(min_length=1)


class Group(_Part):
    """Items of the checklist under one heading."""

    title: str = Field(min_length=1)
    items: tuple[Item, ...] = Field(min_length=1)


class YearlyRules(_Part):
    """The whole `[yearly]` table; without it there is neither a plan nor a checklist."""

    source: str = ""
    plan: PlanRule | None = None
    checklist: tuple[Group, ...] = ()

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        names = [item.id for group in self.checklist for item in group.items]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two items of the checklist have the id {twice[0]!r}; rename one")
        return self

    @property
    def items(self) -> dict[str, Item]:
        """The items of the checklist by id, in order."""
        return {item.id: item for group in self.checklist for item in group.items}


def read_yearly(raw: Mapping[str, Any], *, file: str, meetings: Collection[str]) -> YearlyRules:
    """The profile's `[yearly]` table; `meetings` are the ids of its kinds of meeting.

    Raises BadInput with the place inside the table and the remedy.
    """
    try:
        rules = YearlyRules.model_validate(dict(raw))
    except ValidationError as error:
        raise refused("yearly", error, file) from error
    if rules.plan is not None and rules.plan.meeting not in meetings:
        known = ", ".join(sorted(meetings))
        raise BadInput(
            f"yearly.plan.meeting: there is no kind of meeting {rules.plan.meeting!r}",
            remedy=f"Name one of [[meetings.types]]: {known}",
            file=file,
        )
    return rules


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
