"""Rows become marks, or are refused with file, row, column and remedy."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from linkwork.errors import BadInput, EmptyRegister
from linkwork.register import Enrolment, Register, Session

Reading = Callable[..., Register]
AM = Session(date(2026, 9, 7), "AM")
PM = Session(date(2026, 9, 7), "PM")
WHOLE = (
    "pupil_id,upn,surname,forename,date_of_birth,sex,year_group,form,entry_date,leaving_date,"
    "date,session,code,minutes_late"
)


def test_four_columns_are_enough(read_lines: Reading) -> None:
    register = read_lines("p1,2026-09-07,AM,/", "p2,2026-09-07,PM,N")
    assert register.mark("p1", AM) == "/"
    assert register.mark("p2", PM) == "N"
    assert register.mark("p1", PM) is None


def test_columns_may_stand_in_any_order_and_any_case(read_lines: Reading) -> None:
    register = read_lines("n,07,2026-09-07,am", header="Code,pupil_id,DATE,Session")
    assert register.mark("07", AM) == "N"


def test_every_detail_of_a_pupil_is_kept(read_lines: Reading) -> None:
    row = 'p1,R999999926001,"Quill, the elder",Fern,2014-03-04,F,7,7 Heron,2025-09-01,2026-10-02'
    register = read_lines(f"{row},2026-09-07,AM,L,7", header=WHOLE)
    (pupil,) = register.pupils
    assert (pupil.surname, pupil.forename) == ("Quill, the elder", "Fern")
    assert (pupil.upn, pupil.upn_temporary) == ("R999999926001", False)
    assert (pupil.date_of_birth, pupil.sex) == (date(2014, 3, 4), "F")
    assert (pupil.year_group, pupil.form) == ("7", "7 Heron")
    assert pupil.enrolments == (Enrolment(date(2025, 9, 1), date(2026, 10, 2)),)
    assert register.minutes_late == {(0, 0): 7}
    assert register.warnings == ()


def test_a_file_with_every_cell_in_quotation_marks_reads_the_same(read_lines: Reading) -> None:
    cells = ["p1", "", "Quill", "Fern", "", "", "", "", "", "", "2026-09-07", "AM", "L", "5"]
    plain = read_lines(",".join(cells), header=WHOLE)
    quoted = read_lines(",".join(f'"{cell}"' for cell in cells), header=WHOLE)
    assert (quoted.pupils, quoted.rows) == (plain.pupils, plain.rows)
    assert quoted.minutes_late == plain.minutes_late


def test_an_empty_code_is_no_mark_and_not_absence(read_lines: Reading) -> None:
    register = read_lines("p1,2026-09-07,AM,", "p1,2026-09-07,PM,\\")
    assert register.sessions == (AM, PM)
    assert register.mark("p1", AM) is None


def test_blank_rows_at_the_end_say_nothing(read_lines: Reading) -> None:
    register = read_lines("p1,2026-09-07,AM,/", "", ",,,", "  ")
    assert len(register.pupils) == 1


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_a_byte_order_mark_and_any_line_ending_are_welcome(
    ending: str, tmp_path: Path, read_csv: Reading
) -> None:
    path = tmp_path / "register.csv"
    lines = ("pupil_id,date,session,code", "p1,2026-09-07,AM,/", "p1,2026-09-07,PM,N")
    path.write_bytes(b"\xef\xbb\xbf" + ending.join(lines).encode())
    assert read_csv(path).mark("p1", PM) == "N"


def test_the_last_row_needs_no_line_ending_even_with_minutes(
    tmp_path: Path, read_csv: Reading
) -> None:
    path = tmp_path / "register.csv"
    path.write_text(f"{WHOLE}\np1,,,,,,,,,,2026-09-07,AM,U,45")
    assert read_csv(path).minutes_late == {(0, 0): 45}


REFUSED = {
    "a date in another order": ("p1,07/09/2026,AM,/", "date", '"99/99/9999"'),
    "a day that does not exist": ("p1,2026-02-30,AM,/", "date", "no such date"),
    "a week date": ("p1,2026-W37-1,AM,/", "date", "YYYY-MM-DD"),
    "a half nobody knows": ("p1,2026-09-07,Lunch,/", "session", "Write AM or PM"),
    "a mark that became a formula": ("p1,2026-09-07,AM,#NAME?", "code", "spreadsheet"),
    "two marks in one cell": ("p1,2026-09-07,AM,/\\/\\", "code", "one attendance code"),
    "no pupil": (",2026-09-07,AM,/", "pupil_id", "empty"),
    "a row cut short": ("p1,2026-09-07,AM", None, "3 cells where the header has 4"),
    "a comma too many": ("p1,2026-09-07,AM,/,", None, "5 cells where the header has 4"),
}


@pytest.mark.parametrize("why", REFUSED)
def test_a_wrong_row_is_named_with_file_row_column_and_remedy(
    why: str, read_lines: Reading
) -> None:
    line, column, words = REFUSED[why]
    with pytest.raises(BadInput) as refused:
        read_lines("p0,2026-09-07,AM,/", line)
    assert refused.value.row == 3
    assert refused.value.column == column
    assert refused.value.file is not None
    assert refused.value.file.endswith("register.csv")
    assert words in str(refused.value)
    assert refused.value.exit_code == 3


@pytest.mark.parametrize("why", REFUSED)
def test_the_columns_of_a_full_file_are_named_in_the_same_way(
    why: str, read_lines: Reading
) -> None:
    short, column, _ = REFUSED[why]
    pupil, _, rest = short.partition(",")
    with pytest.raises(BadInput) as refused:
        read_lines("p0,,,,,,,,,,2026-09-07,AM,/,", f"{pupil},,,,,,,,,,{rest},", header=WHOLE)
    assert (refused.value.row, refused.value.column) == (3, column)


def test_no_message_repeats_a_name(read_lines: Reading) -> None:
    row = "p1,Z1,Quillfeather,Fern,Quillfeather,,,,,,2026-09-07,AM,/,"
    with pytest.raises(BadInput) as refused:
        read_lines(row, header=WHOLE)
    assert refused.value.column == "date_of_birth"
    assert "Quill" not in str(refused.value)
    assert '"aaaaaaaaaaaa"' in str(refused.value)


def test_a_date_as_excel_writes_it_is_named_by_its_shape(read_lines: Reading) -> None:
    with pytest.raises(BadInput) as refused:
        read_lines("p1,16/11/2026,AM,/")
    said = str(refused.value)
    assert 'the shape day/month/year, "99/99/9999" (digits shown as 9)' in said
    assert "yyyy-mm-dd" in said
    assert (refused.value.row, refused.value.column) == (2, "date")


@pytest.mark.parametrize("rounded", ["1.23457E+11", '"1,23E+11"', "9E+15", '" 1.2e+11"'])
def test_a_pupil_id_that_excel_rounded_is_refused_and_a_plain_one_is_not(
    read_lines: Reading, rounded: str
) -> None:
    kept = ("p1,2026-09-07,AM,/", "123456789012,2026-09-07,AM,/", "7E2,2026-09-07,AM,/")
    with pytest.raises(BadInput, match="Excel has rounded") as found:
        read_lines(*kept, f"{rounded},2026-09-07,AM,/")
    assert "Format the column as text" in str(found.value)
    assert "export again" in str(found.value)
    assert (found.value.row, found.value.column) == (5, "pupil_id")
    assert len(read_lines(*kept).pupils) == 3


def test_two_different_marks_of_one_session_are_refused(read_lines: Reading) -> None:
    with pytest.raises(BadInput, match="two marks on 2026-09-07 AM: / and N") as refused:
        read_lines("p1,2026-09-07,AM,/", "p2,2026-09-07,AM,/", "p1,2026-09-07,AM,N")
    assert refused.value.row == 4


def test_the_same_mark_twice_and_a_mark_after_none_are_one_mark(read_lines: Reading) -> None:
    register = read_lines(
        "p1,2026-09-07,AM,", "p1,2026-09-07,AM,O", "p1,2026-09-07,AM,O", "p1,2026-09-07,AM,"
    )
    assert register.mark("p1", AM) == "O"


def test_minutes_beside_a_code_that_is_not_late_are_left_out_and_counted(
    read_lines: Reading,
) -> None:
    register = read_lines(
        "p1,,,,,,,,,,2026-09-07,AM,/,9", "p2,,,,,,,,,,2026-09-07,AM,L,9", header=WHOLE
    )
    assert list(register.minutes_late.values()) == [9]
    assert register.warnings == ("minutes_late is left out on 1 row whose code is neither L nor U",)


def test_minutes_that_are_no_number_are_refused(read_lines: Reading) -> None:
    with pytest.raises(BadInput, match="whole minutes"):
        read_lines("p1,,,,,,,,,,2026-09-07,AM,L,late", header=WHOLE)


def test_a_file_that_holds_marks_outside_the_dates_only_is_not_an_empty_register(
    read_lines: Reading,
) -> None:
    with pytest.raises(EmptyRegister, match="2000-01-01 to 2099-12-31"):
        read_lines("p1,1999-09-07,AM,/")


def test_a_row_without_a_pupil_after_a_blank_row_is_not_taken_for_blank(
    read_lines: Reading,
) -> None:
    with pytest.raises(BadInput, match="Every row needs one") as refused:
        read_lines("p1,2026-09-07,AM,/", ",,,", ",2026-09-07,AM,N")
    assert refused.value.row == 4


def test_a_row_of_another_school_may_not_swallow_ours(read_lines: Reading) -> None:
    """Control: the csv module alone reads these three rows as one."""
    rows = ('p1,2026-09-07,AM,",999002', "p2,2026-09-07,AM,/,999001", 'p3,2026-09-07,AM,",999002')
    with pytest.raises(BadInput):
        read_lines(*rows, header="pupil_id,date,session,code,urn", urn="999001")
    assert len(list(csv.reader([f"{row}\n" for row in rows], strict=False))) == 1
