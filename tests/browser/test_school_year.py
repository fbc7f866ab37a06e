"""A school's year and a paper with a family, in a real browser: looked at, and by keyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

import pytest
from every_page import faults, keyboard_reaches, sign_in
from hub_under_test import CHEAP, PASSWORD, SYSTEM
from live_hub import LiveHub, live_hub
from sqlalchemy import insert

from linkwork.wire import LinkworkRecord, RecordAction, RecordPart
from linkwork_hub.access import account_store
from linkwork_hub.access import store as access
from linkwork_hub.access.models import SLOTS, Person, SchoolFacts, Term
from linkwork_hub.actions import store as actions
from linkwork_hub.actions.models import NewAction
from linkwork_hub.cases import store as cases
from linkwork_hub.cases.models import Case, read_pathway
from linkwork_hub.db import Role, Tx
from linkwork_hub.feeds.tables import totals_by_day
from linkwork_hub.forms import store as forms
from linkwork_hub.forms.models import Content, Form, Said, Signatory, Signature
from linkwork_hub.meetings import record_store, store
from linkwork_hub.meetings.kinds import read_rules
from linkwork_hub.meetings.models import HalfDay, Session, Slot
from linkwork_hub.yearly import gathering
from linkwork_hub.yearly import store as years
from linkwork_hub.yearly.models import Said as Stands
from linkwork_hub.yearly.models import Stretch

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.timeout(300)]
Axe = Callable[["Page"], list[str]]
TODAY = date(2026, 3, 2)
SPRING = Stretch("Spring 2026", "term", date(2026, 1, 5), date(2026, 3, 27))


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LiveHub, list[str]]]:
    """Two schools: at one everything of the year has happened, at the other nothing."""
    with live_hub(tmp_path_factory.mktemp("hub")) as made:
        made.clock.fixed = datetime(2026, 3, 2, 9, tzinfo=UTC)
        with made.db.write() as db:
            officer = _person(db, "officer@x.test", "Olive Fenwick", Role.OFFICER)
            school, empty = (_school(db, number) for number in range(2))
            for one in (school, empty):
                access.set_link_officer(SYSTEM, db, one, officer)
            _person(db, "school@x.test", "Sam Office", Role.SCHOOL, school)
            access.add_term(SYSTEM, db, Term("", SPRING.name, "term", SPRING.first, SPRING.last))
            cases.add_imported(SYSTEM, db, school, "RDG-0001", date(2026, 1, 12), None)
            case = cases.case_by_ref(SYSTEM, db, "RDG-0001")
            assert case is not None
            paper = _paper(db, case)
            _plan(made, db, school, officer)
            summary = _summary(made, db, school)
        yield (
            made,
            [
                "/years",
                f"/schools/{school}",
                f"/schools/{school}/plan",
                f"/schools/{school}/checklist",
                f"/schools/{school}/summaries",
                f"/summaries/{summary}",
                f"/cases/{case.id}",
                f"/cases/{case.id}/forms/attendance-contract",
                f"/forms/{paper.id}",
                f"/forms/{paper.id}/next",
                f"/schools/{empty}/plan",
                f"/schools/{empty}/checklist",
                f"/schools/{empty}/summaries",
            ],
        )


def _person(db: Tx, email: str, name: str, role: Role, school: str = "") -> str:
    reach = frozenset({school}) if school else frozenset[str]()
    days = SLOTS if role is Role.OFFICER else ()
    person = Person("", email, name, role, True, reach, days)
    return account_store.add_person(SYSTEM, db, person, password=CHEAP.hash(PASSWORD))


def _school(db: Tx, number: int) -> str:
    name = ("Oak Lane Primary School", "Ash Park Academy")[number]
    facts = SchoolFacts("", date(2020, 9, 1), f"{900001 + number}", name, "LA", "primary")
    return access.add_school(SYSTEM, db, facts)


def _paper(db: Tx, case: Case) -> Form:
    """A contract in its second version, of which one has signed and one declined."""
    said = Content(
        {
            "expectations": "Every day until Easter.",
            "actions": "Testina: at the gate at 8.40.\nSchool: breakfast club.",
            "responsibilities": "The parents ring before nine.",
        },
        (
            Signatory("pupil", "Testina Example"),
            Signatory("parent", "Parent Example"),
            Signatory("school", "H. Teacher"),
            Signatory("officer", "O. Fenwick"),
        ),
        date(2026, 4, 13),
        ("H. Teacher", date(2026, 2, 27)),
    )
    first = forms.write(SYSTEM, db, case, "attendance-contract", said, "Olive Fenwick")
    one = forms.write_again(SYSTEM, db, first.id, said, "Olive Fenwick")
    forms.sign(SYSTEM, db, one, Signature(0, Said.SIGNED, TODAY, "", "Olive Fenwick"))
    why = "Wants the bus paid first"
    forms.sign(SYSTEM, db, one, Signature(1, Said.DECLINED, TODAY, why, "Olive Fenwick"))
    return one


def _plan(hub: LiveHub, db: Tx, school: str, officer: str) -> None:
    """A plan that both sides agreed, with an action; answers to the checklist."""
    slot = Slot(HalfDay(TODAY, Session.AM), time(9, 30), time(10, 30), "Free.")
    ident = store.plan(SYSTEM, db, school, officer, "yearly-plan", slot, "Olive Fenwick")
    due = date(2026, 7, 10)
    cause = ("meeting", ident)
    new = NewAction("Ring every family by half past nine", "school", due, school, cause, TODAY)
    action = actions.agree(SYSTEM, db, hub.keys.issuer, new, "Olive Fenwick")
    record = LinkworkRecord(
        record_id=ident,
        version=1,
        urn="900001",
        school="Oak Lane Primary School",
        meeting="Yearly action plan meeting",
        day=TODAY,
        discussed=(
            RecordPart(part="aims", title="Aims of the year", text="Absence of year 5 below 8 %."),
            RecordPart(part="school-does", title="What the school does", text="A call on day one."),
        ),
        agreed=(RecordAction(action_id=action, what=new.what, who=new.who, due=due),),
        written_by="Olive Fenwick",
        written_at=datetime(2026, 3, 2, 9, tzinfo=UTC),
    )
    record_store.agree(SYSTEM, db, hub.keys.issuer, record, {"aims": "Absence below 8 %."})
    (agreed,) = record_store.agreed(SYSTEM, db, ident)
    record_store.confirm(SYSTEM, db, hub.keys.issuer, ident, agreed.digest, "Sam Office", "page")
    for item, said in (
        ("policy-published", Stands.YES),
        ("applied-consistently", Stands.PARTLY),
        ("data-used", Stands.NO),
    ):
        shown = "Looked at together with the attendance lead"
        years.answer(SYSTEM, db, school, "2025-26", item, said, TODAY, "Olive Fenwick", shown)


def _summary(hub: LiveHub, db: Tx, school: str) -> str:
    for day, possible, present in (
        (date(2025, 12, 19), 10_000, 9_400),
        (date(2026, 1, 30), 14_000, 13_100),
        (date(2026, 2, 27), 20_000, 18_600),
    ):
        sums = {"pupils": 210, "possible": possible, "present": present}
        row = {"school_id": school, "as_of": day, **sums, "persistent": 21, "severe": 2}
        db.execute(insert(totals_by_day), row)
    kinds = read_rules(hub.profile.section("meetings"), file="x")
    pathway = read_pathway(hub.profile.section("pathway"))
    body = gathering.body(SYSTEM, db, kinds, pathway, school, SPRING)
    return years.issue(SYSTEM, db, "RDG", school, SPRING, body, "Olive Fenwick").id


@pytest.mark.parametrize("who", ["officer", "school"])
def test_the_pages_of_a_year_are_sound_on_desktop_and_phone(
    browser_page: Page, hub: tuple[LiveHub, list[str]], axe: Axe, who: str
) -> None:
    live, paths = hub
    if who == "school":
        paths = paths[1:6]
    sign_in(browser_page, live.url, f"{who}@x.test", PASSWORD)
    found = []
    for path in paths:
        answer = browser_page.goto(live.url + path)
        assert answer is not None, path
        assert answer.status == 200, path
        found += faults(browser_page, path, axe)
        browser_page.set_viewport_size({"width": 320, "height": 700})
        wide = browser_page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        found += [f"{path} scrolls {wide} pixels sideways at 320"] if wide > 0 else []
        browser_page.set_viewport_size({"width": 1280, "height": 900})
        browser_page.eval_on_selector_all("details", "all => all.forEach(d => d.open = true)")
        found += [f"{path}: no Tab reaches {one}" for one in keyboard_reaches(browser_page)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("place", "button", "field"),
    [
        (3, "Keep the answer", "said"),
        (4, "Issue the summary", "days"),
        (7, "Keep this version", "text-expectations"),
        (8, "Record it", "signatory"),
    ],
)
def test_what_is_wrong_is_read_aloud_and_leads_to_its_field(
    browser_page: Page,
    hub: tuple[LiveHub, list[str]],
    axe: Axe,
    place: int,
    button: str,
    field: str,
) -> None:
    live, paths = hub
    sign_in(browser_page, live.url, "officer@x.test", PASSWORD)
    browser_page.goto(live.url + paths[place])
    browser_page.get_by_role("button", name=button, exact=True).press("Enter")
    summary = browser_page.get_by_role("alert")
    assert "There is a problem" in summary.inner_text()
    summary.locator(f"a[href='#{field}']").press("Enter")
    assert browser_page.evaluate("location.hash") == f"#{field}"
    wrong = browser_page.locator(f"#{field}")
    assert f"{field}-error" in (wrong.get_attribute("aria-describedby") or "")
    assert faults(browser_page, f"{paths[place]} after an error", axe) == []
