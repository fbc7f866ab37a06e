"""The nouns of what is done at meetings of one kind: company, cautions, families, groups."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time


@dataclass(frozen=True)
class Company:
    """Who and which schools a meeting is planned with, besides the school it is planned for.

    `officer_id` None means the school's link officer. `chair_id` chairs; `officers` and `schools`
    are further ones. `case_id` is the case it is about.
    """

    officer_id: str | None = None
    chair_id: str = ""
    officers: tuple[str, ...] = ()
    schools: tuple[str, ...] = ()
    case_id: str = ""


@dataclass(frozen=True)
class CautionGiven:
    """One caution at a meeting, or, where `given` is false, why there was none.

    `version` is that of its words; `given_at` a moment with its zone. `subject`, `interpreter` and
    `why_not` are people's own words and are stored sealed.
    """

    given: bool
    given_by: str
    version: str
    subject: str = ""
    given_at: datetime | None = None
    understood: bool = False
    interpreter: str = ""
    why_not: str = ""
    written_by: str = ""
    written_at: datetime | None = None


@dataclass(frozen=True)
class FamilySlot:
    """When one officer sees one family; the pupil by pseudonym. `outcome` "" while it is open."""

    slot_id: str
    meeting_id: str
    officer_id: str
    starts: time
    ends: time
    pseudonym: str
    case_id: str | None = None
    outcome: str = ""
    note: str = ""


@dataclass(frozen=True)
class GroupPupil:
    """Who takes part in a programme, and the measure before and after; None while not known."""

    pseudonym: str
    before: int | None = None
    after: int | None = None


@dataclass(frozen=True)
class GroupProgramme:
    """A programme of group work: `kind` and `measure` are of the profile."""

    programme_id: str
    school_id: str
    officer_id: str
    kind: str
    measure: str
    first: date
    last: date
    about: str
    closed: date | None = None
    outcome: str = ""
    pupils: tuple[GroupPupil, ...] = ()
    sessions: tuple[tuple[date, int], ...] = ()


@dataclass(frozen=True)
class Query:
    """A question of a school. `officer_id` has it to answer, None nobody; `why` says why they."""

    query_id: str
    school_id: str
    text: str
    asked_by: str
    at: datetime
    officer_id: str | None
    why: str
    answer: str = ""
    answered_by: str = ""
    answered: datetime | None = None


@dataclass(frozen=True)
class DutyDay:
    """One day of term: who is on duty, and why nobody is there when nobody is (`gap`)."""

    day: date
    officer_id: str | None
    gap: str = ""
