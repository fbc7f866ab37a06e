"""Details repeated on every row: gathered once, and no conflict passes in silence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from linkwork.errors import BadInput
from linkwork.register import Enrolment, Register

Reading = Callable[..., Register]
HEADER = "pupil_id,upn,date_of_birth,form,entry_date,leaving_date,date,session,code,minutes_late"


def day(number: int, *, details: str) -> str:
    return f"p1,{details},2026-09-{number:02},AM,/,"


def test_details_may_stand_on_some_rows_only(read_lines: Reading) -> None:
    register = read_lines(day(7, details=",,,,"), day(8, details=",2014-03-04,7A,,"), header=HEADER)
    (pupil,) = register.pupils
    assert (pupil.date_of_birth, pupil.form) == (date(2014, 3, 4), "7A")
    assert register.warnings == ()


@pytest.mark.parametrize(
    ("column", "one", "other"),
    [
        ("date_of_birth", ",2014-03-04,,,", ",2014-04-03,,,"),
        ("upn", "R999999926001,,,,", "F999999926002,,,,"),
    ],
)
def test_what_a_child_has_for_life_may_not_differ(
    column: str, one: str, other: str, read_lines: Reading
) -> None:
    with pytest.raises(BadInput, match=f"another {column}") as refused:
        read_lines(day(7, details=one), day(8, details=other), header=HEADER)
    assert (refused.value.row, refused.value.column) == (3, column)


def test_what_changes_in_a_year_is_taken_and_said(read_lines: Reading) -> None:
    register = read_lines(day(7, details=",,7A,,"), day(8, details=",,7B,,"), header=HEADER)
    assert register.pupils[0].form == "7B"
    assert register.warnings == ("form differs between rows of 1 pupil: the last one read is used",)


@pytest.mark.parametrize(
    ("upn", "problem"),
    [
        ("A999999926001", "has the wrong check letter"),
        ("1.0E+12", "is not a letter, eleven digits and a digit or letter"),
    ],
)
def test_a_wrong_upn_is_kept_and_said(upn: str, problem: str, read_lines: Reading) -> None:
    register = read_lines(day(7, details=f"{upn},,,,"), header=HEADER)
    assert register.pupils[0].upn == upn
    (warning,) = register.warnings
    assert problem in warning
    assert upn not in warning


def test_a_temporary_upn_is_known_as_one(read_lines: Reading) -> None:
    register = read_lines(day(7, details="C99999992600A,,,,"), header=HEADER)
    assert register.pupils[0].upn_temporary
    assert register.warnings == ()


def test_two_pupils_with_one_upn_are_read_as_two(read_lines: Reading) -> None:
    row = day(7, details="R999999926001,,,,")
    register = read_lines(row, row.replace("p1", "p2"), header=HEADER)
    assert [pupil.upn for pupil in register.pupils] == ["R999999926001"] * 2


def test_a_pupil_who_left_and_came_back_has_two_enrolments(read_lines: Reading) -> None:
    register = read_lines(
        day(7, details=",,,2024-09-01,2025-07-20"), day(8, details=",,,2026-09-08,"), header=HEADER
    )
    assert register.pupils[0].enrolments == (
        Enrolment(date(2024, 9, 1), date(2025, 7, 20)),
        Enrolment(date(2026, 9, 8), None),
    )


def test_a_leaving_date_that_becomes_known_closes_the_same_enrolment(read_lines: Reading) -> None:
    register = read_lines(
        day(7, details=",,,2024-09-01,"), day(8, details=",,,2024-09-01,2026-09-08"), header=HEADER
    )
    assert register.pupils[0].enrolments == (Enrolment(date(2024, 9, 1), date(2026, 9, 8)),)


def test_leaving_before_entering_is_refused(read_lines: Reading) -> None:
    with pytest.raises(BadInput, match="leaves before"):
        read_lines(day(7, details=",,,2026-09-01,2026-08-01"), header=HEADER)


LISTED = "pupil_id,sex,year_group,date,session,code"


@pytest.mark.parametrize(
    ("row", "sex", "year"),
    [
        ("p1,F,7", "F", "7"),
        ("p1,Male,Year 7", "M", "7"),
        ("p1,girl,Yr 11", "F", "11"),
        ("p1,,Reception", None, "R"),
        ("p1,Other,Nursery", "other", "N2"),
        ("p1,U,", "U", None),
    ],
)
def test_sex_and_year_group_are_read_in_their_usual_spellings(
    row: str, sex: str | None, year: str | None, read_lines: Reading
) -> None:
    (pupil,) = read_lines(f"{row},2026-09-07,AM,/", header=LISTED).pupils
    assert (pupil.sex, pupil.year_group) == (sex, year)


@pytest.mark.parametrize(
    ("row", "column", "accepted"),
    [
        ("p1,F,Thornapple", "year_group", "N1, N2, R, 1 to 14, X"),
        ("p1,F,2014-03-04", "year_group", "Reception"),
        ("p1,Quill,7", "sex", "F, M, U"),
    ],
)
def test_names_in_the_column_of_sex_or_year_group_are_refused_and_not_repeated(
    row: str, column: str, accepted: str, read_lines: Reading
) -> None:
    with pytest.raises(BadInput) as refused:
        read_lines("p1,F,7,2026-09-07,AM,/", f"{row},2026-09-08,AM,/", header=LISTED)
    assert (refused.value.row, refused.value.column) == (3, column)
    assert accepted in refused.value.remedy
    assert row.split(",")[-1 if column == "year_group" else 1] not in str(refused.value)


def test_two_spellings_of_one_year_group_are_no_change(read_lines: Reading) -> None:
    register = read_lines("p1,F,7,2026-09-07,AM,/", "p1,f,Year 7,2026-09-08,AM,/", header=LISTED)
    assert register.warnings == ()
