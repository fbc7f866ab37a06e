"""Kinds of meeting as data: read from the profile's `[meetings]`, refused with the place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from linkwork.errors import BadInput
from linkwork_hub.meetings.models import Session

Fill = Literal["totals", "emerging", "referrals", "cases", "nothing"]


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Part(_Data):
    """One part of an agenda; `fill` says which live facts stand under its title."""

    part: str = Field(pattern=r"^[a-z][a-z-]*$")
    title: str = Field(min_length=1)
    about: str = ""
    fill: Fill = "nothing"


class Kind(_Data):
    """One kind of meeting: its length, its hours, how often, who must be there, its agenda."""

    id: str = Field(pattern=r"^[a-z][a-z-]*$")
    name: str = Field(min_length=1)
    minutes: int = Field(ge=5, le=240)
    am: time
    pm: time
    cadence: Literal["half-term", "term"]
    must: tuple[str, ...] = Field(min_length=1)
    may: tuple[str, ...] = ()
    agenda: tuple[Part, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.am >= time(12) or self.pm < time(12):
            raise ValueError("am begins before 12:00 and pm at 12:00 or later; correct the times")
        if self.hours(Session.AM)[1] > self.pm:
            raise ValueError("a morning meeting would run into the afternoon's; make it shorter")
        keys = [part.part for part in self.agenda]
        if len(keys) != len(set(keys)):
            raise ValueError("two parts of the agenda have one name; give each its own `part`")
        return self

    def hours(self, session: Session) -> tuple[time, time]:
        """When a meeting in this half-day starts and ends, by the clock on the wall."""
        start = self.am if session is Session.AM else self.pm
        end = datetime.combine(date.min, start) + timedelta(minutes=self.minutes)
        return start, end.time()


class MeetingRules(_Data):
    """The whole `[meetings]` table."""

    notice_days: int = Field(ge=0, le=90)
    look_ahead_days: int = Field(ge=7, le=400)
    types: tuple[Kind, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        names = [kind.id for kind in self.types]
        if len(names) != len(set(names)):
            raise ValueError("two kinds of meeting have one id; give each its own")
        return self

    def kind(self, kind_id: str) -> Kind:
        """The kind with this id; the first kind when the profile no longer knows it."""
        return next((kind for kind in self.types if kind.id == kind_id), self.types[0])

    @property
    def link(self) -> Kind:
        """The regular meeting with a school: the first kind of the profile."""
        return self.types[0]


def read_rules(raw: Mapping[str, Any], *, file: str) -> MeetingRules:
    """The profile's `[meetings]` table. `file` names the profile in errors.

    Raises BadInput with the place inside the table and the remedy.
    """
    try:
        return MeetingRules.model_validate(dict(raw))
    except ValidationError as error:
        first = error.errors()[0]
        problem = first["msg"].removeprefix("Value error, ")
        where = "meetings" + "".join(
            f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"]
        )
        raise BadInput(
            f"{where}: {problem}", file=file, remedy="Correct the table [meetings] there"
        ) from error
