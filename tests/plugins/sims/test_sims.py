"""SIMS reports become a register, or a named error."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any
from xml.parsers import expat

import pytest
from sims_reports_read import read_report

import linkwork_sims.plugin
from demo.fakes.sims import reports as sims_reports
from linkwork.errors import (
    BadInput,
    ContactsUnavailable,
    CredentialsRefused,
    EmptyRegister,
    NotTheSource,
    PartialData,
    PermissionMissing,
    ShapeChanged,
    SourceUnavailable,
    WrongUse,
)
from linkwork.plugin import Mis
from linkwork.register import Enrolment, Session
from linkwork.sample import make_school
from linkwork.testing import Expected, MisContract, open_mis
from linkwork_sims.report_xml import each_record, unescaped
from linkwork_sims.values import day, mode, year_group

DATA = Path(__file__).parent / "data"
AM, PM = Session(date(2026, 9, 7), "AM"), Session(date(2026, 9, 7), "PM")
HOSTILE = {
    "empty": b"",
    "no records": b"<SuperStarReport></SuperStarReport>",
    "login failed": (DATA / "failed.xml").read_bytes(),
    "a page": b"<html><body>Blocked</body></html>",
    "cut short": (DATA / "marks.xml").read_bytes()[:-60],
    "not XML": b"pupil_id,date\n1,2\n",
    "a DOCTYPE": b"<!DOCTYPE a [<!ENTITY b 'c'>]><SuperStarReport><Record/></SuperStarReport>",
    "nested": b"<SuperStarReport><Record><A><B>1</B></A></Record></SuperStarReport>",
}


class TestSimsContract(MisContract):
    plugin = linkwork_sims.plugin
    expected = Expected(
        date(2026, 9, 7),
        date(2026, 9, 11),
        pupils=60,
        marks={("P00001", date(2026, 9, 12), "AM"): None},
    )

    @pytest.fixture(autouse=True)
    def _a_school(self, tmp_path: Path) -> None:
        school = make_school(
            5, phase="primary", pupils=60, first=date(2026, 9, 1), last=date(2026, 10, 9)
        )
        self.folder = tmp_path
        sims_reports.write(school.register, tmp_path / "report.xml")

    def open(self) -> Mis:
        return open_mis(self.plugin, path=str(self.folder))

    def hostile(self) -> Iterator[tuple[str, Mis]]:
        for number, (word, content) in enumerate(HOSTILE.items()):
            path = self.folder / f"{number}.hostile"
            path.write_bytes(content)
            yield word, open_mis(self.plugin, path=str(path))


def test_a_record_a_mark_gives_pupils_and_marks() -> None:
    register = read_report(DATA / "marks.xml")
    assert [pupil.pupil_id for pupil in register.pupils] == ["41", "42", "43"]
    first = register.pupils[0]
    assert (first.surname, first.year_group, first.form) == ("Quill", "7", "7 Heron")
    assert first.upn == "R999999926001"
    assert [register.mark(each, AM) for each in ("41", "42", "43")] == ["/", "I", "C1"]
    assert register.mark("41", PM) == "L"
    assert list(register.minutes_late.values()) == [12]
    assert register.warnings == ()


def test_the_sign_for_no_mark_recorded_is_no_mark() -> None:
    assert read_report(DATA / "marks.xml").mark("42", PM) is None


def test_a_day_in_one_record_gives_both_its_sessions() -> None:
    register = read_report(DATA / "day-wide.xml")
    assert (register.mark("41", AM), register.mark("41", PM)) == ("/", "\\")
    assert register.mark("42", PM) is None
    assert register.pupils[0].enrolments == (Enrolment(date(2025, 9, 1), None, "M"),)
    assert register.pupils[1].enrolments == (Enrolment(date(2026, 9, 1), date(2026, 9, 30)),)


def test_a_schools_own_codes_come_as_they_stand_and_are_not_settings_of_the_plugin() -> None:
    assert read_report(DATA / "day-wide.xml").mark("42", AM) == "7"
    with pytest.raises(WrongUse, match=r"\[school.codes\] of agent.toml"):
        read_report(DATA / "day-wide.xml", codes={"7": "I"})


def test_a_report_with_its_own_captions_is_read_once_they_are_named(
    report: Callable[[str | bytes], Path],
) -> None:
    records = "<Record><Nr>5</Nr><Tag>2026-09-07</Tag><Session>AM</Session><Mark>O</Mark></Record>"
    with pytest.raises(PermissionMissing):
        read_report(report(records))
    register = read_report(report(records), columns={"pupil_id": "Nr", "date": "Tag"})
    assert register.mark("5", AM) == "O"


def test_a_report_whose_ids_were_left_out_names_the_permission(
    report: Callable[[str | bytes], Path],
) -> None:
    whole = (DATA / "marks.xml").read_text(encoding="utf-8")
    without = "".join(
        line.replace(line[line.index("<primary_id>") : line.index("<Adno>")], "")
        for line in whole.splitlines()[1:-1]
    )
    with pytest.raises(PermissionMissing, match="Third Party Reporter") as refused:
        read_report(report(without))
    assert refused.value.field == "the pupil's id in 6 of 6 records"


def test_a_report_without_marks_names_what_it_lacks(report: Callable[[str | bytes], Path]) -> None:
    records = "<Record><PersonID>5</PersonID><MarkDate>2026-09-07</MarkDate></Record>"
    with pytest.raises(ShapeChanged, match="no record has session or code"):
        read_report(report(records))


def test_rows_doubled_by_a_cross_product_count_once(report: Callable[[str | bytes], Path]) -> None:
    record = (
        "<Record><PersonID>5</PersonID><MarkDate>2026-09-07</MarkDate>"
        "<Session>AM</Session><Mark>O</Mark></Record>"
    )
    assert read_report(report(record * 3)).mark("5", AM) == "O"
    with pytest.raises(BadInput, match="two marks"):
        read_report(report(record + record.replace(">O<", ">N<")))


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("2026-09-07T00:00:00", "09-07-2026", "date"),
        ("2026-09-07T00:00:00", "31/02/2026", "date"),
        (">AM<", ">Morning<", "session"),
        (">C1<", ">Quill<", "code"),
        (">12<", ">late<", "minutes_late"),
    ],
)
def test_a_wrong_field_is_named_by_record_and_column_without_what_it_says(
    old: str, new: str, column: str, report: Callable[[str | bytes], Path]
) -> None:
    whole = (DATA / "marks.xml").read_text(encoding="utf-8").replace(old, new)
    with pytest.raises(BadInput) as refused:
        read_report(report(whole.encode()))
    assert refused.value.column == column
    assert refused.value.row is not None
    assert "Quill" not in str(refused.value)


def test_one_id_with_two_birthdays_is_two_children(report: Callable[[str | bytes], Path]) -> None:
    record = (
        "<Record><PersonID>5</PersonID><DOB>1/9/2015</DOB><MarkDate>2026-09-07</MarkDate>"
        "<Session>AM</Session><Mark>O</Mark></Record>"
    )
    with pytest.raises(BadInput, match="another date_of_birth"):
        read_report(report(record + record.replace("2015", "2016").replace("AM", "PM")))


@pytest.mark.parametrize(
    ("encoding", "declaration"),
    [
        ("utf-8", ""),
        ("utf-8-sig", ""),
        ("cp1252", ""),
        ("iso-8859-1", '<?xml version="1.0" encoding="iso-8859-1"?>'),
        ("utf-16", ""),
    ],
)
def test_every_encoding_sims_is_known_to_write_keeps_its_letters(
    encoding: str, declaration: str, report: Callable[[str | bytes], Path]
) -> None:
    whole = declaration + (DATA / "marks.xml").read_text(encoding="utf-8")
    assert read_report(report(whole.encode(encoding))).pupils[2].surname == "Café-Moss"


def test_the_words_of_sims_decide_who_must_act(report: Callable[[str | bytes], Path]) -> None:
    with pytest.raises(CredentialsRefused, match="Login failed for user"):
        read_report(DATA / "failed.xml")
    away = b"<CommandReporterError>Database is in single user mode</CommandReporterError>"
    with pytest.raises(SourceUnavailable, match="single user mode"):
        read_report(report(away))
    words = b"Locating Report Definition\r\nReport not found\r\n"
    with pytest.raises(ShapeChanged, match="no report of that name"):
        read_report(report(words))


def test_each_wrong_file_is_named_for_what_it_is(report: Callable[[str | bytes], Path]) -> None:
    for word, error in {
        "empty": EmptyRegister,
        "no records": EmptyRegister,
        "a page": NotTheSource,
        "cut short": PartialData,
        "not XML": BadInput,
        "nested": ShapeChanged,
    }.items():
        with pytest.raises(error):
            read_report(report(HOSTILE[word]))


def test_a_doctype_is_refused_before_its_entities_are_looked_at(
    report: Callable[[str | bytes], Path],
) -> None:
    """Control: a parser without the refusal writes the entity out."""
    entity = b"<!DOCTYPE a [<!ENTITY b 'boo'>]><SuperStarReport>&b;</SuperStarReport>"
    words: list[str] = []
    parser = expat.ParserCreate()
    parser.CharacterDataHandler = words.append
    parser.Parse(entity, True)
    assert words == ["boo"]
    with pytest.raises(BadInput, match="DOCTYPE"):
        read_report(report(entity))


def test_a_missing_report_is_waited_for_and_a_wrong_setting_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="holds no report"):
        read_report(tmp_path)
    with pytest.raises(WrongUse, match="no setting 'password'"):
        open_mis(linkwork_sims.plugin, path="x.xml", password="typed into a file")
    wrongly: dict[str, dict[str, Any]] = {
        "columns names 'birthday'": {"columns": {"birthday": "DOB"}},
        "both path and report": {"report": "Marks"},
        "goes with report": {"database": "sims"},
        "columns is not a table": {"columns": "DOB"},
        "encoding 'ansi87'": {"encoding": "ansi87"},
    }
    for wrong, words in wrongly.items():
        with pytest.raises(WrongUse, match=wrong):
            open_mis(linkwork_sims.plugin, path="x.xml", **words)
    with pytest.raises(WrongUse, match="needs the setting report"):
        open_mis(linkwork_sims.plugin)


def test_check_shows_the_age_of_the_report_and_what_it_lacks(
    report: Callable[[str | bytes], Path],
) -> None:
    checks = open_mis(linkwork_sims.plugin, path=str(DATA / "marks.xml")).check()
    assert all(check.ok for check in checks)
    assert checks[0].seen.startswith("6 records, written ")
    assert "no date_of_birth: every pupil is judged as of compulsory school age" in checks[1].seen
    records = report("<Record><Surname>Quill</Surname><MarkDate>2026-09-07</MarkDate></Record>")
    lacking = open_mis(linkwork_sims.plugin, path=str(records)).check()[0]
    assert not lacking.ok
    assert "no pupil_id" in lacking.seen
    assert "Third Party Reporter" in lacking.remedy
    assert "Quill" not in lacking.seen + lacking.remedy


def test_contacts_are_said_to_be_missing() -> None:
    with pytest.raises(ContactsUnavailable, match="asks the person once"):
        open_mis(linkwork_sims.plugin, path="report.xml").contacts(["41"])


def test_names_dates_and_years_are_unwrapped() -> None:
    assert unescaped("Legal_x0020_Surname") == "Legal Surname"
    assert unescaped("a_x00E9_b_x002F_") == "aéb/"
    assert day("16/11/2026") == day("2026-11-16T09:00:00") == date(2026, 11, 16)
    assert [year_group(text) for text in ("Year  7", "Reception", "Year 10")] == ["7", "R", "10"]
    assert [mode(text) for text in ("", "Guest Pupil", "Subsidiary - Dual", "S", "?")] == [
        *("C", "G", "S", "S"),
        "C",
    ]


def test_memory_does_not_grow_with_the_records(tmp_path: Path) -> None:
    record = "<Record><PersonID>5</PersonID><Mark>/</Mark></Record>\n"
    path = tmp_path / "long.xml"
    path.write_text(f"<SuperStarReport>{record * 50_000}</SuperStarReport>")
    tracemalloc.start()
    assert each_record(path, str, lambda _fields, _number: None) == 50_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < path.stat().st_size / 4
