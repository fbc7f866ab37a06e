"""A case from its door to its end, on the pages of a whole hub."""

from __future__ import annotations

from datetime import date

import pytest
from casework import EVIDENCE, SYSTEM, Casework, notice
from hub_under_test import PASSWORD

from linkwork_hub.access import store as access
from linkwork_hub.cases import store
from linkwork_hub.cases.commands import case_rows
from linkwork_hub.cases.models import Case, Door
from linkwork_hub.db import Role


@pytest.fixture
def case(work: Casework) -> Case:
    """A referred pupil's case."""
    return work.accepted()


def test_no_case_is_said_in_words(work: Casework) -> None:
    for group in ("open", "overdue", "closed", "all"):
        assert "No case is in this part" in work.officer.get(f"/cases?group={group}").text


@pytest.mark.serves("C72")
@pytest.mark.serves("R10")
def test_an_accepted_referral_is_a_case_with_a_next_step_for_the_link_officer(
    work: Casework, case: Case
) -> None:
    assert (case.door, case.officer_id, case.opened) == (
        Door.REFERRAL,
        work.officer_id,
        date(2026, 3, 2),
    )
    page = work.officer.get(f"/cases/{case.id}").text
    assert "RDG-2026-0001" in page
    assert "Testina Example" in page
    assert "Speak to the parents or carers and to the school" in page
    assert "Mon 9 Mar 2026" in page
    assert "5 school days from 2 March 2026" in page
    assert "Case open" in work.officer.get(work.pupil()).text


@pytest.mark.serves("S34")
def test_a_case_goes_from_the_link_officer_to_another_only_with_a_reason(
    work: Casework, case: Case
) -> None:
    place = f"/cases/{case.id}"
    assert case.officer_id == work.officer_id
    assert "Give the case to another officer" not in work.officer.get(place).text
    far = work.hub.add_person(Role.OFFICER)
    other = work.hub.add_person(Role.OFFICER, schools=(work.school_id,))
    with work.hub.db.read() as db:
        out_of_reach, colleague = (access.person_by_email(SYSTEM, db, who) for who in (far, other))
    assert out_of_reach is not None
    assert colleague is not None
    for form, words in (
        ({"officer": colleague.id, "given": " "}, "Write why the case goes to another officer"),
        ({"officer": out_of_reach.id, "given": "Illness"}, "Choose an officer of this school"),
        ({"officer": "", "given": "Illness"}, "Choose an officer of this school"),
    ):
        refused = work.officer.post(f"{place}/officer", form)
        assert refused.status_code == 409
        assert words in refused.text
    assert work.case().officer_id == work.officer_id
    given = {"officer": colleague.id, "given": "Speaks the family's language"}
    assert work.officer.post(f"{place}/officer", given).status_code == 303
    assert work.case().officer_id == colleague.id
    page = work.hub.sign_in_as(other, PASSWORD).get(place).text
    assert "Allocated to" in page
    assert "Speaks the family&#39;s language" in page


def test_a_referral_is_accepted_once(work: Casework, case: Case) -> None:
    again = work.officer.post(f"/referrals/{case.referral_id}/accept")
    assert again.status_code == 409
    assert work.case() == case


def test_a_referral_accepted_without_its_evidence_says_so_on_the_case(work: Casework) -> None:
    work.arrive(work.referral(evidence=EVIDENCE[1:]))
    work.officer.post(f"{work.only('/referrals', '/referrals/')}/accept")
    page = work.officer.get(f"/cases/{work.case().id}").text
    assert "Accepted without complete evidence" in page
    assert "Parents or carers were contacted about the absence" in page


@pytest.mark.serves("C48")
def test_a_case_says_how_many_days_its_referral_came_after_the_absence_was_first_told(
    work: Casework,
) -> None:
    work.tell(notice())
    work.later(days=11)
    # That the absence goes on is told anew; the days count from the first time.
    work.arrive(work.return_of(notice(event="continued", value=12, last=date(2026, 3, 3))))
    work.later(days=3)
    work.arrive(work.referral())
    work.later(days=5)
    work.officer.post(f"{work.only('/referrals', '/referrals/')}/accept")
    page = work.officer.get(f"/cases/{work.case().id}").text
    said = "14 days: the absence was first told 2 March 2026, the referral came 16 March 2026"
    assert said in page
    with work.hub.db.read() as db:
        (row,) = case_rows(db, every=False)
    assert (row["first_told"], row["referred"], row["days_to_referral"], row["opened"]) == (
        "2026-03-02",
        "2026-03-16",
        14,
        "2026-03-21",
    )


def test_a_referral_of_a_pupil_of_whom_nothing_was_told_waited_for_nothing(work: Casework) -> None:
    work.arrive(work.referral())
    work.officer.post(f"{work.only('/referrals', '/referrals/')}/accept")
    page = work.officer.get(f"/cases/{work.case().id}").text
    assert "Nothing was told of this pupil before the referral" in page
    with work.hub.db.read() as db:
        (row,) = case_rows(db, every=False)
    assert row["days_to_referral"] is None


def test_a_case_is_opened_directly_only_with_a_reason(work: Casework) -> None:
    work.tell(notice())
    pupil = work.pupil()
    typed = {"choice": "open", "reason": "Typed on the pupil's page"}
    sent_on = work.officer.post(f"{pupil}/decide", typed)
    # 307: the browser sends the same form there, so nothing typed stands in an address.
    assert (sent_on.status_code, sent_on.headers["location"]) == (307, f"{pupil}/open")
    carried = work.officer.post(f"{pupil}/open", typed)
    assert carried.status_code == 200
    assert "Typed on the pupil&#39;s page</textarea>" in carried.text
    assert "your reason is kept" in work.officer.get(f"{pupil}/open").text
    assert work.officer.post(f"{pupil}/open", {"reason": " "}).status_code == 409
    work.officer.post(f"{pupil}/open", {"reason": "Early Help asked"})
    case = work.case()
    assert case.door is Door.DIRECT
    assert "Early Help asked" in work.officer.get(f"/cases/{case.id}").text
    assert work.officer.get(f"{pupil}/open").status_code == 409


@pytest.mark.serves("R13")
@pytest.mark.serves("R11")
@pytest.mark.serves("R21")
def test_every_intervention_is_in_the_record_with_its_day_and_what_came_of_it(
    work: Casework, case: Case
) -> None:
    work.later(days=3)
    place = f"/cases/{case.id}"
    for kind, on, note in (
        ("home-visit", "2026-03-04", "Mother at home, agreed to call back"),
        ("signposting", "2026-03-05", "Passed to the young carers service"),
        ("school-contact", "2026-03-05", "Spoke to the head of year"),
    ):
        kept = work.officer.post(f"{place}/work", {"kind": kind, "on": on, "note": note})
        assert kept.status_code == 303
    page = work.officer.get(place).text
    for said in (
        "Home visit",
        "4 March 2026",
        "agreed to call back",
        "young carers",
        "Test Officer",
    ):
        assert said in page
    assert page.index("Signposting or work with") < page.index("4 March 2026"), "latest first"


def test_work_of_tomorrow_or_before_the_case_is_refused_beside_its_field(
    work: Casework, case: Case
) -> None:
    for day, said in (
        ("2026-03-03", "in the future"),
        ("2026-03-01", "before the case was opened"),
        ("soon", "as it is on the calendar"),
    ):
        answer = work.officer.post(f"/cases/{case.id}/work", {"kind": "other", "on": day})
        assert answer.status_code == 409
        assert said in answer.text
        assert 'href="#on"' in answer.text


def test_a_gate_holds_until_its_work_is_recorded(work: Casework, case: Case) -> None:
    place = f"/cases/{case.id}"
    assert "Needed first: the first contact with parents" in work.officer.get(place).text
    held = work.officer.post(f"{place}/move", {"to": "assessment"})
    assert held.status_code == 409
    work.officer.post(f"{place}/work", {"kind": "family-contact", "on": "2026-03-02"})
    moved = work.officer.post(f"{place}/move", {"to": "assessment", "why": "Rang twice"})
    assert moved.status_code == 303
    now = work.case()
    assert (now.step, now.due) == ("assessment", date(2026, 3, 16))


def test_a_case_past_its_due_day_is_overdue_in_the_list(work: Casework, case: Case) -> None:
    work.later(days=7)
    assert "No case is in this part" in work.officer.get("/cases?group=overdue").text
    work.later(days=1)
    assert case.ref in work.officer.get("/cases?group=overdue").text
    assert "Overdue" in work.officer.get(f"/cases/{case.id}").text


def test_a_case_closes_with_an_outcome_and_its_clock_stops(work: Casework, case: Case) -> None:
    place = f"/cases/{case.id}"
    no_outcome = work.officer.post(f"{place}/close", {"closed": "2026-03-02"})
    assert no_outcome.status_code == 409
    work.officer.post(
        f"{place}/close",
        {"closed": "2026-03-02", "outcome": "improved", "words": "Back to 96 per cent"},
    )
    closed = work.case()
    assert (closed.outcome, closed.closed, closed.due) == ("improved", date(2026, 3, 2), None)
    page = work.officer.get(place).text
    assert "Closed: Attendance improved" in page
    assert "Back to 96 per cent" in page
    assert "Record work" not in page
    assert "Case closed" in work.officer.get(work.pupil()).text


def test_a_void_case_needs_a_reason_and_counts_nowhere(work: Casework, case: Case) -> None:
    place = f"/cases/{case.id}"
    assert work.officer.post(f"{place}/void").status_code == 409
    work.officer.post(f"{place}/void", {"reason": "Wrong pupil"})
    assert "This case is void" in work.officer.get(place).text
    with work.hub.db.read() as db:
        assert store.count(SYSTEM, db, store.Filter("open")) == 0


def test_a_withdrawn_spell_never_closes_a_case_which_says_that_its_basis_changed(
    work: Casework, case: Case
) -> None:
    assert "Basis changed" not in work.officer.get(f"/cases/{case.id}").text
    work.tell(notice(event="withdrawn"), day=date(2026, 3, 2))
    page = work.officer.get(f"/cases/{case.id}").text
    assert "Basis changed" in page
    assert work.case().open


def test_an_officer_of_another_school_finds_no_case(work: Casework, case: Case) -> None:
    stranger = work.hub.sign_in(Role.OFFICER, schools=(work.hub.add_school("900009", "Elsewhere"),))
    assert stranger.get(f"/cases/{case.id}").status_code == 404
    assert stranger.post(f"/cases/{case.id}/void", {"reason": "x"}).status_code == 404
    assert case.ref not in stranger.get("/cases").text
    manager = work.hub.sign_in(Role.MANAGER)
    assert manager.get(f"/cases/{case.id}").status_code == 200


def test_a_pupil_whose_case_was_closed_is_considered_anew(work: Casework, case: Case) -> None:
    work.officer.post(f"/cases/{case.id}/close", {"closed": "2026-03-02", "outcome": "improved"})
    work.tell(notice(episode="e7"), day=date(2026, 3, 2))
    assert "Testina Example" in work.officer.get("/pupils").text
