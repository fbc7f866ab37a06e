"""The price book as data: what can be bought, what is free by law, surcharges, VAT, finance."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal, Self

from pydantic import Field, model_validator

from linkwork_hub.billing.fields import Data, MonthDay, Name, Pence, Quantity, Words, holds


class Item(Data):
    """One thing a school can buy, with the price of one `unit` of it while it holds.

    `pence` None with `in_days_of`: it is bought as days of that item; None without: the price is
    agreed for each order. `prices` are by kind of customer and come before `pence`.
    """

    id: Name
    name: Words
    kind: Literal["day", "package", "adhoc"]
    unit: Words
    pence: Pence | None = None
    prices: dict[str, Pence] = Field(default_factory=dict)
    in_days_of: Name | None = None
    minimum: Quantity = Decimal(1)
    step: Quantity | None = None
    valid_from: date
    valid_to: date | None = None
    expires: MonthDay | None = None
    warn_days: tuple[int, ...] = Field(default=(), strict=False)
    covers: tuple[Name, ...] = Field(default=(), strict=False)
    duration: str = ""
    about: str = ""

    @model_validator(mode="after")
    def _one_price(self) -> Self:
        if self.in_days_of is not None and (self.pence is not None or self.prices):
            raise ValueError(
                f"{self.id} has a price and is bought in days of {self.in_days_of}; keep one"
            )
        return self

    def price_for(self, customer: str) -> int | None:
        """Pence for one unit to this kind of customer; None when agreed for each order."""
        return self.prices.get(customer, self.pence)

    @property
    def priced(self) -> bool:
        """Whether anybody pays a price above nothing that stands here."""
        return any(price > 0 for price in (self.pence or 0, *self.prices.values()))


class Free(Data):
    """Work the law makes free to every school: it stands on a line of its own, at nothing."""

    id: Name
    name: Words
    each_term: int | None = Field(default=None, ge=1)


class Surcharge(Data):
    """What is added to an order for settings, or for staff, outside the authority.

    Exactly one of `percent` of the order, `pence` a unit, or neither: agreed case by case, so
    that an order without a figure is refused.
    """

    id: Name
    name: Words
    reason: Literal["setting", "staff"]
    customers: tuple[Words, ...] = Field(default=(), strict=False)
    percent: int | None = Field(default=None, gt=0, le=1000)
    pence: Pence | None = None

    @model_validator(mode="after")
    def _one_figure(self) -> Self:
        if self.percent is not None and self.pence is not None:
            raise ValueError(f"{self.id} has a percent and pence; keep one")
        return self

    @property
    def agreed(self) -> bool:
        """Whether the figure is agreed for each order."""
        return self.percent is None and self.pence is None


class Cancellation(Data):
    """When a booked day that is cancelled is charged all the same.

    `notice_days`: cancelled fewer calendar days ahead than this is short notice; 1 = on the day
    itself. `unless_informed`: a reasonable attempt to inform the service keeps the day. `attempts`:
    how often a school that does not answer was tried before a day counts as not delivered.
    """

    notice_days: int = Field(ge=0, le=60)
    unless_informed: bool
    attempts: int = Field(default=1, ge=1, le=10)
    source: Words


class CustomerKind(Data):
    """A kind of customer: how it pays and in how many days after the document's date."""

    kind: Words
    settle: Literal["journal", "invoice"]
    terms_days: int = Field(ge=0, le=120)


class Vat(Data):
    """The VAT treatment of some lines for some kinds of customer: stated, never assumed.

    `lines` are kinds of line (`base`) or ids of items; `rate` is in hundredths of a per cent.
    """

    code: Words
    rate: int = Field(ge=0, le=10_000)
    lines: tuple[Words, ...] = Field(min_length=1, strict=False)
    customers: tuple[Words, ...] = Field(min_length=1, strict=False)
    valid_from: date
    valid_to: date | None = None
    source: Words


class Column(Data):
    """One column of the finance system's journal file: its heading, and what stands in it."""

    heading: Words
    value: Literal[
        "document", "date", "account", "cost_centre", "subjective", "debit", "credit",
        "amount", "vat_code", "description", "purchase_order", "fixed",
    ]  # fmt: skip
    fixed: str = ""


class Finance(Data):
    """The accounts a document is posted to, and how the finance system wants its rows."""

    income_cost_centre: Words
    income_subjective: Words
    subjective_of: dict[str, str] = Field(default_factory=dict)
    debtors: Words
    vat: Words
    series: dict[Literal["invoice", "journal", "credit"], str]
    columns: tuple[Column, ...] = Field(min_length=1, strict=False)

    @model_validator(mode="after")
    def _every_series(self) -> Self:
        if set(self.series) != {"invoice", "journal", "credit"}:
            raise ValueError("series names the letters of invoice, journal and credit, all three")
        if len(set(self.series.values())) != len(self.series):
            raise ValueError("two series have the same letters; numbers would be given twice")
        return self


def item_on(items: tuple[Item, ...], ident: str, day: date) -> Item | None:
    """The version of an item in force on a day; None when it cannot be bought then."""
    return next((one for one in items if one.id == ident and holds(one, day)), None)


def vat_of(vats: tuple[Vat, ...], names: tuple[str, ...], customer: str, day: date) -> Vat | None:
    """The treatment stated for a line for a customer on a day; None when nobody stated one.

    `names` are what the line may be called, the most particular first: an item before its kind.
    """
    for name in names:
        for one in vats:
            if name in one.lines and customer in one.customers and holds(one, day):
                return one
    return None
