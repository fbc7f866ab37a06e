"""A register: one byte a mark, and one answer a session."""

from __future__ import annotations

from datetime import date

import pytest
from registers import MONDAY, register, weekdays

from linkwork.errors import BadInput
from linkwork.marking import Place
from linkwork.register import Enrolment, Pupil, RegisterBuilder, Session


def test_marks_come_back_as_they_were_added() -> None:
    held = register("/ O+L -", "N - /")
    assert held.mark("P1", Session(MONDAY, "AM")) == "/"
    assert held.mark("P1", Session(weekdays(MONDAY, 2)[1], "PM")) == "L"
    assert held.mark("P2", Session(weekdays(MONDAY, 2)[1], "AM")) is None
    assert held.mark(0, Session(date(1999, 1, 1), "AM")) is None
    assert [code for _, code in held.marks(1)] == ["N", "N", None, None, "/", "\\"]


def test_a_dash_is_no_mark_and_does_not_conflict_with_one() -> None:
    into = RegisterBuilder()
    into.add("P1", MONDAY, "AM", "O")
    into.add("P1", MONDAY, "AM", "-")
    into.add("P1", MONDAY, "AM", "")
    into.add("P1", MONDAY, "PM", "-")
    held = into.build()
    assert [code for _, code in held.marks(0)] == ["O", None]
    assert "-" not in held.codes


def test_two_different_marks_in_one_session_are_refused_with_the_row() -> None:
    into = RegisterBuilder(source="register.csv")
    into.add("P1", MONDAY, "AM", "O", row=2)
    into.add("P1", MONDAY, "AM", "O", row=3)
    with pytest.raises(BadInput) as refused:
        into.add("P1", MONDAY, "AM", "I", row=4)
    assert (refused.value.file, refused.value.row, refused.value.column) == (
        "register.csv",
        4,
        "code",
    )
    assert "O and I" in str(refused.value)


def test_a_marker_writes_what_add_writes() -> None:
    added, marked = RegisterBuilder(), RegisterBuilder()
    for number, code in enumerate(["O", "", "-", "I", "O"]):
        added.add(f"P{number}", MONDAY, "AM", code)
    place = [marked.place(f"P{number}") for number in range(5)]
    mark = marked.marker(MONDAY, "AM")
    for number, code in enumerate(["O", "", "-", "I", "O"]):
        mark(place[number], marked.code_index(code), number)
    assert added.build().rows == marked.build().rows
    with pytest.raises(BadInput, match="two marks"):
        mark(place[0], marked.code_index("I"), 9)


def test_where_a_code_first_stood_is_kept() -> None:
    into = RegisterBuilder(source="register.csv")
    into.add("P1", MONDAY, "AM", "QQ", row=7)
    into.add("P1", MONDAY, "PM", "QQ", row=8)
    assert into.build().first_seen == {"QQ": Place("register.csv", 7)}


def test_sessions_are_in_time_order_and_pupils_in_theirs() -> None:
    into = RegisterBuilder()
    later = weekdays(MONDAY, 2)[1]
    into.add("B", later, "PM", "/")
    into.add("A", MONDAY, "PM", "/")
    into.add("B", MONDAY, "AM", "/")
    held = into.build()
    assert held.sessions == ((MONDAY, "AM"), (MONDAY, "PM"), (later, "PM"))
    assert [pupil.pupil_id for pupil in held.pupils] == ["B", "A"]
    assert held.last_marked_day() == later


def test_a_session_that_is_neither_am_nor_pm_is_refused() -> None:
    with pytest.raises(BadInput, match="AM nor PM"):
        RegisterBuilder().add("P1", MONDAY, "Morning", "/")


def test_more_codes_than_a_byte_holds_are_refused() -> None:
    into = RegisterBuilder()
    for number in range(255):
        into.add(f"P{number}", MONDAY, "AM", f"{number:03}")
    with pytest.raises(BadInput, match="more than 255"):
        into.add("P255", MONDAY, "AM", "255")


def test_both_ends_of_an_enrolment_are_on_roll() -> None:
    stay = Enrolment(date(2026, 1, 5), date(2026, 1, 9))
    assert [stay.covers(date(2026, 1, day)) for day in (4, 5, 9, 10)] == [False, True, True, False]
    assert not Pupil("P1", enrolments=()).on_roll(MONDAY)
