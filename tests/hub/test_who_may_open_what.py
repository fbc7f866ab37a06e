"""Every route, every role, own and other school: the table here and the pages must agree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from casework import Casework, casework, ill, notice, record_returns
from hub_under_test import Browser, HubUnderTest
from ledgers import whole_tariff
from papers import contract
from years import issued, plan_agreed

from linkwork_hub.access import account_store
from linkwork_hub.access import store as access
from linkwork_hub.access.models import SLOTS
from linkwork_hub.billing import issuing, order_store
from linkwork_hub.billing.days import NewOrder, Share
from linkwork_hub.billing.rules import contract_year
from linkwork_hub.db import Role, Scope
from linkwork_hub.meetings import group_store
from linkwork_hub.meetings.work_models import GroupProgramme
from linkwork_hub.web import EVERYONE, Machine, Page

SYSTEM = Scope.system()
LETTERS = {
    "O": Role.OFFICER,
    "M": Role.MANAGER,
    "F": Role.FINANCE,
    "H": Role.HUB_TEAM,
    "N": Role.HEALTH_NEEDS,
    "S": Role.SCHOOL,
}
#: Who may open or send what. "-" is open to anyone. A new route needs a row here.
MAY = {
    "GET /": "OMFHNS",
    "GET /static/{digest}/{name}": "-",
    "GET /sign-in": "-",
    "POST /sign-in": "-",
    "POST /sign-out": "OMFHNS",
    "GET /password": "OMFHNS",
    "POST /password": "OMFHNS",
    "GET /people": "M",
    "GET /people/new": "M",
    "POST /people/new": "M",
    "GET /people/{person_id}": "M",
    "POST /people/{person_id}": "M",
    "GET /audit": "MH",
    "GET /schools": "OMFHNS",
    "GET /schools/{school_id}": "OMFHNS",
    "POST /schools/{school_id}/preferences": "OMS",
    "POST /schools/{school_id}/link-officer": "M",
    "GET /feeds": "OMH",
    "GET /feeds/{school_id}": "OMH",
    "POST /feeds/{school_id}/join-string": "H",
    "POST /feeds/{school_id}/confirm": "H",
    "POST /feeds/{school_id}/revoke": "H",
    "POST /feeds/{school_id}/alarms": "H",
    "GET /returns": "OMS",
    "GET /returns/missing": "OMS",
    "GET /returns/record": "OMS",
    "GET /returns/record/{id}": "OMS",
    "GET /returns/{id}": "OMS",
    "GET /on-offer": "OM",
    "GET /pupils": "OM",
    "GET /pupils/{id}": "OM",
    "POST /pupils/{id}/decide": "OM",
    "POST /requests/{id}/answer": "OMS",
    "GET /health-needs": "MN",
    "GET /health-needs/{id}": "MN",
    "POST /health-needs/{id}/step": "MN",
    "GET /referrals": "OMS",
    "GET /referrals/{id}": "OMS",
    "POST /referrals/{id}/return": "OM",
    "POST /referrals/{id}/accept": "OM",
    "GET /pupils/{id}/open": "OM",
    "POST /pupils/{id}/open": "OM",
    "GET /cases": "OM",
    "GET /cases/{id}": "OM",
    "POST /cases/{id}/work": "OM",
    "POST /cases/{id}/move": "OM",
    "POST /cases/{id}/officer": "OM",
    "POST /cases/{id}/close": "OM",
    "POST /cases/{id}/notice": "OM",
    "POST /cases/{id}/notice/became": "OM",
    "POST /cases/{id}/void": "OM",
    "POST /cases/{id}/actions": "OM",
    "GET /actions": "OMS",
    "GET /actions/{id}": "OMS",
    "POST /actions/{id}/withdraw": "OM",
    "POST /actions/{id}/word": "OM",
    "GET /meetings": "OMS",
    "GET /meetings/plan/{school_id}": "OMS",
    "POST /meetings/plan/{school_id}": "OMS",
    "GET /meetings/gather/{school_id}": "OM",
    "POST /meetings/gather/{school_id}": "OM",
    "GET /meetings/chairs": "M",
    "POST /meetings/chairs": "M",
    "POST /meetings/chairs/end": "M",
    "GET /meetings/duty": "OM",
    "POST /meetings/duty": "M",
    "POST /meetings/duty/day": "M",
    "GET /groups": "OMS",
    "GET /groups/new/{school_id}": "OM",
    "POST /groups/new/{school_id}": "OM",
    "GET /groups/{id}": "OMS",
    "POST /groups/{id}/measures": "OM",
    "POST /groups/{id}/sessions": "OM",
    "POST /groups/{id}/close": "OM",
    "GET /queries": "OMS",
    "POST /queries": "OMS",
    "POST /queries/{id}/answer": "OM",
    "GET /meetings/week": "OMS",
    "GET /meetings/programme": "OMS",
    "GET /meetings/term": "OM",
    "POST /meetings/term": "OM",
    "GET /meetings/rearrange": "OM",
    "POST /meetings/rearrange": "OM",
    "GET /meetings/diary": "OMS",
    "POST /meetings/diary": "OMS",
    "POST /meetings/diary/drop": "OMS",
    "POST /meetings/diary/feed": "OMS",
    "POST /meetings/diary/revoke": "OMS",
    "GET /meetings/visits/{school_id}": "OMS",
    "POST /meetings/visits/{school_id}": "OMS",
    "GET /meetings/{id}.ics": "OMS",
    "GET /meetings/{id}": "OMS",
    "GET /meetings/{id}/record": "OMS",
    "POST /meetings/{id}/record": "OM",
    "POST /meetings/{id}/there": "OM",
    "GET /meetings/{id}/pack": "OMS",
    "GET /meetings/{id}/pack.docx": "OMS",
    "GET /meetings/{id}/pack.pdf": "OMS",
    "POST /meetings/{id}/record/agree": "OM",
    "POST /meetings/{id}/record/confirm": "S",
    "POST /actions/{id}/carry": "OM",
    "POST /actions/{id}/escalate": "OM",
    "POST /meetings/{id}/actions": "OM",
    "POST /meetings/{id}/cancel": "OM",
    "POST /meetings/{id}/chair": "OM",
    "POST /meetings/{id}/caution": "OM",
    "GET /meetings/{id}/families": "OMS",
    "POST /meetings/{id}/families": "OM",
    "POST /meetings/{id}/families/outcome": "OM",
    "POST /meetings/{id}/move": "OM",
    "POST /meetings/{id}/lock": "OM",
    "POST /meetings/{id}/tried": "OM",
    "POST /meetings/{id}/not-delivered": "OM",
    "GET /billing": "MF",
    "GET /billing.csv": "MF",
    "GET /billing.xlsx": "MF",
    "GET /billing/ledger": "MF",
    "POST /billing/ledger": "MF",
    "GET /billing/statements": "MF",
    "GET /billing/documents/{id}.pdf": "MFS",
    "GET /billing/documents/{id}": "MFS",
    "POST /billing/documents/{id}/dispute": "MF",
    "POST /billing/documents/{id}/settle": "MF",
    "POST /billing/documents/{id}/reissue": "MF",
    "GET /billing/forecast": "MF",
    "GET /billing/prices": "OMFS",
    "GET /billing/days": "OMFS",
    "GET /billing/orders/new": "MF",
    "POST /billing/orders/new": "MF",
    "GET /billing/orders/{id}": "OMFS",
    "POST /billing/orders/{id}/events": "OMF",
    "GET /billing/{school_id}/{year}.pdf": "MFS",
    "GET /billing/{school_id}/{year}": "MFS",
    "POST /billing/{school_id}/{year}/costs": "MF",
    "GET /cases/{id}/forms/{kind}": "OM",
    "POST /cases/{id}/forms/{kind}": "OM",
    "GET /forms/{id}": "OM",
    "GET /forms/{id}/paper.pdf": "OM",
    "GET /forms/{id}/next": "OM",
    "POST /forms/{id}/next": "OM",
    "POST /forms/{id}/sign": "OM",
    "POST /forms/{id}/end": "OM",
    "GET /years": "OM",
    "GET /schools/{school_id}/plan": "OMS",
    "GET /schools/{school_id}/plan.pdf": "OMS",
    "GET /schools/{school_id}/checklist": "OMS",
    "POST /schools/{school_id}/checklist": "OM",
    "GET /schools/{school_id}/summaries": "OMS",
    "POST /schools/{school_id}/summaries": "OM",
    "GET /summaries/{id}": "OMS",
    "GET /summaries/{id}/paper.pdf": "OMS",
    "GET /summaries/{id}/paper.docx": "OMS",
}
#: Addresses without cookies: agents prove themselves by signatures, monitors read one word.
MACHINES = {
    "GET /healthz",
    "GET /readyz",
    "GET /v1/keyset",
    "POST /v1/post",
    "POST /v1/enrol",
    # A calendar program proves itself by the secret in the address alone.
    "GET /calendar/{secret}.ics",
}


def pages(hub: HubUnderTest) -> dict[str, Page]:
    """Every page by its row's name."""
    return {
        f"{route.verb} {route.path}": route for route in hub.built.routes if isinstance(route, Page)
    }


ON_POSTGRESQL = pytest.param("lasting_hub_on_postgresql", marks=pytest.mark.needs("postgresql"))


@pytest.fixture(scope="module", params=["lasting_hub", ON_POSTGRESQL])
def hub(request: pytest.FixtureRequest) -> HubUnderTest:
    """One hub for all of these tests: they only look, or are refused."""
    made: HubUnderTest = request.getfixturevalue(request.param)
    return made


@pytest.fixture(scope="module")
def records(hub: HubUnderTest) -> Mapping[str, str]:
    """A school at which everything has happened, and where each record's page is."""
    work = casework(hub)
    work.arrive(work.return_of(notice()))
    work.arrive(work.sickness_return(ill()))
    work.arrive(work.referral())
    referral = work.only("/referrals", "/referrals/")
    assert work.officer.post(f"{referral}/accept").status_code == 303
    case = work.case()
    work.tell(notice(episode="e9", pseudonym="p_" + "w" * 26, trigger="penalty-window"))
    with hub.db.write() as db:
        (officer,) = access.people(SYSTEM, db)
        account_store.change_person(SYSTEM, db, replace(officer, days=SLOTS))
        facts = access.all_facts(SYSTEM, db, work.school_id)[0]
        counted = replace(facts, roll=210, roll_date=date(2025, 1, 16))
        access.put_facts(SYSTEM, db, work.school_id, counted)
    action = {"what": "Ring the family", "who": "school", "due": "2026-03-20"}
    assert work.officer.post(f"/cases/{case.id}/actions", action).status_code == 303
    pupil, request = _asked(work)
    assert record_returns(hub.db) == 1
    return {
        "school_id": work.school_id,
        "person_id": officer.id,
        "digest": "0",
        "name": "linkwork.css",
        "year": "2025-26",
        "/returns/record/{id}": work.only("/returns/record", "/returns/record/duty_"),
        "/returns/{id}": work.only("/returns", "/returns/ret_"),
        "/pupils/{id}": pupil,
        "/health-needs/{id}": _sickness(hub),
        "/referrals/{id}": referral,
        "/requests/{id}": request,
        "/cases/{id}": f"/cases/{case.id}",
        "/actions/{id}": _last(work, "/actions"),
        "/meetings/{id}": "/meetings/" + _meeting(work),
        "/groups/{id}": _group(hub, work),
        "/summaries/{id}": _year(work),
        "kind": "attendance-contract",
        "/forms/{id}": contract(work, case.id),
        **_charged(hub, work.school_id),
    }


def test_every_route_has_a_row_and_every_row_a_route(hub: HubUnderTest) -> None:
    assert set(pages(hub)) == set(MAY)
    machines = {f"{r.verb} {r.path}" for r in hub.built.routes if isinstance(r, Machine)}
    assert machines == MACHINES
    assert all(isinstance(route, Page | Machine) for route in hub.built.routes)


def test_every_route_names_the_roles_of_its_row(hub: HubUnderTest) -> None:
    for name, page in pages(hub).items():
        row = "" if MAY[name] == "-" else MAY[name]
        assert page.roles == {LETTERS[letter] for letter in row}, name


def test_a_page_that_is_not_for_a_role_does_not_exist_for_it(
    hub: HubUnderTest, records: Mapping[str, str]
) -> None:
    wrong = []
    for role in sorted(EVERYONE):
        browser = hub.sign_in(role, schools=(records["school_id"],))
        for name, page in pages(hub).items():
            if page.roles and role not in page.roles:
                status = _call(browser, name, records)
                wrong += [(role.value, name, status)] if status != 404 else []
    assert wrong == []


def test_a_page_opens_for_its_roles_at_their_own_school(
    hub: HubUnderTest, records: Mapping[str, str]
) -> None:
    wrong = []
    for role in sorted(EVERYONE):
        browser = hub.sign_in(role, schools=(records["school_id"],))
        for name, page in pages(hub).items():
            if name.startswith("GET") and role in page.roles:
                status = _call(browser, name, records)
                wrong += [f"{role.value} {name}: {status}"] if status != 200 else []
    assert not wrong, "; ".join(wrong)


def test_a_record_of_another_school_does_not_exist(
    hub: HubUnderTest, records: Mapping[str, str]
) -> None:
    other = hub.add_school("900777", "Elsewhere School")
    wrong = []
    for role in (Role.OFFICER, Role.SCHOOL):
        browser = hub.sign_in(role, schools=(other,))
        for name, page in pages(hub).items():
            if "{" in name and role in page.roles:
                status = _call(browser, name, records)
                wrong += [(role.value, name, status)] if status != 404 else []
    assert wrong == []


def test_without_signing_in_every_page_leads_to_the_sign_in_page(
    hub: HubUnderTest, records: Mapping[str, str]
) -> None:
    for name, page in pages(hub).items():
        if page.roles:
            assert _call(hub.browser(), name, records) == 303, name


def test_no_form_is_taken_without_its_token(hub: HubUnderTest, records: Mapping[str, str]) -> None:
    school = records["school_id"]
    browsers = {role: hub.sign_in(role, schools=(school,)) for role in EVERYONE}
    for name, page in pages(hub).items():
        if name.startswith("POST"):
            browser = browsers[min(page.roles or EVERYONE)]
            answer = browser.post(_path(name, records), {"form_token": "0" * 64})
            assert answer.status_code == 403, name


def test_every_answer_carries_the_headers(hub: HubUnderTest, records: Mapping[str, str]) -> None:
    browser = hub.sign_in(Role.MANAGER)
    names = [name for name in [*pages(hub), *MACHINES] if name.startswith("GET")]
    for path in [*(_path(name, records) for name in names), "/nowhere", "/sign-out"]:
        headers = browser.get(path).headers
        assert headers["content-security-policy"] == (
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
            "base-uri 'none'; frame-ancestors 'none'"
        ), path
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["referrer-policy"] == "no-referrer", path
        kept = (
            "no-store" if not path.startswith("/static") else "public, max-age=31536000, immutable"
        )
        assert headers["cache-control"] == kept, path
        assert "strict-transport-security" not in headers, path


def test_no_page_shows_escaped_markup_or_an_inline_style(
    hub: HubUnderTest, records: Mapping[str, str]
) -> None:
    for role in sorted(EVERYONE):
        browser = hub.sign_in(role, schools=(records["school_id"],))
        for name, page in pages(hub).items():
            if name.startswith("GET") and role in page.roles and "{digest}" not in name:
                text = browser.get(_path(name, records)).text
                for never in ("&lt;a ", "&lt;p", "style=", "<script", "onclick", "Undefined"):
                    assert never not in text, (role.value, name, never)


def _call(browser: Browser, name: str, records: Mapping[str, str]) -> int:
    path = _path(name, records)
    answer = browser.get(path) if name.startswith("GET") else browser.post(path)
    return answer.status_code


def _year(work: Casework) -> str:
    """A plan agreed by both sides, and a summary issued: the page of the summary."""
    plan_agreed(work)
    return issued(work)


def _path(name: str, records: Mapping[str, str]) -> str:
    path = name.split()[1]
    for known, value in records.items():
        if known.startswith("/") and path.startswith(known):
            path = value + path.removeprefix(known)
        path = path.replace("{" + known + "}", value)
    return path


def _last(work: Casework, page: str) -> str:
    text = work.officer.get(page).text
    links = [part.split('"')[0] for part in text.split('href="')[1:]]
    found = [one for one in links if one.startswith(f"{page}/") and "missing" not in one]
    return found[-1]


def _asked(work: Casework) -> tuple[str, str]:
    """The page of the pupil without a case, and of the question asked about them."""
    text = work.officer.get("/pupils").text
    (page,) = {p.split('"')[0] for p in text.split('href="')[1:] if p.startswith("/pupils/")}
    asked = {"choice": "ask-school", "reason": "Has the family moved?"}
    assert work.officer.post(f"{page}/decide", asked).status_code == 303
    shown = work.officer.get(page).text
    return page, "/requests/" + shown.split('action="/requests/')[1].split("/")[0]


def _sickness(hub: HubUnderTest) -> str:
    text = hub.sign_in(Role.MANAGER).get("/health-needs").text
    return "/health-needs/" + text.split('href="/health-needs/')[1].split('"')[0]


def _charged(hub: HubUnderTest, school_id: str) -> dict[str, str]:
    """A document and an order of the school, under Reading's prices with VAT and accounts."""
    tariff = whole_tariff("reading")
    share = (Share(school_id, 1),)
    order = NewOrder("ad-hoc", date(2026, 2, 2), Decimal(1), share, "LA", unit_pence=5000)
    year = contract_year(tariff, "2025-26")
    with hub.db.write() as db:
        bought = order_store.add_order(SYSTEM, db, tariff, order, "Fin")
        made = issuing.issue(SYSTEM, db, tariff, year, up_to=date(2026, 3, 31), by="Fin")
    return {
        "/billing/documents/{id}": f"/billing/documents/{made.documents[0].id}",
        "/billing/orders/{id}": f"/billing/orders/{bought.id}",
    }


def _group(hub: HubUnderTest, work: Casework) -> str:
    day = date(2026, 3, 2)
    made = GroupProgramme("", work.school_id, work.officer_id, "any", "any", day, day, "")
    with hub.db.write() as db:
        return "/groups/" + group_store.begin(SYSTEM, db, made, "Olive Link")


def _meeting(work: Casework) -> str:
    offer = work.officer.get(f"/meetings/plan/{work.school_id}").text
    slot = offer.split('name="slot"')[1].split('value="')[1].split('"')[0]
    chosen = work.officer.post(f"/meetings/plan/{work.school_id}", {"slot": slot})
    assert chosen.status_code == 303, chosen.text
    return chosen.headers["location"].removeprefix("/meetings/")
