"""How whole a register is: questions to the school, never findings, and none without cause."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from random_registers import registers
from registers import MONDAY, marks, register, weekdays

from linkwork import policy as policies
from linkwork.completeness import LeaverQuestion, MissingRegister, SilentForm, Wholeness, wholeness
from linkwork.register import Enrolment, Pupil, Register, Session
from linkwork.sample import make_school
from linkwork.sheet import lay_out
from linkwork.triggers import evaluate

ENGLAND = policies.builtin("england-2024")
DAYS = weekdays(MONDAY, 30)


def asked(held: Register, as_of: date | None = None) -> Wholeness:
    """How whole a register is on its last day."""
    return wholeness(lay_out(held, ENGLAND, as_of or held.sessions[-1].date))


def school(
    form_b: str, *, size: int = 3, form_a: str = "/*30", left: date | None = None
) -> Register:
    """Two forms of `size` pupils, 7A with one story and 7B with another."""
    pupils = [
        Pupil(f"P{n}", form="7A" if n <= size else "7B", enrolments=(Enrolment(None, left),))
        for n in range(1, 2 * size + 1)
    ]
    return register(*[form_a] * size, *[form_b] * size, pupils=pupils)


def test_a_missing_register_is_named_by_form_date_session_and_number_of_pupils() -> None:
    found = asked(school("/*9 /+- /*20"))
    assert found.registers_missing == (MissingRegister("7B", Session(DAYS[9], "PM"), 3),)
    assert found.registers_expected == 2 * 2 * 30
    assert (found.sessions_expected, found.sessions_marked) == (360, 357)


def test_one_mark_in_a_form_is_a_register_that_was_taken() -> None:
    pupils = [Pupil(f"P{n}", form="7B") for n in (1, 2, 3)]
    held = register("/*5", "-*1 /*4", "-*1 /*4", "/*5", pupils=pupils)
    assert asked(held).registers_missing == ()


def test_a_day_nobody_has_marks_on_is_no_missing_register_of_every_form() -> None:
    held = school("/*9 -+- /*20", form_a="/*9 -+- /*20")
    found = asked(held)
    assert found.registers_missing == ()
    assert DAYS[9] in lay_out(held, ENGLAND, DAYS[-1]).school.gaps


def test_a_closed_form_has_its_register() -> None:
    assert asked(school("/*9 # /*20")).registers_missing == ()


def test_registers_are_expected_of_forms_with_pupils_on_roll() -> None:
    gone = school("/*10 -*20", left=DAYS[9])
    assert asked(gone).registers_missing == ()
    assert asked(gone).registers_expected == 2 * 2 * 10


def test_a_form_never_marked_is_one_question_and_not_sixty_registers() -> None:
    found = asked(school("-*30"))
    assert found.silent_forms == (SilentForm("7B", 3),)
    assert (found.registers_missing, found.leaver_questions) == ((), ())


def test_a_pupil_blank_while_the_form_has_marks_is_asked_about_and_never_found() -> None:
    pupils = [Pupil(f"P{n}", form="7B") for n in (1, 2, 3)]
    held = register("/*12 -*18", "/*30", "/*30", pupils=pupils)
    assert asked(held).leaver_questions == (LeaverQuestion("P1", DAYS[11], 36),)
    assert {f.audience for f in evaluate(held, ENGLAND, DAYS[-1])} <= {"school"}


def test_a_pupil_on_roll_without_any_mark_is_asked_about_too() -> None:
    held = register("-*10", "/*10")
    assert asked(held).leaver_questions == (LeaverQuestion("P1", None, 20),)


@pytest.mark.parametrize(
    ("story", "left", "asks"),
    [
        ("/*25 -*5", None, True),
        ("/*26 -*4", None, False),
        ("/*12 -*18", DAYS[11], False),
        ("/*12 -*17 /", None, False),
        ("/*12 #*18", None, True),
    ],
    ids=["five days", "four days", "left with a date", "came back", "closures are no marks"],
)
def test_when_a_pupil_may_have_left(story: str, left: date | None, asks: bool) -> None:
    pupils = [Pupil("P1", enrolments=(Enrolment(None, left),))]
    assert bool(asked(register(story, "/*30", pupils=pupils)).leaver_questions) is asks


def test_a_form_whose_registers_stop_is_no_class_of_leavers() -> None:
    found = asked(school("/*10 -*20"))
    assert found.leaver_questions == ()
    assert len(found.registers_missing) == 40


def test_half_a_day_with_few_marks_is_named() -> None:
    held = register(*["/*5"] * 9, "/*4 /+\\")
    thin = register(*["/*4 /+-"] * 9, "/*4 /+\\")
    assert asked(held).thin_sessions == ()
    [found] = asked(thin).thin_sessions
    assert (found.session, found.marked, found.pupils) == (Session(DAYS[4], "PM"), 1, 10)


def test_an_afternoon_of_closures_is_not_thin() -> None:
    assert asked(register(*["/*4 /+#"] * 10)).thin_sessions == ()


def test_a_sudden_change_of_the_roll_is_named_and_a_new_school_year_is_not() -> None:
    late = [Pupil(f"P{n}", enrolments=(Enrolment(DAYS[5]),)) for n in range(1, 13)]
    [found] = asked(register(*["-*5 /*5"] * 12, *["/*10"] * 20, pupils=late)).roll_changes
    assert (found.day, found.before, found.after) == (DAYS[5], 20, 32)
    summer = [*weekdays(date(2026, 7, 13), 5), *weekdays(date(2026, 9, 7), 5)]
    new = [Pupil(f"P{n}", enrolments=(Enrolment(summer[5]),)) for n in range(1, 13)]
    stories = [marks("-*5 /*5", summer)] * 12 + [marks("/*10", summer)] * 20
    assert asked(register(*stories, pupils=new)).roll_changes == ()


def test_a_made_up_school_has_no_questions_until_something_is_missing() -> None:
    made = make_school(3, pupils=150, first=date(2025, 9, 3), last=date(2025, 12, 19)).register
    whole = asked(made)
    assert (len(whole.registers_missing), len(whole.silent_forms)) == (0, 0)
    assert whole.leaver_questions == ()
    assert whole.registers_expected > 100
    # The control: the register of one form and session taken out is exactly what is named.
    form = made.pupils[0].form
    place = len(made.sessions) // 2
    for index, pupil in enumerate(made.pupils):
        if pupil.form == form:
            made.rows[place][index] = 0
    [missing] = asked(made).registers_missing
    assert (missing.form, missing.session) == (form, made.sessions[place])


@given(registers())
def test_what_is_missing_is_never_more_than_what_is_expected(told: tuple[Register, date]) -> None:
    held, as_of = told
    whole = wholeness(lay_out(held, ENGLAND, as_of))
    assert 0 <= whole.sessions_marked <= whole.sessions_expected
    assert len(whole.registers_missing) <= whole.registers_expected


def test_marks_of_a_pupil_who_has_left_fill_nobodys_gap() -> None:
    held = register(
        "/*15", "/*10 -*5", "/*15", pupils=[Pupil("P1", enrolments=(Enrolment(None, DAYS[4]),))]
    )
    assert asked(held).last_full_day == DAYS[9]
    # The control: with all three marked, the stray marks change nothing either.
    assert asked(register("/*15", "/*15")).last_full_day == DAYS[14]
