"""The checklist of a school's duties and procedures: answered each year, gaps become actions."""

from __future__ import annotations

import pytest
from casework import SYSTEM, Casework
from hub_under_test import Browser

from linkwork.wire import ActionItem
from linkwork_hub.access import profile
from linkwork_hub.actions import store as actions
from linkwork_hub.db import Role
from linkwork_hub.yearly.kinds import read_yearly

YES = {
    "item": "policy-published",
    "said": "yes",
    "on": "2026-02-27",
    "evidence": "Website, policy of September 2025",
}
GAP = {
    "item": "applied-consistently",
    "said": "partly",
    "on": "2026-03-02",
    "evidence": "Year 9 codes leave as illness",
    "what": "Go through the codes with the tutors of year 9",
    "due": "2026-03-20",
}


def answer(work: Casework, form: dict[str, str]) -> None:
    made = work.officer.post(f"/schools/{work.school_id}/checklist", form)
    assert made.status_code == 303, made.text


def page(work: Casework, who: Browser | None = None) -> str:
    return (who or work.officer).get(f"/schools/{work.school_id}/checklist").text


@pytest.mark.serves("R3")
def test_duties_by_law_and_policies_are_answered_with_day_evidence_and_name_and_gaps_are_acted_on(
    work: Casework, at_school: Browser
) -> None:
    text = page(work)
    for words in (
        "Duties by law",
        "The attendance register is taken at the start of each morning",
        "Regulations 2024, regulation 13",
        "Policies and procedures",
        "Codes, letters, leave and penalty notices follow the policy alike in every year group",
        "0 gaps, 12 not answered yet",
    ):
        assert words in text
    answer(work, YES)
    answer(work, GAP)
    for who in (work.officer, at_school):
        text = page(work, who)
        assert "1 gap, 10 not answered yet" in text
        assert "27 February 2026, Test Officer" in text
        assert "Website, policy of September 2025" in text
        assert "Year 9 codes leave as illness" in text
    # The gap is an action, on its way to the school's own computer.
    (item,) = [one for one in work.downlink() if isinstance(one, ActionItem)]
    assert (item.what, item.who, item.due.isoformat()) == (GAP["what"], "school", GAP["due"])
    assert item.meeting == "Duties and procedures 2025-26"
    assert "1 gap, 10 not answered" in work.officer.get(f"/schools/{work.school_id}").text
    assert "1 school with a gap in duties or procedures" in work.officer.get("/").text
    assert "1 gap, 10 not answered" in work.officer.get("/years").text


def test_a_gap_whose_action_is_under_way_needs_no_second_one_and_a_yes_closes_it(
    work: Casework,
) -> None:
    answer(work, GAP)
    answer(work, {**GAP, "said": "no", "what": "", "due": ""})
    assert agreed(work) == 1
    answer(work, {**GAP, "said": "yes", "what": "", "due": ""})
    assert "0 gaps, 11 not answered yet" in page(work)
    assert agreed(work) == 1


def agreed(work: Casework) -> int:
    with work.hub.db.read() as db:
        return actions.count(SYSTEM, db, actions.Filter("all"))


def test_each_school_year_is_answered_anew(work: Casework) -> None:
    answer(work, YES)
    work.later(152)
    text = page(work)
    assert "School year 2026-27" in text
    assert "0 gaps, 12 not answered yet" in text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"item": ""}, "Choose which item"),
        ({"said": "perhaps"}, "Choose how it stands"),
        ({"on": "2026-03-03"}, "in the future"),
        ({"on": "Friday"}, "Give the day it was looked at"),
        ({"said": "yes", "evidence": ""}, "Write what shows it"),
        ({"what": ""}, "A gap needs an action"),
        ({"due": ""}, "give the day by which it is done"),
    ],
)
def test_an_answer_that_cannot_be_kept_is_refused_and_keeps_nothing(
    work: Casework, change: dict[str, str], words: str
) -> None:
    refused = work.officer.post(f"/schools/{work.school_id}/checklist", {**GAP, **change})
    assert refused.status_code == 422
    assert words in refused.text
    assert "There is a problem" in refused.text
    assert "0 gaps, 12 not answered yet" in page(work)
    assert agreed(work) == 0


def test_a_school_reads_its_checklist_and_answers_nothing(
    work: Casework, at_school: Browser
) -> None:
    assert "Answer an item" not in page(work, at_school)
    assert at_school.post(f"/schools/{work.school_id}/checklist", YES).status_code == 404
    other = work.hub.add_school("900777", "Elsewhere School")
    stranger = work.hub.sign_in(Role.SCHOOL, schools=(other,))
    assert stranger.get(f"/schools/{work.school_id}/checklist").status_code == 404


def test_every_item_says_where_it_is_written() -> None:
    found = profile.loads(profile.builtin_text("reading"), "reading").section("yearly")
    rules = read_yearly(found, file="x", meetings=["yearly-plan"])
    assert all(len(item.source) > 20 for item in rules.items.values())
