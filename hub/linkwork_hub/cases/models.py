"""The nouns of cases, and the pathway of a profile as typed data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from linkwork.errors import WrongUse
from linkwork_hub.access.profile import refused

Unit = Literal["calendar days", "school days", "working days", "school weeks"]


#: Where a case stands that was imported and not put on a step yet.
NO_STEP = ""


class Door(StrEnum):
    """How a case came to be."""

    REFERRAL = "referral"
    PENALTY_NOTICE_REQUEST = "penalty-notice request"
    ORDER = "order"
    MEETING_PICK = "meeting pick"
    DIRECT = "direct"
    RETURN = "return"
    IMPORTED = "imported"


@dataclass(frozen=True, slots=True)
class Case:
    """One case as it stands. `due` is the day of the next step's clock, None when none runs.

    `predecessor` is the reference of the case this one continues. School and pupil may be
    absent: some doors lead in without either.
    """

    id: str
    ref: str
    door: Door
    school_id: str | None
    pseudonym: str | None
    candidate_id: str | None
    referral_id: str | None
    officer_id: str | None
    opened: date
    closed: date | None
    void: bool
    step: str
    step_since: date
    due: date | None
    outcome: str | None
    predecessor: str | None

    @property
    def open(self) -> bool:
        """Still worked on: neither closed nor void."""
        return self.closed is None and not self.void


@dataclass(frozen=True, slots=True)
class NewCase:
    """What a case is opened with; its reference, step and clock follow from the pathway.

    `referred` is the day its referral was received.
    """

    door: Door
    school_id: str
    pseudonym: str
    candidate_id: str
    officer_id: str | None
    why: str
    referral_id: str | None = None
    referred: date | None = None


@dataclass(frozen=True, slots=True)
class Ordered:
    """What became of the casework schools ordered: `kept_out` was closed before any statutory step.

    `outcomes` says how those ended, by the id of the outcome; `went_on` into the process.
    """

    open: int
    kept_out: int
    went_on: int
    outcomes: Mapping[str, int]

    @property
    def total(self) -> int:
        """How many cases were opened by an order."""
        return self.open + self.kept_out + self.went_on


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a case's history. `on` is when it happened, `at` when it was written."""

    at: datetime
    on: date
    kind: str
    what: str
    who: str
    note: str | None


@dataclass(frozen=True, slots=True)
class PenaltyNotice:
    """One penalty notice of one parent for one child, as it stands on a case.

    `number` counts the notices of the case. `became` is what happened to it: paid, withdrawn,
    convicted, acquitted; None while it is open. `counts` are the first and last day it counts
    absence of and how many sessions that was; None where the hub knew of none.
    """

    case_id: str
    ref: str
    number: int
    parent: str
    given: date
    became: str | None = None
    became_on: date | None = None
    counts: tuple[date, date, int] | None = None


@dataclass(frozen=True, slots=True)
class NoticeAnswer:
    """What one parent may be given for one child: `words` say it, `refused` that none may be."""

    parent: str
    words: str
    refused: bool


@dataclass(frozen=True, slots=True)
class ImportedCase:
    """One row of a case import. Dates are whole days; `closed` None means still open."""

    row: int
    ref: str
    urn: str
    opened: date
    closed: date | None


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Clock(_Part):
    """A due date that starts by itself when a step begins.

    `starts` "referral": on the day the referral was received, where the case began with one and
    stands on its first step; it is then no later for being accepted later. `stopped_by` says in
    words what stops it; moving on, closing and voiding always do.
    """

    amount: Annotated[int, Field(ge=1, le=400)]
    unit: Unit
    stopped_by: str
    starts: Literal["step", "referral"] = "step"


class Gate(_Part):
    """What must be true before a step: something recorded on the case, `kind` of it."""

    kind: str
    words: str


class StepRule(_Part):
    """One step of a pathway: what it is called, what comes next, and by when.

    A step with `rests_on_marks` is a legal one: a case moves there only while every session that
    it counts is an absence without permission whose mark is settled.
    One that is not `statutory` is casework a school buys, before the statutory process.
    """

    id: str
    name: str
    next_step: str
    statutory: bool = True
    clock: Clock | None = None
    gates: tuple[Gate, ...] = ()
    leads_to: tuple[str, ...] = ()
    rests_on_marks: bool = False


class Choice(_Part):
    """One thing to pick from a list of the profile's: an outcome, a kind of work."""

    id: str
    words: str


class WorkKind(Choice):
    """A kind of work. With `reasons` it is recorded only with one of them, as a visit may be."""

    reasons: tuple[str, ...] = ()


class Pathway(_Part):
    """The `[pathway]` table of a profile: its steps, how a case may end, the kinds of work.

    `order_step` is where casework that a school ordered begins; "" where none is sold.
    """

    source: str
    first_step: str
    order_step: str = ""
    steps: tuple[StepRule, ...]
    outcomes: tuple[Choice, ...]
    work: tuple[WorkKind, ...]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        known = {step.id for step in self.steps}
        named = {self.first_step, *(to for step in self.steps for to in step.leads_to)}
        if unknown := sorted(named - known):
            raise ValueError(f"the pathway names steps it does not describe: {', '.join(unknown)}")
        kinds = {work.id for work in self.work}
        gates = {gate.kind for step in self.steps for gate in step.gates}
        if unknown := sorted(gates - kinds):
            raise ValueError(f"gates ask for work the pathway does not list: {', '.join(unknown)}")
        if self.order_step and self.order_step not in known:
            raise ValueError(f"order_step: there is no step {self.order_step!r}; describe it")
        bought = self.before_statutory
        if bought != {self.order_step} - {""}:
            raise ValueError("a step with statutory = false is the order_step, and no other one")
        back = [step.id for step in self.steps if step.statutory and bought & {*step.leads_to}]
        if back or self.first_step in bought:
            raise ValueError(
                "the order_step comes before the statutory process: first_step is another one, and "
                "no statutory step leads back to it"
            )
        return self

    @property
    def before_statutory(self) -> frozenset[str]:
        """The steps outside the statutory process. No other step ever leads back to one."""
        return frozenset(step.id for step in self.steps if not step.statutory)

    def step(self, ident: str) -> StepRule:
        """The rule of a step; NO_STEP leads to every step.

        Raises WrongUse when the profile no longer describes it.
        """
        if ident == NO_STEP:
            return StepRule(
                id=NO_STEP,
                name="On no step yet",
                next_step="Put the case on the step where it stands",
                leads_to=tuple(step.id for step in self.steps),
            )
        for step in self.steps:
            if step.id == ident:
                return step
        raise WrongUse(
            f"authority.toml, [pathway]: step “{ident}” is in use by a case but not described. "
            "Put it back, or move those cases on first."
        )


def read_pathway(raw: Mapping[str, Any]) -> Pathway:
    """The profile's `[pathway]` table. Raises BadInput with the place and the remedy."""
    try:
        return Pathway.model_validate(dict(raw))
    except ValidationError as error:
        raise refused("pathway", error, "authority.toml") from error
