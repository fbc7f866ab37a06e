"""The nouns of what is owed and issued: customers, payers, charges, documents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from linkwork_hub.billing.models import Cause, Kind


class DocumentKind(StrEnum):
    """What a document asks for: money, a posting inside the authority, or less of either."""

    INVOICE = "invoice"
    JOURNAL = "journal"
    CREDIT = "credit"


@dataclass(frozen=True)
class Customer:
    """Who pays, as on one day. `kind` is one the tariff describes; empty texts are not known."""

    ref: str
    name: str
    kind: str
    purchase_order: str = ""
    cost_centre: str = ""
    subjective: str = ""


@dataclass(frozen=True)
class Payer:
    """One customer's part of what a school owes: `share` of the sum of all shares."""

    customer: Customer
    share: int = 1


@dataclass(frozen=True)
class Owed:
    """One cause's part of one instalment, for the whole school: before it is divided by payers."""

    school_id: str
    part: str
    part_name: str
    due: date | None
    unit: str
    kind: Kind
    item: str
    what: str
    cause: tuple[Cause, ...]
    amount_pence: int


@dataclass(frozen=True)
class Charge:
    """One line of the ledger: what one payer is asked for, or given back, for one cause."""

    school_id: str
    year: str
    part: str
    unit: str
    payer: str
    kind: Kind
    item: str
    what: str
    cause: tuple[Cause, ...]
    amount_pence: int
    vat_code: str | None
    vat_rate: int
    document_id: str = ""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What it is a part of: charges with one key add up to what was asked so far."""
        return self.school_id, self.part, self.unit, self.payer


@dataclass(frozen=True)
class Draft:
    """A document that would be issued. `corrects` is the id of the one it puts right."""

    kind: DocumentKind
    customer: Customer
    year: str
    part: str
    what: str
    issued: date
    due: date
    charges: tuple[Charge, ...]
    corrects: str | None = None
    reason: str = ""

    @property
    def net_pence(self) -> int:
        """The sum of its charges; below nothing for a credit."""
        return sum(charge.amount_pence for charge in self.charges)


@dataclass(frozen=True)
class Plan:
    """What issuing would do now: the documents, and what keeps it from being done at all."""

    drafts: tuple[Draft, ...]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Document:
    """One issued document; never changed. `letters` are its series."""

    id: str
    letters: str
    serial: int
    kind: DocumentKind
    customer: Customer
    year: str
    part: str
    what: str
    issued: date
    due: date
    corrects: str | None
    reason: str
    net_pence: int
    vat_pence: int

    @property
    def number(self) -> str:
        """As it is read and quoted: `INV-000012`."""
        return f"{self.letters}-{self.serial:06d}"

    @property
    def total_pence(self) -> int:
        """What is asked for, VAT among it."""
        return self.net_pence + self.vat_pence


@dataclass(frozen=True)
class Event:
    """Something that befell a document or an order; `quantity` only of an order."""

    day: date
    kind: str
    note: str
    who: str
