"""What the settings of a tariff are made of: days of a year, pence, quantities."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Annotated, Protocol

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, NonNegativeInt

from linkwork_hub.documents.words import MONTHS


def _month_day(text: str) -> str:
    # 2023 has no 29 February, so a day that only some years have is refused.
    try:
        date.fromisoformat(f"2023-{text}")
    except ValueError:
        raise ValueError(
            f"{text!r} is not a day of every year; write it MM-DD, e.g. 04-01"
        ) from None
    return text


def _quantity(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise ValueError("write a number, such as 1 or 0.5")  # noqa: TRY004 - pydantic's own
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        raise ValueError(f"{value!r} is not a number; write one such as 1 or 0.5") from None
    if not found.is_finite() or found <= 0:
        raise ValueError(f"{value!r} is not more than nothing; write a number such as 1 or 0.5")
    return found


MonthDay = Annotated[str, AfterValidator(_month_day)]
Pence = NonNegativeInt
#: A decimal above nothing, written in TOML as 1, 0.5 or "0.25".
Quantity = Annotated[Decimal, BeforeValidator(_quantity)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
Words = Annotated[str, Field(min_length=1)]


def month_day_words(month_day: str) -> str:
    """`31 March` from `03-31`."""
    month, day = month_day.split("-")
    return f"{int(day)} {MONTHS[int(month) - 1]}"


class Data(BaseModel):
    """One table of a tariff: nothing unknown, nothing converted, never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)


class Dated(Protocol):
    """Something that holds from a day to a day, both inside; no last day = until further."""

    @property
    def valid_from(self) -> date:
        """The first day it holds."""

    @property
    def valid_to(self) -> date | None:
        """The last day it holds."""


def holds(dated: Dated, day: date) -> bool:
    """Whether it is in force on `day`."""
    return dated.valid_from <= day and (dated.valid_to is None or day <= dated.valid_to)


def check_dates(versions: list[tuple[str, Dated]], nothing: str) -> None:
    """Raises ValueError naming the day at which versions overlap, or between which is `nothing`.

    `versions` are of one thing, each with the name it is known by.
    """
    for name, one in versions:
        if one.valid_to is not None and one.valid_to < one.valid_from:
            raise ValueError(
                f"{name}: valid_to is before valid_from; swap them or leave valid_to out"
            )
    ordered = sorted(versions, key=lambda pair: pair[1].valid_from)
    for (earlier, before), (later, after) in pairwise(ordered):
        if before.valid_to is None or before.valid_to >= after.valid_from:
            raise ValueError(
                f"{earlier} and {later} overlap from {after.valid_from}; end the first with "
                f"valid_to = {after.valid_from - timedelta(days=1)}"
            )
        if before.valid_to + timedelta(days=1) != after.valid_from:
            raise ValueError(
                f"no {nothing} is in force between {before.valid_to} and {after.valid_from}; "
                "close the gap with valid_to or valid_from"
            )
