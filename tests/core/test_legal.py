"""What stands in the way of a legal step: age, the last terms, recoded marks, leave, the limit."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from registers import MONDAY, pupil, register, weekdays

from linkwork import policy as policies
from linkwork.errors import Refused
from linkwork.legal import (
    NoticeEvent,
    Permission,
    amount_due,
    leave_taken,
    next_notice,
    offence,
    prosecution_unlikely,
    refuse_outside_age,
)
from linkwork.policy import Penalty
from linkwork.triggers import evaluate

ENGLAND = policies.builtin("england-2024")
PENALTY: Penalty = ENGLAND.penalty or pytest.fail("England's policy has no penalty table")

#: The six half terms of a school year.
HALF_TERMS = [
    (date(2025, 9, 2), date(2025, 10, 24)),
    (date(2025, 11, 3), date(2025, 12, 19)),
    (date(2026, 1, 5), date(2026, 2, 13)),
    (date(2026, 2, 23), date(2026, 3, 27)),
    (date(2026, 4, 13), date(2026, 5, 22)),
    (date(2026, 6, 1), date(2026, 7, 21)),
]
LEAVING = date(2026, 6, 26)


@pytest.mark.parametrize(
    ("born", "day", "says"),
    [
        (date(2009, 5, 1), date(2026, 3, 2), "from 2014-08-31 to 2025-06-27"),
        (date(2021, 9, 1), date(2026, 11, 2), "from 2026-12-31"),
        (None, date(2026, 3, 2), "Ask the school"),
    ],
)
def test_no_legal_step_outside_compulsory_age_or_without_a_date_of_birth(
    born: date | None, day: date, says: str
) -> None:
    with pytest.raises(Refused, match=says):
        refuse_outside_age(born, day, ENGLAND)
    refuse_outside_age(date(2014, 5, 1), day, ENGLAND)


@pytest.mark.parametrize(
    ("day", "unlikely"),
    [
        (date(2025, 11, 10), False),
        (date(2026, 2, 13), False),
        (date(2026, 2, 23), False),
        (date(2026, 2, 24), True),
        (date(2026, 6, 10), True),
    ],
)
def test_with_less_than_a_term_and_a_half_left_prosecution_is_unlikely(
    day: date, unlikely: bool
) -> None:
    assert prosecution_unlikely(LEAVING, day, HALF_TERMS) is unlikely
    assert prosecution_unlikely(LEAVING, day, HALF_TERMS, younger_siblings=True) is False


def test_an_offence_counts_unauthorised_marks_only_and_is_tested_again_when_they_change() -> None:
    before = register("O*4 U+\\ N")
    last = before.sessions[-1].date
    [window] = [
        each for each in evaluate(before, ENGLAND, last) if each.trigger == "penalty-window"
    ]
    now = register("O*2 I+O M U+\\ N")
    tested = offence(window.why, now, "P1", ENGLAND)
    assert [code for _, _, code in tested.counts] == ["O"] * 5 + ["U", "N"]
    assert [code for _, code in tested.fallen] == ["I", "M", "M"]
    assert [counted.code for counted in tested.unsettled] == ["N"]
    # The control: nothing was recoded, so nothing falls.
    assert offence(window.why, before, "P1", ENGLAND).fallen == ()


def test_a_mark_that_vanished_is_shown_as_none_and_counts_for_nothing() -> None:
    before = register("O*5")
    rested = evaluate(before, ENGLAND, before.sessions[-1].date)[0].why
    tested = offence(rested, register("O*4 -", "/*5"), "P1", ENGLAND)
    assert {code for _, code in tested.fallen} == {None}


def test_leave_without_permission_on_file_becomes_a_penalty_candidate() -> None:
    days = weekdays(MONDAY, 10)
    granted = Permission(days[5], days[6], "H. Teacher", days[0], "A funeral abroad")
    held = register("/*3 G*3 /*2 G+\\ /", "/*5 G*2 /*3", "C*5 /*5", "/*10")
    found = leave_taken(held, ENGLAND, days[-1], {"P2": [granted]})
    assert [(each.pupil_id, each.kind, len(each.sessions)) for each in found] == [
        ("P1", "candidate", 6),
        ("P1", "candidate", 1),
        ("P2", "question", 4),
    ]
    assert found[0].sessions[0].date == days[3]


def test_leave_of_a_child_outside_compulsory_age_is_no_candidate() -> None:
    held = register("G*3", pupils=(pupil(born=date(2009, 5, 1)),))
    [leave] = leave_taken(held, ENGLAND, held.sessions[-1].date, {})
    assert leave.kind == "outside"


ISSUED = date(2025, 1, 10)


def notice(name: str, issued: date, **then: date) -> list[NoticeEvent]:
    """A notice and what became of it."""
    events = [NoticeEvent(name, "issued", issued)]
    return events + [NoticeEvent(name, kind, on) for kind, on in then.items()]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("then", "counts"),
    [
        pytest.param({"paid": ISSUED + timedelta(days=20)}, True, id="B7: paid in 21 days"),
        pytest.param({"paid": ISSUED + timedelta(days=27)}, True, id="B7: paid in 28 days"),
        pytest.param({"convicted": date(2025, 5, 1)}, True, id="B7: unpaid, then convicted"),
        pytest.param({"withdrawn": date(2025, 1, 20)}, False, id="B7: withdrawn"),
        pytest.param({"acquitted": date(2025, 5, 1)}, False, id="acquitted"),
        pytest.param({}, True, id="open: it may still be paid"),
    ],
)
def test_which_notices_count_to_the_limit(then: dict[str, date], counts: bool) -> None:
    after = next_notice(notice("a", ISSUED, **then), date(2025, 9, 1), PENALTY)
    assert after.counted == (("a",) if counts else ())
    assert after.number == (2 if counts else 1)
    assert after.open_ones == (() if then else ("a",))


def test_the_first_and_second_notice_and_no_third_within_three_years() -> None:
    first = next_notice([], ISSUED, PENALTY)
    assert first.terms is not None
    assert (first.terms.amount_pence, first.terms.reduced_pence) == (16000, 8000)
    events = notice("a", ISSUED, paid=date(2025, 1, 20))
    second = next_notice(events, date(2026, 1, 10), PENALTY)
    assert second.terms is not None
    assert (second.terms.amount_pence, second.terms.reduced_pence) == (16000, None)
    events += notice("b", date(2026, 1, 10), paid=date(2026, 1, 20))
    third = next_notice(events, date(2028, 1, 9), PENALTY)
    assert (third.number, third.terms, third.again_from) == (3, None, date(2028, 1, 10))
    # Three years after the first was given only the second still counts.
    after = next_notice(events, date(2028, 1, 10), PENALTY)
    assert (after.number, after.counted) == (2, ("b",))
    assert next_notice(events, date(2029, 1, 10), PENALTY).number == 1


def test_three_notices_never_stand_within_three_years_however_late_the_second_was() -> None:
    events = notice("a", date(2024, 9, 10), paid=date(2024, 9, 20))
    events += notice("b", date(2027, 9, 1), paid=date(2027, 9, 5))
    # The first counts no more, the second does: the next is a second, without a lower amount.
    second = next_notice(events, date(2027, 9, 12), PENALTY)
    assert (second.number, second.counted) == (2, ("b",))
    assert second.terms == PENALTY.notices[1]
    events += notice("c", date(2027, 9, 12), paid=date(2027, 9, 13))
    third = next_notice(events, date(2027, 9, 14), PENALTY)
    assert (third.terms, third.again_from) == (None, date(2030, 9, 1))
    assert next_notice(events, date(2030, 8, 31), PENALTY).terms is None
    assert next_notice(events, date(2030, 9, 1), PENALTY).number == 2
    assert "within no three years there is a third" in PENALTY.doubt


def test_a_withdrawal_gives_the_place_back_because_the_limit_is_made_from_events() -> None:
    events = notice("a", ISSUED, paid=ISSUED) + notice("b", date(2025, 6, 1))
    assert next_notice(events, date(2025, 9, 1), PENALTY).terms is None
    events.append(NoticeEvent("b", "withdrawn", date(2025, 8, 1)))
    assert next_notice(events, date(2025, 9, 1), PENALTY).number == 2
    # Asked about a day before the withdrawal it is as it was then.
    assert next_notice(events, date(2025, 7, 1), PENALTY).terms is None


@pytest.mark.parametrize(
    ("number", "days", "pence"), [(0, 21, 8000), (0, 22, 16000), (0, 28, 16000), (1, 1, 16000)]
)
def test_what_is_due_on_which_day(number: int, days: int, pence: int) -> None:
    terms = PENALTY.notices[number]
    assert amount_due(terms, ISSUED, ISSUED + timedelta(days=days)) == pence


def test_after_the_last_day_nothing_can_be_paid() -> None:
    with pytest.raises(Refused, match="2025-02-07"):
        amount_due(PENALTY.notices[0], ISSUED, ISSUED + timedelta(days=29))
