"""What was ordered: its price, what became of it, what is left and until when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from linkwork.errors import Refused
from linkwork_hub.billing.ledger import Event
from linkwork_hub.billing.models import Cause, Extra, Kind
from linkwork_hub.billing.price_book import Cancellation, Free, Item, Surcharge
from linkwork_hub.billing.shares import largest_remainder
from linkwork_hub.billing.tariff import Tariff
from linkwork_hub.documents.words import long_date, plain_number, pounds


class Happening(StrEnum):
    """What can befall an order."""

    DELIVERED = "delivered"
    ATTEMPT = "contact-attempt"
    NOT_DELIVERED = "not-delivered"
    CANCELLED = "cancelled"
    CANCELLED_LATE = "cancelled-late"
    FORFEITED = "forfeited"
    KEPT = "kept"


#: What uses up a part of an order without its being delivered.
LOST = frozenset({Happening.NOT_DELIVERED, Happening.CANCELLED_LATE})


@dataclass(frozen=True)
class Share:
    """One school's part of an order, in parts of the sum of all."""

    school_id: str
    share: int


@dataclass(frozen=True)
class NewOrder:
    """What somebody orders. `surcharge_pence` None: none was said. `staff` = from outside."""

    item: str
    day: date
    quantity: Decimal
    shares: tuple[Share, ...]
    customer: str
    unit_pence: int | None = None
    surcharge_pence: int | None = None
    staff: bool = False
    note: str = ""


@dataclass(frozen=True)
class Order:
    """One order at the price of its day; `expires` is the one last day it can be used on."""

    id: str
    item: str
    kind: Kind
    name: str
    unit: str
    day: date
    quantity: Decimal
    unit_pence: int
    surcharge_pence: int
    surcharge: str
    expires: date | None
    shares: tuple[Share, ...]
    note: str = ""

    @property
    def amount_pence(self) -> int:
        """Without the surcharge: quantity times price, rounded half up once."""
        exact = self.quantity * self.unit_pence
        return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


@dataclass(frozen=True)
class OrderEvent(Event):
    """One entry of an order's history."""

    quantity: Decimal = Decimal(0)
    until: date | None = None


@dataclass(frozen=True)
class Balance:
    """How much of an order was delivered, lost and forfeited, what is left, and until when."""

    bought: Decimal
    delivered: Decimal
    lost: Decimal
    forfeited: Decimal
    expires: date | None

    @property
    def left(self) -> Decimal:
        """What can still be delivered."""
        return self.bought - self.delivered - self.lost - self.forfeited

    def lapsed(self, today: date) -> bool:
        """Whether its last day is over."""
        return self.expires is not None and today > self.expires


def balance(order: Order, events: Iterable[OrderEvent]) -> Balance:
    """What became of an order, from its whole history."""
    sums = dict.fromkeys(Happening, Decimal(0))
    expires = order.expires
    for event in events:
        # A day cancelled in time is free again: it uses nothing up, whatever its quantity.
        sums[Happening(event.kind)] += event.quantity
        if event.kind == Happening.KEPT:
            expires = event.until or expires
    return Balance(
        bought=order.quantity,
        delivered=sums[Happening.DELIVERED],
        lost=sum((sums[kind] for kind in LOST), Decimal(0)),
        forfeited=sums[Happening.FORFEITED] - sums[Happening.KEPT],
        expires=expires,
    )


def price(tariff: Tariff, new: NewOrder, order_id: str) -> Order:
    """An order with its price, surcharge and last day. Raises Refused with what is missing.

    The price is the price book's on the day of the order; where that says "agreed for each order"
    it comes with the order, and there only. A surcharge that applies is never left out: its
    figure is the tariff's, or comes with the order (which may say 0).
    """
    free = next((one for one in tariff.statutory_free if one.id == new.item), None)
    if free is not None:
        return _statutory(free, new, order_id)
    item = tariff.item(new.item, new.day)
    if item is None:
        raise Refused(
            f"{new.item} cannot be bought on {long_date(new.day)}. Choose a day its price covers, "
            "or add its price to [[tariff.items]]."
        )
    priced = tariff.item(item.in_days_of, new.day) if item.in_days_of else item
    if priced is None:
        raise Refused(
            f"{item.name} is bought in days of {item.in_days_of}, which has no price on "
            f"{long_date(new.day)}. Add it to [[tariff.items]]."
        )
    _check_quantity(priced, new.quantity)
    _check_shares(new.shares)
    unit = _unit_price(priced, new)
    surcharge = _surcharge(tariff, new, unit)
    return Order(
        id=order_id,
        item=item.id,
        kind=Kind(item.kind),
        name=item.name,
        unit=priced.unit,
        day=new.day,
        quantity=new.quantity,
        unit_pence=unit,
        surcharge_pence=surcharge[1],
        surcharge=surcharge[0],
        expires=_expiry(priced, new.day),
        shares=new.shares,
        note=new.note,
    )


def _statutory(free: Free, new: NewOrder, order_id: str) -> Order:
    """Work that is free by law: a line of its own at nothing, whoever the customer is."""
    _check_shares(new.shares)
    if new.unit_pence or new.surcharge_pence:
        raise Refused(f"{free.name} is free to every school: leave price and surcharge empty.")
    if new.quantity <= 0:
        raise Refused("The quantity is more than nothing.")
    return Order(
        id=order_id,
        item=free.id,
        kind=Kind.STATUTORY,
        name=free.name,
        unit="time",
        day=new.day,
        quantity=new.quantity,
        unit_pence=0,
        surcharge_pence=0,
        surcharge="",
        expires=None,
        shares=new.shares,
        note=new.note,
    )


def _check_shares(shares: Sequence[Share]) -> None:
    if not shares or len({one.school_id for one in shares}) != len(shares):
        raise Refused("Name each school that shares the order once.")
    if any(one.share <= 0 for one in shares):
        raise Refused("A share is a whole number above nothing.")


def _check_quantity(item: Item, quantity: Decimal) -> None:
    if quantity < item.minimum:
        raise Refused(
            f"At least {plain_number(item.minimum)} {item.unit} is bought; "
            f"{plain_number(quantity)} is less."
        )
    if item.step is not None and (quantity - item.minimum) % item.step:
        raise Refused(
            f"{item.name} is bought from {plain_number(item.minimum)} {item.unit} in steps of "
            f"{plain_number(item.step)}."
        )


def _unit_price(item: Item, new: NewOrder) -> int:
    printed = item.price_for(new.customer)
    if printed is None and new.unit_pence is None:
        raise Refused(f"The price of {item.name} is agreed for each order: write it.")
    if printed is not None and new.unit_pence not in (None, printed):
        raise Refused(
            f"The price of {item.name} is {pounds(printed)}; leave the price empty. To charge "
            "less, add a credit with its reason."
        )
    return printed if printed is not None else new.unit_pence or 0


def _surcharge(tariff: Tariff, new: NewOrder, unit_pence: int) -> tuple[str, int]:
    found = [one for one in tariff.surcharges if _applies(one, new)]
    if not found:
        if new.surcharge_pence:
            raise Refused(f"The tariff has no surcharge for customers of kind {new.customer}.")
        return "", 0
    amount = 0
    for one in found:
        if one.agreed:
            if new.surcharge_pence is None:
                raise Refused(
                    f"{one.name}: it is agreed case by case. Write the surcharge, or 0 where none "
                    "was agreed."
                )
        elif one.pence is not None:
            amount += int((new.quantity * one.pence).quantize(Decimal(1), ROUND_HALF_UP))
        else:
            exact = new.quantity * unit_pence * (one.percent or 0) / 100
            amount += int(exact.quantize(Decimal(1), ROUND_HALF_UP))
    if any(one.agreed for one in found):
        amount += new.surcharge_pence or 0
    return "; ".join(one.name for one in found), amount


def _applies(surcharge: Surcharge, new: NewOrder) -> bool:
    if surcharge.reason == "staff":
        return new.staff
    return new.customer in surcharge.customers


def _expiry(item: Item, day: date) -> date | None:
    """The one last day of what is bought on `day`: the next day of that name."""
    if item.expires is None:
        return None
    here = date.fromisoformat(f"{day.year}-{item.expires}")
    return here if here >= day else date.fromisoformat(f"{day.year + 1}-{item.expires}")


def extras_for(order: Order, school_id: str) -> list[Extra]:
    """What one school owes of an order: its share, and its share of the surcharge."""
    position = next(n for n, one in enumerate(order.shares) if one.school_id == school_id)
    weights = [one.share for one in order.shares]
    whole = f"{plain_number(order.quantity)} {order.unit} at {pounds(order.unit_pence)}"
    detail = f"{long_date(order.day)}: {whole}"
    alone = len(order.shares) == 1
    if not alone:
        detail += f", share {weights[position]} of {sum(weights)}"
    found = []
    for source, kind, what, total in (
        ("order", order.kind, order.name, order.amount_pence),
        ("surcharge", Kind.SURCHARGE, order.surcharge, order.surcharge_pence),
    ):
        amount = largest_remainder(total, weights)[position]
        if source == "surcharge" and not order.surcharge_pence:
            continue
        plain = alone and source == "order"
        found.append(
            Extra(
                charge_id=order.id,
                day=order.day,
                kind=kind,
                what=what,
                quantity=order.quantity if plain else Decimal(1),
                unit_pence=order.unit_pence if plain else amount,
                source=source,
                item=order.item if source == "order" else "",
                cause=(Cause(order.id, detail),),
            )
        )
    return found


def is_late(rule: Cancellation, booked: date, told: date, *, informed: bool) -> bool:
    """Whether a cancellation is charged: told too late, and without a reasonable attempt."""
    short = booked - told < timedelta(days=rule.notice_days)
    return short and not (rule.unless_informed and informed)


def check_event(
    order: Order, before: Sequence[OrderEvent], new: OrderEvent, rule: Cancellation | None
) -> None:
    """Raises Refused naming why this cannot be entered; `before` is the order's history."""
    kind, now = Happening(new.kind), balance(order, before)
    if kind in {Happening.NOT_DELIVERED, Happening.KEPT, Happening.ATTEMPT} and not new.note:
        raise Refused("Write the reason: it stays with the order.")
    if kind is Happening.KEPT:
        if new.until is None or new.until < new.day:
            raise Refused("Write until when it is kept: a day that is still to come.")
        if new.quantity > now.forfeited:
            raise Refused(f"Only {plain_number(now.forfeited)} of this order was forfeited.")
        return
    if kind in {Happening.ATTEMPT, Happening.CANCELLED}:
        return
    if new.quantity <= 0:
        raise Refused("The quantity is more than nothing.")
    if new.quantity > now.left:
        raise Refused(f"Only {plain_number(now.left)} is left of this order.")
    if now.expires and now.lapsed(new.day) and kind is not Happening.FORFEITED:
        raise Refused(
            f"It could be used until {long_date(now.expires)}. A manager can keep it longer, with "
            "a reason."
        )
    if kind is Happening.NOT_DELIVERED:
        tried = sum(event.kind == Happening.ATTEMPT for event in before)
        wanted = rule.attempts if rule else 1
        if tried < wanted:
            raise Refused(
                f"The school was tried {tried} of {wanted} times. Log each attempt first: who was "
                "written to or rung, and when."
            )


def to_forfeit(order: Order, events: Sequence[OrderEvent], today: date) -> Decimal:
    """How much is lost because its last day is over; nothing before, and nothing twice."""
    now = balance(order, events)
    return now.left if now.lapsed(today) and now.left > 0 else Decimal(0)


def warning(order: Order, now: Balance, warn_days: Sequence[int], today: date) -> str | None:
    """What a school with days left is told as their last day comes near."""
    if now.expires is None or now.left <= 0 or now.lapsed(today):
        return None
    days = (now.expires - today).days
    if not any(days <= limit for limit in warn_days):
        return None
    return (
        f"{order.name}: {plain_number(now.left)} of {plain_number(now.bought)} left, lost after "
        f"{long_date(now.expires)}, in {'1 day' if days == 1 else f'{days} days'}. Plan with your "
        "link officer"
    )
