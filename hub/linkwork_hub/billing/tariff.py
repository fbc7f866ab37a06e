"""The price list as data: read from the profile's `[tariff]`, refused with place and remedy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import groupby, pairwise
from typing import Any, Literal, Self

from pydantic import Field, NonNegativeInt, ValidationError, model_validator

from linkwork.errors import BadInput
from linkwork_hub.billing.fields import Data, MonthDay, Name, Pence, Words, check_dates, holds
from linkwork_hub.billing.price_book import (
    Cancellation,
    CustomerKind,
    Finance,
    Free,
    Item,
    Surcharge,
    Vat,
    item_on,
)


class Band(Data):
    """A price for the schools of one type with `first` to `last` pupils on roll, both inside."""

    school_type: str = Field(alias="type", min_length=1)
    first: NonNegativeInt = Field(alias="from")
    last: NonNegativeInt | None = Field(default=None, alias="to")
    pence: Pence

    def holds(self, roll: int) -> bool:
        """Whether a school with `roll` pupils falls in this band."""
        return self.first <= roll and (self.last is None or roll <= self.last)

    def words(self) -> str:
        """`301 to 500 on roll`."""
        if self.last is None:
            return f"{self.first} and over on roll"
        return (
            f"{self.first} to {self.last} on roll"
            if self.first
            else f"{self.last} and under on roll"
        )


class Share(Data):
    """A part of the annual charge, due on the last term day that falls in a stretch of dates."""

    what: str = Field(min_length=1)
    percent: int = Field(gt=0, le=100)
    term_ends_from: MonthDay
    term_ends_to: MonthDay


class Method(Data):
    """How a bill is made while this version of the costing is in force.

    Without bands there is no base rate, without `per_case` no charge for cases; then only what a
    school buys is billed. `type_on` "by-days" bills each part of a year by the type it had.
    """

    version: Words
    valid_from: date
    valid_to: date | None = None
    as_at: MonthDay
    type_on: Literal["as-at", "by-days"] = "as-at"
    cases_of: Literal[
        "academic-year-ending-in-contract-year", "academic-year-ended-before-contract-year"
    ] = "academic-year-ending-in-contract-year"
    academic_year_starts: MonthDay
    bands: tuple[Band, ...] = Field(default=(), strict=False)
    per_case: dict[str, Pence] = Field(default_factory=dict)
    instalments: tuple[Share, ...] = Field(default=(), strict=False)
    additional_due: MonthDay | Literal["when-ordered"]
    covers: tuple[Name, ...] = Field(default=(), strict=False)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        types = {band.school_type for band in self.bands}
        for school_type in sorted(types):
            _check_bands(school_type, self.bands)
        if types and self.per_case and types != set(self.per_case):
            raise ValueError(
                f"bands name the types {_listed(types)} but per_case names "
                f"{_listed(self.per_case)}; give each type both a band and a price per case"
            )
        if self.annual and sum(share.percent for share in self.instalments) != 100:
            raise ValueError("the instalments do not add up to 100 per cent; correct their percent")
        return self

    @property
    def annual(self) -> bool:
        """Whether anything is charged by the year."""
        return bool(self.bands or self.per_case)


class Tariff(Data):
    """A price list with every version of its method, none overlapping, none missing between."""

    name: Words
    source: Words
    contract_year: MonthDay
    methods: tuple[Method, ...] = Field(min_length=1, strict=False)
    items: tuple[Item, ...] = Field(default=(), strict=False)
    statutory_free: tuple[Free, ...] = Field(default=(), strict=False)
    surcharges: tuple[Surcharge, ...] = Field(default=(), strict=False)
    cancellation: Cancellation | None = None
    customers: tuple[CustomerKind, ...] = Field(default=(), strict=False)
    vat: tuple[Vat, ...] = Field(default=(), strict=False)
    finance: Finance | None = None

    @model_validator(mode="after")
    def _one_version_a_day(self) -> Self:
        check_dates([(f"method {one.version}", one) for one in self.methods], "method")
        for ident, versions in groupby(sorted(self.items, key=_by_id), _by_id):
            check_dates([(f"item {ident}", one) for one in versions], f"price of {ident}")
        return self

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        _once("statutory_free", [one.id for one in self.statutory_free])
        _once("surcharges", [one.id for one in self.surcharges])
        _once("customers", [one.kind for one in self.customers])
        items = {one.id for one in self.items}
        if both := items & {one.id for one in self.statutory_free}:
            raise ValueError(
                f"{_listed(both)} is free by law and in the price book; keep it in one of them"
            )
        bought = {one.in_days_of for one in self.items if one.in_days_of}
        if unknown := bought - items:
            raise ValueError(f"in_days_of names {_listed(unknown)}, which is no item; correct it")
        return self

    @model_validator(mode="after")
    def _known_customers(self) -> Self:
        known = {one.kind for one in self.customers}
        named = {kind for one in self.items for kind in one.prices}
        named |= {kind for one in self.surcharges for kind in one.customers}
        named |= {kind for one in self.vat for kind in one.customers}
        if unknown := named - known:
            raise ValueError(
                f"prices, surcharges or vat name the customers {_listed(unknown)}, which "
                "[[tariff.customers]] does not describe; add them there"
            )
        return self

    def method_on(self, day: date) -> Method | None:
        """The method in force on `day`, or None when the tariff does not reach it."""
        return next((method for method in self.methods if holds(method, day)), None)

    def item(self, ident: str, day: date) -> Item | None:
        """What can be bought on `day` under this id; None when nothing can."""
        return item_on(self.items, ident, day)

    def customer_kind(self, kind: str) -> CustomerKind | None:
        """How this kind of customer pays; None when the tariff does not say."""
        return next((one for one in self.customers if one.kind == kind), None)


def _by_id(item: Item) -> str:
    return item.id


def _once(where: str, names: Sequence[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{where} names {name} twice; keep one")


def _check_bands(school_type: str, bands: Iterable[Band]) -> None:
    mine = sorted((b for b in bands if b.school_type == school_type), key=lambda b: b.first)
    if mine[0].first != 0:
        raise ValueError(
            f"the bands of type {school_type} leave out 0 to {mine[0].first - 1} on roll; "
            f"begin the first band with from = 0"
        )
    for lower, upper in pairwise(mine):
        if lower.last is None or lower.last >= upper.first:
            raise ValueError(
                f"the bands of type {school_type} overlap at {upper.first} on roll; "
                f"end the band from {lower.first} with to = {upper.first - 1}"
            )
        if lower.last + 1 != upper.first:
            raise ValueError(
                f"the bands of type {school_type} leave out {lower.last + 1} to {upper.first - 1} "
                f"on roll; close the gap with to = {upper.first - 1}"
            )
    last = mine[-1].last
    if last is not None:
        raise ValueError(
            f"the bands of type {school_type} leave out every roll over {last}; "
            f"leave `to` out of the last band"
        )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def read_tariff(raw: Mapping[str, Any] | None, *, file: str) -> Tariff | None:
    """The tariff in a profile's `[tariff]` table, or None when the profile has none.

    `file` names the profile in errors. Raises BadInput with the place inside the table (such as
    `tariff.methods[0].bands[1].from`) and the remedy; the first mistake of several.
    """
    if not raw:
        return None
    try:
        return Tariff.model_validate(dict(raw))
    except ValidationError as error:
        raise _mistakes(error, file)[0] from error


def tariff_mistakes(raw: Mapping[str, Any], *, file: str) -> list[BadInput]:
    """Every mistake of a `[tariff]` table, each with its place; none of a sound one."""
    try:
        Tariff.model_validate(dict(raw))
    except ValidationError as error:
        return _mistakes(error, file)
    return []


def _mistakes(error: ValidationError, file: str) -> list[BadInput]:
    found = []
    for one in error.errors():
        where = "tariff" + "".join(
            f"[{part}]" if isinstance(part, int) else f".{part}"
            for part in one["loc"]
            if not str(part).startswith(("literal[", "function-"))
        )
        found.append(
            BadInput(
                f"{where}: {_in_words(one['type'], one['msg'])}",
                file=file,
                remedy="Correct the tariff there; nothing is billed until it is whole",
            )
        )
    return found


_WORDS = {
    "extra_forbidden": "nothing reads this; correct its name, or take it out",
    "missing": "this is missing; add it",
    "int_type": "write a whole number of pence, without quotes or a decimal point",
    "greater_than_equal": "this is below nothing; write 0 or more",
    "date_type": "write a day without quotes, such as 2026-04-01",
    "string_type": "write words in quotes",
}


def _in_words(kind: str, message: str) -> str:
    return _WORDS.get(kind, message.removeprefix("Value error, "))
