"""Cautions, chairs, duty, families, groups and clusters in a real browser, on desktop and phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import pytest
from every_page import faults, keyboard_reaches, sign_in
from hub_under_test import NOW, PASSWORD, FixedClock, HubUnderTest
from live_hub import live_hub
from southampton import SYSTEM, Service, add_person, service

from linkwork_hub.access import store as access
from linkwork_hub.access.models import Term
from linkwork_hub.db import Role
from linkwork_hub.meetings import diary_store, store
from linkwork_hub.meetings.diary_imports import whole_days

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.timeout(300)]
Axe = Callable[["Page"], list[str]]
OLIVE, MINA = "olive.link@x.test", "mina.manager@x.test"
CAUTION = {
    "given": "yes",
    "subject": "Philomena Longsurname-Example",
    "given-by": "Mina Manager",
    "caution-at": "09:35",
    "understood": "yes",
    "interpreter": "Polish, J. Nowak",
}


@dataclass
class World:
    """Where a hub listens, and the pages on it that are looked at, by who looks."""

    url: str
    pages: dict[str, list[str]]


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, World]]:
    """Southampton with a focused meeting, a rota, an Intervention Day and group work; and St
    Helens with a cluster meeting of four schools whose record is agreed.
    """
    with ExitStack() as stack:
        found = {}
        for name, prepare in (("southampton", _prepared), ("st-helens", _clustered)):
            made = stack.enter_context(live_hub(tmp_path_factory.mktemp(name), name=name))
            clock = FixedClock(NOW)
            made.db.clock = clock
            # The browsers that prepare it are closed before the real one opens its event loop.
            with HubUnderTest.over(made.db, clock, made.keys, made.profile) as inner:
                found[name] = World(made.url, prepare(inner))
        yield found


def _prepared(hub: HubUnderTest) -> dict[str, list[str]]:
    served = service(hub)
    school, manager = served.school, served.manager
    second = served.person("Otis Second-Longername", Role.OFFICER, school)
    served.person("Sam School", Role.SCHOOL, school)
    marked = {"person": second, "mark": "experienced", "first": "2026-03-01"}
    assert manager.post("/meetings/chairs", marked).status_code == 303
    rota = {"term": "Spring 2026", "officer": [second, served.officer_id]}
    assert manager.post("/meetings/duty", rota).status_code == 303
    with served.hub.db.write() as db:
        for ill in (date(2026, 3, 11), date(2026, 3, 24)):
            for who in (second, served.officer_id):
                diary_store.add_entry(SYSTEM, db, who, "sickness", whole_days(ill, ill))
    asked = {"school": school, "text": "May a pupil who moved last week be taken off the roll?"}
    for _ in range(2):
        assert served.officer.post("/queries", asked).status_code == 303
    afm = served.plan("attendance-focused", chair=second)
    day = served.plan("intervention-day", officer=second, slot=_both(served, second))
    times = served.officer.get(f"/meetings/{day}/families").text.split('id="time"')[1]
    first = times.split('value="')[2].split('"')[0]
    family = {"time": first, "family": f"case:{served.case.id}"}
    assert served.officer.post(f"/meetings/{day}/families", family).status_code == 303
    group = {
        "kind": "attendance-group",
        "measure": "attendance",
        "first": "2026-03-02",
        "last": "2026-04-24",
        "pupil": [f"case:{served.case.id}"],
    }
    begun = served.officer.post(f"/groups/new/{school}", group)
    programme = str(begun.headers["location"])
    session = {"day": "2026-03-02", "came": "1"}
    assert served.officer.post(f"{programme}/sessions", session).status_code == 303
    measure = {"before-0": "80", "after-0": "91"}
    assert served.officer.post(f"{programme}/measures", measure).status_code == 303
    served.hold(day if _day(served, day) > _day(served, afm) else afm)
    assert served.officer.post(f"/meetings/{afm}/caution", CAUTION).status_code == 303
    gather = f"/meetings/gather/{school}"
    return {
        OLIVE: [
            "/",
            "/meetings",
            f"/meetings/{afm}",
            f"/cases/{served.case.id}",
            gather,
            f"{gather}?type=attendance-focused&case={served.case.id}",
            f"{gather}?type=intervention-day&then=when&officer={second}",
            f"/meetings/plan/{school}",
            f"/meetings/{day}",
            f"/meetings/{day}/families",
            "/meetings/duty",
            "/queries",
            "/groups",
            f"/groups?school={school}",
            f"/groups/new/{school}",
            programme,
        ],
        MINA: ["/", "/meetings/chairs", "/meetings/duty"],
        "sam.school@x.test": ["/", "/queries", f"/meetings/{day}/families", programme],
    }


def _both(served: Service, second: str) -> list[str]:
    offered = served.gather("intervention-day", officer=second)
    days = [one[:10] for one in offered]
    both = next(day for day in days if days.count(day) == 2)
    return [f"{both}-am", f"{both}-pm"]


def _day(served: Service, meeting: str) -> date:
    with served.hub.db.read() as db:
        one = store.meeting(SYSTEM, db, meeting)
    assert one is not None
    return one.half_day.day


def _clustered(hub: HubUnderTest) -> dict[str, list[str]]:
    schools = [hub.add_school(f"90000{n}", f"A School of the Long Name {n}") for n in range(4)]
    officer = add_person(hub.db, "Olive Link", Role.OFFICER)
    with hub.db.write() as db:
        for school in schools:
            access.set_link_officer(SYSTEM, db, school, officer)
        spring = Term("", "Spring 2026", "term", date(2026, 1, 5), date(2026, 3, 27))
        access.add_term(SYSTEM, db, spring)
    olive = hub.sign_in_as(OLIVE, PASSWORD)
    address = f"/meetings/gather/{schools[0]}"
    asked = {"type": "cluster", "then": "when", "school": schools[1:]}
    slot = olive.get(address, params=asked).text.split('name="slot"')[1].split('value="')[1]
    planned = olive.post(address, asked | {"slot": slot.split('"')[0]})
    meeting = str(planned.headers["location"])
    served = Service(hub, schools[0], olive, officer, olive, "", None)  # type: ignore[arg-type]
    add_person(hub.db, "Mina Manager", Role.MANAGER)
    served.hold(meeting.removeprefix("/meetings/"))
    words = {"section": "information", "text-information": "Ten sessions in ten weeks.", "seen": ""}
    assert served.officer.post(f"{meeting}/record", words).status_code == 303
    agreed = served.officer.post(f"{meeting}/record/agree", {"without": "yes"})
    assert agreed.status_code == 303
    guest = served.officer.get(meeting).text.partition("Other schools")[2]
    other = guest.split('href="')[1].split('"')[0]
    chosen = "&".join(f"school={school}" for school in schools[1:])
    return {
        OLIVE: [
            meeting,
            f"{meeting}/record",
            other,
            f"{other}/record",
            f"{address}?type=cluster",
            f"{address}?type=cluster&then=when&{chosen}",
            "/meetings/programme?kind=cluster",
        ]
    }


def looked_at(page: Page, world: World, axe: Axe, who: str) -> list[str]:
    """What is wrong with any of a person's pages: at three widths, by rule, and by keyboard."""
    sign_in(page, world.url, who, PASSWORD)
    found = []
    for path in world.pages[who]:
        answer = page.goto(world.url + path)
        assert answer is not None, path
        assert answer.status == 200, path
        found += faults(page, path.replace("?", "/").replace("&", "/"), axe)
        page.set_viewport_size({"width": 320, "height": 700})
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        found += [f"{path} scrolls {wide} pixels sideways at 320"] if wide > 0 else []
        page.set_viewport_size({"width": 1280, "height": 900})
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        found += [f"{path}: no key reaches {what}" for what in keyboard_reaches(page)]
    return found


@pytest.mark.parametrize("who", [OLIVE, MINA, "sam.school@x.test"])
def test_the_pages_of_a_service_are_sound_on_desktop_and_phone(
    worlds: dict[str, World], browser_page: Page, axe: Axe, who: str
) -> None:
    found = looked_at(browser_page, worlds["southampton"], axe, who)
    assert not found, "\n".join(found)


def test_the_pages_of_a_cluster_are_sound_on_desktop_and_phone(
    worlds: dict[str, World], browser_page: Page, axe: Axe
) -> None:
    found = looked_at(browser_page, worlds["st-helens"], axe, OLIVE)
    assert not found, "\n".join(found)


def test_a_refused_form_says_so_at_the_top_and_at_its_field(
    worlds: dict[str, World], browser_page: Page, axe: Axe
) -> None:
    """The page after a refusal is announced, and its link leads to the field."""
    page, southampton = browser_page, worlds["southampton"]
    path = southampton.pages[OLIVE][2]
    sign_in(page, southampton.url, OLIVE, PASSWORD)
    page.goto(southampton.url + path)
    page.locator("summary", has_text="Record one more, or correct this").click()
    page.locator("select#given").focus()
    page.keyboard.press("n")
    with page.expect_navigation():
        page.get_by_role("button", name="Record this", exact=True).click()
    summary = page.locator("[role=alert]")
    assert "Write why no caution was given" in summary.inner_text()
    summary.locator("a").click()
    assert page.evaluate("document.activeElement.id") == "why-no-caution"
    found = faults(page, "/meetings/refused-caution", axe)
    assert not found, "\n".join(found)
