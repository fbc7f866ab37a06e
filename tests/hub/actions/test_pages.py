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


@pytest.mark.serves("C43")
def test_a_late_action_is_carried_to_a_later_day_counted_and_told_to_the_school(
    work: Casework, action: str
) -> None:
    work.keep_all()
    work.later(days=12)
    early = work.officer.post(f"{action}/carry", {"due": "2026-03-13", "why-carried": "Ill"})
    assert "Choose a later day" in early.text
    assert "Write why" in work.officer.post(f"{action}/carry", {"due": "2026-04-20"}).text
    for due in ("2026-04-20", "2026-05-11"):
        form = {"due": due, "why-carried": "The family was away"}
        assert work.officer.post(f"{action}/carry", form).status_code == 303
    page = work.officer.get(action).text
    assert "Given a later day 2 times" in page
    assert "From 2026-03-13 to 2026-04-20: The family was away" in page
    assert "Overdue" not in page
    items = [item for item in work.downlink() if isinstance(item, ActionItem)]
    assert [(item.due.isoformat(), item.carried, item.version) for item in items] == [
        ("2026-04-20", 1, 1),
        ("2026-05-11", 2, 2),
    ]


def test_an_overdue_action_is_escalated_and_no_other_one(work: Casework, action: str) -> None:
    form = {"to": "The head teacher", "why-escalated": "Nothing was heard"}
    assert "Only an action past its day" in work.officer.post(f"{action}/escalate", form).text
    work.later(days=12)
    assert "Write to whom" in work.officer.post(f"{action}/escalate", {"to": " "}).text
    assert work.officer.post(f"{action}/escalate", form).status_code == 303
    page = work.officer.get(action).text
    assert "To The head teacher: Nothing was heard" in page
    assert WHAT["what"] in work.officer.get("/actions?group=escalated").text
    last = [item for item in work.downlink() if isinstance(item, ActionItem)][-1]
    assert last.escalated_to == "The head teacher"


def test_each_step_of_an_action_has_its_time_from_sealing_to_what_shows_it_done(
    work: Casework, action: str
) -> None:
    assert "Sealed to the school, since" in work.officer.get(action).text
    work.keep_all()
    work.arrive(
        ActionProgress.model_validate(
            {
                "action_id": action.removeprefix("/actions/"),
                "state": "done",
                "on": "2026-03-02",
                "by": "R. Lamb",
                "number": 1,
                "evidence": [{"item": "Letter sent", "done": "2026-02-27", "by": "A. Reed"}],
            }
        )
    )
    page = work.officer.get(action).text
    assert "Letter sent, 27 February 2026, A. Reed" in page
    row = page.partition("As agreed")[2].partition("</tr>")[0]
    assert row.count("2 March 2026") == 3


def test_a_declined_action_says_why_also_when_it_was_told_by_telephone(
    work: Casework, action: str
) -> None:
    assert "Write why" in work.officer.post(f"{action}/word", {"state": "declined"}).text
    form = {"state": "declined", "note": "The family moved"}
    assert work.officer.post(f"{action}/word", form).status_code == 303
    assert "The family moved" in work.officer.get(action).text
