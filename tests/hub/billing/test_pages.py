"""Bills in the browser: who may see them, what each line opens to, and what never shows."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date

import pypdf
import pytest
from hub_under_test import CHEAP, HubUnderTest

from linkwork.wire import Identity
from linkwork_hub import app
from linkwork_hub.access import profile
from linkwork_hub.access import store as access
from linkwork_hub.access.models import Term
from linkwork_hub.billing import store
from linkwork_hub.billing.cost_form import read_cost
from linkwork_hub.billing.models import ContractYear, Kind, Period
from linkwork_hub.cases import store as cases
from linkwork_hub.cases.models import Door, NewCase, read_pathway
from linkwork_hub.db import Role, Scope
from linkwork_hub.referrals import store as referrals

SYSTEM = Scope.system()
CANARY = "Zebediah Canaryname"
PSEUDONYM = "p_k3qx7m2aaaaaaaaaaaaaaaaaaa"


@pytest.fixture
def billed_school(hub: HubUnderTest) -> str:
    """A school with one old case, one named pupil's case of this year, and terms."""
    school = hub.add_school(roll=301)
    pathway = read_pathway(hub.profile.section("pathway"))
    forename, surname = CANARY.split()
    identity = Identity(pupil_id="P1", upn="A123", surname=surname, forename=forename)
    with hub.db.write() as db:
        cases.add_imported(SYSTEM, db, school, "OLD-7", date(2025, 2, 3), None)
        candidate = referrals.start(
            SYSTEM, db, school, PSEUDONYM, "penalty-window", date(2026, 2, 2), "12 sessions"
        )
        basis = (referrals.RETURN, "ret_1")
        referrals.keep_identity(SYSTEM, db, school, PSEUDONYM, identity, basis, date(2026, 2, 2))
        new = NewCase(Door.DIRECT, school, PSEUDONYM, candidate, None, f"About {CANARY}")
        cases.open_case(SYSTEM, db, "RDG", pathway, new, "Olive")
        for name, first, last in (
            ("Summer", date(2025, 4, 22), date(2025, 7, 22)),
            ("Autumn", date(2025, 9, 2), date(2025, 12, 19)),
        ):
            access.add_term(SYSTEM, db, Term("", name, "term", first, last))
    return school


def test_the_list_shows_every_school_the_total_and_the_years(
    hub: HubUnderTest, billed_school: str
) -> None:
    hub.add_school("900002", "Ash Park", school_type="academy", roll=1050)
    page = hub.sign_in(Role.FINANCE).get("/billing").text
    assert "Billing 2025-26" in page
    assert "£1,180.00" in page
    assert "£1,400.00" in page
    assert "£2,580.00" in page
    assert all(f'value="{label}"' in page for label in ("2024-25", "2025-26", "2026-27"))
    assert "&lt;" not in page


def test_another_year_counts_the_cases_of_its_own_academic_year(
    hub: HubUnderTest, billed_school: str
) -> None:
    page = hub.sign_in(Role.FINANCE).get(f"/billing/{billed_school}/2026-27").text
    assert "Cases open between 1 September 2025 and 31 August 2026" in page
    assert "£360.00" in page


def test_a_hub_without_schools_or_a_school_without_type_says_what_to_do(
    hub: HubUnderTest,
) -> None:
    browser = hub.sign_in(Role.MANAGER)
    assert "import schools FILE" in browser.get("/billing").text
    school = hub.add_school(school_type="")
    page = browser.get("/billing").text
    assert "1 school cannot be billed yet" in page
    assert "Fill school_type" in page
    assert "cannot be billed yet" in browser.get(f"/billing/{school}/2025-26").text
    assert browser.get(f"/billing/{school}/2025-26.pdf").status_code >= 400


def test_each_line_opens_to_what_it_counts_and_never_to_a_pupil(
    hub: HubUnderTest, billed_school: str
) -> None:
    browser = hub.sign_in(Role.FINANCE)
    texts = [
        browser.get("/billing").text,
        browser.get(f"/billing/{billed_school}/2025-26").text,
        browser.get(f"/billing/{billed_school}/2026-27").text,
        browser.get("/billing.csv?year=2026-27").text,
        pdf_text(browser.get(f"/billing/{billed_school}/2026-27.pdf").content),
    ]
    assert "OLD-7" in texts[1]
    assert "opened 3 February 2025, still open" in texts[1]
    assert "301 on roll" in texts[1]
    assert "counted 16 January 2025" in texts[1]
    assert "RDG-2026-0001" in texts[2]
    for secret in (*CANARY.split(), PSEUDONYM, "A123"):
        assert not any(secret in text for text in texts)
    # The control: an officer's page of the same case does hold the name.
    officer = hub.sign_in(Role.OFFICER, schools=(billed_school,))
    with hub.db.read() as db:
        case = cases.case_by_ref(SYSTEM, db, "RDG-2026-0001")
    assert case is not None
    assert CANARY in officer.get(f"/cases/{case.id}").text


def pdf_text(data: bytes) -> str:
    assert data.startswith(b"%PDF")
    reader = pypdf.PdfReader(io.BytesIO(data))
    return "\n".join(page.extract_text() for page in reader.pages)


def test_the_pdf_says_what_the_page_says(hub: HubUnderTest, billed_school: str) -> None:
    browser = hub.sign_in(Role.MANAGER)
    answer = browser.get(f"/billing/{billed_school}/2025-26.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    text = pdf_text(answer.content)
    for words in ("£1,180.00", "OLD-7", "22 July 2025", "19 December 2025", "2 March 2026"):
        assert words in text


def test_page_list_and_pdf_name_a_count_from_after_the_tariffs_date(
    hub: HubUnderTest, billed_school: str
) -> None:
    with hub.db.write() as db:
        known = access.facts_on(SYSTEM, db, billed_school, date(2025, 4, 1))
        later = replace(known, from_day=known.from_day, roll_date=date(2025, 10, 2))
        access.put_facts(SYSTEM, db, billed_school, later)
    browser = hub.sign_in(Role.FINANCE)
    assert "1 school billed from a later count" in browser.get("/billing").text
    assert "Some due dates are not known" not in browser.get("/billing").text
    page = browser.get(f"/billing/{billed_school}/2025-26").text
    paper = pdf_text(browser.get(f"/billing/{billed_school}/2025-26.pdf").content)
    for text in (page, " ".join(paper.split())):
        assert "counted 2 October 2025" in text
        assert "for 1 April 2025" in text


def test_the_csv_adds_up_to_the_pages_total(hub: HubUnderTest, billed_school: str) -> None:
    answer = hub.sign_in(Role.FINANCE).get("/billing.csv?year=2025-26")
    rows = csv.DictReader(io.StringIO(answer.text))
    assert sum(int(row["amount_pence"]) for row in rows) == 118000


def test_a_school_sees_its_own_bill_and_no_other_page_of_billing(
    hub: HubUnderTest, billed_school: str
) -> None:
    other = hub.add_school("900002", "Ash Park")
    browser = hub.sign_in(Role.SCHOOL, schools=(billed_school,))
    mine = browser.get(f"/billing/{billed_school}/2025-26")
    assert mine.status_code == 200
    assert "Add an additional cost" not in mine.text
    assert browser.get(f"/billing/{billed_school}/2025-26.pdf").status_code == 200
    for path in ("/billing", "/billing.csv", f"/billing/{other}/2025-26"):
        assert browser.get(path).status_code == 404


@pytest.mark.parametrize("role", [Role.OFFICER, Role.HUB_TEAM])
def test_officers_and_the_hub_team_have_no_bills(
    hub: HubUnderTest, billed_school: str, role: Role
) -> None:
    browser = hub.sign_in(role, schools=(billed_school,))
    assert browser.get("/billing").status_code == 404
    assert browser.get(f"/billing/{billed_school}/2025-26").status_code == 404


@pytest.mark.serves("R38")
def test_an_additional_cost_is_added_and_due_at_the_end_of_the_financial_year(
    hub: HubUnderTest, billed_school: str
) -> None:
    browser = hub.sign_in(Role.FINANCE)
    answer = browser.post(
        f"/billing/{billed_school}/2025-26/costs",
        {"kind": "adhoc", "what": "An assembly", "day": "2026-02-10", "price": "£120.50"},
    )
    assert answer.status_code == 303, answer.text
    page = browser.get(f"/billing/{billed_school}/2025-26").text
    assert "An assembly" in page
    assert "31 March 2026" in page
    assert "£1,300.50" in page


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"price": "many"}, "Write the price as a number"),
        ({"price": "1.234"}, "whole pence"),
        ({"price": "1e30"}, "at most a million"),
        ({"price": "NaN"}, "at most a million"),
        ({"price": "-5"}, "more than nothing"),
        ({"quantity": "0"}, "more than nothing"),
        ({"day": "10/02/2026"}, "Write the day of the cost like"),
        ({"day": "2026-04-01"}, "a day of the contract year 2025-26"),
        ({"kind": "base"}, "part of the annual bill"),
        ({"kind": "gold"}, "Choose what kind"),
        ({"what": ""}, "what the cost is for"),
    ],
)
def test_a_cost_that_cannot_be_read_is_refused_with_what_was_typed(
    hub: HubUnderTest, change: dict[str, str], words: str
) -> None:
    school = hub.add_school()
    form = {"kind": "adhoc", "what": "An assembly", "day": "2026-02-10", "price": "120.50"}
    answer = hub.sign_in(Role.FINANCE).post(f"/billing/{school}/2025-26/costs", form | change)
    assert answer.status_code == 422
    assert words in answer.text
    assert (form | change)["what"] in answer.text
    with hub.db.read() as db:
        year = ContractYear("2025-26", Period(date(2025, 4, 1), date(2026, 3, 31)))
        assert store.extras(SYSTEM, db, school, year) == []


def test_a_credit_is_typed_without_a_sign(year: ContractYear) -> None:
    form = {"kind": "credit", "what": "Goodwill", "day": "2026-02-10", "price": "50"}
    cost = read_cost(form, year)
    assert (cost.kind, cost.unit_pence) == (Kind.CREDIT, -5000)


def test_a_bad_year_in_the_address_is_answered_in_words(
    hub: HubUnderTest, billed_school: str
) -> None:
    browser = hub.sign_in(Role.FINANCE)
    for path in ("/billing?year=last", f"/billing/{billed_school}/2025-27"):
        answer = browser.get(path)
        assert 400 <= answer.status_code < 500
        assert "2025-26" in answer.text


def test_a_profile_without_a_tariff_bills_nothing_and_says_so(
    hub: HubUnderTest, reading: profile.Profile
) -> None:
    bare = reading.model_copy(update={"tariff": {}})
    built = app.build(hub.db, bare, address=hub.built.site.address, hasher=CHEAP, keys=hub.keys)
    with replace(hub, built=built, profile=bare, browsers=[]) as other:
        page = other.sign_in(Role.FINANCE).get("/billing")
    assert page.status_code == 200
    assert "has no tariff, so nothing is billed" in page.text
