"""Sickness leaves by a route of its own: never an officer's list, with a next step of its own."""

from __future__ import annotations

import json
from datetime import date

import pytest
from casework import ILL, SYSTEM, Casework, Telling, ill, notice
from hub_under_test import Browser

from linkwork.errors import Refused
from linkwork.wire import Declared
from linkwork_hub.db import Role, Scope
from linkwork_hub.referrals import commands, health_rules, store
from linkwork_hub.referrals.models import EpisodeState, HealthState, HealthStep, SicknessReturn

OFFICER = Scope(Role.OFFICER)
EXPECTED = Declared(on=date(2026, 2, 20), why="An operation and a long recovery.")


def sicknesses(telling: Telling, scope: Scope = SYSTEM) -> list[SicknessReturn]:
    with telling.school.db.read() as db:
        return store.sicknesses(scope, db, "all", limit=50)


def contact(work: Casework) -> Browser:
    """Someone who arranges education for children who are ill."""
    return work.hub.sign_in(Role.HEALTH_NEEDS)


def the_page(browser: Browser) -> str:
    """The address of the one sickness return in the list."""
    text = browser.get("/health-needs?group=all").text
    (link,) = {
        part.split('"')[0] for part in text.split('href="')[1:] if part.startswith("/health-needs/")
    }
    return link


def test_a_sickness_return_makes_no_candidate_and_no_officer_sees_it(work: Casework) -> None:
    work.tell(notice())
    work.arrive(work.sickness_return(ill()))
    with work.hub.db.read() as db:
        pupils = store.candidates(SYSTEM, db, store.Filter("all"), limit=50)
        assert ILL not in {one.pseudonym for one in pupils}
        assert store.name_of(OFFICER, db, work.school_id, ILL) is None
        assert store.names_of_the_sick(OFFICER, db, [(work.school_id, ILL)]) == {}
        assert store.sickness(OFFICER, db, sicknesses(work)[0].id) is None
    assert sicknesses(work, OFFICER) == []
    assert "Testina" not in work.officer.get("/pupils?group=all").text
    assert work.officer.get("/health-needs").status_code == 404
    assert "Health needs" not in work.officer.get("/").text


def test_who_arranges_education_reads_the_name_and_that_is_logged(work: Casework) -> None:
    work.arrive(work.sickness_return(ill()))
    browser = contact(work)
    page = browser.get(the_page(browser)).text
    assert "Testina Example" in page
    assert "30 sessions (15 days) of sickness" in page
    assert "To be acknowledged by 9 March 2026" in page
    assert browser.get("/pupils").status_code == 404
    audit = work.hub.sign_in(Role.MANAGER).get("/audit").text
    assert "saw the name" in audit
    assert "Testina" not in audit


def test_the_list_is_empty_in_words_before_the_first(work: Casework) -> None:
    text = contact(work).get("/health-needs").text
    assert "No sickness return is in this part of the list" in text
    assert "Education for children with health needs" in text


def test_it_is_acknowledged_and_then_arranged_with_what_was_arranged(work: Casework) -> None:
    work.arrive(work.sickness_return(ill()))
    browser = contact(work)
    page = the_page(browser)
    assert browser.post(f"{page}/step", {"choice": "acknowledge", "note": ""}).status_code == 303
    refused = browser.post(f"{page}/step", {"choice": "arrange", "note": ""})
    assert refused.status_code == 409
    assert "Write what was arranged" in refused.text
    said = {"choice": "arrange", "note": "Hospital school from 9 March"}
    assert browser.post(f"{page}/step", said).status_code == 303
    text = browser.get(page).text
    assert "Education arranged" in text
    assert "Hospital school from 9 March" in text
    (one,) = sicknesses(work)
    assert one.state is HealthState.ARRANGED
    assert browser.get("/health-needs").text.count("/health-needs/sic_") == 0
    assert browser.post(f"{page}/step", {"choice": "", "note": ""}).status_code == 409


@pytest.mark.parametrize(
    ("state", "step", "note"),
    [
        (HealthState.RECEIVED, HealthStep.NO_ACTION, "  "),
        (HealthState.ACKNOWLEDGED, HealthStep.ACKNOWLEDGE, ""),
        (HealthState.NO_ACTION, HealthStep.ARRANGE, "tuition"),
    ],
)
def test_a_step_that_makes_no_sense_is_refused(
    state: HealthState, step: HealthStep, note: str
) -> None:
    with pytest.raises(Refused):
        health_rules.health_step(state, step, note)


def test_what_the_school_expects_is_shown_with_its_reason(work: Casework) -> None:
    declared = ill(value=4, declared=EXPECTED, at_least=4, at_most=4)
    work.arrive(work.sickness_return(declared))
    browser = contact(work)
    page = browser.get(the_page(browser)).text
    assert "Fifteen days are to be expected, said on 20 February 2026; 4 sessions" in page
    assert "An operation and a long recovery." in page
    # What follows comes without the sentence, which stands.
    follows = declared.model_copy(
        update={"event": "continued", "value": 12, "declared": Declared(on=EXPECTED.on)}
    )
    work.arrive(work.sickness_return(follows))
    (one,) = sicknesses(work)
    assert (one.value, one.declared_why) == (12, EXPECTED.why)


def test_one_illness_is_one_return_and_a_withdrawal_says_so(telling: Telling) -> None:
    first = telling.sickness_return(ill())
    for _ in range(2):
        telling.arrive(first)
    telling.arrive(telling.sickness_return(ill(event="withdrawn")))
    (one,) = sicknesses(telling)
    assert (one.state, one.standing) == (HealthState.RECEIVED, EpisodeState.WITHDRAWN)
    with telling.school.db.read() as db:
        said = [event.what for event in store.sickness_history(SYSTEM, db, one.id)]
    assert [what.split(":")[0] for what in said] == [
        "The school took the return back",
        "Sickness return received",
    ]


def test_candidates_lists_it_only_when_asked_for_that_route(telling: Telling) -> None:
    telling.tell(notice())
    telling.arrive(telling.sickness_return(ill()))
    with telling.school.db.read() as db:
        attendance = commands.candidate_rows(db, every=True)
        health = commands.sickness_rows(db, every=False)
    assert [row["trigger"] for row in attendance] == ["continuous-unauthorised"]
    assert [row["trigger"] for row in health] == ["sickness"]
    assert attendance[0].keys() == health[0].keys()
    json.dumps(health)
