"""Orders, and what befalls them, as a person types them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

from linkwork.errors import Refused
from linkwork_hub.billing.days import Happening, NewOrder, OrderEvent, Share, is_late
from linkwork_hub.billing.price_book import Cancellation

#: What a person may enter; the hub itself forfeits, and a rule tells late from early.
ENTRIES = {
    "delivered": "Delivered",
    "contact-attempt": "Tried to reach the school",
    "not-delivered": "Not delivered, the school did not answer",
    "cancel": "Cancelled by the school",
    "kept": "Kept longer (a manager, with a reason)",
}
WORDS = {
    Happening.DELIVERED: "Delivered",
    Happening.ATTEMPT: "Tried to reach the school",
    Happening.NOT_DELIVERED: "Not delivered",
    Happening.CANCELLED: "Cancelled in time, free again",
    Happening.CANCELLED_LATE: "Cancelled at short notice, charged",
    Happening.FORFEITED: "Forfeited",
    Happening.KEPT: "Kept longer",
}


def read_order(
    form: Mapping[str, str], schools: Sequence[str], shares: Mapping[str, str], customer: str
) -> NewOrder:
    """The order a form describes. Raises Refused naming the field that cannot be read.

    `schools` are those ticked, `shares` what was typed for each (empty: 1). Prices are pounds.
    """
    parts = []
    for school in schools:
        typed = shares.get(school, "") or "1"
        if not (typed.isascii() and typed.isdigit() and 0 < int(typed) <= 1_000_000):
            raise Refused("Write each share as a whole number above 0.")
        parts.append(Share(school, int(typed)))
    return NewOrder(
        item=form.get("item", ""),
        day=_day(form.get("day", ""), "the day of the order"),
        quantity=_number(form.get("quantity", "") or "1", "quantity"),
        shares=tuple(parts),
        customer=customer,
        unit_pence=_pence(form.get("price", "")),
        surcharge_pence=_pence(form.get("surcharge", "")),
        staff=form.get("staff") == "yes",
        note=form.get("note", ""),
    )


def read_event(
    form: Mapping[str, str], rule: Cancellation | None, today: date, who: str
) -> OrderEvent:
    """The entry a form describes. Raises Refused naming the field that cannot be read."""
    chosen = form.get("entry", "")
    if chosen not in ENTRIES:
        raise Refused("Choose what happened.")
    kind, until, note = Happening.DELIVERED, None, form.get("note", "")
    if chosen == "cancel":
        booked = _day(form.get("booked", ""), "the day that was booked")
        informed = form.get("informed") == "yes"
        late = rule is not None and is_late(rule, booked, today, informed=informed)
        kind = Happening.CANCELLED_LATE if late else Happening.CANCELLED
        told = "told the service" if informed else "did not try to tell the service"
        note = f"booked for {booked.isoformat()}, the school {told}. {note}".strip()
    else:
        kind = Happening(chosen)
    if kind is Happening.KEPT:
        until = _day(form.get("until", ""), "until when it is kept")
    counts = kind is not Happening.ATTEMPT
    quantity = _number(form.get("quantity", "") or "1", "quantity") if counts else Decimal(0)
    return OrderEvent(today, kind, note, who, quantity, until)


def _pence(text: str) -> int | None:
    if not text:
        return None
    pence = _number(text.replace("£", "").replace(",", ""), "price") * 100
    if pence != pence.to_integral_value() or pence < 0:
        raise Refused("Write pounds and whole pence, such as 120.50.")
    return int(pence)


def _number(text: str, field: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise Refused(f"Write the {field} as a number, such as 1.5.") from error
    if not value.is_finite() or abs(value) > 1_000_000 or value != round(value, 4):
        raise Refused(f"Write a {field} of at most a million, with at most four decimals.")
    return value


def _day(text: str, what: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Refused(f"Write {what} like 2026-01-31.") from error
