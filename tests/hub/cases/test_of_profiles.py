"""What a profile's pathway says of a case: when its first clock starts, why a visit was made."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from casework import SYSTEM, Casework, casework, notice
from hub_under_test import FixedClock, HubUnderTest

from linkwork.errors import BadInput
from linkwork_hub.access import profile
from linkwork_hub.cases import store
from linkwork_hub.cases.models import Door, read_pathway
from linkwork_hub.db import Database
from linkwork_hub.feeds.keys import HubKeys


@pytest.fixture
def southampton(
    sqlite_database: Database, clock: FixedClock, hub_keys: HubKeys
) -> Iterator[Casework]:
    """A school with its officer, at a hub with Southampton's profile."""
    chosen = profile.loads(profile.builtin_text("southampton"), "southampton.toml")
    with HubUnderTest.over(sqlite_database, clock, hub_keys, chosen) as hub:
        yield casework(hub)


@pytest.mark.serves("S15")
def test_the_investigation_runs_from_the_receipt_of_the_referral_that_was_confirmed(
    southampton: Casework,
) -> None:
    work = southampton
    work.arrive(work.return_of(notice()))
    work.arrive(work.referral())
    referral = work.only("/referrals", "/referrals/")
    # It waits for three days; nothing is open and no clock runs until it is confirmed.
    work.later(3)
    with work.hub.db.read() as db:
        assert store.cases(SYSTEM, db, store.Filter("all"), limit=5) == []
    assert work.officer.post(f"{referral}/accept").status_code == 303
    case = work.case()
    assert (case.step, case.opened) == ("initial-investigation", date(2026, 3, 5))
    # Ten school days after Monday 2 March, the day of receipt, and not after the 5th.
    assert (case.step_since, case.due) == (date(2026, 3, 2), date(2026, 3, 16))
    page = work.officer.get(f"/cases/{case.id}").text
    assert "10 school days from 2 March 2026, stopped by the review" in page


def test_a_case_without_a_referral_runs_from_the_day_it_is_opened(southampton: Casework) -> None:
    work = southampton
    work.tell(notice())
    work.later(3)
    opened = work.officer.post(f"{work.pupil()}/open", {"reason": "Asked by the police"})
    assert opened.status_code == 303, opened.text
    assert (work.case().step_since, work.case().due) == (date(2026, 3, 5), date(2026, 3, 19))


@pytest.mark.serves("S45")
@pytest.mark.parametrize("kind", ["unannounced-visit", "home-visit"])
def test_a_visit_unannounced_or_not_is_recorded_with_its_reason_and_not_without(
    southampton: Casework, kind: str
) -> None:
    work = southampton
    case = work.accepted()
    place = f"/cases/{case.id}"
    page = work.officer.get(place).text
    assert "Needed for: Home visit, Unannounced visit" in page
    for reason in ("Non-attendance", "Safeguarding concern", "Prolonged non-attendance"):
        assert f'<option value="{reason}">' in page
    form = {"kind": kind, "on": "2026-03-02", "note": "Nobody answered the door."}
    refused = work.officer.post(f"{place}/work", form)
    assert refused.status_code == 409
    assert "choose why" in refused.text
    assert "Nobody answered the door." in refused.text, "what was typed is not lost"
    done = work.officer.post(f"{place}/work", form | {"why": "Safeguarding concern"})
    assert done.status_code == 303
    history = work.officer.get(place).text
    words = {"unannounced-visit": "Unannounced visit", "home-visit": "Home visit"}[kind]
    assert f"{words}: Safeguarding concern" in history
    assert "Nobody answered the door." in history


def test_work_without_reasons_takes_none(southampton: Casework) -> None:
    work = southampton
    case = work.accepted()
    form = {"kind": "school-contact", "on": "2026-03-02", "note": "Rang."}
    refused = work.officer.post(f"/cases/{case.id}/work", form | {"why": "Non-attendance"})
    assert refused.status_code == 409
    assert "takes no reason" in refused.text
    assert work.officer.post(f"/cases/{case.id}/work", form).status_code == 303


def ordered(work: Casework, **form: str) -> str:
    """The page of a case that the school ordered for the pupil who is told of."""
    form = {"reason": "Ordered by the school on 2 March", "way": "order"} | form
    opened = work.officer.post(f"{work.pupil()}/open", form)
    assert opened.status_code == 303, opened.text
    return str(opened.headers["location"])


@pytest.mark.serves("S41")
def test_ordered_casework_comes_before_the_investigation_and_what_it_kept_out_is_counted(
    southampton: Casework,
) -> None:
    work = southampton
    assert "0 cases ordered by schools" in work.officer.get("/cases").text
    work.tell(notice())
    assert (
        "Ordered by the school, before the statutory process"
        in work.officer.get(f"{work.pupil()}/open").text
    )
    place = ordered(work)
    assert (work.case().door, work.case().step) == (Door.ORDER, "before-statutory")
    page = work.officer.get(place).text
    assert "Outside the statutory process" in page
    # It leads to the initial investigation and to no meeting or proceedings.
    nexts = page.partition("The next step")[2].partition("</fieldset>")[0]
    assert nexts.count('type="radio"') == 1
    assert "Initial investigation and review" in nexts
    refused = work.officer.post(f"{place}/move", {"to": "attendance-focused-meeting"})
    assert refused.status_code == 409
    assert "1 open before the statutory process" in work.officer.get("/cases").text
    done = {"outcome": "improved", "closed": "2026-03-02", "words": "Back in school"}
    assert work.officer.post(f"{place}/close", done).status_code == 303
    counted = work.officer.get("/cases").text
    assert "1 case ordered by schools: 0 open before the statutory process" in counted
    assert "<strong>1 closed without it</strong> (Attendance improved: 1)" in counted


def test_an_ordered_case_that_goes_on_is_not_counted_as_kept_out_and_never_goes_back(
    southampton: Casework,
) -> None:
    work = southampton
    work.tell(notice())
    place = ordered(work)
    assert work.officer.post(f"{place}/move", {"to": "initial-investigation"}).status_code == 303
    page = work.officer.get(place).text
    assert "Outside the statutory process" not in page
    assert work.officer.post(f"{place}/move", {"to": "before-statutory"}).status_code == 409
    done = {"outcome": "improved", "closed": "2026-03-02"}
    assert work.officer.post(f"{place}/close", done).status_code == 303
    counted = work.officer.get("/cases").text
    assert "<strong>0 closed without it</strong>, 1 gone on into it" in counted


@pytest.mark.serves("S44")
def test_individual_casework_outside_the_process_holds_advice_support_consultation_and_a_plan(
    southampton: Casework,
) -> None:
    work = southampton
    work.tell(notice())
    place = ordered(work)
    recorded = {
        "advice": "Advice given",
        "support": "Support given",
        "consultation": "Consultation with the school",
        "action-plan": "Action plan agreed in line with the process",
    }
    for kind in recorded:
        form = {"kind": kind, "on": "2026-03-02", "note": f"What came of {kind}"}
        assert work.officer.post(f"{place}/work", form).status_code == 303
    action = {"what": "Meet at the gate", "who": "school", "due": "2026-03-20"}
    assert work.officer.post(f"{place}/actions", action).status_code == 303
    page = work.officer.get(place).text
    for kind, words in recorded.items():
        assert words in page.partition("History of the case")[2]
        assert f"What came of {kind}" in page
    assert "Meet at the gate" in page
    assert "Outside the statutory process" in page
    assert work.case().step == "before-statutory"


def test_where_no_casework_is_sold_none_is_opened_by_an_order(
    hub: HubUnderTest,
) -> None:
    work = casework(hub)
    work.tell(notice())
    page = work.officer.get(f"{work.pupil()}/open").text
    assert "Ordered by the school" not in page
    refused = work.officer.post(f"{work.pupil()}/open", {"reason": "Ordered", "way": "order"})
    assert refused.status_code == 409
    assert "no step for casework that schools order" in refused.text
    assert "ordered by schools" not in work.officer.get("/cases").text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"order_step": "no-such"}, "there is no step 'no-such'"),
        ({"order_step": ""}, "is the order_step, and no other"),
        ({"first_step": "before-statutory"}, "comes before the statutory process"),
        ({"leads_back": True}, "no statutory step leads back to it"),
    ],
)
def test_a_pathway_in_which_ordered_work_is_not_before_the_process_is_refused(
    change: dict[str, Any], words: str
) -> None:
    table = tomllib.loads(profile.builtin_text("southampton"))["pathway"]
    if change.pop("leads_back", False):
        table["steps"][1]["leads_to"].append("before-statutory")
    with pytest.raises(BadInput, match=words):
        read_pathway({**table, **change})
