"""A legal step rests on absence without permission, tested again on the marks as they are now."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from casework import TEN_DAYS, Casework, marks, notice

from linkwork.errors import Refused
from linkwork.wire import Mark
from linkwork_hub.cases.basis import Basis, as_it_stands, ground, refuse_unfounded
from linkwork_hub.cases.models import Case

PARENT = "Parent Example"
LAST = TEN_DAYS[-1]


def mark(day: date, half: str, code: str | None = "O", counts_as: str = "unauthorised") -> Any:
    """One mark as it leaves a school."""
    return {"date": day, "half": half, "code": code, "counts_as": counts_as}


def opened(work: Casework, **changes: Any) -> Case:
    """A pupil returned with this spell, referred, and the referral accepted."""
    work.arrive(work.return_of(notice(**changes)))
    work.arrive(work.referral())
    referral = work.only("/referrals", "/referrals/")
    assert work.officer.post(f"{referral}/accept").status_code == 303
    return work.case()


def give(work: Casework, **form: str) -> tuple[int, str]:
    """Recording a notice on the one case, and what the answer says."""
    given = {"parent": PARENT, "given_on": "2026-03-02", **form}
    answer = work.officer.post(f"/cases/{work.case().id}/notice", given)
    return answer.status_code, answer.text


def page(work: Casework) -> str:
    """The page of the one case, as a reader sees it."""
    return work.officer.get(f"/cases/{work.case().id}").text.replace("&#39;", "'")


@pytest.mark.serves("C93")
def test_only_absence_without_permission_counts_and_recoding_tests_the_case_again(
    work: Casework,
) -> None:
    # Each first session is authorised, and none of them counts to the offence.
    halves = [
        each for day in TEN_DAYS for each in (mark(day, "AM", None, "authorised"), mark(day, "PM"))
    ]
    case = opened(work, why=halves)
    assert "10 sessions without permission, 16 February 2026 to 27 February 2026" in page(work)
    assert give(work)[0] == 303
    assert "it counts 10 sessions without permission" in page(work)
    # The school codes six of them as illness: of what the notice counted four stand.
    ill = [
        {"was": mark(day, "PM"), "now": mark(day, "PM", None, "authorised")} for day in TEN_DAYS[:6]
    ]
    left = [mark(day, "PM") for day in TEN_DAYS[6:]]
    work.tell(notice(event="continued", value=4, first=TEN_DAYS[6], why=left, corrected=ill))
    said = page(work)
    assert "4 sessions without permission, 24 February 2026 to 27 February 2026" in said
    assert "6 sessions counted before fell" in said
    assert "counted 10 sessions without permission; 4 of them stand" in said
    # All of it: nothing is left that a second notice, or a court, could count.
    rest = [
        {"was": mark(day, "PM"), "now": mark(day, "PM", None, "authorised")} for day in TEN_DAYS[6:]
    ]
    work.tell(notice(event="withdrawn", why=left, corrected=rest))
    status, refused = give(work)
    assert status == 409
    assert "no absence without permission stands" in refused
    assert "Absence with permission is a defence" in refused
    assert case.id == work.case().id


def test_no_notice_counts_a_session_whose_reason_is_not_known(work: Casework) -> None:
    # The spell is confirmed without the last day, which is coded N.
    why = (*marks(TEN_DAYS[:-1]), *marks([LAST], code="N"))
    opened(work, why=why, status="confirmed")
    assert "Not settled" in page(work)
    status, refused = give(work)
    assert status == 409
    assert "2 sessions that it would count may still change" in refused
    assert "27 February 2026 AM: its reason is not known yet (code N)" in refused
    status, _ = give(work, counts_from="2026-02-16", counts_to="2026-02-26")
    assert status == 303
    assert "18 sessions, 16 February 2026 to 26 February 2026" in page(work)


def test_no_notice_counts_a_mark_changed_in_the_last_five_school_days(work: Casework) -> None:
    changed = {"date": TEN_DAYS[3], "half": "PM", "why": "changed", "on": LAST}
    opened(work, unsettled=[changed])
    status, refused = give(work)
    assert status == 409
    assert "19 February 2026 PM: it was changed on 27 February 2026" in refused
    assert "counts from 6 March 2026 on" in refused
    work.later(days=3)
    assert give(work)[0] == 409
    work.later(days=1)
    assert give(work)[0] == 303


@pytest.mark.parametrize(
    ("why", "says"),
    [("gone", "has no mark there any more"), ("waits", "waits for a person at the school")],
)
def test_no_notice_counts_a_mark_that_is_gone_or_waits(work: Casework, why: str, says: str) -> None:
    unsure = {"date": TEN_DAYS[0], "half": "AM", "why": why, "on": LAST}
    opened(work, unsettled=[unsure])
    status, refused = give(work)
    assert status == 409
    assert says in refused
    # The school settles it: the next collection says nothing of it, and that is no news.
    summary = work.school.summary(LAST).model_copy(
        update={"standing": (notice(event="continued"),)}
    )
    work.arrive(summary)
    assert give(work)[0] == 303


def test_a_case_moves_to_a_legal_step_only_on_settled_absence_without_permission(
    work: Casework,
) -> None:
    why = (*marks(TEN_DAYS[:-1], code=None, counts="authorised"), *marks([LAST], code="N"))
    case = opened(work, why=why)
    legal(work, case)
    assert "2 sessions that it would count may still change" in move(work, case)
    why = (*marks(TEN_DAYS[:-1]), *marks([LAST], code="N"))
    work.tell(notice(event="continued", why=why))
    assert move(work, case) == ""
    said = page(work)
    assert "It rests on 18 sessions without permission, 16 February 2026 to 26 February" in said
    assert "2 more may still change, left out" in said


def test_what_the_hub_was_told_no_mark_of_is_not_judged() -> None:
    nothing = as_it_stands([], [], [], LAST)
    refuse_unfounded(nothing, "penalty notice")
    assert ground(nothing, "legal step") == ""
    with pytest.raises(Refused, match="no absence without permission"):
        refuse_unfounded(Basis(told=True), "penalty notice")


def test_what_a_school_counted_in_its_request_counts_until_a_spell_says_otherwise() -> None:
    asked = [Mark(date=day, half="AM", code="G") for day in TEN_DAYS[:3]]
    basis = as_it_stands([], asked, [], LAST)
    assert [each.date for each in basis.settled] == list(TEN_DAYS[:3])
    assert ground(basis, "legal step").startswith("It rests on 3 sessions")


def legal(work: Casework, case: Case) -> None:
    """Move the case up to the step before the legal one."""
    steps = (("family-contact", "assessment"), ("plan-agreed", "plan"), ("review-held", "review"))
    for kind, to in steps:
        done = {"kind": kind, "on": "2026-03-02", "note": ""}
        assert work.officer.post(f"/cases/{case.id}/work", done).status_code == 303
        moved = work.officer.post(f"/cases/{case.id}/move", {"to": to, "why": ""})
        assert moved.status_code == 303


def move(work: Casework, case: Case) -> str:
    """Moving to the legal step: nothing when it stands there, else the page that refuses."""
    answer = work.officer.post(f"/cases/{case.id}/move", {"to": "legal", "why": ""})
    return "" if answer.status_code == 303 else answer.text
