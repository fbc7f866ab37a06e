"""Which files are read, and what is said of a damaged one."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

import linkwork_csv.plugin
from linkwork.errors import BadInput, ContactsUnavailable, WrongUse
from linkwork.register import Register, Session
from linkwork.testing import open_mis

Reading = Callable[..., Register]
Write = Callable[..., Path]
HEADER = b"pupil_id,date,session,code\n"


def refused_bytes(content: bytes, tmp_path: Path, read_csv: Reading) -> BadInput:
    path = tmp_path / "damaged.csv"
    path.write_bytes(content)
    with pytest.raises(BadInput) as refused:
        read_csv(path)
    return refused.value


def test_another_encoding_is_named_with_its_byte_and_row(tmp_path: Path, read_csv: Reading) -> None:
    rows = HEADER + b"p1,2026-09-07,AM,/\n" + "pé,2026-09-07,AM,/\n".encode("cp1252")
    error = refused_bytes(rows, tmp_path, read_csv)
    assert error.row == 3
    assert f"byte {len(HEADER) + 20}" in str(error)
    assert "CSV UTF-8" in error.remedy


def test_a_control_character_is_named_with_its_place(tmp_path: Path, read_csv: Reading) -> None:
    error = refused_bytes(HEADER + b"p1,2026-09-07,AM,\x00/\n", tmp_path, read_csv)
    assert (error.row, error.problem) == (2, "there is a NUL in the row, at byte 18 of it")


def test_an_unclosed_quotation_mark_is_named_where_it_began(
    tmp_path: Path, read_csv: Reading
) -> None:
    """Control: read leniently, the same file loses three rows in silence."""
    rows = HEADER + b'p1,2026-09-07,AM,/\n"p2,2026-09-07,AM,/\n' + b"p3,2026-09-07,AM,/\n" * 3
    error = refused_bytes(rows, tmp_path, read_csv)
    assert error.row == 3
    assert "never closed" in error.remedy
    assert len(list(csv.reader(rows.decode().splitlines(keepends=True)))) == 3


def test_an_unclosed_quotation_mark_in_a_name_is_named_where_it_began(read_lines: Reading) -> None:
    header = "pupil_id,surname,date,session,code,minutes_late"
    with pytest.raises(BadInput, match="never closed") as refused:
        read_lines("p1,Quill,2026-09-07,AM,/,", 'p2,"Quill,2026-09-07,AM,/,', header=header)
    assert refused.value.row == 3


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("pupil_id,date,session", "the column code is missing"),
        ("pupil_id,date", "the columns session, code are missing"),
        ("pupil_id,date,session,code,mood,notes", "mood, notes"),
        ("pupil_id,date,session,code,Date", "names date twice"),
        ("pupil_id,date,session,code,,", "column 5 of the header has no name"),
    ],
)
def test_a_wrong_header_is_named_by_its_columns(
    header: str, words: str, read_lines: Reading
) -> None:
    with pytest.raises(BadInput) as refused:
        read_lines("p1,2026-09-07,AM,/", header=header)
    assert words in str(refused.value)
    assert refused.value.row == 1


@pytest.mark.parametrize("title", ["", "Register of Fernhill Primary,,,"])
def test_rows_without_a_header_are_refused_with_what_a_register_needs(
    title: str, read_lines: Reading
) -> None:
    with pytest.raises(BadInput, match="no row among the first is the header") as refused:
        read_lines("p1,2026-09-07,AM,/", header=title)
    assert "pupil id, date, session and mark" in refused.value.remedy


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path, read_csv: Reading) -> None:
    with pytest.raises(BadInput, match="there is no such file"):
        read_csv(tmp_path / "nowhere.csv")


def test_several_files_are_one_school(write_register: Write, read_csv: Reading) -> None:
    one = write_register("p1,2026-09-07,AM,/", name="a.csv")
    two = write_register("p1,2026-09-07,AM,/", "p1,2026-09-07,PM,N", name="b.csv")
    for path in ([two, one], str(one.parent / "*.csv"), one.parent):
        register = read_csv(path)
        assert register.mark("p1", Session(date(2026, 9, 7), "PM")) == "N"


def test_files_that_disagree_are_refused_and_the_second_is_named(
    write_register: Write, read_csv: Reading
) -> None:
    write_register("p1,2026-09-07,AM,/", name="a.csv")
    two = write_register("p0,2026-09-07,AM,/", "p1,2026-09-07,AM,O", name="b.csv")
    with pytest.raises(BadInput, match="two marks") as refused:
        read_csv(two.parent)
    assert (refused.value.file, refused.value.row) == (str(two), 3)


def test_a_folder_or_pattern_without_a_register_is_said(tmp_path: Path, read_csv: Reading) -> None:
    with pytest.raises(BadInput, match="the folder holds no register"):
        read_csv(tmp_path)
    with pytest.raises(BadInput, match="the pattern finds no file"):
        read_csv(f"{tmp_path}/*.csv")


def test_two_schools_in_one_file_need_to_be_told_apart(read_lines: Reading) -> None:
    rows = ("p1,2026-09-07,AM,/,999001", "p2,2026-09-07,AM,N,999002", "p3,2026-09-07,AM,/,999003")
    header = "pupil_id,date,session,code,urn"
    with pytest.raises(BadInput, match="3 schools: 999001, 999002, 999003"):
        read_lines(*rows, header=header)
    register = read_lines(*rows, header=header, urn="999002")
    assert [pupil.pupil_id for pupil in register.pupils] == ["p2"]
    assert register.urn == "999002"


def test_a_file_of_another_school_is_refused_and_says_whose_it_is(read_lines: Reading) -> None:
    with pytest.raises(BadInput, match="no row of school 999009; the URNs there are 999001"):
        read_lines(
            "p1,2026-09-07,AM,/,999001", header="pupil_id,date,session,code,urn", urn="999009"
        )


def test_one_school_tells_its_own_urn(read_lines: Reading) -> None:
    row = "p1,2026-09-07,AM,/,999001"
    assert read_lines(row, header="pupil_id,date,session,code,urn").urn == "999001"


def test_a_setting_nobody_knows_is_named() -> None:
    with pytest.raises(WrongUse, match="no setting 'sheet'"):
        open_mis(linkwork_csv.plugin, path="x.csv", sheet="1")
    with pytest.raises(WrongUse, match="needs the setting path"):
        open_mis(linkwork_csv.plugin)


def test_a_calendar_declares_the_school_days(write_register: Write, read_lines: Reading) -> None:
    days = ("2026-09-07,school", "2026-09-08,inset", "2026-09-09,School")
    calendar = write_register(*days, header="date,kind", name="calendar.csv")
    register = read_lines("p1,2026-09-07,AM,/", calendar=calendar)
    assert register.calendar == frozenset({date(2026, 9, 7), date(2026, 9, 9)})


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("2026-09-08,open", "school, inset, closure, holiday"),
        ("8/9/2026,school", "YYYY-MM-DD"),
        ("2026-09-07,inset", "two kinds"),
        ("2026-09-08", "1 cells, not 2"),
    ],
)
def test_a_wrong_calendar_is_named_by_row(
    line: str, words: str, write_register: Write, read_lines: Reading
) -> None:
    calendar = write_register("2026-09-07,school", line, header="date,kind", name="calendar.csv")
    with pytest.raises(BadInput) as refused:
        read_lines("p1,2026-09-07,AM,/", calendar=calendar)
    assert refused.value.row == 3
    assert words in str(refused.value)


def test_contacts_of_a_confidential_address_are_flagged_and_not_copied(
    write_register: Write,
) -> None:
    register = write_register("p1,2026-09-07,AM,/")
    header = (
        "pupil_id,contact_id,surname,lives_with,address1,postcode,priority,address_confidential"
    )
    write_register(
        "p1,c2,Birdsong,N,,,2,N",
        "p1,c1,Quill,Y,1 Acorn Rise,ZZ99 1AB,1,Y",
        "p2,c1,Quill,Y,1 Acorn Rise,ZZ99 1AB,1,Y",
        header=header,
        name="contacts.csv",
    )
    (found,) = open_mis(linkwork_csv.plugin, path=register.parent).contacts(["p1"])
    assert [one.contact_id for one in found.contacts] == ["c1", "c2"]
    assert found.contacts[0].address_confidential
    assert (found.address, found.postcode, found.siblings) == ((), None, ("p2",))


def test_contacts_of_a_pupil_without_any_are_empty_and_a_wrong_answer_is_named(
    write_register: Write,
) -> None:
    register = write_register("p1,2026-09-07,AM,/")
    contacts = write_register(
        "p1,c1,maybe", header="pupil_id,contact_id,lives_with", name="contacts.csv"
    )
    mis = open_mis(linkwork_csv.plugin, path=register, contacts=contacts)
    (none,) = mis.contacts(["p9"])
    assert none.contacts == ()
    with pytest.raises(BadInput, match="Write Y, N or nothing") as refused:
        mis.contacts(["p1"])
    assert (refused.value.row, refused.value.column) == (2, "lives_with")


def test_without_a_contacts_file_the_plugin_says_that_it_cannot(write_register: Write) -> None:
    mis = open_mis(linkwork_csv.plugin, path=write_register("p1,2026-09-07,AM,/"))
    with pytest.raises(ContactsUnavailable, match=r"no contacts\.csv"):
        mis.contacts(["p1"])


def test_check_says_what_each_file_lacks(write_register: Write) -> None:
    good = write_register("p1,2026-09-07,AM,/", name="good.csv")
    write_register("p1,2026-09-07", header="pupil_id,date", name="short.csv")
    checks = {
        Path(check.name).name: check
        for check in open_mis(linkwork_csv.plugin, path=good.parent).check()
    }
    assert checks["good.csv"].ok
    assert "no column upn" in checks["good.csv"].seen
    assert not checks["short.csv"].ok
    assert "must name at least" in checks["short.csv"].remedy


def test_a_file_that_cannot_be_opened_is_said(tmp_path: Path, read_csv: Reading) -> None:
    path = tmp_path / "register.csv"
    path.symlink_to(path)
    with pytest.raises(BadInput, match="cannot be opened"):
        read_csv(path)
