"""The pages of actions, for the officer and the school."""

from __future__ import annotations

import pytest
from casework import Casework

from linkwork.wire import ActionItem, ActionProgress
from linkwork_hub.db import Role

WHAT = {"what": "Ring the family each morning", "who": "school", "due": "2026-03-13"}


@pytest.fixture
def action(work: Casework) -> str:
    """The address of an action agreed on a case."""
    work.officer.post(f"/cases/{work.accepted().id}/actions", WHAT)
    return work.only("/actions", "/actions/")


def test_no_action_is_said_in_words(work: Casework) -> None:
    for group in ("waiting", "overdue", "finished", "all"):
        assert "No action is in this part" in work.officer.get(f"/actions?group={group}").text


def test_an_action_agreed_on_a_case_is_listed_there_and_goes_to_the_school(
    work: Casework, action: str
) -> None:
    case = work.case()
    assert WHAT["what"] in work.officer.get(f"/cases/{case.id}").text
    (item,) = [item for item in work.downlink() if isinstance(item, ActionItem)]
    assert (item.what, item.pseudonym) == (WHAT["what"], case.pseudonym)
    assert f"/cases/{case.id}" in work.officer.get(action).text


def test_an_action_without_a_day_is_refused_in_words(work: Casework) -> None:
    place = f"/cases/{work.accepted().id}/actions"
    refused = work.officer.post(place, WHAT | {"due": ""})
    assert refused.status_code == 409
    assert "an action has a due date" in refused.text
    assert "No action is in this part" in work.officer.get("/actions").text


def test_word_of_the_school_is_seen_with_its_day(work: Casework, action: str) -> None:
    ident = action.removeprefix("/actions/")
    work.arrive(
        ActionProgress.model_validate(
            {
                "action_id": ident,
                "state": "done",
                "on": "2026-03-02",
                "by": "R. Lamb",
                "note": "Back since Monday",
            }
        )
    )
    page = work.officer.get(action).text
    for said in ("Done", "R. Lamb", "Back since Monday", "for 2 March 2026"):
        assert said in page
    assert WHAT["what"] in work.officer.get("/actions?group=finished").text


def test_an_officer_records_what_was_heard_by_telephone(work: Casework, action: str) -> None:
    assert work.officer.post(f"{action}/word").status_code == 409
    work.officer.post(f"{action}/word", {"state": "done", "note": "Told me by telephone"})
    assert "Told me by telephone" in work.officer.get(action).text


def test_an_officer_withdraws_an_action_with_a_reason(work: Casework, action: str) -> None:
    assert "Write why" in work.officer.post(f"{action}/withdraw").text
    work.officer.post(f"{action}/withdraw", {"reason": "The pupil moved"})
    assert "The pupil moved" in work.officer.get(action).text


def test_an_overdue_action_is_marked_so(work: Casework, action: str) -> None:
    assert "Overdue" not in work.officer.get(action).text
    work.later(days=12)
    assert "Overdue" in work.officer.get(action).text
    assert WHAT["what"] in work.officer.get("/actions?group=overdue").text


def test_a_school_reads_its_own_actions_and_changes_them_at_its_own_computer(
    work: Casework, action: str
) -> None:
    own = work.hub.sign_in(Role.SCHOOL, schools=(work.school_id,))
    assert WHAT["what"] in own.get("/actions").text
    page = own.get(action)
    assert page.status_code == 200
    assert "Withdraw this action" not in page.text
    assert "/cases/" not in page.text
    assert own.post(f"{action}/withdraw", {"reason": "no"}).status_code == 404
    other = work.hub.sign_in(Role.SCHOOL, schools=(work.hub.add_school("900009", "Elsewhere"),))
    assert other.get(action).status_code == 404
    assert WHAT["what"] not in other.get("/actions").text
