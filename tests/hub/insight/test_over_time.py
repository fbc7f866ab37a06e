"""Persistent absence month by month, and beside it the work that was done at the school."""

from __future__ import annotations

import re
from datetime import date

import pytest
from casework import HANDLERS, SYSTEM, Casework, severe

from linkwork_hub.db import Role
from linkwork_hub.feeds import totals
from linkwork_hub.feeds.models import DayTotals
from linkwork_hub.yearly.over_time import by_month, earliest


def told(work: Casework, day: date, persistent: int) -> None:
    """A collection of a day arrives, with so many persistently absent of 210."""
    made = work.school.summary(day)
    sums = made.totals.model_copy(update={"persistent": persistent})
    work.school.send(made.model_copy(update={"totals": sums}))
    work.school.work(HANDLERS)


def rows(page: str) -> list[str]:
    """The rows of the table, the words of each in a line."""
    _, shown, table = page.rpartition("Persistent absence over time")
    body = table.partition("<tbody")[2].partition("</tbody>")[0] if shown else ""
    return [" ".join(re.sub(r"<[^>]*>", " ", f"<tr{row}").split()) for row in body.split("<tr")[1:]]


@pytest.mark.serves("R41")
def test_a_schools_page_shows_persistent_absence_over_time_beside_the_work(work: Casework) -> None:
    assert rows(work.officer.get(f"/schools/{work.school_id}").text) == []
    told(work, date(2026, 1, 30), 30)
    told(work, date(2026, 2, 6), 28)
    told(work, date(2026, 2, 27), 21)
    # Of two collections of one day the later one stands.
    told(work, date(2026, 2, 27), 20)
    work.tell(severe(), day=date(2026, 3, 2))
    work.accepted()
    page = school_page(work)
    assert rows(page) == [
        "March 2026 210 9 (4.2 %) 1 (0.4 %) 1 0 0",
        "February 2026 210 20 (9.5 %) 1 (0.4 %) 0 0 0",
        "January 2026 210 30 (14.2 %) 1 (0.4 %) 0 0 0",
    ]
    assert "not what caused it" in page
    # It stands below the cards, over the whole width: in one of them its table is cut off.
    before = page.partition('class="lw-cards"')[2].partition("Persistent absence over time")[0]
    assert before.count("</div>") > before.count("<div")


def school_page(work: Casework) -> str:
    """The school's page as its officer sees it."""
    return work.officer.get(f"/schools/{work.school_id}").text


def test_finance_and_the_school_itself_see_no_work_counted(work: Casework) -> None:
    told(work, date(2026, 2, 27), 20)
    for role in (Role.FINANCE, Role.SCHOOL):
        reader = work.hub.sign_in(role, schools=(work.school_id,))
        page = reader.get(f"/schools/{work.school_id}")
        assert (page.status_code, rows(page.text)) == (200, [])


def test_a_summary_that_was_read_late_takes_no_later_one_away(work: Casework) -> None:
    told(work, date(2026, 2, 27), 20)
    late = work.school.summary(date(2026, 2, 27))
    with work.hub.db.write() as db:
        totals.keep(SYSTEM, db, work.school_id, late, overtaken=True)
        (kept,) = totals.over_time(SYSTEM, db, work.school_id, date(2026, 1, 1))
    assert kept.persistent == 20


def test_a_month_with_work_and_no_totals_is_shown_and_none_before_the_first_totals() -> None:
    one = DayTotals(date(2026, 1, 30), 200, 1000, 900, 20, 2)
    none = DayTotals(date(2026, 3, 6), 0, 0, 0, 0, 0)
    found = by_month(
        [one, none], [date(2025, 12, 1), date(2026, 2, 3)], [date(2026, 2, 9)], [date(2026, 3, 1)]
    )
    shown = [(m.first.month, m.persistent, m.cases, m.meetings, m.actions) for m in found]
    assert shown == [(3, "", 0, 0, 1), (2, "", 1, 1, 0), (1, "10.0 %", 0, 0, 0)]
    assert by_month([], [date(2026, 1, 1)], [], []) == []


@pytest.mark.parametrize(
    ("today", "first"),
    [(date(2026, 3, 2), date(2025, 2, 1)), (date(2026, 1, 31), date(2024, 12, 1))],
)
def test_fourteen_months_are_looked_back_on(today: date, first: date) -> None:
    assert earliest(today) == first
