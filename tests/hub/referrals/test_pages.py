"""The pages of pupils to consider, returns and referrals, in a whole hub."""

from __future__ import annotations

from datetime import date

import pytest
from casework import (
    EVIDENCE,
    OTHER,
    SYSTEM,
    TEN_DAYS,
    Casework,
    identity,
    marks,
    notice,
    record_returns,
    severe,
)
from registers import weekdays

from linkwork.wire import Correction, Evidence, RequestItem
from linkwork_hub.access import store as access
from linkwork_hub.db import Role
from linkwork_hub.referrals import store
from linkwork_hub.referrals.models import RequestState

PAGES = (
    "/pupils",
    "/returns",
    "/returns/missing",
    "/returns/record",
    "/referrals",
    "/referrals?group=asked",
)


@pytest.mark.parametrize("page", PAGES)
def test_every_list_says_in_words_that_it_is_empty(work: Casework, page: str) -> None:
    answer = work.officer.get(page)
    assert answer.status_code == 200
    assert (
        "lw-empty" in answer.text or "None missing" in answer.text or "Not connected" in answer.text
    )


def test_a_pupil_without_a_basis_has_no_name_but_a_form_for_the_telephone(work: Casework) -> None:
    work.tell(notice())
    page = work.officer.get(work.pupil()).text
    assert "Pupil K3QX 7M2A" in page
    assert "Ask the school" in page
    assert "Testina" not in page


def test_a_returned_pupil_is_named_and_the_look_is_logged(work: Casework) -> None:
    work.arrive(work.return_of(notice()))
    address = work.pupil()
    with work.hub.db.read() as db:
        before = len(access.audit_entries(SYSTEM, db, kind="candidate"))
    page = work.officer.get(address).text
    for said in ("Testina Example", "4 May 2013", "1 Nowhere Lane", "Statutory return, 27 Feb"):
        assert said in page
    with work.hub.db.read() as db:
        entries = access.audit_entries(SYSTEM, db, kind="candidate")
    assert len(entries) == before + 1
    assert (entries[-1].person_id, entries[-1].what) == (work.officer_id, "saw the name")
    assert entries[-1].record_id == address.removeprefix("/pupils/")
    assert "Testina" not in str(entries)


def test_a_page_without_names_logs_no_look(work: Casework) -> None:
    work.tell(notice())
    work.officer.get(work.pupil())
    with work.hub.db.read() as db:
        assert access.audit_entries(SYSTEM, db, kind="candidate") == []


def test_the_list_names_only_whom_a_basis_names(work: Casework) -> None:
    work.arrive(work.return_of(notice()))
    work.tell(severe())
    page = work.officer.get("/pupils").text
    assert page.index("Testina Example") < page.index("Pupil ZZZZ ZZZZ")


def test_a_pupils_page_shows_the_reason_mark_by_mark(work: Casework) -> None:
    work.tell(notice(status="provisional", at_least=8, at_most=11))
    page = work.officer.get(work.pupil()).text
    assert "10 school days in a row without leave, 16 to 27 February 2026, still absent" in page
    assert page.count("O: absent without leave, no good reason</td>") == 20
    assert "Mon 16 Feb 2026" in page
    assert '<svg class="lw-strip" role="img"' in page
    assert "At least 8, at most 11 school days" in page
    assert "No penalty notice, warning letter or court paper can rest on it yet" in page
    assert "&lt;" not in page


def test_the_list_is_filtered_by_school_and_reason(work: Casework) -> None:
    work.tell(notice(), severe())
    page = work.officer.get("/pupils?trigger=severe-absence").text
    assert "ZZZZ ZZZZ" in page
    assert "K3QX 7M2A" not in page
    assert "No pupil is in this part" in work.officer.get("/pupils?school=sch_none").text


def test_a_long_list_has_pages(work: Casework) -> None:
    many = [severe(episode=f"e{n}", pseudonym=f"p_{n:026d}", value=60 + n) for n in range(53)]
    work.tell(*many)
    first, second = work.officer.get("/pupils"), work.officer.get("/pupils?page=2")
    assert "1 to 50 of 53 pupils" in first.text
    assert first.text.count('href="/pupils/can_') == 50
    assert second.text.count('href="/pupils/can_') == 3


def test_a_decision_without_a_choice_or_a_reason_keeps_what_was_typed(work: Casework) -> None:
    work.tell(notice())
    pupil = work.pupil()
    nothing = work.officer.post(f"{pupil}/decide", {"reason": "typed words"})
    assert nothing.status_code == 409
    assert "There is a problem" in nothing.text
    assert "typed words" in nothing.text
    unexplained = work.officer.post(f"{pupil}/decide", {"choice": "no-action"})
    assert "Write your reason" in unexplained.text


def test_no_further_action_takes_the_pupil_from_the_list_with_the_reason(work: Casework) -> None:
    work.tell(notice())
    pupil = work.pupil()
    work.officer.post(f"{pupil}/decide", {"choice": "no-action", "reason": "Family bereaved"})
    assert "No pupil is in this part" in work.officer.get("/pupils").text
    assert "Family bereaved" in work.officer.get(pupil).text


def test_a_request_reaches_the_school_and_its_state_is_seen(work: Casework) -> None:
    work.tell(notice())
    pupil = work.pupil()
    asked = work.officer.post(f"{pupil}/decide", {"choice": "ask-referral", "reason": "Please"})
    assert asked.status_code == 303
    assert "On its way to the school" in work.officer.get(pupil).text
    (item,) = work.downlink()
    assert isinstance(item, RequestItem)
    assert (item.asks, item.message, item.trigger) == (
        "referral",
        "Please",
        "continuous-unauthorised",
    )
    assert item.evidence[0] == "parents-contacted"
    assert item.due == date(2026, 3, 16), "ten school days after Monday 2 March"
    work.keep_all()
    assert "At the school" in work.officer.get(pupil).text
    work.arrive(work.referral(item.request_id))
    with work.hub.db.read() as db:
        (kept,) = store.requests_of(SYSTEM, db, pupil.removeprefix("/pupils/"))
    assert kept.state is RequestState.ANSWERED
    assert "Answered" in work.officer.get(pupil).text


def test_the_answer_to_a_question_is_kept(work: Casework) -> None:
    work.tell(notice())
    pupil = work.pupil()
    work.officer.post(f"{pupil}/decide", {"choice": "ask-school", "reason": "Is she ill?"})
    (item,) = work.downlink()
    assert isinstance(item, RequestItem)
    assert (item.asks, item.evidence) == ("question", ())
    work.officer.post(f"/requests/{item.request_id}/answer", {"answer": "In hospital"})
    shown = work.officer.get(pupil).text
    assert "<strong>Answered</strong> on 2 March 2026: “In hospital”" in shown
    assert "To consider</strong>" in shown, "the pupil waits for the officer again"


def test_a_school_reads_what_it_is_asked_and_answers_in_words(work: Casework) -> None:
    work.tell(notice())
    pupil = work.pupil()
    work.officer.post(f"{pupil}/decide", {"choice": "ask-school", "reason": "Is she ill?"})
    (item,) = work.downlink()
    assert isinstance(item, RequestItem)
    own = work.hub.sign_in(Role.SCHOOL, schools=(work.school_id,))
    page = own.get("/referrals?group=asked").text
    for said in (
        "Asks a question: Pupil K3QX 7M2A",
        "“Is she ill?”",
        "Asked by Test Officer on 2 March 2026, answer due 16 March 2026",
        f"mailto:{work.officer_email}",
        "linkwork-agent requests",
    ):
        assert said in page, said
    answer = f"/requests/{item.request_id}/answer"
    assert own.post(answer, {"answer": " "}).status_code == 409
    assert own.post(answer, {"answer": "In hospital since Monday"}).status_code == 303
    assert "asks your school for nothing" in own.get("/referrals?group=asked").text
    assert own.post(answer, {"answer": "Again"}).status_code == 409
    assert "“In hospital since Monday”" in work.officer.get(pupil).text
    with work.hub.db.read() as db:
        (entry,) = access.audit_entries(SYSTEM, db, kind="request")
        (kept,) = store.requests_of(SYSTEM, db, pupil.removeprefix("/pupils/"))
    assert (entry.role, entry.what, entry.why) == ("school", "answered a question", "by the school")
    assert (kept.state, kept.answer) == (RequestState.ANSWERED, "In hospital since Monday")


def test_a_school_answers_only_its_own_questions(work: Casework) -> None:
    work.tell(notice())
    work.officer.post(f"{work.pupil()}/decide", {"choice": "ask-school", "reason": "Is she ill?"})
    (item,) = work.downlink()
    assert isinstance(item, RequestItem)
    other = work.hub.sign_in(Role.SCHOOL, schools=(work.hub.add_school("900009", "Elsewhere"),))
    tried = other.post(f"/requests/{item.request_id}/answer", {"answer": "Not ours"})
    assert tried.status_code == 404


def test_a_request_for_a_referral_is_answered_by_the_referral_alone(work: Casework) -> None:
    work.tell(notice())
    work.officer.post(f"{work.pupil()}/decide", {"choice": "ask-referral", "reason": "Please"})
    (item,) = work.downlink()
    assert isinstance(item, RequestItem)
    own = work.hub.sign_in(Role.SCHOOL, schools=(work.school_id,))
    page = own.get("/referrals?group=asked").text
    assert f"linkwork-agent refer {item.request_id}" in page
    assert "<textarea" not in page
    assert own.post(f"/requests/{item.request_id}/answer", {"answer": "No"}).status_code == 409


def test_the_lists_of_referrals_name_whom_a_basis_names_and_log_it(work: Casework) -> None:
    work.arrive(work.referral())
    work.tell(notice(pseudonym=OTHER))
    asked = {"choice": "ask-school", "reason": "Is she ill?"}
    work.officer.post(f"{work.only('/pupils', '/pupils/')}/decide", asked)
    assert "Testina Example</a>" in work.officer.get("/referrals").text
    assert "Pupil ZZZZ ZZZZ</a>" in work.officer.get("/referrals?group=asked").text
    with work.hub.db.read() as db:
        seen = access.audit_entries(SYSTEM, db, kind="candidate")
    assert [entry.why for entry in seen] == ["in the list of referrals"]


def test_a_referral_shows_its_evidence_against_the_list(work: Casework) -> None:
    work.arrive(work.referral(evidence=EVIDENCE[1:]))
    page = work.officer.get(work.only("/referrals", "/referrals/")).text
    assert "1 item is not complete" in page
    assert "The school does not say that this was done." in page
    assert "breakfast club offered" in page
    assert "Testina Example" in page


def test_a_referral_says_which_item_was_not_done_and_why(work: Casework) -> None:
    without = (
        Evidence(item="meeting-held", note="nobody came"),
        Evidence(item="pupil-heard", note="too young"),
    )
    done = [one for one in EVIDENCE if one.item != "meeting-held"]
    work.arrive(work.referral(evidence=(*done, *without)))
    page = work.officer.get(work.only("/referrals", "/referrals/")).text
    assert "1 item is not complete" in page
    assert "Not done: nobody came" in page
    assert "It does not say" not in page
    assert page.count(">Not done</td>") == 2


def test_a_referral_given_back_reaches_the_school_as_a_new_request(work: Casework) -> None:
    work.arrive(work.referral(evidence=EVIDENCE[1:]))
    referral = work.only("/referrals", "/referrals/")
    unexplained = work.officer.post(f"{referral}/return")
    assert unexplained.status_code == 409
    work.officer.post(f"{referral}/return", {"reason": "When were parents contacted?"})
    (item,) = work.downlink()
    assert isinstance(item, RequestItem)
    assert item.message == "Returned: When were parents contacted?"
    assert "Returned to the school" in work.officer.get(referral).text
    again = work.officer.post(f"{referral}/return", {"reason": "Once more"})
    assert again.status_code == 409


def test_a_return_shows_whom_it_names_and_a_nil_return_says_so(work: Casework) -> None:
    work.arrive(work.return_of(notice()))
    named = work.officer.get(work.only("/returns", "/returns/ret_")).text
    assert "Testina Example" in named
    assert "Head Example" in named
    work.arrive(work.return_of(day=date(2026, 3, 2)))
    assert "Nil return" in work.officer.get("/returns").text


def test_the_days_nobody_returned_are_named(work: Casework) -> None:
    work.tell(notice(), day=date(2026, 2, 24))
    work.arrive(work.return_of(day=date(2026, 2, 25)))
    work.arrive(work.return_of(day=date(2026, 2, 27)))
    page = work.officer.get("/returns/missing").text
    assert "Tue 24 Feb 2026" in page
    assert "Thu 26 Feb 2026" in page
    assert "Wed 25 Feb 2026" not in page
    assert "Mon 23 Feb 2026" not in page, "the school was not connected then"


def test_a_record_of_returns_is_a_proof_that_can_be_printed(work: Casework) -> None:
    february = [day for day in weekdays(date(2026, 2, 2), 20) if day.month == 2]
    for day in february[:-1]:
        work.arrive(work.return_of(day=day))
    work.tell(notice(), day=february[0])
    record_returns(work.hub.db)
    late = work.only("/returns/record", "/returns/record/duty_")
    page = work.officer.get(late).text
    assert "Not made: feed late, 2 to 28 February 2026" in page
    assert "Not discharged: 1 of 20 school days is in no return" in page
    assert "Fri 27 Feb 2026" in page
    work.arrive(work.return_of(notice(), day=february[-1]))
    both = work.officer.get("/returns/record").text
    assert both.count('href="/returns/record/duty_') == 2
    assert "followed by a late return" in both
    page = work.officer.get(late).text
    assert "This record was followed by a later one" in page
    following = page.split('followed by a later one: <a class="govuk-link" href="')[1].split('"')[0]
    proof = work.officer.get(following).text
    assert "Return, 2 to 28 February 2026" in proof
    assert "Discharged on 2 March 2026" in proof
    assert 'receipt <span class="lw-code">ret_' in proof
    assert "Head Example" in proof


def test_a_case_says_that_its_basis_changed_with_old_and_new_marks(work: Casework) -> None:
    case = work.accepted()
    was, now = marks(TEN_DAYS[:2]), marks(TEN_DAYS[:1], code=None, counts="authorised")
    later = marks(TEN_DAYS[1:2], code=None, counts="present")
    corrected = tuple(Correction(was=a, now=b) for a, b in zip(was, (*now, *later), strict=True))
    work.tell(notice(event="withdrawn", corrected=corrected), day=date(2026, 3, 2))
    assert work.case().open
    for place in (f"/cases/{case.id}", work.pupil()):
        page = work.officer.get(place).text
        assert "Basis changed" in page
        assert "O: absent without leave, no good reason" in page
        assert "Authorised absence" in page
        assert "Attended" in page
    assert "Mon 16 Feb 2026 AM" in page


def test_a_case_whose_spell_only_got_smaller_says_so_too(work: Casework) -> None:
    case = work.accepted()
    (was, _), (now, _) = marks(TEN_DAYS[:1]), marks(TEN_DAYS[:1], None, "authorised")
    told = notice(event="continued", value=12, corrected=(Correction(was=was, now=now),))
    work.tell(told, day=date(2026, 3, 2))
    page = work.officer.get(f"/cases/{case.id}").text
    assert "What is left still reaches its limit" in page
    # The next notice says nothing of marks: what was corrected stays to be seen.
    work.tell(notice(event="ended", ended=date(2026, 3, 2)), day=date(2026, 3, 3))
    assert "What is left still reaches its limit" in work.officer.get(f"/cases/{case.id}").text


def test_an_officer_of_another_school_finds_nothing(work: Casework) -> None:
    work.arrive(work.return_of(notice()))
    work.arrive(work.referral())
    stranger = work.hub.sign_in(Role.OFFICER, schools=(work.hub.add_school("900009", "Elsewhere"),))
    work.tell(notice(), day=date(2026, 2, 2))
    record_returns(work.hub.db)
    places = [work.pupil(), work.only("/returns", "/returns/ret_")]
    places.append(work.only("/referrals", "/referrals/"))
    places.append(work.only("/returns/record", "/returns/record/duty_"))
    for place in places:
        assert work.officer.get(place).status_code == 200
        assert stranger.get(place).status_code == 404
    assert stranger.post(f"{places[0]}/decide", {"choice": "meeting"}).status_code == 404
    assert stranger.post(f"{places[2]}/return", {"reason": "no"}).status_code == 404
    assert "can_" not in stranger.get("/pupils").text


def test_a_school_sees_its_own_requests_and_referrals_and_no_list_of_pupils(
    work: Casework,
) -> None:
    work.tell(notice(pseudonym=OTHER))
    work.officer.post(f"{work.pupil()}/decide", {"choice": "ask-school", "reason": "Why?"})
    work.arrive(work.referral())
    own = work.hub.sign_in(Role.SCHOOL, schools=(work.school_id,))
    assert own.get("/pupils").status_code == 404
    assert own.get(work.only("/pupils?group=waiting", "/pupils/")).status_code == 404
    assert "Pupil ZZZZ ZZZZ" in own.get("/referrals?group=asked").text
    assert "We cannot reach the family." in own.get(work.only("/referrals", "/referrals/")).text
    other = work.hub.sign_in(Role.SCHOOL, schools=(work.hub.add_school("900009", "Elsewhere"),))
    assert "ZZZZ" not in other.get("/referrals?group=asked").text
    assert other.get(work.only("/referrals", "/referrals/")).status_code == 404


def test_the_schools_panel_counts_what_waits_there(work: Casework) -> None:
    work.tell(notice(), severe())
    page = work.officer.get(f"/schools/{work.school_id}").text
    assert "2 pupils to consider" in page
    assert identity().surname is not None
    assert "Example" not in page
