"""The record of returns and a case whose basis changed, in a real browser, on two widths."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from casework import SYSTEM, TEN_DAYS, Telling, add_terms, marks, notice, record_returns
from every_page import faults, sign_in
from hub_under_test import CHEAP, PASSWORD
from live_hub import LiveHub, live_hub
from registers import weekdays
from school_post import SchoolPost

from linkwork.wire import Correction
from linkwork_hub.access import account_store
from linkwork_hub.access.models import Person
from linkwork_hub.db import Role
from linkwork_hub.referrals import store

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.timeout(120)]
Axe = Callable[["Page"], list[str]]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    """A hub in March with a February that was returned late, and marks that changed."""
    with live_hub(tmp_path_factory.mktemp("recorded")) as hub:
        hub.clock.fixed = datetime(2026, 3, 2, 9, tzinfo=UTC)
        add_terms(hub.db)
        telling = Telling(SchoolPost(hub.db, hub.keys).joined())
        days = weekdays(date(2026, 2, 2), 20)
        telling.tell(notice(), day=days[0])
        for day in days[:-1]:
            telling.arrive(telling.return_of(day=day))
        record_returns(hub.db)
        telling.arrive(telling.return_of(notice(), day=days[-1]))
        (was, _), (now, _) = marks(TEN_DAYS[:1]), marks(TEN_DAYS[:1], None, "authorised")
        told = notice(event="withdrawn", corrected=(Correction(was=was, now=now),))
        telling.tell(told, day=date(2026, 3, 2))
        with hub.db.write() as db:
            person = Person("", "manager@x.test", "Test Person", Role.MANAGER, True)
            account_store.add_person(SYSTEM, db, person, password=CHEAP.hash(PASSWORD))
        yield hub


def test_the_records_and_changed_marks_are_sound_on_desktop_and_phone(
    browser_page: Page, recorded: LiveHub, axe: Axe
) -> None:
    with recorded.db.read() as db:
        paths = ["/returns/record"]
        paths += [f"/returns/record/{one.id}" for one in store.duties(SYSTEM, db)]
        (pupil,) = store.candidates(SYSTEM, db, store.Filter("all"), limit=9)
    assert len(paths) == 3
    sign_in(browser_page, recorded.url, "manager@x.test", PASSWORD)
    found = []
    for path in [*paths, f"/pupils/{pupil.id}"]:
        browser_page.goto(recorded.url + path)
        found += faults(browser_page, path, axe)
    assert not found, "\n".join(found)
    assert "Basis changed" in browser_page.inner_text("main")


def test_the_printed_proof_is_the_page_without_its_navigation(
    browser_page: Page, recorded: LiveHub
) -> None:
    with recorded.db.read() as db:
        newest, *_ = store.duties(SYSTEM, db)
    sign_in(browser_page, recorded.url, "manager@x.test", PASSWORD)
    browser_page.goto(f"{recorded.url}/returns/record/{newest.id}")
    browser_page.emulate_media(media="print")
    assert not browser_page.is_visible(".lw-nav")
    assert "Discharged on 2 March 2026" in browser_page.inner_text("main")
    assert "receipt ret_" in browser_page.inner_text("main")
