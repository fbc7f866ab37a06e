"""The yearly action plan: agreed when both sides have confirmed it, reviewed within a year."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from casework import Casework
from hub_under_test import Browser
from years import agreed, held

from linkwork.errors import BadInput
from linkwork_hub.access import profile
from linkwork_hub.db import Role
from linkwork_hub.meetings.kinds import read_rules
from linkwork_hub.yearly import rules
from linkwork_hub.yearly.kinds import read_yearly
from linkwork_hub.yearly.models import PlanVersion


@pytest.mark.serves("R7")
def test_a_plan_counts_once_both_the_service_and_the_school_have_confirmed_it(
    work: Casework, at_school: Browser
) -> None:
    page = f"/schools/{work.school_id}/plan"
    assert "No plan is agreed by both sides yet" in work.officer.get(page).text
    assert work.officer.get(f"{page}.pdf").status_code == 404
    place = held(work)
    assert "No plan is agreed" in work.officer.get(page).text
    action = {"what": "Ring on day one", "who": "School", "due": "2026-03-20", "from": "record"}
    assert work.officer.post(f"{place}/actions", action).status_code == 303
    digest = agreed(work, place)
    # One side alone agrees nothing.
    assert "No plan is agreed by both sides yet" in at_school.get(page).text
    assert "read it and confirm it there" in at_school.get(page).text
    confirmed = at_school.post(f"{place}/record/confirm", {"digest": digest})
    assert confirmed.status_code == 303
    for who in (work.officer, at_school):
        shown = who.get(page).text
        assert "Absence of year 8 below 10 %." in shown
        assert "Two group sessions." in shown
        assert "Ring on day one" in shown
        assert "Test Officer" in shown
        assert "Test School" in shown
        assert who.get(f"{page}.pdf").content.startswith(b"%PDF")
    assert "agreed 2 March 2026, review by 2 March 2027" in school_page(work)


@pytest.mark.serves("R8")
def test_a_plan_is_reviewed_within_a_year_and_an_overdue_one_is_flagged(
    work: Casework, at_school: Browser
) -> None:
    place = held(work)
    confirmed = at_school.post(f"{place}/record/confirm", {"digest": agreed(work, place)})
    assert confirmed.status_code == 303
    work.later(365)
    assert work.hub.clock.now.date() == date(2027, 3, 2)
    # The last day is not late yet.
    assert "Review overdue" not in work.officer.get("/years").text
    assert "0 action plans with an overdue review" in work.officer.get("/").text
    work.later(1)
    listed = work.officer.get("/years").text
    assert "Review overdue" in listed
    assert "They stand first" in listed
    assert "1 action plan with an overdue review" in work.officer.get("/").text
    assert "review overdue since 2 March 2027" in school_page(work)
    # Reviewed at the next such meeting, which both sides confirm: due a year on.
    again = held(work)
    digest = agreed(work, again)
    assert "Review overdue" in work.officer.get("/years").text
    newly = work.hub.sign_in(Role.SCHOOL, schools=(work.school_id,))
    assert newly.post(f"{again}/record/confirm", {"digest": digest}).status_code == 303
    listed = work.officer.get("/years").text
    assert "Review overdue" not in listed
    assert "3 March 2028" in listed
    assert "Plans before it" in work.officer.get(f"/schools/{work.school_id}/plan").text


def school_page(work: Casework) -> str:
    return work.officer.get(f"/schools/{work.school_id}").text


def test_an_amended_plan_that_the_school_has_not_confirmed_leaves_the_one_before_it_standing() -> (
    None
):
    day = date(2026, 3, 2)
    old = PlanVersion("mtg_1", day, 1, day)
    new = PlanVersion("mtg_1", day, 2, None)
    standing = rules.plan_standing([new, old], 12, day)
    assert (standing.current, standing.waiting, standing.review) == (old, new, date(2027, 3, 2))
    assert rules.plan_standing([new], 12, day).current is None


def test_a_plan_agreed_on_the_29th_of_february_is_reviewed_by_the_28th() -> None:
    day = date(2024, 2, 29)
    standing = rules.plan_standing([PlanVersion("m", day, 1, day)], 12, day + timedelta(days=365))
    assert (standing.review, standing.overdue) == (date(2025, 2, 28), False)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"plan": {"meeting": "no-such"}}, "no kind of meeting 'no-such'"),
        ({"plan": {"meeting": "link", "review_months": 0}}, "yearly.plan.review_months"),
        ({"checklists": []}, "yearly.checklists"),
        (
            {
                "checklist": [
                    {"title": "A", "items": [{"id": "x", "words": "w", "source": "s"}] * 2}
                ]
            },
            "two items of the checklist have the id 'x'",
        ),
    ],
)
def test_a_mistake_in_the_table_is_named_with_its_place(
    table: dict[str, object], words: str
) -> None:
    with pytest.raises(BadInput) as caught:
        read_yearly(table, file="authority.toml", meetings=["link"])
    assert words in str(caught.value)
    assert "authority.toml" in str(caught.value)


@pytest.mark.parametrize("name", profile.names())
def test_the_profiles_that_come_with_the_hub_have_a_sound_year(name: str) -> None:
    found = profile.loads(profile.builtin_text(name), name)
    kinds = read_rules(found.section("meetings"), file=name).types
    said = found.section("yearly")
    read = read_yearly(said, file=name, meetings=[kind.id for kind in kinds])
    assert (read.plan is not None) is ("plan" in said)
    assert len(read.checklist) == len(said.get("checklist", []))
