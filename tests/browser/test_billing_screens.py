"""The ledger, a document, the price book, days and the forecast, in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from every_page import faults, keyboard_reaches, sign_in
from hub_under_test import CHEAP, PASSWORD, SYSTEM
from ledgers import tariff_table
from live_hub import LiveHub, live_hub

from linkwork_hub.access import account_store
from linkwork_hub.access import store as access
from linkwork_hub.access.models import Person, SchoolFacts, Term
from linkwork_hub.billing import issuing, ledger_store, order_store
from linkwork_hub.billing.days import Happening, NewOrder, OrderEvent, Share
from linkwork_hub.billing.rules import contract_year
from linkwork_hub.billing.tariff import Tariff, read_tariff
from linkwork_hub.cases import store as cases
from linkwork_hub.db import Role

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.timeout(180)]
Axe = Callable[["Page"], list[str]]
NARROW: Any = {"width": 320, "height": 800}
TODAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
ISSUED = date(2026, 3, 2)


def both() -> Tariff:
    """Reading's annual charge beside Southampton's price book: every screen has something."""
    table = tariff_table("southampton") | {"methods": tariff_table("reading")["methods"]}
    made = read_tariff(table, file="authority.toml")
    assert made is not None
    return made


@pytest.fixture(scope="module")
def billed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    """Three schools, one of them a trust's, with cases, orders, documents and a dispute."""
    with live_hub(tmp_path_factory.mktemp("billed")) as hub:
        hub.clock.fixed = TODAY
        table = tariff_table("southampton") | {"methods": tariff_table("reading")["methods"]}
        hub.profile = hub.profile.model_copy(update={"tariff": table})
        hub.__post_init__()
        _fill(hub, both())
        yield hub


def _fill(hub: LiveHub, tariff: Tariff) -> None:
    facts = SchoolFacts("", date(2020, 9, 1), "900001", "Oak Lane Primary School with a long name",
                        "LA", "primary", roll=301, roll_date=date(2024, 10, 3))  # fmt: skip
    with hub.db.write() as db:
        schools = [
            access.add_school(SYSTEM, db, one)
            for one in (
                facts,
                replace(facts, urn="900002", name="Ash Park", school_type="academy", roll=1050),
                replace(facts, urn="900003", name="Yew Tree", roll=120),
            )
        ]
        for name, first, last in (
            ("Summer", date(2025, 4, 22), date(2025, 7, 22)),
            ("Autumn", date(2025, 9, 2), date(2025, 12, 19)),
        ):
            access.add_term(SYSTEM, db, Term("", name, "term", first, last))
        for number in range(14):
            day = date(2025, 1 + number % 7, 3)
            cases.add_imported(SYSTEM, db, schools[number % 2], f"OLD-{number}", day, None)
        shares = tuple(Share(one, n + 1) for n, one in enumerate(schools))
        order = NewOrder("ewo-day", date(2026, 2, 2), Decimal(3), shares, "LA")
        bought = order_store.add_order(SYSTEM, db, tariff, order, "Fin")
        event = OrderEvent(ISSUED, Happening.DELIVERED, "Two visits", "Olive", Decimal(1))
        order_store.add_event(SYSTEM, db, tariff, bought.id, event)
        year = contract_year(tariff, "2025-26")
        made = issuing.issue(SYSTEM, db, tariff, year, up_to=date(2025, 9, 1), by="Fin")
        issuing.dispute(SYSTEM, db, made.documents[0].id, "A case is not ours", "Fin")
        for role in (Role.FINANCE, Role.SCHOOL):
            reach = frozenset(schools) if role is Role.SCHOOL else frozenset[str]()
            person = Person("", f"{role.value}@x.test", "Test Person", role, True, reach)
            account_store.add_person(SYSTEM, db, person, password=CHEAP.hash(PASSWORD))


def _paths(hub: LiveHub) -> list[str]:
    with hub.db.read() as db:
        document = ledger_store.every_document(SYSTEM, db)[0]
        [order] = order_store.orders(SYSTEM, db)
        school = order.shares[0].school_id
    return [
        "/billing/prices",
        "/billing/days",
        f"/billing/orders/{order.id}",
        f"/billing/documents/{document.id}",
        f"/billing/{school}/2025-26",
        "/billing",
        "/billing/ledger?year=2025-26",
        "/billing/ledger?year=2025-26&due=now",
        "/billing/statements?year=2025-26",
        "/billing/forecast",
        "/billing/orders/new",
    ]


@pytest.mark.parametrize("role", ["finance", "school"])
def test_every_screen_of_billing_is_sound_down_to_320_pixels_and_for_the_keyboard(
    browser_page: Page, billed: LiveHub, axe: Axe, role: str
) -> None:
    sign_in(browser_page, billed.url, f"{role}@x.test", PASSWORD)
    found = []
    for path in _paths(billed)[: 5 if role == "school" else None]:
        answer = browser_page.goto(billed.url + path)
        assert answer is not None
        assert answer.status == 200, path
        found += faults(browser_page, path, axe)
        found += [f"{path}: no key reaches {one}" for one in keyboard_reaches(browser_page)]
        browser_page.set_viewport_size(NARROW)
        wide = browser_page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        found += [f"{path} at 320: {wide} pixels sideways"] if wide > 0 else []
        browser_page.set_viewport_size({"width": 1280, "height": 900})
    assert not found, "\n".join(found)


def test_documents_are_issued_and_one_is_opened_without_a_mouse(
    browser_page: Page, billed: LiveHub
) -> None:
    sign_in(browser_page, billed.url, "finance@x.test", PASSWORD)
    browser_page.goto(f"{billed.url}/billing/ledger?year=2025-26&due=now")
    browser_page.locator("#issue").focus()
    with browser_page.expect_navigation():
        browser_page.keyboard.press("Enter")
    assert "documents were issued" in browser_page.content()
    browser_page.locator("main a[href^='/billing/documents/']").first.focus()
    with browser_page.expect_navigation():
        browser_page.keyboard.press("Enter")
    browser_page.locator("summary").first.focus()
    browser_page.keyboard.press("Enter")
    assert browser_page.locator("details[open] li").count() > 0
