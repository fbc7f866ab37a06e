"""What single records of a SIMS report may hold, leave out, or must not hold."""

from __future__ import annotations

import threading
import tracemalloc
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sims_reports_read import read_report, records_of

import linkwork_sims.plugin
from linkwork.errors import (
    NotTheSource,
    PartialData,
    ShapeChanged,
)
from linkwork.register import Session
from linkwork.testing import open_mis, read
from linkwork_sims.client import settled
from linkwork_sims.mapping import statutory
from linkwork_sims.report_xml import each_record

AM, PM = Session(date(2026, 9, 7), "AM"), Session(date(2026, 9, 7), "PM")
MARKED = {"PersonID": "5", "MarkDate": "2026-09-07", "Session": "AM", "Mark": "O"}


@pytest.mark.parametrize(
    ("spoilt", "words"),
    [
        (records_of(MARKED).replace("<Mark>O</Mark>", "<Mark>O</Mark><Mark>N</Mark>"), "twice"),
        (records_of(MARKED | {"Note": "x" * 30_000}), "more than 10000 characters"),
        (f"<Record><Note>{'x' * 20_000_000}", "more than 10000 characters"),
        (records_of({f"C{number}": "x" for number in range(101)}), "more than 100 columns"),
        (records_of(MARKED | {"Surname": "a", "Legal_x0020_Surname": "b"}), "two columns"),
        ("<Record>" + "<a>" * 200_000, "stands where a report has none"),
        ('<Record a="' + "x" * 4_000_000, "does not end"),
    ],
    ids=["a field twice", "long", "endless text", "wide", "two columns", "deep", "unending"],
)
def test_what_no_report_holds_is_refused_while_it_is_read(
    spoilt: str, words: str, report: Callable[[str | bytes], Path]
) -> None:
    """Control: the same records without the damage are read."""
    assert read_report(report(records_of(MARKED))).mark("5", AM) == "O"
    path = report(spoilt)
    tracemalloc.start()
    with pytest.raises(ShapeChanged, match=words):
        read_report(path)
    assert tracemalloc.get_traced_memory()[1] < 12_000_000
    tracemalloc.stop()


def test_two_columns_of_one_field_are_read_once_the_school_says_which(
    report: Callable[[str | bytes], Path],
) -> None:
    path = report(records_of(MARKED | {"Surname": "Moss", "Legal_x0020_Surname": "Fern"}))
    register = read_report(path, columns={"surname": "Legal Surname"})
    assert register.pupils[0].surname == "Fern"


def test_a_file_larger_than_any_register_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "large.xml"
    path.write_text(f"<SuperStarReport>{records_of(MARKED)}</SuperStarReport>")
    with pytest.raises(ShapeChanged, match="more than any register"):
        each_record(path, str, lambda _record, _number: None, most=20)


def test_some_records_without_a_pupil_are_named_apart_from_a_missing_permission(
    report: Callable[[str | bytes], Path],
) -> None:
    nameless = {name: text for name, text in MARKED.items() if name != "PersonID"}
    with pytest.raises(ShapeChanged, match=r"1 of 2 records have no pupil's id.*row 2"):
        read_report(report(records_of(MARKED, nameless)))


def test_a_report_without_upns_is_read_and_says_which_permission_may_be_missing(
    report: Callable[[str | bytes], Path],
) -> None:
    [warning] = read_report(report(records_of(MARKED))).warnings
    assert "Third Party Reporter" in warning


@pytest.mark.parametrize(
    ("code", "sub_code", "counts_as"),
    [
        ("X", "X01", "X"),
        ("X01", "", "X"),
        ("I", "I02", "I"),
        ("C", "C1", "C1"),
        ("C1", "", "C1"),
        ("7", "", "I"),
        ("C", "+", "C"),
        ("", "", ""),
    ],
)
def test_a_sub_code_counts_as_the_code_it_refines(code: str, sub_code: str, counts_as: str) -> None:
    assert statutory(code, sub_code, {"7": "I"}) == counts_as


def test_a_report_of_another_school_is_refused(report: Callable[[str | bytes], Path]) -> None:
    path = report(records_of(MARKED | {"URN": "100002"}))
    mis = open_mis(linkwork_sims.plugin, urn="100001", path=str(path))
    with pytest.raises(NotTheSource, match="URN 100002, not of 100001"):
        read(mis, date(2026, 9, 1), date(2026, 9, 30))
    right = open_mis(linkwork_sims.plugin, urn="100002", path=str(path))
    assert read(right, date(2026, 9, 1), date(2026, 9, 30)).mark("5", AM) == "O"


def test_what_one_record_leaves_out_is_taken_from_another(
    report: Callable[[str | bytes], Path],
) -> None:
    whole = MARKED | {"Surname": "Moss", "Reg": "7A", "FSM": "Yes", "InCare": "No"}
    register = read_report(report(records_of(whole, MARKED | {"Session": "PM", "Mark": "N"})))
    pupil = register.pupils[0]
    assert (pupil.surname, pupil.form, pupil.fsm, pupil.looked_after) == ("Moss", "7A", True, False)
    assert (register.mark("5", AM), register.mark("5", PM)) == ("O", "N")


def test_the_files_of_a_partners_tool_are_read_too(report: Callable[[str | bytes], Path]) -> None:
    """The shape of SIMS's own attendance interface, with a letter outside ASCII."""
    row = (
        "<PersonID>6420</PersonID><BaseGroupID>0</BaseGroupID>"
        "<AttendanceDate>2026-09-07T09:00:00</AttendanceDate><SessionName>AM</SessionName>"
        "<AttendanceMark>/</AttendanceMark><MinsLate></MinsLate><Comments>café</Comments>"
    )
    whole = (
        '<?xml version="1.0" encoding="iso-8859-1" standalone="yes"?>'
        f"<SessionAttendances><SessionAttendance>{row}</SessionAttendance></SessionAttendances>"
    )
    assert read_report(report(whole.encode("iso-8859-1"))).mark("6420", AM) == "/"


def test_a_file_that_is_still_being_written_waits_for_the_next_time(
    report: Callable[[str | bytes], Path],
) -> None:
    """Control: the same file, left alone, is read for what it is."""
    path = report(f"<SuperStarReport>{records_of(MARKED)}".encode())
    with pytest.raises(PartialData, match="ends in the middle"):
        read_report(path)
    grown = threading.Event()

    def grow() -> None:
        while not grown.wait(0.05):
            with path.open("ab") as file:
                file.write(records_of(MARKED).encode())

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        with pytest.raises(PartialData, match="still being written"):
            settled(path, still=0.3, wait=1.0)
    finally:
        grown.set()
        writer.join()
