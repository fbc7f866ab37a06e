"""Summaries: a school's attendance in a term or year, and what was done in support of it."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest
from casework import PUPIL, SYSTEM, Casework, casework, severe
from hub_under_test import Browser, FixedClock, HubUnderTest
from papers import words
from sqlalchemy import update
from sqlalchemy.exc import DatabaseError
from years import agreed, held, issued

from linkwork_hub.access import profile
from linkwork_hub.billing import order_store
from linkwork_hub.billing.days import Happening, NewOrder, OrderEvent, Share
from linkwork_hub.billing.tariff import read_tariff
from linkwork_hub.db import Database, Role, metadata
from linkwork_hub.feeds.keys import HubKeys
from linkwork_hub.feeds.models import DayTotals
from linkwork_hub.meetings.kinds import read_rules
from linkwork_hub.yearly import stretches
from linkwork_hub.yearly.models import Stretch

SPRING = Stretch("Spring 2026", "term", date(2026, 1, 5), date(2026, 3, 27))
YEAR = Stretch("School year 2025-26", "year", date(2025, 8, 1), date(2026, 7, 31))


def told(
    work: Casework, day: date, possible: int, present: int, persistent: int = 9, pupils: int = 210
) -> None:
    """A collection of a day arrives: the sums of the school year to that day."""
    made = work.school.summary(day)
    sums = made.totals.model_copy(
        update={
            "pupils": pupils,
            "possible": possible,
            "present": present,
            "authorised": possible - present,
            "unauthorised": 0,
            "persistent": persistent,
        }
    )
    work.arrive(made.model_copy(update={"totals": sums}))


@pytest.mark.serves("R5")
def test_a_termly_summary_has_the_attendance_of_the_term_itself(
    work: Casework, at_school: Browser
) -> None:
    told(work, date(2025, 12, 19), 10_000, 9_500, persistent=20)
    told(work, date(2026, 1, 30), 14_000, 13_100, persistent=24)
    told(work, date(2026, 2, 27), 20_000, 18_500, persistent=21)
    page = issued(work)
    for who in (work.officer, at_school):
        shown = words(who.get(page).text)
        assert "Attendance summary: Fernhill Primary, Spring 2026" in shown
        assert "RDG-S-2026-0001, issued on 2 March 2026" in shown
        assert "5 January 2026 to 27 March 2026, so far: to 2 March 2026" in shown
        # 9,000 of the 10,000 sessions since the autumn, not 18,500 of 20,000.
        assert "from 20 December 2025 to 27 February 2026" in shown
        assert "These days 210 90.0 % 21 (10.0 %) 1 (0.4 %)" in shown
        assert "Of the same days a year before nothing was told." in shown
        assert "January 2026 210 90.0 % 24" in shown
        assert "February 2026 210 90.0 % 21" in shown


@pytest.mark.serves("R4")
def test_an_annual_summary_has_the_attendance_of_the_year_beside_the_year_before(
    work: Casework,
) -> None:
    told(work, date(2025, 7, 22), 50_000, 45_000, persistent=30, pupils=200)
    told(work, date(2025, 10, 3), 5_000, 4_700, persistent=18)
    told(work, date(2026, 2, 27), 20_000, 18_500, persistent=21)
    page = issued(work, "year.2025-08-01")
    shown = words(work.officer.get(page).text)
    assert "Attendance summary: Fernhill Primary, School year 2025-26" in shown
    assert "from 1 August 2025 to 27 February 2026" in shown
    assert "These days 210 92.5 % 21 (10.0 %)" in shown
    assert "A year before 200 90.0 % 30 (15.0 %)" in shown
    assert "October 2025 210 94.0 % 18" in shown
    assert work.officer.get(f"{page}/paper.pdf").content.startswith(b"%PDF")
    word = zipfile.ZipFile(io.BytesIO(work.officer.get(f"{page}/paper.docx").content))
    assert "92.5 %" in word.read("word/document.xml").decode()


@pytest.mark.serves("R6")
def test_a_summary_lists_what_was_done_in_support_and_names_no_pupil(work: Casework) -> None:
    told(work, date(2026, 2, 27), 20_000, 18_500)
    case = work.accepted()
    work.later(1)
    for day in ("2026-03-02", "2026-03-03"):
        visit = {"kind": "home-visit", "on": day, "note": "Spoke to Testina's mother"}
        assert work.officer.post(f"/cases/{case.id}/work", visit).status_code == 303
    about = {"what": "Ring Testina at eight", "who": "school", "due": "2026-03-20"}
    assert work.officer.post(f"/cases/{case.id}/actions", about).status_code == 303
    place = held(work, "link")
    general = {"what": "Registers close at nine", "who": "School", "due": "2026-03-20"}
    assert work.officer.post(f"{place}/actions", general).status_code == 303
    agreed(work, place)
    _delivered(work)
    page = issued(work)
    text = work.officer.get(page).text
    shown = words(text)
    assert "Tuesday 3 March 2026 Link meeting held agreed by the service" in shown
    assert "0 open before these days, 1 opened, 0 closed, 1 still open" in shown
    assert "Home visit 2" in shown
    assert "2 actions agreed, of them 1 about a pupil; 0 done, 0 declined, 0 late" in shown
    assert "Registers close at nine School 20 March 2026" in shown
    assert "Ad hoc support, ordered singly 2 (piece of work) 3 March 2026" in shown
    for never in ("Testina", PUPIL, PUPIL[:8], "Ring"):
        assert never not in shown


def _delivered(work: Casework) -> None:
    """Two pieces of work were ordered, and delivered today."""
    tariff = read_tariff(work.hub.profile.section("tariff"), file="reading.toml")
    assert tariff is not None
    with work.hub.db.write() as db:
        share = (Share(work.school_id, 1),)
        new = NewOrder("ad-hoc", db.today, Decimal(2), share, "LA", unit_pence=5000)
        order = order_store.add_order(SYSTEM, db, tariff, new, "Finance")
        done = OrderEvent(db.today, Happening.DELIVERED, "", "Officer", Decimal(2))
        order_store.add_event(SYSTEM, db, tariff, order.id, done)


def test_a_case_the_school_may_not_know_of_is_not_counted(work: Casework) -> None:
    told(work, date(2026, 2, 27), 20_000, 18_500)
    work.tell(severe())
    opened = work.officer.post(f"{work.pupil()}/open", {"reason": "A parent asked"})
    assert opened.status_code == 303
    assert "No case that came from the school was open" in work.officer.get(issued(work)).text


def test_what_is_issued_stays_as_it_was_and_a_later_one_has_a_number_of_its_own(
    work: Casework,
) -> None:
    told(work, date(2026, 1, 30), 14_000, 13_100)
    first = issued(work)
    before = words(work.officer.get(first).text)
    told(work, date(2026, 2, 27), 20_000, 18_500)
    assert words(work.officer.get(first).text) == before
    second = words(work.officer.get(issued(work)).text)
    assert "RDG-S-2026-0002" in second
    listed = work.officer.get(f"/schools/{work.school_id}/summaries").text
    assert listed.index("RDG-S-2026-0002") < listed.index("RDG-S-2026-0001")
    # Not only by our own pages: the database itself keeps it.
    table = metadata.tables["year_summaries"]
    with pytest.raises(DatabaseError, match="only ever added to"), work.hub.db.write() as db:
        db.execute(update(table).values(name="Another"))


def test_nothing_told_is_said_and_no_stretch_at_all_is_refused(work: Casework) -> None:
    page = f"/schools/{work.school_id}/summaries"
    assert "No summary has been issued" in work.officer.get(page).text
    assert "The school told of no totals in these days" in work.officer.get(issued(work)).text
    for days in ("", "term.2026-04-13", "nonsense"):
        refused = work.officer.post(page, {"days": days})
        assert refused.status_code == 422
        assert "Choose the term or the school year" in refused.text


def test_finance_sees_no_summary_and_a_school_only_its_own(work: Casework) -> None:
    page = issued(work)
    other = work.hub.add_school("900777", "Elsewhere School")
    assert work.hub.sign_in(Role.SCHOOL, schools=(other,)).get(page).status_code == 404
    assert work.hub.sign_in(Role.FINANCE).get(page).status_code == 404


def sums(day: date, possible: int, present: int) -> DayTotals:
    return DayTotals(day, 200, possible, present, 20, 2)


def test_figures_begin_where_the_school_last_told_before_or_with_the_year() -> None:
    autumn, inside = sums(date(2025, 12, 12), 1000, 900), sums(date(2026, 2, 6), 1500, 1300)
    found = stretches.figures([autumn, inside], SPRING)
    assert found is not None
    assert (found.since, found.as_of) == (date(2025, 12, 13), date(2026, 2, 6))
    assert (found.possible, found.present) == (500, 400)
    # Nothing before: the sums of the year are all there is, and it says so.
    alone = stretches.figures([inside], SPRING)
    assert alone is not None
    assert (alone.since, alone.possible) == (date(2025, 8, 1), 1500)
    # The year was corrected downwards: no difference is made up.
    lower = stretches.figures([autumn, sums(date(2026, 2, 6), 900, 850)], SPRING)
    assert lower is not None
    assert (lower.since, lower.possible) == (date(2025, 8, 1), 900)


def test_last_years_sums_never_enter_this_years() -> None:
    old = sums(date(2025, 7, 22), 9000, 8000)
    assert stretches.figures([old], YEAR) is None
    found = stretches.figures([old, sums(date(2025, 9, 12), 100, 90)], YEAR)
    assert found is not None
    assert (found.since, found.possible) == (date(2025, 8, 1), 100)


def test_the_same_days_a_year_before_keep_to_the_calendar() -> None:
    leap = stretches.year_before(Stretch("x", "term", date(2024, 1, 8), date(2024, 2, 29)))
    assert (leap.first, leap.last) == (date(2023, 1, 8), date(2023, 2, 28))


def test_advice_stands_by_its_category_and_its_text_stays_in_the_record(
    sqlite_database: Database, clock: FixedClock, hub_keys: HubKeys
) -> None:
    cardiff = profile.loads(profile.builtin_text("cardiff"), "cardiff.toml")
    with HubUnderTest.over(sqlite_database, clock, hub_keys, cardiff) as hub:
        work = casework(hub)
        link = read_rules(cardiff.section("meetings"), file="x")
        place = held(work, link.link.id)
        advice = link.advice[0]
        section = f"advice-{advice.id}"
        form = {"section": section, f"text-{section}": "Ring before nine.", "seen": ""}
        assert work.officer.post(f"{place}/record", form).status_code == 303
        agreed(work, place)
        shown = words(work.officer.get(issued(work)).text)
    assert f"Advice is recorded on: {advice.name}: 1 meeting." in shown
    assert "Ring before nine" not in shown
