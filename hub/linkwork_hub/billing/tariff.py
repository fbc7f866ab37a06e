"""The price list as data: read from the profile's `[tariff]`, refused with place and remedy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeInt,
    ValidationError,
    model_validator,
)

from linkwork.errors import BadInput


def _month_day(text: str) -> str:
    # 2023 has no 29 February, so a day that only some years have is refused.
    try:
        date.fromisoformat(f"2023-{text}")
    except ValueError:
        raise ValueError(
            f"{text!r} is not a day of every year; write it MM-DD, e.g. 04-01"
        ) from None
    return text


MonthDay = Annotated[str, AfterValidator(_month_day)]
Pence = NonNegativeInt


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)


class Band(_Data):
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


class Share(_Data):
    """A part of the annual charge, due on the last term day that falls in a stretch of dates."""

    what: str = Field(min_length=1)
    percent: int = Field(gt=0, le=100)
    term_ends_from: MonthDay
    term_ends_to: MonthDay


class Method(_Data):
    """How a bill is made while this version of the costing is in force."""

    version: str = Field(min_length=1)
    valid_from: date
    valid_to: date | None = None
    as_at: MonthDay
    cases_of: Literal[
        "academic-year-ending-in-contract-year", "academic-year-ended-before-contract-year"
    ]
    academic_year_starts: MonthDay
    bands: tuple[Band, ...] = Field(min_length=1, strict=False)
    per_case: dict[str, Pence]
    instalments: tuple[Share, ...] = Field(min_length=1, strict=False)
    additional_due: MonthDay

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("valid_to is before valid_from; swap them or leave valid_to out")
        types = {band.school_type for band in self.bands}
        for school_type in sorted(types):
            _check_bands(school_type, self.bands)
        if types != set(self.per_case):
            raise ValueError(
                f"bands name the types {_listed(types)} but per_case names "
                f"{_listed(self.per_case)}; give each type both a band and a price per case"
            )
        if sum(share.percent for share in self.instalments) != 100:
            raise ValueError("the instalments do not add up to 100 per cent; correct their percent")
        return self


class Tariff(_Data):
    """A price list with every version of its method, none overlapping, none missing between."""

    name: str = Field(min_length=1)
    source: str = Field(min_length=1)
    contract_year_starts: MonthDay
    methods: tuple[Method, ...] = Field(min_length=1, strict=False)

    @model_validator(mode="after")
    def _one_method_a_day(self) -> Self:
        for before, after in pairwise(sorted(self.methods, key=lambda m: m.valid_from)):
            if before.valid_to is None or before.valid_to >= after.valid_from:
                raise ValueError(
                    f"methods {before.version} and {after.version} overlap from "
                    f"{after.valid_from}; end the first with "
                    f"valid_to = {after.valid_from - timedelta(days=1)}"
                )
            if before.valid_to + timedelta(days=1) != after.valid_from:
                raise ValueError(
                    f"no method is in force between {before.valid_to} and {after.valid_from}; "
                    f"close the gap with valid_to or valid_from"
                )
        return self

    def method_on(self, day: date) -> Method | None:
        """The method in force on `day`, or None when the tariff does not reach it."""
        for method in self.methods:
            if method.valid_from <= day and (method.valid_to is None or day <= method.valid_to):
                return method
        return None


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
    `tariff.methods[0].bands[1].from`) and the remedy.
    """
    if not raw:
        return None
    try:
        return Tariff.model_validate(dict(raw))
    except ValidationError as error:
        first = error.errors()[0]
        problem = first["msg"].removeprefix("Value error, ")
        where = "tariff" + "".join(
            f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"]
        )
        raise BadInput(
            f"{where}: {problem}",
            file=file,
            remedy="Correct the tariff there; nothing is billed until it is whole",
        ) from error
