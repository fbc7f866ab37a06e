"""The SQL of orders: what was bought, by whom in which shares, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from sqlalchemy import Row, exists, insert, select

from linkwork_hub.billing import days
from linkwork_hub.billing.days import NewOrder, Order, OrderEvent, Share
from linkwork_hub.billing.models import Kind, Period
from linkwork_hub.billing.tables import order_events, order_shares
from linkwork_hub.billing.tables import orders as table
from linkwork_hub.billing.tariff import Tariff
from linkwork_hub.db import Scope, Tx
from linkwork_hub.web import found


def add_order(scope: Scope, db: Tx, tariff: Tariff, new: NewOrder, by: str) -> Order:
    """Buy something at the price of its day. Raises Refused with what is missing."""
    for share in new.shares:
        scope.require(share.school_id)
    order = days.price(tariff, new, db.new_id("ord"))
    db.execute(
        insert(table),
        {
            "id": order.id,
            "item": order.item,
            "kind": order.kind.value,
            "name": order.name,
            "unit": order.unit,
            "day": order.day,
            "quantity": str(order.quantity),
            "unit_pence": order.unit_pence,
            "surcharge_pence": order.surcharge_pence,
            "surcharge": order.surcharge,
            "expires": order.expires,
            "note": db.sealed(table.c.note, order.id, order.note or None),
            "ordered_by": by,
            "added": db.now,
        },
    )
    rows = [
        {"order_id": order.id, "school_id": one.school_id, "position": n, "share": one.share}
        for n, one in enumerate(order.shares)
    ]
    db.execute(insert(order_shares), rows)
    return order


def orders(
    scope: Scope, db: Tx, *, period: Period | None = None, school_id: str | None = None
) -> list[Order]:
    """The orders that a school within reach shares, the newest first; of a period's days."""
    query = select(table).where(
        exists().where(order_shares.c.order_id == table.c.id, scope.where(order_shares.c.school_id))
    )
    if period is not None:
        query = query.where(table.c.day >= period.first, table.c.day <= period.last)
    if school_id is not None:
        scope.require(school_id)
        query = query.where(
            exists().where(
                order_shares.c.order_id == table.c.id, order_shares.c.school_id == school_id
            )
        )
    rows = db.all(query.order_by(table.c.day.desc(), table.c.id))
    shares = _shares(db, [row.id for row in rows])
    return [_order(db, row, shares[row.id]) for row in rows]


def order(scope: Scope, db: Tx, order_id: str) -> Order:
    """One order. Raises NotAllowed when none of its schools is within reach."""
    row = found(db.first(select(table).where(table.c.id == order_id)))
    made = _order(db, row, _shares(db, [order_id])[order_id])
    return found(made if any(scope.reaches(one.school_id) for one in made.shares) else None)


def history(scope: Scope, db: Tx, order_ids: Sequence[str]) -> dict[str, list[OrderEvent]]:
    """What became of these orders, the earliest first."""
    made: dict[str, list[OrderEvent]] = {one: [] for one in order_ids}
    col = order_events.c
    query = select(order_events).where(col.order_id.in_(order_ids))
    for row in db.all(query.order_by(col.order_id, col.position)):
        note = db.opened(col.note, row.id, row.note) or ""
        made[row.order_id].append(
            OrderEvent(row.day, row.kind, note, row.who, Decimal(row.quantity), row.until)
        )
    return made


def add_event(scope: Scope, db: Tx, tariff: Tariff, order_id: str, new: OrderEvent) -> None:
    """Enter what befell an order. Raises Refused naming why it cannot be."""
    known = order(scope, db, order_id)
    before = history(scope, db, [order_id])[order_id]
    days.check_event(known, before, new, tariff.cancellation)
    _insert(db, order_id, len(before), new)


def forfeit_lapsed(scope: Scope, db: Tx) -> int:
    """Write off what is left of orders whose last day is over; how many orders. Safe to repeat."""
    rows = db.all(select(table).where(table.c.expires < db.today).order_by(table.c.id))
    ids = [row.id for row in rows]
    shares, histories = _shares(db, ids), history(scope, db, ids)
    lapsed = 0
    for row in rows:
        known, before = _order(db, row, shares[row.id]), histories[row.id]
        lost = days.to_forfeit(known, before, db.today)
        if lost:
            event = OrderEvent(db.today, days.Happening.FORFEITED, "its last day is over", "", lost)
            _insert(db, row.id, len(before), event)
            lapsed += 1
    return lapsed


def shared_in(scope: Scope, db: Tx, school_ids: Sequence[str], period: Period) -> list[Order]:
    """Every order of a period's days in which one of these schools has a share."""
    wanted = set(school_ids)
    made = orders(scope, db, period=period)
    return [one for one in made if any(share.school_id in wanted for share in one.shares)]


def _insert(db: Tx, order_id: str, position: int, new: OrderEvent) -> None:
    ident = db.new_id("ore")
    db.execute(
        insert(order_events),
        {
            "id": ident,
            "order_id": order_id,
            "position": position,
            "day": new.day,
            "kind": str(new.kind),
            "quantity": str(new.quantity),
            "until": new.until,
            "note": db.sealed(order_events.c.note, ident, new.note or None),
            "who": new.who,
            "at": db.now,
        },
    )


def _shares(db: Tx, order_ids: Sequence[str]) -> dict[str, list[Share]]:
    made: dict[str, list[Share]] = {one: [] for one in order_ids}
    col = order_shares.c
    rows = db.all(select(order_shares).order_by(col.order_id, col.position))
    for row in rows:
        if row.order_id in made:
            made[row.order_id].append(Share(row.school_id, row.share))
    return made


def _order(db: Tx, row: Row[object], shares: Sequence[Share]) -> Order:
    day: date = row.day
    return Order(
        id=row.id,
        item=row.item,
        kind=Kind(row.kind),
        name=row.name,
        unit=row.unit,
        day=day,
        quantity=Decimal(row.quantity),
        unit_pence=row.unit_pence,
        surcharge_pence=row.surcharge_pence,
        surcharge=row.surcharge,
        expires=row.expires,
        shares=tuple(shares),
        note=db.opened(table.c.note, row.id, row.note) or "",
    )
