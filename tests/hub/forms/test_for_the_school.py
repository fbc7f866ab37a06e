"""Papers that are written on behalf of a school, and in consultation with it."""

from __future__ import annotations

import pytest
from casework import Casework
from papers import CONTRACT, contract, sign, words

from linkwork_hub.cases.models import Case

ASSESSMENT = {
    "text-family": "Testina, her mother, two brothers.",
    "text-well": "Testina likes art.",
    "text-worries": "Mornings since the move.",
    "text-child": "Well, behind in maths.",
    "text-voice": "I want to walk with Ana.",
    "text-parents-say": "The bus is late.",
    "text-plan": "Breakfast club by 9 March, bus pass by 20 March.",
    "party-parent": "Parent Example",
    "party-assessor": "O. Officer",
    "behalf": "yes",
    "consulted": "H. Teacher",
    "consulted-on": "2026-02-27",
}


@pytest.fixture
def named() -> str:
    """Southampton's service does both for the schools that buy it."""
    return "southampton"


@pytest.mark.serves("S47")
def test_a_contract_on_behalf_of_the_school_says_who_of_it_was_consulted_and_when(
    work: Casework, case: Case
) -> None:
    behalf = {"behalf": "yes", "consulted": "H. Teacher", "consulted-on": "2026-02-27"}
    for missing, said in (
        ("consulted", "Write who of the school was consulted"),
        ("consulted-on", "Give the day the school was consulted"),
    ):
        form = CONTRACT | behalf | {missing: ""}
        refused = work.officer.post(f"/cases/{case.id}/forms/attendance-contract", form)
        assert refused.status_code == 422
        assert said in refused.text
    page = contract(work, case.id, **behalf)
    shown = words(work.officer.get(page).text)
    said = "Written on behalf of the school and in consultation with it: H. Teacher, 27 February"
    assert said in shown
    # The school is a party of it, too, and signs.
    assert "School H. Teacher" in shown
    assert "On behalf of the school, in consultation with H. Teacher" in words(
        work.officer.get(f"/cases/{case.id}").text
    )
    # A contract of the service's own says nothing of the kind.
    own = words(work.officer.get(contract(work, case.id)).text)
    assert "on behalf of the school and" not in own


@pytest.mark.serves("S46")
def test_an_early_help_assessment_is_completed_with_the_family_on_behalf_of_the_school(
    work: Casework, case: Case
) -> None:
    place = f"/cases/{case.id}/forms/early-help-assessment"
    assert "It is written on behalf of the school" in work.officer.get(place).text
    refused = work.officer.post(place, ASSESSMENT | {"text-voice": "", "party-parent": ""})
    assert refused.status_code == 422
    assert "What the child says: write what it says" in refused.text
    assert "Parent or carer: write who signs" in refused.text
    made = work.officer.post(place, ASSESSMENT)
    assert made.status_code == 303
    page = str(made.headers["location"])
    shown = words(work.officer.get(page).text)
    assert "Early Help Assessment" in shown
    assert "What the child says I want to walk with Ana." in shown
    assert "What help is agreed, by whom and until when Breakfast club by 9 March" in shown
    assert "in consultation with it: H. Teacher, 27 February 2026" in shown
    for place_of, _ in enumerate(("parent", "assessor")):
        sign(work, page, place_of)
    assert "Signed by all" in work.officer.get(page).text
    assert work.officer.get(f"{page}/paper.pdf").content.startswith(b"%PDF")
    history = words(work.officer.get(f"/cases/{case.id}").text)
    assert f"Early Help Assessment {case.ref}-P1, version 1, written" in history
