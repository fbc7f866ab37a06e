"""A school asks for a penalty notice: at the authority that issues it, and at a provider."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from casework import TEN_DAYS, Casework, casework, marks, notice
from hub_under_test import FixedClock, HubUnderTest

from linkwork.wire import Referral
from linkwork_hub.access import profile
from linkwork_hub.cases.models import Door
from linkwork_hub.db import Database
from linkwork_hub.feeds.keys import HubKeys

WEEK = TEN_DAYS[:5]


@pytest.fixture
def provider(sqlite_database: Database, clock: FixedClock, hub_keys: HubKeys) -> Iterator[Casework]:
    """A school with its officer, at a hub of the independent service."""
    chosen = profile.loads(profile.builtin_text("iewo"), "iewo.toml")
    with HubUnderTest.over(sqlite_database, clock, hub_keys, chosen) as hub:
        yield casework(hub)


def asked(work: Casework) -> Referral:
    """A request for a notice for a week of leave without permission."""
    changes = {
        "door": "penalty-notice-request",
        "counted": marks(WEEK, code="G", counts="unauthorised"),
        "evidence": (),
        "reason": "A holiday in term time",
    }
    return work.referral(evidence=()).model_copy(update=changes)


def accepted(work: Casework) -> None:
    """The one referral that waits is accepted."""
    referral = work.only("/referrals", "/referrals/")
    answer = work.officer.post(f"{referral}/accept")
    assert answer.status_code == 303, answer.text


@pytest.mark.serves("I41")
def test_a_notice_asked_for_leave_is_shown_as_such_and_issued_by_the_authority(
    work: Casework,
) -> None:
    work.arrive(asked(work))
    assert "Penalty notice request" in work.officer.get("/referrals").text
    page = work.officer.get(work.only("/referrals", "/referrals/")).text
    assert "10 sessions coded G, 16 to 20 February 2026" in page
    assert "no permission on file" in page
    # No list of evidence is asked for leave, so none is said to be lacking.
    assert "not complete" not in page
    accepted(work)
    case = work.case()
    assert case.door is Door.PENALTY_NOTICE_REQUEST
    page = work.officer.get(f"/cases/{case.id}").text
    assert "10 sessions without permission, 16 February 2026 to 20 February 2026" in page
    given = {"parent": "Parent Example", "given_on": "2026-03-02"}
    assert work.officer.post(f"/cases/{case.id}/notice", given).status_code == 303
    assert "it counts 10 sessions without permission" in work.officer.get(f"/cases/{case.id}").text


def test_a_provider_issues_none_and_passes_it_on(provider: Casework) -> None:
    provider.arrive(asked(provider))
    page = provider.officer.get(provider.only("/referrals", "/referrals/")).text
    assert "issued by the school" in page
    accepted(provider)
    case = provider.case()
    page = provider.officer.get(f"/cases/{case.id}").text
    assert "Asked of the pupil&#39;s local authority" in page or "Asked of the pupil's" in page
    assert "10 sessions without permission" in page
    given = {"parent": "Parent Example", "given_on": "2026-03-02"}
    answer = provider.officer.post(f"/cases/{case.id}/notice", given)
    assert answer.status_code == 409
    assert "A provider takes no legal step" in answer.text


def test_a_notice_asked_for_while_a_case_is_open_belongs_to_that_case(work: Casework) -> None:
    case = work.accepted()
    work.arrive(asked(work))
    accepted(work)
    assert work.case().id == case.id
    page = work.officer.get(f"/cases/{case.id}").text
    assert "The school asked for a penalty notice: 10 sessions coded G" in page


def test_a_request_that_is_returned_comes_back_in_words_and_counts_no_more(work: Casework) -> None:
    work.tell(notice(event="opened", trigger="not-seen", why=marks(code=None, counts="authorised")))
    work.arrive(asked(work))
    referral = work.only("/referrals", "/referrals/")
    back = work.officer.post(f"{referral}/return", {"reason": "Whose leave was refused, and when?"})
    assert back.status_code == 303
    (item,) = [each for each in work.downlink() if each.kind == "request"]
    assert item.asks == "question"
    assert "Whose leave was refused" in item.message


def test_the_request_of_the_authority_for_a_referral_stays_open(work: Casework) -> None:
    work.tell(notice())
    work.officer.post(f"{work.pupil()}/decide", {"choice": "ask-referral", "reason": "Please"})
    work.arrive(asked(work))
    assert "Asked of schools" in work.officer.get("/referrals?group=asked").text
