"""An additional cost as a person types it, read into exact figures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation

from linkwork.errors import Refused
from linkwork_hub.billing.models import ContractYear, Kind, NewCost

KIND_WORDS = {
    Kind.ADHOC: "Ordered singly",
    Kind.PACKAGE: "Package",
    Kind.DAY: "Day",
    Kind.SURCHARGE: "Surcharge",
    Kind.CREDIT: "Credit (to the school)",
}


def read_cost(form: Mapping[str, str], year: ContractYear) -> NewCost:
    """The cost a form describes. Raises Refused naming the field that cannot be read.

    Fields: `kind`, `what`, `day` (ISO, inside `year`), `quantity`, `price` in pounds. A credit's
    price is typed without a sign and comes out negative.
    """
    kind = _kind(form.get("kind", ""))
    pence = _number(form.get("price", "").replace("£", "").replace(",", ""), "price") * 100
    if pence != pence.to_integral_value():
        raise Refused("Write the price in pounds and whole pence, such as 120.50.")
    return NewCost(
        day=_day(form.get("day", ""), year),
        kind=kind,
        what=form.get("what", ""),
        quantity=_number(form.get("quantity", "") or "1", "quantity"),
        unit_pence=-abs(int(pence)) if kind is Kind.CREDIT else int(pence),
    )


def _day(text: str, year: ContractYear) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise Refused("Write the day of the cost like 2026-01-31.") from error
    if not year.period.holds(day):
        raise Refused(f"Choose a day of the contract year {year.label}.")
    return day


def _number(text: str, field: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise Refused(f"Write the {field} as a number, such as 1.5 or 120.50.") from error
    # A million is far above any real figure and far below where a database column ends.
    if not value.is_finite() or abs(value) > 1_000_000 or value != round(value, 4):
        raise Refused(f"Write a {field} of at most a million, with at most four decimals.")
    return value


def _kind(text: str) -> Kind:
    try:
        return Kind(text)
    except ValueError as error:
        raise Refused("Choose what kind of cost it is.") from error
