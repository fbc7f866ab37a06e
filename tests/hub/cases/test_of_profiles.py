"""What a profile's pathway says of a case: when its first clock starts, why a visit was made."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from casework import SYSTEM, Casework, casework, notice
from hub_under_test import FixedClock, HubUnderTest

from linkwork_hub.access import profile
from linkwork_hub.cases import store
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
