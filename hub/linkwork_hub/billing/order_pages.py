"""The pages of the price book and of what was bought from it: orders, remaining days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from starlette.responses import Response

from linkwork.errors import Refused
from linkwork_hub.access import store as access
from linkwork_hub.billing import order_store
from linkwork_hub.billing.days import Balance, Happening, Order, balance, warning
from linkwork_hub.billing.fields import month_day_words
from linkwork_hub.billing.order_form import ENTRIES, WORDS, read_event, read_order
from linkwork_hub.billing.pages import tariff_of
from linkwork_hub.billing.price_book import Item, item_on
from linkwork_hub.billing.tariff import Tariff
from linkwork_hub.db import Role, Scope, Tx
from linkwork_hub.documents.words import plain_number
from linkwork_hub.web import Context, found

_MONEY = frozenset({Role.FINANCE, Role.MANAGER})


def prices(ctx: Context) -> Response:
    """The price book as it is today, and what comes next."""
    tariff = tariff_of(ctx)
    with ctx.db.read() as db:
        today = db.today
    items = tariff.items if tariff else ()
    return ctx.render(
        "billing/prices.html",
        title="Price book",
        tariff=tariff,
        method=tariff.method_on(today) if tariff else None,
        today=today,
        items=[(one, _in_force(one, items, today)) for one in items],
        plain=plain_number,
        day_name=month_day_words,
        may_order=ctx.person.role in _MONEY and bool(items),
    )


def _in_force(item: Item, items: tuple[Item, ...], today: date) -> bool:
    return item_on(items, item.id, today) is item


def remaining(ctx: Context) -> Response:
    """What is left of every order within reach, and until when."""
    tariff = tariff_of(ctx)
    with ctx.db.read() as db:
        orders = order_store.orders(ctx.scope, db)
        histories = order_store.history(ctx.scope, db, [one.id for one in orders])
        names = _names(ctx.scope, db)
        today = db.today
    rows = [(one, balance(one, histories[one.id])) for one in orders]
    paging = ctx.paging(len(rows))
    return ctx.render(
        "billing/days.html",
        title="Remaining days",
        rows=rows[paging.offset : paging.offset + paging.size],
        paging=paging,
        names=names,
        warnings=[
            (one, said)
            for one, now in rows
            if (said := warning(one, now, _warn_days(tariff, one), today))
        ],
        today=today,
        plain=plain_number,
        may_order=ctx.person.role in _MONEY and bool(tariff and tariff.items),
    )


def _warn_days(tariff: Tariff | None, order: Order) -> tuple[int, ...]:
    """The days before its end on which an order is warned of, by the price book of its day."""
    item = tariff.item(order.item, order.day) if tariff else None
    if item is None or tariff is None:
        return ()
    bought = tariff.item(item.in_days_of, order.day) if item.in_days_of else item
    return bought.warn_days if bought else ()


def new(ctx: Context) -> Response:
    """The form of an order."""
    return _new(ctx, {})


def add(ctx: Context) -> Response:
    """Order something for one school or several."""
    tariff = found(tariff_of(ctx))
    chosen = [one for one in ctx.lists.get("school", ()) if one]
    shares = {one: ctx.form.get(f"share-{one}", "") for one in chosen}
    try:
        with ctx.db.write() as db:
            customer = ctx.form.get("customer", "")
            order = order_store.add_order(
                ctx.scope,
                db,
                tariff,
                read_order(ctx.form, chosen, shares, customer),
                ctx.person.name,
            )
            access.audit(ctx.scope, db, "ordered", "order", order.id)
    except Refused as error:
        return _new(ctx, {"item": str(error)})
    return ctx.redirect(f"/billing/orders/{order.id}", "The order stands on the bill.")


def _new(ctx: Context, problems: Mapping[str, str]) -> Response:
    tariff = found(tariff_of(ctx))
    with ctx.db.read() as db:
        today = db.today
        schools = access.schools(ctx.scope, db)
    items = [one for one in tariff.items if item_on(tariff.items, one.id, today) is one]
    return ctx.render(
        "billing/order-new.html",
        status=422 if problems else 200,
        title="New order",
        items=[
            *((one.id, one.name) for one in items),
            *((one.id, f"{one.name} (free to every school)") for one in tariff.statutory_free),
        ],
        kinds=[(one.kind, one.kind) for one in tariff.customers],
        schools=schools,
        chosen=set(ctx.lists.get("school", ())),
        surcharges=tariff.surcharges,
        today=today,
        problems=problems,
        form=ctx.form,
    )


def one(ctx: Context) -> Response:
    """One order: what was bought, by whom, and what became of it."""
    return _one(ctx, {})


def add_event(ctx: Context) -> Response:
    """Enter what befell an order."""
    tariff, ident = found(tariff_of(ctx)), ctx.path["id"]
    try:
        with ctx.db.write() as db:
            event = read_event(ctx.form, tariff.cancellation, db.today, ctx.person.name)
            if event.kind == Happening.KEPT and ctx.person.role is not Role.MANAGER:
                raise Refused("Only a manager keeps days longer.")  # noqa: TRY301
            order_store.add_event(ctx.scope, db, tariff, ident, event)
            access.audit(ctx.scope, db, f"order: {event.kind}", "order", ident)
    except Refused as error:
        return _one(ctx, {"entry": str(error)})
    return ctx.redirect(f"/billing/orders/{ident}", "It is entered.")


def _one(ctx: Context, problems: Mapping[str, str]) -> Response:
    with ctx.db.read() as db:
        order = order_store.order(ctx.scope, db, ctx.path["id"])
        events = order_store.history(ctx.scope, db, [order.id])[order.id]
        names = _names(ctx.scope, db)
        today = db.today
    now = balance(order, events)
    may_enter = ctx.person.role in _MONEY | {Role.OFFICER}
    return ctx.render(
        "billing/order.html",
        status=422 if problems else 200,
        title=order.name,
        order=order,
        names=names,
        now=now,
        state=_state(now, today),
        events=[(event, WORDS[Happening(event.kind)]) for event in events],
        whole=sum(share.share for share in order.shares),
        entries=list(ENTRIES.items()),
        may_enter=may_enter,
        plain=plain_number,
        problems=problems,
        form=ctx.form,
    )


def _state(now: Balance, today: date) -> str:
    if now.forfeited:
        return "Forfeited"
    if now.left <= 0:
        return "Used up"
    return "Lapsed" if now.lapsed(today) else "Open"


def _names(scope: Scope, db: Tx) -> dict[str, str]:
    return {school.id: school.name for school in access.schools(scope, db)}
