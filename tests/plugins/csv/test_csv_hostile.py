"""Files made to harm are refused in words, quickly and in little memory; each kind is named."""

from __future__ import annotations

import gzip
import time
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from linkwork.errors import BadInput, LinkworkError
from linkwork.register import Register
from linkwork_csv import texts

Reading = Callable[..., Register]
LONG = b"Adno;Mark Date;Session;Mark\n"
ROW = b"17;2026-09-07;AM;/\n"
CTF = (
    "<CTfile><Header><CTFversion>{version}</CTFversion></Header><CTFpupilData><Pupil>"
    "<UPN>R999999926001</UPN>{inside}</Pupil></CTFpupilData></CTfile>"
)
MARKS = (
    "<Attendance><YearData><AttendSessions><AttendanceStartDate>{day}</AttendanceStartDate>"
    "<AttendanceMarks>{marks}</AttendanceMarks></AttendSessions></YearData></Attendance>"
)
LAUGHS = '<!DOCTYPE z [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
XXE = '<!DOCTYPE z [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


def ctf(inside: str = "", version: str = "24.0") -> str:
    return CTF.format(version=version, inside=inside)


def refused(path: Path, read_csv: Reading) -> BadInput:
    started = time.perf_counter()
    with pytest.raises(BadInput) as found:
        read_csv(path)
    assert time.perf_counter() - started < 5
    assert found.value.file is not None
    assert found.value.remedy
    return found.value


HOSTILE: dict[str, tuple[bytes, str]] = {
    "a cell of 200 KB": (LONG + b"17;2026-09-07;AM;" + b"/" * 200_000 + b"\n", "field larger"),
    "a NUL": (LONG + b"17;2026-09-07;AM;/\x00\n", "a NUL"),
    "an unclosed quotation mark": (LONG + b'"17;2026-09-07;AM;/\n' + ROW * 5, "cannot be split"),
    "one column twice": (LONG.replace(b"\n", b";Mark\n") + b"17;2026-09-07;AM;/;/\n", "same name"),
    "a row too long": (LONG + b"17;2026-09-07;AM;/;x\n", "5 cells where the header has 4"),
    "a row too short": (LONG + b"17;2026-09-07;AM\n", "3 cells where the header has 4"),
    "no encoding's bytes": (LONG + b"17;2026-09-07;AM;\x81\n", "a letter in no encoding"),
    "UTF-16 cut in two": (LONG.decode().encode("utf-16")[:-1], "not utf-16 text"),
    "a thousand columns": (b"a;" * 1200 + LONG + ROW, "more than 1000 columns"),
    "a gzip bomb": (gzip.compress(b"0" * 10_000_000), "control character"),
    "billion laughs": ((LAUGHS + ctf("<Surname>&b;</Surname>")).encode(), "DOCTYPE"),
    "a file of the machine": ((XXE + ctf("<Surname>&a;</Surname>")).encode(), "DOCTYPE"),
    "XML 200,000 deep": (b"<CTfile>" + b"<a>" * 200_000, "more than 24 elements"),
    "XML of another kind": (b"<html><body>Blocked by policy</body></html>", "no Common Transfer"),
    "XML cut short": (ctf().encode()[:-20], "ends in the middle"),
    "XML without a pupil": (b"<CTfile></CTfile>", "holds no pupil"),
    "XML of an unknown encoding": (b'<?xml version="1.0" encoding="x-no"?><CTfile/>', "encoding"),
    "a name of 100 KB in XML": (
        ctf("<Surname>" + "x" * 100_000 + "</Surname>").encode(),
        "longer than",
    ),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_is_refused_and_named(what: str, tmp_path: Path, read_csv: Reading) -> None:
    content, words = HOSTILE[what]
    path = tmp_path / "export.dat"
    path.write_bytes(content)
    assert words in refused(path, read_csv).problem


def test_the_same_files_without_the_harm_are_read(tmp_path: Path, read_csv: Reading) -> None:
    """Control of the tests here: what is refused is the harm."""
    path = tmp_path / "export.dat"
    path.write_bytes(LONG + ROW)
    assert read_csv(path).pupils
    path.write_text(ctf(MARKS.format(day="2026-09-07", marks="/,\\")), encoding="utf-8")
    assert read_csv(path).pupils


@pytest.mark.parametrize(("name", "start"), [("a.csv", LONG + ROW), ("a.xml", b"<CTfile>")])
def test_a_file_larger_than_any_register_is_not_read(
    name: str, start: bytes, tmp_path: Path, read_csv: Reading
) -> None:
    path = tmp_path / name
    path.write_bytes(start)
    with path.open("r+b") as file:
        file.truncate(texts.LARGEST + 1)
    assert "larger than 512 MiB" in refused(path, read_csv).problem


@pytest.mark.parametrize(
    ("version", "day", "marks", "words"),
    [
        ("24.0", "2026-09-07", "/\\/\\", "have no commas"),
        ("21.0", "2026-09-07", "/\\C1/", "a code of two signs"),
        ("24.0", "2026-09-07", "/,\\,/", "an odd number"),
        ("24.0", "07/09/2026", "/,\\", "the date"),
        ("24.0", "2026-09-07", "/,Quillfeather", "the code looks like"),
    ],
)
def test_a_pupil_of_a_transfer_file_who_cannot_be_read_is_named_by_line(
    version: str, day: str, marks: str, words: str, tmp_path: Path, read_csv: Reading
) -> None:
    path = tmp_path / "999.xml"
    path.write_text(ctf(MARKS.format(day=day, marks=marks), version), encoding="utf-8")
    error = refused(path, read_csv)
    assert words in error.problem
    assert error.row == 1
    assert "Quillfeather" not in str(error)


def workbook(path: Path, **parts: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return path


def test_a_workbook_made_to_harm_is_refused(tmp_path: Path, read_csv: Reading) -> None:
    bomb = workbook(tmp_path / "a.xlsx", xl__sheet_xml=b"0" * 50_000_000)
    assert "unfolds 200 times" in refused(bomb, read_csv).problem
    laughs = workbook(tmp_path / "b.xlsx", xl__workbook_xml=LAUGHS.encode())
    assert "DOCTYPE" in refused(laughs, read_csv).problem
    inside = workbook(tmp_path / "c.xlsx")
    with zipfile.ZipFile(inside, "w") as archive:
        archive.writestr("../evil.xml", b"<a/>")
    assert "outside" in refused(inside, read_csv).problem
    with zipfile.ZipFile(inside, "w") as archive:
        archive.writestr("more.zip", b"PK")
    assert "another archive" in refused(inside, read_csv).problem
    with zipfile.ZipFile(inside, "w") as archive:
        archive.writestr("some.xml", b"<a/>")
    assert "damaged or is none" in refused(inside, read_csv).problem
    (tmp_path / "d.xlsx").write_bytes(bomb.read_bytes()[:2000])
    assert "damaged or is none" in refused(tmp_path / "d.xlsx", read_csv).problem


def test_a_formula_in_a_workbook_is_damage_and_no_mark(tmp_path: Path, read_csv: Reading) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    for row in (["Adno", "Mark Date", "Session", "Mark"], [17, "2026-09-07", "AM", "=1+1"]):
        book.active.append(row)
    book.save(tmp_path / "marks.xlsx")
    error = refused(tmp_path / "marks.xlsx", read_csv)
    assert "became a formula" in error.problem
    assert (error.sheet, error.row, error.column) == ("Sheet", 2, "D (code)")


def test_without_the_extra_a_workbook_says_how_to_get_it(
    tmp_path: Path, read_csv: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    path = workbook(tmp_path / "marks.xlsx", xl__workbook_xml=b"<workbook/>")
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    assert "pip install 'linkwork-csv[xlsx]'" in refused(path, read_csv).remedy


def test_every_kept_case_is_refused_as_it_was(root: Path, read_csv: Reading) -> None:
    """Files that once were read wrongly, or could be: tests/data/hostile-exports."""
    folder = root / "tests" / "data" / "hostile-exports"
    cases = tomllib.loads((folder / "cases.toml").read_text(encoding="utf-8"))
    assert set(cases) == {path.name for path in folder.iterdir()} - {"cases.toml"}
    for name, words in cases.items():
        with pytest.raises(LinkworkError) as found:
            read_csv(folder / name)
        assert words in str(found.value), (name, str(found.value))
