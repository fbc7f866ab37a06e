"""Kinds of meeting as data: read from the profile's `[meetings]`, refused with the place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from linkwork.errors import WrongUse
from linkwork_hub.access.profile import refused
from linkwork_hub.meetings.models import Session

#: The part somebody plays who chairs a meeting.
CHAIR = "Chair"
Fill = Literal["totals", "emerging", "referrals", "cases", "nothing"]


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Part(_Data):
    """One part of an agenda; `fill` says which live facts stand under its title."""

    part: str = Field(pattern=r"^[a-z][a-z-]*$")
    title: str = Field(min_length=1)
    about: str = ""
    fill: Fill = "nothing"
    #: Written once for every school at the meeting, and in the record of each.
    shared: bool = False


class PlanningRules(_Data):
    """What a plan weighs, in whole numbers, and what it may never do.

    `most_a_day` and the travel speed are hard; the others are what one breach costs. A profile
    that leaves the table out plans with these values.
    """

    most_a_day: int = Field(default=2, ge=1, le=2)
    day_out: int = Field(default=2, ge=0, le=100)
    far_pair: int = Field(default=3, ge=0, le=100)
    preference: int = Field(default=2, ge=0, le=100)
    week: int = Field(default=1, ge=0, le=100)
    free_weeks: int = Field(default=2, ge=0, le=52)
    near_km: float = Field(default=5.0, ge=0, le=500)
    km_per_hour: float = Field(default=30.0, gt=0, le=130)
    way_factor: float = Field(default=1.3, ge=1, le=5)
    unknown_travel_minutes: float = Field(default=45.0, ge=0, le=600)


class Advice(_Data):
    """A category under which advice is recorded."""

    id: str = Field(pattern=r"^[a-z][a-z-]*$")
    name: str = Field(min_length=1)


class StaffMark(_Data):
    """Something that is true of a member of staff from a day on, such as experience."""

    id: str = Field(pattern=r"^[a-z][a-z-]*$")
    name: str = Field(min_length=1)


class Caution(_Data):
    """The words of a caution in one version; `valid_from` is the first day it is given in."""

    version: str = Field(min_length=1)
    words: str = Field(min_length=1)
    valid_from: date
    source: str = Field(min_length=1)


class FamilyOutcome(_Data):
    """What can come of a family's time on an Intervention Day."""

    id: str = Field(pattern=r"^[a-z][a-z-]*$")
    name: str = Field(min_length=1)


class DutyHours(_Data):
    """The hours of a duty officer: leave or sickness that touches them leaves a gap."""

    starts: time = time(9)
    ends: time = time(16)


class Measure(_Data):
    """What a programme of group work is measured by, in whole numbers of `unit`."""

    id: str = Field(pattern=r"^[a-z][a-z-]*$")
    name: str = Field(min_length=1)
    unit: str = Field(min_length=1)
    better: Literal["higher", "lower"]


class GroupWork(_Data):
    """A kind of group work that is on offer, and the measures it may have."""

    id: str = Field(pattern=r"^[a-z][a-z-]*$")
    name: str = Field(min_length=1)


class Attends(_Data):
    """A part that need not come every time, but to one meeting in each of these stretches."""

    part: str = Field(min_length=1)
    every: Literal["half-term", "term"]


class Kind(_Data):
    """One kind of meeting: its length, its hours, how often, who must be there, its agenda.

    `attends` names parts of `must` or `may` that are looked for at intervals.
    `note_by` is the part that takes the note: one of `must` or `may`. A kind held `as-needed`
    is never planned by itself.

    `about` a case: it is planned from the case. `chair` names who may chair it, by a role of the
    hub (`manager`, `officer`) or a mark of staff; the chair is another person than its officer.
    `caution`: the record needs a caution, or why none was given. `ends_with` are parts of the
    agenda without which no record is agreed, `plan` asks for an agreed action as well, `work` is
    the pathway's kind of work it counts as. `several` may be there: further officers or schools.
    `family_minutes` is the length of a family's slot, 0 for none; such a day may have both halves,
    and what came of a slot is work of the kind `family_work` on the family's case.
    """

    id: str = Field(pattern=r"^[a-z][a-z-]*$")
    name: str = Field(min_length=1)
    minutes: int = Field(ge=5, le=240)
    am: time
    pm: time
    cadence: Literal["half-term", "term", "as-needed"]
    must: tuple[str, ...] = Field(min_length=1)
    may: tuple[str, ...] = ()
    attends: tuple[Attends, ...] = ()
    note_by: str = ""
    purpose: str = ""
    agenda: tuple[Part, ...] = ()
    about: Literal["school", "case"] = "school"
    chair: tuple[str, ...] = ()
    caution: bool = False
    ends_with: tuple[str, ...] = ()
    plan: bool = False
    work: str = ""
    several: Literal["", "officers", "schools"] = ""
    family_minutes: int = Field(default=0, ge=0, le=240)
    family_work: str = ""

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.am >= time(12) or self.pm < time(12):
            raise ValueError("am begins before 12:00 and pm at 12:00 or later; correct the times")
        if self.hours(Session.AM)[1] > self.pm:
            raise ValueError("a morning meeting would run into the afternoon's; make it shorter")
        keys = [part.part for part in self.agenda]
        if len(keys) != len(set(keys)):
            raise ValueError("two parts of the agenda have one name; give each its own `part`")
        if self.note_by and self.note_by not in (*self.must, *self.may):
            raise ValueError(f"note_by: {self.note_by!r} is neither in `must` nor in `may`; add it")
        for one in self.attends:
            if one.part not in (*self.must, *self.may):
                raise ValueError(f"attends: {one.part!r} is neither in `must` nor in `may`; add it")
        for part in self.ends_with:
            if part not in keys:
                raise ValueError(f"ends_with: {part!r} is no part of the agenda; add it there")
        if self.chair and CHAIR not in self.must:
            raise ValueError(f"chair: a meeting with a chair has {CHAIR!r} in `must`; add it")
        if (self.work or self.caution) and self.about != "case":
            raise ValueError('work and caution are of a case: write about = "case" beside them')
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
    short_notice_hours: int = Field(default=48, ge=0, le=720)
    remind_days: int = Field(default=2, ge=0, le=30)
    planning: PlanningRules = PlanningRules()
    #: The parts that somebody of the service fills; every other one is filled at the school.
    ours: tuple[str, ...] = ("Link officer",)
    advice: tuple[Advice, ...] = ()
    #: None: nobody is on duty day by day here.
    duty: DutyHours | None = None
    marks: tuple[StaffMark, ...] = ()
    cautions: tuple[Caution, ...] = ()
    family_outcomes: tuple[FamilyOutcome, ...] = ()
    group_work: tuple[GroupWork, ...] = ()
    measures: tuple[Measure, ...] = ()
    types: tuple[Kind, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        names = [kind.id for kind in self.types]
        advice = [one.id for one in self.advice]
        if len(advice) != len(set(advice)):
            raise ValueError("two categories of advice have one id; give each its own")
        if len(names) != len(set(names)):
            raise ValueError("two kinds of meeting have one id; give each its own")
        if self.types[0].cadence == "as-needed":
            raise ValueError("the first kind is the regular one; give it a cadence")
        self._known_chairs()
        if any(kind.caution for kind in self.types) and not self.cautions:
            raise ValueError("a kind asks for a caution: write its words as [[meetings.cautions]]")
        if any(kind.family_minutes for kind in self.types) and not self.family_outcomes:
            raise ValueError("families have times: add [[meetings.family_outcomes]]")
        if self.group_work and not self.measures:
            raise ValueError("group work is measured: add [[meetings.measures]]")
        return self

    def _known_chairs(self) -> None:
        known = {"manager", "officer", *(mark.id for mark in self.marks)}
        for kind in self.types:
            for one in kind.chair:
                if one not in known:
                    raise ValueError(
                        f"{kind.id}: chair {one!r} is neither a role (manager, officer) nor one of "
                        "[[meetings.marks]]; add the mark"
                    )

    def kind(self, kind_id: str) -> Kind:
        """The kind with this id; the first kind when the profile no longer knows it."""
        return next((kind for kind in self.types if kind.id == kind_id), self.types[0])

    def regular(self, kind_id: str) -> Kind:
        """The kind with this id, "" for the first. Raises WrongUse when none is planned by it."""
        known = [kind for kind in self.types if kind.cadence != "as-needed"]
        for kind in known:
            if kind_id in ("", kind.id):
                return kind
        names = ", ".join(kind.id for kind in known)
        raise WrongUse(f"No kind {kind_id!r} is held regularly. Choose one of: {names}.")

    def caution_on(self, day: date) -> Caution | None:
        """The words in force on a day; None before the first."""
        begun = [one for one in self.cautions if one.valid_from <= day]
        return max(begun, key=lambda one: one.valid_from) if begun else None

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
        raise refused("meetings", error, file) from error
