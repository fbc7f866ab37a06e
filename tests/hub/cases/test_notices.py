"""Penalty notices on a case: the hub says from its own record whether one may be given."""

from __future__ import annotations

from datetime import date

import pytest
from casework import PUPIL, TEN_DAYS, Casework, identity, notice

from linkwork import policy as policies
from linkwork.errors import Refused
from linkwork.wire import Identity
from linkwork_hub.access.models import Term
from linkwork_hub.cases.basis import Basis
from linkwork_hub.cases.models import Case, PenaltyNotice
from linkwork_hub.cases.notices import answers, limit, may_be_given, prosecution

ENGLAND = policies.builtin("england-2024")
PARENT = "Parent Example"


@pytest.fixture
def case(work: Casework) -> Case:
    """A referred pupil's case."""
    return work.accepted()


def give(work: Casework, on: str, parent: str = PARENT, **more: str) -> tuple[int, str]:
    """Recording a notice on the one case, and what the answer says."""
    form = {"parent": parent, "given_on": on, **more}
    answer = work.officer.post(f"/cases/{work.case().id}/notice", form)
    return answer.status_code, answer.text


def page(work: Casework) -> str:
    """The page of the one case, as a reader sees it."""
    return work.officer.get(f"/cases/{work.case().id}").text.replace("&#39;", "'")


@pytest.mark.serves("S24")
def test_a_notice_is_given_by_the_limit_of_the_policy_and_a_third_is_refused(
    work: Casework, case: Case
) -> None:
    said = page(work)
    assert "No notice is on record for this child" in said
    assert "The first notice may be given today: £80 if paid within 21 days, else £160" in said
    assert give(work, "2026-03-02")[0] == 303
    assert "The second notice may be given today: £160 within 28 days" in page(work)
    work.later(days=60)
    assert give(work, "2026-05-01")[0] == 303
    said = page(work)
    assert "Penalty notice 2 given: the second of this parent for this child" in said
    assert "No further notice may be given to Parent Example for this child before" in said
    status, refused = give(work, "2026-05-01")
    assert status == 409
    assert "those given on 2 March 2026 and 1 May 2026 count, and 3 years hold no more" in refused
    assert "before 2 March 2029" in refused
    assert "National framework for penalty notices" in refused
    # The limit is for each parent: the other may be given a first.
    assert give(work, "2026-05-01", "another", another="Second Example")[0] == 303


def test_a_notice_that_was_withdrawn_counts_no_more(work: Casework, case: Case) -> None:
    assert give(work, "2026-03-02")[0] == 303
    assert give(work, "2026-03-02", "another", another="  parent   EXAMPLE ")[0] == 303
    assert give(work, "2026-03-02")[0] == 409
    became = {"notice": f"{case.ref}/2", "became": "withdrawn", "became_on": "2026-03-02"}
    place = f"/cases/{case.id}/notice/became"
    assert work.officer.post(place, became).status_code == 303
    assert "Withdrawn, 2 March 2026" in page(work)
    assert work.officer.post(place, became).status_code == 409
    assert give(work, "2026-03-02")[0] == 303


def test_notices_given_before_the_case_are_recorded_and_count(work: Casework, case: Case) -> None:
    assert give(work, "2024-09-10")[0] == 303
    assert give(work, "2025-09-10")[0] == 303
    status, refused = give(work, "2026-03-02")
    assert status == 409
    assert "before 10 September 2027" in refused


@pytest.mark.serves("C98")
def test_no_notice_is_recorded_for_a_child_beyond_compulsory_school_age(work: Casework) -> None:
    older = identity().model_copy(update={"date_of_birth": date(2009, 5, 4)})
    named(work, older)
    status, refused = give(work, "2026-03-02")
    assert status == 409
    assert "the child is not of compulsory school age" in refused
    assert "No notice is on record" in page(work)


def test_no_notice_is_recorded_without_a_date_of_birth(work: Casework) -> None:
    named(work, identity().model_copy(update={"date_of_birth": None}))
    status, refused = give(work, "2026-03-02")
    assert status == 409
    assert "Ask the school for it" in refused


@pytest.mark.serves("C97")
def test_in_the_last_term_and_a_half_the_case_says_that_prosecution_is_unlikely(
    work: Casework,
) -> None:
    named(work, identity().model_copy(update={"date_of_birth": date(2010, 5, 4)}))
    said = page(work)
    assert "Compulsory school age ends on 26 June 2026, in less than a term and a half" in said
    assert "unless younger brothers or sisters are at school" in said


def test_of_a_pupil_with_years_to_go_nothing_is_said_of_that(work: Casework, case: Case) -> None:
    assert "a term and a half" not in page(work)


def test_nothing_is_said_where_the_terms_do_not_reach_the_leaving_day() -> None:
    born, today = date(2010, 5, 4), date(2026, 3, 2)
    terms = [
        Term("", "Autumn", "term", date(2025, 9, 1), date(2025, 12, 19)),
        Term("", "Spring", "term", date(2026, 1, 5), date(2026, 3, 27)),
    ]
    assert prosecution(born, terms, ENGLAND, today) == ""
    summer = Term("", "Summer", "term", date(2026, 4, 13), date(2026, 7, 22))
    assert "26 June 2026" in prosecution(born, [*terms, summer], ENGLAND, today)
    assert prosecution(born, [*terms, summer], ENGLAND, date(2026, 7, 1)) == ""


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"parent": "", "given_on": "2026-03-02"}, "Write who is given the notice"),
        ({"parent": PARENT, "given_on": "2026-03-03"}, "record a notice once it is given"),
        ({"parent": PARENT, "given_on": "soon"}, "Give the day as it is on the calendar"),
    ],
)
def test_what_cannot_be_recorded_is_said(
    work: Casework, case: Case, form: dict[str, str], says: str
) -> None:
    answer = work.officer.post(f"/cases/{case.id}/notice", form)
    assert answer.status_code == 409
    assert says in answer.text


def test_a_closed_case_takes_no_notice_and_its_notices_still_count(
    work: Casework, case: Case
) -> None:
    assert give(work, "2026-03-02")[0] == 303
    assert give(work, "2026-03-02")[0] == 303
    shut = {"outcome": "legal", "closed": "2026-03-02", "words": ""}
    assert work.officer.post(f"/cases/{case.id}/close", shut).status_code == 303
    assert give(work, "2026-03-02")[0] == 409
    known = [
        PenaltyNotice(case.id, case.ref, number, PARENT, date(2026, 3, 2)) for number in (1, 2)
    ]
    later = next_case(case)
    with pytest.raises(Refused, match="No further notice may be given"):
        may(later, date(2026, 6, 1), known)
    # Recorded out of order, three would stand within three years without anybody being told.
    with pytest.raises(Refused, match="in the order in which they are given"):
        may(later, date(2026, 5, 1), [PenaltyNotice("c", "R", 1, PARENT, date(2026, 5, 2))])
    assert may(later, date(2029, 3, 2), known).number == 1
    assert [one.refused for one in answers(known, date(2026, 6, 1), limit(ENGLAND))] == [
        False,
        True,
    ]


def test_a_policy_without_a_limit_says_so() -> None:
    with pytest.raises(Refused, match=r"has no table \[penalty\]"):
        limit(ENGLAND.model_copy(update={"penalty": None}))


def next_case(case: Case) -> Case:
    """Another case of the child, opened later."""
    from dataclasses import replace

    return replace(case, opened=date(2026, 4, 1))


def may(case: Case, on: date, known: list[PenaltyNotice]):  # type: ignore[no-untyped-def]
    """What `may_be_given` answers for a child of compulsory age."""
    return may_be_given(
        case,
        PARENT,
        on,
        today=on,
        born=date(2020, 1, 1),
        basis=Basis(),
        policy=ENGLAND,
        known=known,
    )


def named(work: Casework, who: Identity) -> Case:
    """The pupil returned, referred as this child, and the referral accepted."""
    work.arrive(work.return_of(notice(), day=TEN_DAYS[-1]))
    told = work.referral()
    work.arrive(told.model_copy(update={"sealed_identity": work.sealed(PUPIL, who)}))
    referral = work.only("/referrals", "/referrals/")
    assert work.officer.post(f"{referral}/accept").status_code == 303
    return work.case()
