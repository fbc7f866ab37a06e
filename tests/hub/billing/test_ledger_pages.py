"""The ledger in the browser: issued, opened to its causes, disputed, issued again; and orders."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import openpyxl
import pypdf
import pytest
from hub_under_test import CHEAP, Browser, HubUnderTest
from ledgers import tariff_table

from linkwork_hub import app
from linkwork_hub.access import store as access
from linkwork_hub.access.models import Term
from linkwork_hub.access.profile import Profile
from linkwork_hub.cases import store as cases
from linkwork_hub.db import Role, Scope

SYSTEM = Scope.system()


def with_tariff(hub: HubUnderTest, profile: Profile, name: str) -> HubUnderTest:
    """The same hub under another tariff."""
    changed = profile.model_copy(update={"tariff": tariff_table(name)})
    built = app.build(hub.db, changed, address="http://hub.test", hasher=CHEAP, keys=hub.keys)
    return replace(hub, built=built, profile=changed, browsers=[])


@pytest.fixture
def books(hub: HubUnderTest, reading: Profile) -> Iterator[HubUnderTest]:
    """Reading's prices with VAT and accounts; one school with two cases, terms that are over."""
    school = hub.add_school(roll=301)
    with hub.db.write() as db:
        for ref in ("OLD-7", "OLD-8"):
            cases.add_imported(SYSTEM, db, school, ref, date(2025, 2, 3), None)
        for name, first, last in (
            ("Summer", date(2025, 4, 22), date(2025, 7, 22)),
            ("Autumn", date(2025, 9, 2), date(2025, 12, 19)),
        ):
            access.add_term(SYSTEM, db, Term("", name, "term", first, last))
    with with_tariff(hub, reading, "reading") as made:
        yield made


@pytest.fixture
def shop(hub: HubUnderTest, reading: Profile) -> Iterator[HubUnderTest]:
    """Southampton's prices and three schools."""
    for number in (1, 2, 3):
        hub.add_school(f"90000{number}", f"School {number}")
    with with_tariff(hub, reading, "southampton") as made:
        yield made


def links(page: str, start: str) -> list[str]:
    found = [part.split('"')[0] for part in page.split('href="')[1:]]
    return [one for one in found if one.startswith(start) and not one.endswith(".pdf")]


def issued(books: HubUnderTest) -> tuple[Browser, list[str]]:
    finance = books.sign_in(Role.FINANCE)
    assert finance.post("/billing/ledger", {"year": "2025-26"}).status_code == 303
    return finance, links(finance.get("/billing/ledger?year=2025-26").text, "/billing/documents/")


def test_what_is_due_is_shown_then_issued_then_nothing_is_due(books: HubUnderTest) -> None:
    finance = books.sign_in(Role.FINANCE)
    before = finance.get("/billing/ledger?year=2025-26&due=now").text
    assert "Issue these documents" in before
    assert "No document of 2025-26 was issued yet" in before
    _, documents = issued(books)
    assert len(documents) == 2
    after = finance.get("/billing/ledger?year=2025-26&due=now").text
    assert "Nothing is due that was not issued before" in after
    assert "£1,360.00 before VAT" in after
    assert finance.post("/billing/ledger", {"year": "2025-26"}).status_code == 303
    assert len(links(finance.get("/billing/ledger?year=2025-26").text, "/billing/documents/")) == 2


def test_a_statement_leads_to_the_documents_of_one_customer(books: HubUnderTest) -> None:
    finance, documents = issued(books)
    page = finance.get("/billing/statements?year=2025-26").text
    assert "£1,360.00" in page
    [one] = links(page, "/billing/ledger?year=2025-26&amp;payer=")
    mine = finance.get(one.replace("&amp;", "&")).text
    assert "Issued to Fernhill Primary" in mine
    assert links(mine, "/billing/documents/") == documents


def test_a_document_opens_to_its_cases_on_page_and_paper(books: HubUnderTest) -> None:
    finance, documents = issued(books)
    page = finance.get(documents[0]).text
    for words in ("OLD-7", "OLD-8", "opened 3 February 2025, still open", "301 on roll"):
        assert words in page
    paper = finance.get(f"{documents[0]}.pdf")
    text = "".join(p.extract_text() for p in pypdf.PdfReader(io.BytesIO(paper.content)).pages)
    assert "JNL-00000" in text
    assert "OLD-7" in text
    assert "Education Welfare" in text


def test_a_dispute_is_logged_settled_or_issued_again(books: HubUnderTest) -> None:
    finance, [newest, first] = issued(books)
    assert finance.post(f"{newest}/dispute", {"note": ""}).status_code == 422
    assert finance.post(f"{newest}/dispute", {"note": "Not our case"}).status_code == 303
    assert "The customer disputes this document" in finance.get(newest).text
    assert "disputed" in finance.get("/billing/ledger?year=2025-26").text
    assert finance.post(f"{newest}/settle", {"settled": "Agreed by phone"}).status_code == 303
    assert "Agreed by phone" in finance.get(newest).text
    assert finance.post(f"{first}/reissue", {"reason": " "}).status_code == 422
    assert finance.post(f"{first}/reissue", {"reason": "Wrong order number"}).status_code == 303
    page = finance.get(first).text
    assert "Credit note CRN-000001" in page
    assert "Wrong order number" in page


def test_a_school_sees_its_own_documents_and_cannot_act_on_them(books: HubUnderTest) -> None:
    _, documents = issued(books)
    with books.db.read() as db:
        [school] = access.schools(SYSTEM, db)
    browser = books.sign_in(Role.SCHOOL, schools=(school.id,))
    bill = browser.get(f"/billing/{school.id}/2025-26").text
    assert set(links(bill, "/billing/documents/")) == set(documents)
    page = browser.get(documents[0])
    assert page.status_code == 200
    assert "Log the dispute" not in page.text


def test_without_accounts_the_ledger_says_what_to_write(hub: HubUnderTest) -> None:
    page = hub.sign_in(Role.FINANCE).get("/billing/ledger").text
    assert "Add <span" in page
    assert "[tariff.finance]" in page
    answer = hub.sign_in(Role.FINANCE).post("/billing/ledger", {"year": "2025-26"})
    assert answer.status_code == 422
    assert "add [tariff.finance]" in answer.text


def test_the_workbook_of_all_bills_can_be_opened(books: HubUnderTest) -> None:
    answer = books.sign_in(Role.FINANCE).get("/billing.xlsx?year=2025-26")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert [sheet.title for sheet in book] == ["Schools", "Lines", "Causes", "Not billed"]


def test_the_forecast_tells_what_is_certain_and_what_the_pace_says(books: HubUnderTest) -> None:
    page = books.sign_in(Role.MANAGER).get("/billing/forecast").text
    assert "Forecast of cases 2026-27" in page
    assert "2 cases, £360.00" in page


@pytest.mark.serves("R39")
@pytest.mark.serves("R40")
def test_packages_and_single_services_stand_in_readings_catalogue_and_on_the_bill(
    books: HubUnderTest,
) -> None:
    finance = books.sign_in(Role.FINANCE)
    page = finance.get("/billing/prices").text
    assert "Annual contract or package" in page
    assert "Ad hoc support, ordered singly" in page
    with books.db.read() as db:
        [school] = access.schools(SYSTEM, db)
    for item, price in (("package", "500"), ("ad-hoc", "75.50")):
        form = {"item": item, "day": "2026-02-02", "customer": "LA", "price": price}
        answer = finance.post("/billing/orders/new", form | {"school": school.id})
        assert answer.status_code == 303, answer.text
    bill = finance.get(f"/billing/{school.id}/2025-26").text
    assert "£500.00" in bill
    assert "£75.50" in bill


def order(shop: HubUnderTest, **more: object) -> tuple[Browser, str]:
    """A day for two schools; the browser of finance and the order's address."""
    with shop.db.read() as db:
        one, two, _three = access.schools(SYSTEM, db)
    finance = shop.sign_in(Role.FINANCE)
    form = {
        "item": "ewo-day", "day": "2026-02-02", "quantity": "2", "customer": "LA",
        "school": [one.id, two.id], f"share-{one.id}": "3", f"share-{two.id}": "1", **more,
    }  # fmt: skip
    answer = finance.post("/billing/orders/new", form)
    assert answer.status_code == 303, answer.text
    return finance, answer.headers["location"]


def test_a_shared_order_is_on_each_schools_bill_by_its_share(shop: HubUnderTest) -> None:
    finance, address = order(shop)
    assert "3 of 4" in finance.get(address).text
    with shop.db.read() as db:
        one, two, three = access.schools(SYSTEM, db)
    for school, pounds in ((one, "£573.00"), (two, "£191.00"), (three, "£0.00")):
        assert pounds in finance.get(f"/billing/{school.id}/2025-26").text


@pytest.mark.serves("S69")
def test_remaining_days_burn_down_and_the_school_is_warned(shop: HubUnderTest) -> None:
    finance, address = order(shop)
    with shop.db.read() as db:
        one, _two, three = access.schools(SYSTEM, db)
    officer = shop.sign_in(Role.OFFICER, schools=(one.id,))
    entry = {"entry": "delivered", "quantity": "1.5", "note": "Two visits"}
    assert officer.post(f"{address}/events", entry).status_code == 303
    page = shop.sign_in(Role.SCHOOL, schools=(one.id,)).get("/billing/days").text
    assert "Education Welfare Officer, one day: 0.5 of 2 left" in page
    assert "in 29 days" in page
    assert "another school" in page
    other = shop.sign_in(Role.SCHOOL, schools=(three.id,)).get("/billing/days").text
    assert "Nothing was ordered yet" in other
    assert "Delivered" in finance.get(address).text


@pytest.mark.serves("S71")
def test_a_cancellation_on_the_morning_is_charged_on_the_page_too(shop: HubUnderTest) -> None:
    finance, address = order(shop)
    told = {"entry": "cancel", "booked": "2026-03-02", "informed": "no", "quantity": "1"}
    assert finance.post(f"{address}/events", told).status_code == 303
    assert "Cancelled at short notice, charged" in finance.get(address).text
    told |= {"booked": "2026-03-03"}
    assert finance.post(f"{address}/events", told).status_code == 303
    assert "Cancelled in time, free again" in finance.get(address).text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"item": "bespoke"}, "agreed for each order"),
        ({"quantity": "many"}, "Write the quantity as a number"),
        ({"day": "soon"}, "Write the day of the order"),
        ({"school": []}, "Name each school"),
        ({"customer": "external"}, "agreed case by case"),
        ({"price": "1.234"}, "whole pence"),
    ],
)
def test_an_order_that_cannot_be_taken_keeps_what_was_typed(
    shop: HubUnderTest, change: dict[str, object], words: str
) -> None:
    with shop.db.read() as db:
        school = access.schools(SYSTEM, db)[0]
    form = {"item": "ewo-day", "day": "2026-02-02", "customer": "LA", "school": school.id}
    form |= {"note": "For the spring"}
    answer = shop.sign_in(Role.FINANCE).post("/billing/orders/new", form | change)
    assert answer.status_code == 422
    assert words in answer.text
    assert "For the spring" in answer.text


def test_only_a_manager_keeps_days_longer(shop: HubUnderTest) -> None:
    finance, address = order(shop)
    kept = {"entry": "kept", "quantity": "1", "until": "2026-05-01", "note": "Officer was ill"}
    answer = finance.post(f"{address}/events", kept)
    assert answer.status_code == 422
    assert "Only a manager" in answer.text
    manager = shop.sign_in(Role.MANAGER)
    assert "Only 0 of this order was forfeited" in manager.post(f"{address}/events", kept).text
