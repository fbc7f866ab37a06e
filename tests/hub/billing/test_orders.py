"""Days that are bought, shared, cancelled, lost and kept, by Southampton's agreement."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hub_under_test import FixedClock
from ledgers import whole_tariff

from linkwork.errors import NotAllowed, Refused
from linkwork_hub.access import store as access
from linkwork_hub.access.models import SchoolFacts
from linkwork_hub.billing import order_store, store
from linkwork_hub.billing.days import (
    Balance,
    Happening,
    NewOrder,
    Order,
    OrderEvent,
    Share,
    balance,
    is_late,
    price,
    warning,
)
from linkwork_hub.billing.models import Bill, Kind
from linkwork_hub.billing.rules import contract_year
from linkwork_hub.billing.tariff import Tariff
from linkwork_hub.db import Database, Role, Scope

SYSTEM = Scope.system()
MARCH = date(2026, 3, 2)
TARIFF = whole_tariff("southampton")
YEAR = contract_year(TARIFF, "2025-26")


def new(**changes: object) -> NewOrder:
    """One day for one school of the council's, ordered on 2 March 2026."""
    plain = NewOrder("ewo-day", MARCH, Decimal(1), (Share("sch_1", 1),), "LA")
    return replace(plain, **changes)  # type: ignore[arg-type]


def priced(order: NewOrder, tariff: Tariff = TARIFF) -> Order:
    return price(tariff, order, "ord_1")


def test_an_order_keeps_the_price_of_its_day_and_one_last_day() -> None:
    made = priced(new(quantity=Decimal("2.5")))
    assert (made.unit_pence, made.amount_pence) == (38200, 95500)
    assert made.expires == date(2026, 3, 31)


@pytest.mark.serves("S80")
@pytest.mark.parametrize(
    ("day", "expires"),
    [
        (date(2025, 4, 1), date(2026, 3, 31)),
        (date(2025, 12, 31), date(2026, 3, 31)),
        (date(2026, 3, 31), date(2026, 3, 31)),
    ],
)
def test_every_order_stores_its_one_explicit_last_day(day: date, expires: date) -> None:
    assert priced(new(day=day)).expires == expires


@pytest.mark.serves("S39")
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"quantity": Decimal("0.5")}, "At least 1 day is bought; 0.5 is less"),
        ({"quantity": Decimal("1.3")}, "in steps of 0.5"),
        ({"day": date(2026, 4, 1)}, "cannot be bought on 1 April 2026"),
        ({"item": "casework", "day": date(2026, 4, 1)}, "bought in days of ewo-day"),
        ({"item": "moon"}, "moon cannot be bought"),
        ({"item": "bespoke"}, "agreed for each order: write it"),
        ({"unit_pence": 30000}, "The price of Education Welfare Officer, one day is £382.00"),
        ({"shares": ()}, "Name each school"),
        ({"shares": (Share("a", 1), Share("a", 2))}, "Name each school"),
        ({"shares": (Share("a", 0),)}, "A share is a whole number above nothing"),
    ],
)
def test_an_order_that_cannot_be_priced_is_refused_with_what_is_missing(
    changes: dict[str, object], words: str
) -> None:
    with pytest.raises(Refused, match=words):
        priced(new(**changes))


def test_an_activity_is_bought_in_days_and_a_bespoke_request_at_its_agreed_price() -> None:
    visits, bespoke = (
        priced(new(item="home-visits", quantity=Decimal(2))),
        priced(new(item="bespoke", unit_pence=15000)),
    )
    assert (visits.kind, visits.amount_pence, visits.unit) == (Kind.DAY, 76400, "day")
    assert (bespoke.kind, bespoke.amount_pence, bespoke.expires) == (Kind.ADHOC, 15000, None)


@pytest.mark.serves("S2")
def test_statutory_work_stands_on_a_line_of_its_own_at_nothing(database: Database) -> None:
    school = three_schools(database)[0]
    for item in ("court-work", "ewo-day"):
        buy(database, new(item=item, shares=(Share(school, 1),)))
    with database.read() as db:
        made = store.bill_of(SYSTEM, db, TARIFF, school, YEAR)
    assert isinstance(made, Bill)
    assert {line.kind: line.amount_pence for line in made.lines} == {
        Kind.STATUTORY: 0, Kind.DAY: 38200,
    }  # fmt: skip
    with pytest.raises(Refused, match="is free to every school"):
        priced(new(item="court-work", unit_pence=1))
    # A setting outside the council pays a surcharge on what it buys, and none on this.
    assert priced(new(item="court-work", customer="external")).surcharge_pence == 0


@pytest.mark.serves("S67")
def test_a_setting_or_staff_outside_the_council_pays_a_surcharge_agreed_case_by_case() -> None:
    with pytest.raises(Refused, match="agreed case by case"):
        priced(new(customer="external"))
    outside = priced(new(customer="external", surcharge_pence=4500))
    assert (outside.surcharge_pence, "travel included" in outside.surcharge) == (4500, True)
    assert priced(new(customer="external", surcharge_pence=0)).surcharge_pence == 0
    with pytest.raises(Refused, match="agreed case by case"):
        priced(new(staff=True))
    with pytest.raises(Refused, match="no surcharge for customers of kind LA"):
        priced(new(surcharge_pence=100))


@pytest.mark.parametrize(("figure", "pence"), [({"percent": 10}, 7640), ({"pence": 2000}, 4000)])
def test_a_printed_surcharge_is_worked_out(figure: dict[str, int], pence: int) -> None:
    rule = {"id": "out", "name": "Out", "reason": "setting", "customers": ["external"], **figure}
    made = priced(
        new(customer="external", quantity=Decimal(2)),
        whole_tariff("southampton", surcharges=[rule]),
    )
    assert made.surcharge_pence == pence


@pytest.mark.serves("S71")
@pytest.mark.parametrize(
    ("told", "informed", "late"),
    [
        (date(2026, 3, 9), False, False),
        (date(2026, 3, 10), False, True),
        (date(2026, 3, 10), True, False),
    ],
    ids=["the day before", "on the morning", "on the morning, with an attempt to tell"],
)
def test_a_day_cancelled_on_the_morning_is_charged_unless_the_service_was_told(
    told: date, informed: bool, late: bool
) -> None:
    assert TARIFF.cancellation is not None
    assert is_late(TARIFF.cancellation, date(2026, 3, 10), told, informed=informed) is late


@pytest.mark.serves("S69")
@pytest.mark.parametrize(
    ("today", "left", "warned"),
    [
        (date(2025, 12, 30), 1, False),
        (date(2025, 12, 31), 1, True),
        (date(2026, 3, 31), 1, True),
        (date(2026, 4, 1), 1, False),
        (date(2026, 3, 31), 0, False),
    ],
)
def test_a_school_with_days_left_is_warned_from_90_days_before_their_end(
    today: date, left: int, warned: bool
) -> None:
    order = priced(new(quantity=Decimal(2)))
    nothing = Decimal(0)
    now = Balance(Decimal(2), Decimal(2 - left), nothing, nothing, order.expires)
    item = TARIFF.item("ewo-day", MARCH)
    assert item is not None
    said = warning(order, now, item.warn_days, today)
    assert (said is not None) == warned
    assert said is None or "Education Welfare Officer, one day: 1 of 2 left" in said


FACTS = SchoolFacts("", date(2020, 9, 1), "900001", "Oak Lane", "LA", "primary", roll=300)


def three_schools(database: Database) -> list[str]:
    with database.write() as db:
        return [
            access.add_school(SYSTEM, db, replace(FACTS, urn=f"90000{n}", name=f"School {n}"))
            for n in range(3)
        ]


def buy(database: Database, order: NewOrder) -> Order:
    with database.write() as db:
        return order_store.add_order(SYSTEM, db, TARIFF, order, "Fin")


def tell(
    database: Database, order: Order, kind: Happening, quantity: str = "0", **more: object
) -> None:
    event = OrderEvent(MARCH, kind, "a reason", "Olive", Decimal(quantity), **more)  # type: ignore[arg-type]
    with database.write() as db:
        order_store.add_event(SYSTEM, db, TARIFF, order.id, replace(event, day=db.today))


def standing(database: Database, order: Order) -> Balance:
    with database.read() as db:
        return balance(order, order_store.history(SYSTEM, db, [order.id])[order.id])


@pytest.mark.serves("S40")
def test_a_day_bought_by_three_schools_is_divided_to_the_penny(database: Database) -> None:
    schools = three_schools(database)
    order = buy(database, new(shares=tuple(Share(one, 1) for one in schools)))
    with database.read() as db:
        bills = store.bills(SYSTEM, db, TARIFF, YEAR)
    lines = [bill.lines for bill in bills if isinstance(bill, Bill)]
    assert [line[0].amount_pence for line in lines] == [12734, 12733, 12733]
    assert sum(line[0].amount_pence for line in lines) == 38200
    cause = lines[1][0].cause[0]
    assert cause.what == order.id
    assert "1 day at £382.00, share 1 of 3" in cause.detail


def test_a_school_sees_the_orders_it_shares_and_no_other(database: Database) -> None:
    one, two, three = three_schools(database)
    order = buy(database, new(shares=(Share(one, 1), Share(two, 1))))
    for school, sees in ((one, True), (two, True), (three, False)):
        scope = Scope(Role.SCHOOL, "per_1", frozenset({school}))
        with database.read() as db:
            assert [o.id for o in order_store.orders(scope, db)] == ([order.id] if sees else [])
            if not sees:
                with pytest.raises(NotAllowed):
                    order_store.order(scope, db, order.id)


@pytest.mark.serves("S64")
@pytest.mark.serves("S68")
def test_unused_days_are_forfeited_on_1_april_once_and_kept_only_with_a_reason(
    database: Database, clock: FixedClock
) -> None:
    order = buy(database, new(quantity=Decimal(3), shares=(Share(three_schools(database)[0], 1),)))
    tell(database, order, Happening.DELIVERED, "1")
    clock.advance(days=29)
    with database.write() as db:
        assert db.today == date(2026, 3, 31)
        assert order_store.forfeit_lapsed(SYSTEM, db) == 0
    clock.advance(days=1)
    for lapsed in (1, 0, 0):
        with database.write() as db:
            assert order_store.forfeit_lapsed(SYSTEM, db) == lapsed
    assert standing(database, order).forfeited == 2
    assert standing(database, order).left == 0
    with pytest.raises(Refused, match="Only 0 is left"):
        tell(database, order, Happening.DELIVERED, "1")
    bare = OrderEvent(date(2026, 4, 1), Happening.KEPT, "", "Man", Decimal(1), date(2026, 5, 1))
    with database.write() as db, pytest.raises(Refused, match="Write the reason"):
        order_store.add_event(SYSTEM, db, TARIFF, order.id, bare)
    tell(database, order, Happening.KEPT, "1", until=date(2026, 4, 30))
    assert standing(database, order).left == 1
    assert standing(database, order).forfeited == 1
    tell(database, order, Happening.DELIVERED, "1")
    clock.advance(days=40)
    with database.write() as db:
        assert order_store.forfeit_lapsed(SYSTEM, db) == 0
    assert standing(database, order).left == 0


@pytest.mark.serves("S70")
def test_a_day_is_not_delivered_only_after_the_school_was_tried(database: Database) -> None:
    order = buy(database, new(shares=(Share(three_schools(database)[0], 1),)))
    for tried in range(2):
        with pytest.raises(Refused, match=f"tried {tried} of 2 times"):
            tell(database, order, Happening.NOT_DELIVERED, "1")
        tell(database, order, Happening.ATTEMPT)
    tell(database, order, Happening.NOT_DELIVERED, "1")
    assert standing(database, order).lost == 1
    assert standing(database, order).left == 0
    with database.read() as db:
        log = order_store.history(SYSTEM, db, [order.id])[order.id]
    assert [event.kind for event in log] == ["contact-attempt"] * 2 + ["not-delivered"]
    assert all(event.note == "a reason" for event in log)


@pytest.mark.parametrize(
    ("kind", "left"), [(Happening.CANCELLED, 1), (Happening.CANCELLED_LATE, 0)]
)
def test_a_cancelled_day_comes_back_only_when_it_was_told_in_time(
    database: Database, kind: Happening, left: int
) -> None:
    order = buy(database, new(shares=(Share(three_schools(database)[0], 1),)))
    tell(database, order, kind, "1")
    assert standing(database, order).left == left


def test_no_more_is_delivered_than_was_bought(database: Database) -> None:
    order = buy(database, new(shares=(Share(three_schools(database)[0], 1),)))
    with pytest.raises(Refused, match="Only 1 is left"):
        tell(database, order, Happening.DELIVERED, "1.5")
    with pytest.raises(Refused, match="more than nothing"):
        tell(database, order, Happening.DELIVERED, "0")
