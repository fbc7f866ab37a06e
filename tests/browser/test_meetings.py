"""Diaries, a week, a term, what cannot stand, and a meeting's history, in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

import pytest
from every_page import faults, keyboard_reaches, sign_in
from hub_under_test import CHEAP, PASSWORD, SYSTEM
from live_hub import LiveHub, live_hub

from linkwork.wire import (
    Identity,
    LinkworkRecord,
    ListedPupil,
    MeetingList,
    RecordAction,
    RecordPart,
    RecordPerson,
)
from linkwork_hub.access import account_store, profile
from linkwork_hub.access import store as access
from linkwork_hub.access.models import SLOTS, Person, SchoolFacts, Term
from linkwork_hub.actions import store as actions
from linkwork_hub.actions.models import NewAction
from linkwork_hub.db import Role, Tx
from linkwork_hub.meetings import (
    change_store,
    diary_store,
    list_store,
    mailing,
    planning,
    record_store,
    store,
)
from linkwork_hub.meetings.diary_imports import whole_days
from linkwork_hub.meetings.kinds import read_rules
from linkwork_hub.meetings.models import HalfDay, Session, Side, Slot

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.timeout(300)]
Axe = Callable[["Page"], list[str]]
NAMES = ("Oak Lane Primary School", "Ash Park Academy", "Yew Tree High School", "Elm Infants")


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    """Eight schools, three officers, a spring planned; one officer ill, one visit called off."""
    rules = read_rules(
        profile.loads(profile.builtin_text("reading"), "reading.toml").section("meetings"),
        file="reading.toml",
    )
    with live_hub(tmp_path_factory.mktemp("hub")) as made:
        made.clock.fixed = datetime(2026, 1, 5, 9, tzinfo=UTC)
        with made.db.write() as db:
            officers = [_person(db, f"o{n}@x.test", f"Officer {n}", Role.OFFICER) for n in range(3)]
            _person(db, "manager@x.test", "Test Manager", Role.MANAGER)
            schools = []
            for n in range(8):
                facts = SchoolFacts(
                    "", date(2020, 9, 1), f"{900001 + n}", f"{NAMES[n % 4]} {n}", "LA", "primary"
                )
                schools.append(access.add_school(SYSTEM, db, facts))
                access.set_link_officer(SYSTEM, db, schools[n], officers[n % 2])
            _person(db, "school@x.test", "Sam Office", Role.SCHOOL, schools[0])
            spring = ("Spring", date(2026, 1, 5), date(2026, 3, 27))
            for name, first, last in (spring, ("Summer", date(2026, 4, 13), date(2026, 7, 21))):
                access.add_term(SYSTEM, db, Term("", name, "term", first, last))
            plan = planning.plan_for_term(SYSTEM, db, rules, "Spring")
            idents = planning.save(SYSTEM, db, plan, "Test Manager")
            for ident in idents:
                mailing.invite(SYSTEM, db, rules, ident)
            change_store.cancel(SYSTEM, db, idents[0], "Sam Office", "A school trip", Side.SCHOOL)
            one = store.meeting(SYSTEM, db, idents[1])
            assert one is not None
            day = one.half_day.day
            diary_store.add_entry(SYSTEM, db, one.officer_id, "sickness", whole_days(day, day))
            diary_store.add_entry(
                SYSTEM,
                db,
                officers[1],
                "leave",
                whole_days(date(2026, 3, 2), date(2026, 3, 2), "pm"),
            )
        made.marks = (idents, schools, day)  # type: ignore[attr-defined]
        yield made


def _person(db: Tx, email: str, name: str, role: Role, school: str = "") -> str:
    reach = frozenset({school}) if school else frozenset[str]()
    days = SLOTS if role is Role.OFFICER else ()
    person = Person("", email, name, role, True, reach, days)
    return account_store.add_person(SYSTEM, db, person, password=CHEAP.hash(PASSWORD))


@pytest.mark.parametrize("who", ["manager", "school"])
def test_the_pages_of_meetings_are_sound_on_desktop_and_phone(
    browser_page: Page, hub: LiveHub, axe: Axe, who: str
) -> None:
    idents, schools, day = hub.marks  # type: ignore[attr-defined]
    paths = [
        "/meetings",
        f"/meetings/week?from={day}",
        "/meetings/diary",
        "/meetings/programme",
        f"/meetings/visits/{schools[0]}",
        f"/meetings/plan/{schools[0]}",
    ]
    if who == "manager":
        paths += ["/meetings/term?term=Summer+2026", "/meetings/rearrange"]
        paths += [f"/meetings/{idents[0]}", f"/meetings/{idents[1]}"]
    sign_in(browser_page, hub.url, f"{who}@x.test", PASSWORD)
    found = []
    for path in paths:
        answer = browser_page.goto(hub.url + path)
        assert answer is not None, path
        assert answer.status == 200, path
        found += faults(browser_page, path.split("?")[0], axe)
        browser_page.set_viewport_size({"width": 320, "height": 700})
        wide = browser_page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        found += [f"{path} scrolls {wide} pixels sideways at 320"] if wide > 0 else []
        browser_page.set_viewport_size({"width": 1280, "height": 900})
        # What a summary hides is reached once it is open.
        browser_page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        found += [f"{path}: no key reaches {what}" for what in keyboard_reaches(browser_page)]
    assert not found, "\n".join(found)


def _written(hub: LiveHub, ident: str, school: str) -> str:
    """A record agreed once and being amended by two people; an action past its day; its id."""
    with hub.db.write() as db:
        one = store.meeting(SYSTEM, db, ident)
        assert one is not None
        record_store.save(SYSTEM, db, one, "general", "Registers close at nine.", (), "Officer 1")
        new = NewAction(
            what="Ring home on the first day of each absence",
            who="Attendance lead",
            due=date(2026, 1, 6),
            school_id=school,
            cause=("meeting", ident),
            agreed_on=date(2026, 1, 5),
        )
        action = actions.agree(SYSTEM, db, hub.keys.issuer, new, "Officer 1")
        # Another, within the days on which the names of its list may be read.
        morning = Slot(HalfDay(date(2026, 1, 14), Session.AM), time(9, 30), time(10, 30), "Free.")
        soon = store.plan(SYSTEM, db, school, one.officer_id, "link", morning, "Officer 1")
        list_store.keep(SYSTEM, db, *_listed(soon))
        made = LinkworkRecord(
            record_id=ident,
            version=1,
            urn="900001",
            school=NAMES[0],
            meeting="Link meeting",
            day=one.half_day.day,
            discussed=(RecordPart(part="general", title="General", text="Registers at nine."),),
            agreed=(RecordAction(action_id=action, what=new.what, who=new.who, due=new.due),),
            there=(RecordPerson(part="Attendance lead", name="Sam Hill", present=True),),
            written_by="Officer 1",
            written_at=datetime(2026, 1, 5, 9, tzinfo=UTC),
        )
        record_store.agree(SYSTEM, db, hub.keys.issuer, made, {"general": "Registers at nine."})
        for who in ("Officer 1", "Test Manager"):
            text = f"What {who} wrote.\nOn two lines."
            record_store.save(SYSTEM, db, one, "early", text, (), who)
    return action


def _listed(ident: str) -> tuple[MeetingList, list[tuple[ListedPupil, Identity]]]:
    """A list of twelve pupils that the school released for a meeting."""
    named = [
        (
            ListedPupil(
                pseudonym="p_" + "abcdefghijkl"[n] * 26,
                met=("severe-absence", "persistent-absence") if n < 2 else ("persistent-absence",),
                absent=70 - 5 * n,
                unauthorised=n,
                possible=120,
                year_group="8",
                sealed_identity="opened",
            ),
            Identity(pupil_id="", forename="Wilhelmina", surname=f"Longsurname-Example {n}"),
        )
        for n in range(12)
    ]
    told = MeetingList(
        urn="900001",
        list_id="l1",
        meeting_id=ident,
        as_of=date(2026, 1, 7),
        year=date(2024, 8, 1),
        policy="england-2024",
        released_by="A. Penhallow, head teacher",
    )
    return told, named


@pytest.mark.parametrize("who", ["manager", "school"])
def test_the_record_the_pack_and_an_overdue_action_are_sound_on_desktop_and_phone(
    browser_page: Page, hub: LiveHub, axe: Axe, who: str
) -> None:
    idents, schools, _day = hub.marks  # type: ignore[attr-defined]
    with hub.db.read() as db:
        mine = [one for one in idents if _school_of(db, one) == schools[0]]
        known = actions.actions(SYSTEM, db, actions.Filter("all", schools[0]))
    action = known[0].id if known else _written(hub, mine[0], schools[0])
    hub.clock.fixed = datetime(2026, 1, 8, 9, tzinfo=UTC)
    with hub.db.read() as db:
        soon = store.next_of_school(SYSTEM, db, schools[0], date(2026, 1, 8))
    assert soon is not None
    pack = f"/meetings/{soon.meeting_id}/pack"
    sign_in(browser_page, hub.url, f"{who}@x.test", PASSWORD)
    found = []
    for path in (f"/meetings/{mine[0]}/record", pack, f"/actions/{action}"):
        answer = browser_page.goto(hub.url + path)
        assert answer is not None, path
        assert answer.status == 200, path
        found += faults(browser_page, path, axe)
        if path == pack:
            assert "Longsurname-Example 0" in browser_page.locator("main").inner_text()
        browser_page.set_viewport_size({"width": 320, "height": 700})
        wide = browser_page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        found += [f"{path} scrolls {wide} pixels sideways at 320"] if wide > 0 else []
        browser_page.set_viewport_size({"width": 1280, "height": 900})
        found += [f"{path}: no key reaches {what}" for what in keyboard_reaches(browser_page)]
    assert not found, "\n".join(found)


def _school_of(db: Tx, ident: str) -> str:
    one = store.meeting(SYSTEM, db, ident)
    assert one is not None
    return one.school_id


def test_an_absence_is_entered_and_its_meeting_arranged_without_a_mouse(
    browser_page: Page, hub: LiveHub
) -> None:
    sign_in(browser_page, hub.url, "manager@x.test", PASSWORD)
    browser_page.goto(f"{hub.url}/meetings/rearrange")
    assert "Covered" in browser_page.locator("main").inner_text()
    browser_page.locator("#save").focus()
    with browser_page.expect_navigation():
        browser_page.keyboard.press("Enter")
    assert "changed; everyone is told by mail" in browser_page.locator("body").inner_text()
    browser_page.goto(f"{hub.url}/meetings/rearrange")
    assert "Every planned meeting can stand." in browser_page.locator("main").inner_text()
