"""The nouns of a bill: what it is made from, its lines with their causes, its instalments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Kind(StrEnum):
    """What a line charges for."""

    BASE = "base"
    CASES = "cases"
    DAY = "day"
    PACKAGE = "package"
    ADHOC = "adhoc"
    SURCHARGE = "surcharge"
    STATUTORY = "statutory"
    CREDIT = "credit"


@dataclass(frozen=True)
class Period:
    """Whole days, both ends inside."""

    first: date
    last: date

    def holds(self, day: date) -> bool:
        """Whether `day` lies inside; both ends do."""
        return self.first <= day <= self.last

    @property
    def days(self) -> int:
        """How many days, both ends among them."""
        return (self.last - self.first).days + 1

    def iso(self) -> str:
        """`2025-04-01/2026-03-31`, an ISO 8601 interval."""
        return f"{self.first.isoformat()}/{self.last.isoformat()}"


@dataclass(frozen=True)
class ContractYear:
    """One contract year by its label, e.g. `2025-26`."""

    label: str
    period: Period


@dataclass(frozen=True)
class SchoolFacts:
    """What the tariff asks of a school, as it stood on the tariff's date.

    `school_type` is a type the tariff knows (`LA`, `academy`) or None when not recorded;
    `roll` is a head count, `roll_date` the day it was counted, `roll_source` who counted.
    `from_day` is the first day these facts hold; after the tariff's date when none are older.
    """

    school_id: str
    urn: str
    name: str
    school_type: str | None
    roll: int | None
    roll_date: date | None = None
    roll_source: str = ""
    from_day: date | None = None


@dataclass(frozen=True)
class TypePart:
    """A stretch of days in which a school had one type, under the URN it had then."""

    period: Period
    school_type: str | None
    urn: str


@dataclass(frozen=True)
class BilledCase:
    """A case as finance may see it: its reference and dates, never a pupil."""

    ref: str
    opened: date
    closed: date | None
    void: bool = False


@dataclass(frozen=True)
class Cause:
    """One thing a line counts: a short name for lists, and what a bursar would ask next."""

    what: str
    detail: str = ""


@dataclass(frozen=True)
class Extra:
    """One additional cost, bought or incurred on a day of the contract year."""

    charge_id: str
    day: date
    kind: Kind
    what: str
    quantity: Decimal
    unit_pence: int
    # Of something ordered: where it comes from, what of the price book it is, what it counts.
    source: str = "cost"
    item: str = ""
    cause: tuple[Cause, ...] = ()


@dataclass(frozen=True)
class NewCost:
    """An additional cost as somebody enters it; a credit has a negative `unit_pence`."""

    day: date
    kind: Kind
    what: str
    quantity: Decimal
    unit_pence: int


@dataclass(frozen=True)
class Line:
    """One priced line. `quantity` x `unit_pence` = `amount_pence`, rounded half up once."""

    kind: Kind
    what: str
    quantity: Decimal
    unit_pence: int
    amount_pence: int
    cause: tuple[Cause, ...]
    vat_code: str | None = None
    # What tells this line from the school's other lines of the year, in every preview and issue.
    key: str = ""
    item: str = ""
    # When it was ordered; None for what is charged by the year.
    day: date | None = None


@dataclass(frozen=True)
class Instalment:
    """One payment. `due` is None while the term it ends with has no known dates."""

    what: str
    due: date | None
    amount_pence: int
    key: str = ""
    # Its part of the annual charge; None for what was added or ordered.
    percent: int | None = None


@dataclass(frozen=True)
class Excluded:
    """Something that was looked at and not charged, and why."""

    what: str
    reason: str


@dataclass(frozen=True)
class Bill:
    """One school's bill for one contract year, under one version of the method."""

    facts: SchoolFacts
    year: ContractYear
    method: str
    as_at: date
    cases_period: Period
    lines: tuple[Line, ...]
    instalments: tuple[Instalment, ...]
    excluded: tuple[Excluded, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def total_pence(self) -> int:
        """The sum of the lines, and nothing else."""
        return sum(line.amount_pence for line in self.lines)


@dataclass(frozen=True)
class NotBillable:
    """A school that cannot be billed yet, and what would make it so."""

    facts: SchoolFacts
    year: ContractYear
    cases_period: Period
    problem: str
    remedy: str


Outcome = Bill | NotBillable
