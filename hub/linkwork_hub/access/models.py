"""People, schools, terms and audit entries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from linkwork import terms
from linkwork_hub.db import Role

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
#: The half days of a working week, in order: what diaries and preferences are written in.
SLOTS = tuple(f"{day}-{half}" for day in WEEKDAYS for half in ("am", "pm"))
TERM_KINDS = terms.KINDS
SCHOOL_TYPES = ("LA", "academy")


@dataclass(frozen=True, slots=True)
class Person:
    """Someone with a sign-in. `schools` are those named for them; `days` their half days."""

    id: str
    email: str
    name: str
    role: Role
    active: bool
    schools: frozenset[str] = frozenset()
    days: tuple[str, ...] = ()
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class SchoolFacts:
    """What is true of a school from `from_day` until its next facts."""

    school_id: str
    from_day: date
    urn: str
    name: str
    school_type: str
    phase: str
    laestab: str | None = None
    trust: str | None = None
    payer: str | None = None
    roll: int | None = None
    roll_date: date | None = None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class School:
    """A school as it is today. `link_officer` is a person's id."""

    id: str
    facts: SchoolFacts
    link_officer: str | None = None

    @property
    def name(self) -> str:
        """Its name today."""
        return self.facts.name

    @property
    def urn(self) -> str:
        """Its URN today; an earlier one is in its earlier facts."""
        return self.facts.urn


@dataclass(frozen=True, slots=True)
class Term:
    """A term, or days taken out of one, both ends inclusive. `school_id` None = every school."""

    id: str
    name: str
    kind: str
    first: date
    last: date
    school_id: str | None = None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what to which record, and why. `number` counts from 1 without gaps."""

    number: int
    at: datetime
    role: str
    person_id: str | None
    what: str
    kind: str
    record_id: str
    why: str
    digest: str
