"""The nouns of referrals: spells of absence, candidates, requests, returns, evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from linkwork.wire import Correction, Mark, Unsettled
from linkwork_hub.access.profile import refused


class EpisodeState(StrEnum):
    """Where a spell of absence stands."""

    OPEN = "open"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


class Basis(StrEnum):
    """What a candidate rests on: spells that stand, that ended, or none any more."""

    STANDING = "standing"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


class CandidateState(StrEnum):
    """What the officer has made of a candidate."""

    NEW = "new"
    REFERRAL_ASKED = "referral-asked"
    SCHOOL_ASKED = "school-asked"
    MEETING = "meeting"
    REFERRED = "referred"
    CASE = "case"
    NO_ACTION = "no-further-action"
    CLOSED = "closed"


class HealthState(StrEnum):
    """What became of a sickness return at the authority."""

    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    ARRANGED = "arranged"
    NO_ACTION = "no-further-action"


class HealthStep(StrEnum):
    """What can be done with a sickness return."""

    ACKNOWLEDGE = "acknowledge"
    ARRANGE = "arrange"
    NO_ACTION = "no-action"


class Decision(StrEnum):
    """The five things an officer can do with a candidate."""

    ASK_REFERRAL = "ask-referral"
    ASK_SCHOOL = "ask-school"
    MEETING = "meeting"
    OPEN = "open"
    NO_ACTION = "no-action"


class RequestState(StrEnum):
    """How far a request to a school has come."""

    SENT = "sent"
    DELIVERED = "delivered"
    ANSWERED = "answered"


class ReferralState(StrEnum):
    """What became of a referral a school made."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class Episode:
    """One spell of absence at one school, as the last notice of it said.

    `value` and `threshold` are in `unit`; `possible` in sessions. `marks` are exactly the
    counted sessions, in order: a code only where it is G, N, O or U. `corrections` are marks it
    counted before and that are other ones now. `declared` is the day the school declared it, for
    the reason `declared_why`. `unsettled` are counted sessions whose mark may not stand.
    """

    id: str
    school_id: str
    pseudonym: str
    candidate_id: str
    trigger: str
    statutory: bool
    state: EpisodeState
    status: str
    age: str
    value: int
    threshold: int
    unit: str
    possible: int
    first: date
    last: date
    ended: date | None
    at_least: int
    at_most: int
    year_group: str | None
    marks: tuple[Mark, ...]
    corrections: tuple[Correction, ...]
    updated: datetime
    declared: date | None = None
    declared_why: str = ""
    unsettled: tuple[Unsettled, ...] = ()


@dataclass(frozen=True, slots=True)
class SicknessReturn:
    """A sickness return, as its last message said: no matter for the attendance queue.

    `value` and `threshold` are sessions. `declared` is the day on which the school said that
    fifteen days are to be expected, for the reason `declared_why`; None when the marks say it.
    """

    id: str
    school_id: str
    pseudonym: str
    episode: str
    state: HealthState
    standing: EpisodeState
    value: int
    threshold: int
    first: date
    last: date
    year_group: str | None
    declared: date | None
    declared_why: str
    released_by: str
    received: datetime


@dataclass(frozen=True, slots=True)
class Weight:
    """What orders pupils to consider: a legal duty first, then severe, then sessions missed."""

    statutory: bool
    severe: bool
    sessions: int


@dataclass(frozen=True, slots=True)
class Name:
    """Who a pupil is, and the basis on which the authority holds the name."""

    surname: str | None
    forename: str | None
    date_of_birth: date | None
    upn: str | None
    address: str | None
    contacts: tuple[str, ...]
    contacts_unavailable: bool
    basis: str
    since: date

    @property
    def full(self) -> str:
        """The name as a reader says it, or a plain statement that the school holds none."""
        return " ".join(part for part in (self.forename, self.surname) if part) or "name not given"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pupil to consider at one school; `reason` is its strongest spell in words."""

    id: str
    school_id: str
    pseudonym: str
    state: CandidateState
    basis: Basis
    weight: Weight
    trigger: str
    status: str
    first: date
    last: date
    reason: str
    opened: datetime
    changed: datetime
    has_name: bool
    year_group: str | None


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a candidate's history. `who` is empty when the school's register spoke."""

    at: datetime
    what: str
    who: str
    note: str | None


@dataclass(frozen=True, slots=True)
class Request:
    """What the authority asked of a school about one pupil."""

    id: str
    candidate_id: str
    school_id: str
    pseudonym: str
    asks: str
    asked_by: str
    asked_on: date
    due: date | None
    state: RequestState
    answered_on: date | None
    message: str
    answer: str


@dataclass(frozen=True, slots=True)
class EvidenceGiven:
    """One item of evidence as the school sent it."""

    item: str
    done: date | None
    by: str | None
    note: str


@dataclass(frozen=True, slots=True)
class Referral:
    """What a school formally asks of the authority, with its evidence.

    `door` is "referral" or "penalty-notice-request"; the latter would count the sessions `counted`.
    """

    id: str
    candidate_id: str
    school_id: str
    pseudonym: str
    request_id: str | None
    made_by: str
    reason: str
    received: datetime
    state: ReferralState
    decided_on: date | None
    decided_by: str
    decision_reason: str
    evidence: tuple[EvidenceGiven, ...]
    door: str = "referral"
    counted: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Wait:
    """The day a pupil's absence was first told to the authority, and the day of the referral."""

    told: date
    referred: date

    @property
    def days(self) -> int:
        """Calendar days from the one to the other."""
        return (self.referred - self.told).days


@dataclass(frozen=True, slots=True)
class ReturnMade:
    """A statutory return a school made; `pupils` is 0 for a nil return."""

    id: str
    school_id: str
    first: date
    last: date
    pupils: int
    policy: str
    released_by: str
    received: datetime


class Outcome(StrEnum):
    """What the hub holds of one interval of one school: exactly one of these."""

    RETURN = "return"
    NIL = "nil"
    NOT_MADE = "not-made"


@dataclass(frozen=True, slots=True)
class Duty:
    """Whether the duty to return was done in `first`..`last`, both inclusive.

    `missing` are the school days of it that no return covers. `returns` are the ids of those
    that touch it; `receipt` is the id of the one that completed it, received at `discharged`.
    """

    first: date
    last: date
    policy: str
    outcome: Outcome
    pupils: int
    school_days: int
    missing: tuple[date, ...]
    returns: tuple[str, ...]
    released_by: str
    discharged: datetime | None
    receipt: str | None


@dataclass(frozen=True, slots=True)
class DutyRecord:
    """A duty as it was recorded. Of several versions of one interval the last one holds."""

    id: str
    school_id: str
    version: int
    recorded: datetime
    superseded_by: str | None
    duty: Duty


class EvidenceRule(BaseModel):
    """One item of the profile's evidence list: what a referral must show, and how.

    `id` is the word the school's computer uses; `needs_date` and `needs_person` say what makes
    the item count as done. An item that is not `required` is asked for but never missing.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    words: str
    required: bool = True
    needs_date: bool = True
    needs_person: bool = False


class ReferralRules(BaseModel):
    """The `[referral]` table of a profile: how schools refer and what they must show.

    `answer_days` is the number of school days a school has to answer a request.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str
    answer_days: int = 10
    evidence: tuple[EvidenceRule, ...] = ()


class HealthRules(BaseModel):
    """The `[health_needs]` table of a profile: whose matter a sickness return is.

    `team` is what the authority calls those who arrange education for children who cannot attend
    because of their health; `acknowledge_days` is the number of school days they have to answer.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str
    team: str = "Health needs"
    acknowledge_days: int = 5


def read_health_rules(raw: Mapping[str, Any]) -> HealthRules:
    """The profile's `[health_needs]` table, or what holds without one. Raises BadInput."""
    try:
        return HealthRules.model_validate(dict(raw) or {"source": "Linkwork's starting point"})
    except ValidationError as error:
        raise refused("health_needs", error, "authority.toml") from error


def read_referral_rules(raw: Mapping[str, Any]) -> ReferralRules:
    """The profile's `[referral]` table. Raises BadInput with the place and the remedy."""
    try:
        return ReferralRules.model_validate(dict(raw))
    except ValidationError as error:
        raise refused("referral", error, "authority.toml") from error
