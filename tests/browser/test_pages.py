"""Every page, in a real browser, over a real hub with a real school behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
from every_page import PHONE, faults, keyboard_reaches, kind_of, reachable, sign_in
from hub_under_test import CHEAP, PASSWORD, SYSTEM
from live_hub import LiveHub, live_hub

from demo import journey
from demo.programs import free_port
from demo.setting_up import Stage
from demo.walking import Walk
from demo.world import FEEDS, FINANCE, HEALTH, MANAGER, OFFICER, SCHOOL, SCHOOLS, World
from demo.world import Person as Named
from linkwork_hub.access import account_store
from linkwork_hub.access.models import Person
from linkwork_hub.db import Role

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.timeout(300)]
Axe = Callable[["Page"], list[str]]
#: A Monday in the second half of an autumn term.
TODAY = date(2026, 11, 23)
#: What each person's first page must lead to: a page missing here was not looked at.
MUST_SEE = {
    OFFICER: {"/pupils", "/pupils/*", "/cases/*", "/meetings/*", "/actions", "/returns/*"},
    MANAGER: {"/people", "/schools/*", "/pupils", "/cases", "/billing", "/feeds"},
    FINANCE: {"/billing", "/billing/*/*"},
    FEEDS: {"/feeds", "/feeds/*", "/schools"},
    HEALTH: {"/health-needs", "/health-needs/*", "/schools"},
    SCHOOL: {"/actions", "/meetings", "/returns"},
}


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    """One school taken through the whole journey by real programs."""
    world = World(tmp_path_factory.mktemp("world"), TODAY, (replace(SCHOOLS[0], mis="csv"),))
    walk = Walk(Stage(world, free_port()))
    try:
        for name, step in journey.STAGES:
            step(walk)
            if name == "the bill on paper":
                break
        yield walk
    finally:
        walk.close()
        walk.stage.programs.stop_all()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    """A hub on its first day: people, and nothing else."""
    with live_hub(tmp_path_factory.mktemp("empty")) as hub:
        with hub.db.write() as db:
            for role in Role:
                if role not in (Role.SYSTEM, Role.SCHOOL):
                    person = Person("", f"{role.value}@x.test", "Test Person", role, True)
                    account_store.add_person(SYSTEM, db, person, password=CHEAP.hash(PASSWORD))
        yield hub


@pytest.mark.parametrize("who", MUST_SEE, ids=lambda who: who.role)
def test_every_page_a_person_can_reach_is_sound_on_desktop_and_phone(
    browser_page: Page, walked: Walk, axe: Axe, who: Named
) -> None:
    base = walked.stage.base
    sign_in(browser_page, base, who.email, walked.stage.world.passwords()[who.email])
    found, kinds = [], set()
    for path in reachable(browser_page, base):
        kinds.add(kind_of(path.split("?")[0]))
        found += faults(browser_page, path, axe)
    assert not found, "\n".join(found)
    assert MUST_SEE[who] <= kinds


@pytest.mark.parametrize("role", ["officer", "manager", "finance", "hub-team", "health-needs"])
def test_an_empty_hub_says_in_words_what_will_stand_there(
    browser_page: Page, empty: LiveHub, axe: Axe, role: str
) -> None:
    sign_in(browser_page, empty.url, f"{role}@x.test", PASSWORD)
    found = []
    for path in reachable(browser_page, empty.url):
        found += faults(browser_page, path, axe)
        if browser_page.locator("main table tbody").count():
            rows = browser_page.locator("main table tbody tr").count()
            found += [] if rows else [f"{path}: a table without rows instead of words"]
    assert not found, "\n".join(found)


def test_the_sign_in_page_is_sound_and_names_what_was_wrong(
    browser_page: Page, walked: Walk, axe: Axe
) -> None:
    browser_page.goto(f"{walked.stage.base}/sign-in")
    assert faults(browser_page, "/sign-in", axe) == []
    browser_page.locator("input[name=email]").fill("nobody@demo.example")
    browser_page.locator("input[name=password]").fill("wrong")
    browser_page.keyboard.press("Enter")
    browser_page.locator(".govuk-error-summary").wait_for()
    assert faults(browser_page, "/sign-in-refused", axe) == []


def test_a_pupil_can_be_decided_on_without_a_mouse(browser_page: Page, walked: Walk) -> None:
    base = walked.stage.base
    sign_in(browser_page, base, OFFICER.email, walked.stage.world.passwords()[OFFICER.email])
    browser_page.goto(f"{base}/pupils")
    browser_page.goto(
        browser_page.locator("main table a[href^='/pupils/']").last.evaluate("a => a.href")
    )
    assert keyboard_reaches(browser_page) == []
    browser_page.locator("input[name=choice]").first.focus()
    browser_page.keyboard.press("ArrowDown")
    browser_page.keyboard.press("ArrowDown")
    browser_page.keyboard.press("Tab")
    browser_page.keyboard.type("Seen on the list; to be talked over.")
    browser_page.keyboard.press("Tab")
    with browser_page.expect_navigation():
        browser_page.keyboard.press("Enter")
    assert "Seen on the list" in browser_page.locator("main").inner_text()


def test_the_width_rule_can_fail(browser: Browser, axe: Axe) -> None:
    page = browser.new_page(viewport=PHONE)  # type: ignore[arg-type]
    page.set_content(
        "<html lang=en><title>x</title><main><h1>x</h1><p style='width:900px'>wide</p></main>"
    )
    assert any("sideways" in line for line in faults(page, "/wide", axe))
    page.close()
