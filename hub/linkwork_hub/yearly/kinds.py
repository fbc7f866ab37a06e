"""The profile's `[yearly]` table: which meeting makes the plan, and the checklist's items."""

from __future__ import annotations

from collections.abc import Collection, Mapping
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
