"""`setup csv FILE`: shown, corrected, kept as a profile; nothing is kept that is not understood."""

from __future__ import annotations

import io
import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from linkwork_agent import cli
from linkwork_agent.config import load

LINES = ["Marks of the week", "Ref;Mark Date;Session;Mark"] + [
    f"{pupil};0{day}/09/2026;{half};{code}"
    for pupil, codes in (("17", "/\\"), ("18", "7O"))
    for day in (7, 8, 9)
    for half, code in zip(("AM", "PM"), codes, strict=True)
]


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "export.csv"
    path.write_text("\n".join((*LINES, "")), encoding="utf-8")
    return path


def run(home: Path, *arguments: str, typed: str = "") -> tuple[int, str, str]:
    out, err, hook, stdin = io.StringIO(), io.StringIO(), sys.excepthook, sys.stdin
    sys.stdin = io.StringIO(typed)
    try:
        with redirect_stdout(out), redirect_stderr(err):
            code = cli.main(["--home", str(home), *arguments])
    finally:
        sys.excepthook, sys.stdin = hook, stdin
    return code, out.getvalue(), err.getvalue()


def test_a_person_answers_line_by_line_and_check_reads_by_the_profile(
    tmp_path: Path, export: Path
) -> None:
    home = tmp_path / "home"
    code, out, _ = run(home, "check", str(export))
    assert (code, out) == (3, "")
    typed = "Ref\nday-first\nI\nyes\n"
    code, out, err = run(home, "setup", "csv", str(export), "--profile", "ours", typed=typed)
    assert (code, err) == (0, "")
    assert "The week of Monday 07 September 2026; a dot is no mark:" in out
    assert "18              7 O     7 O     7 O     . ." in out
    assert 'pupil_id: column A (its name is "Ref")' in out
    code, out, err = run(home, "check", str(export), "--profile", "ours", "--format", "json")
    assert (code, err) == (0, "")
    assert '"unknown_codes": {}' in out


def test_what_was_understood_wrongly_is_corrected(tmp_path: Path, export: Path) -> None:
    typed = "Ref\nmonth-first\nunknown\ndates\nday-first\ncolumns\nform\nMark\nno\n"
    code, out, err = run(tmp_path / "home", "setup", "csv", str(export), typed=typed)
    assert code == 2
    assert "The week of Monday 07 September 2026" in out
    # The mark's column was given away, and nothing was left to be a register: so it is not done.
    assert "So it cannot be read, and is left as it was" in out
    assert out.count("The week of Monday 07 September 2026") == 2
    assert "Nothing was saved" in err
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "Nothing was saved"),
        ("Ref\nday-first\nI\nno\n", "Nothing was saved"),
        ("Ref\nday-first\n", "Nothing was saved"),
        ("x\nx\nx\nx\nx\n", "No answer was one of the choices"),
    ],
)
def test_nothing_is_saved_without_a_yes(
    typed: str, says: str, tmp_path: Path, export: Path
) -> None:
    code, _, err = run(tmp_path / "home", "setup", "csv", str(export), typed=typed)
    assert code == 2
    assert says in err
    assert not (tmp_path / "home").exists()


def test_a_script_gives_its_answers_and_the_school_is_set_up(tmp_path: Path, export: Path) -> None:
    home = tmp_path / "home"
    school = ("setup", "csv", str(export), "--yes", "--urn", "100001", "--name", "Ashby Vale")
    code, _, err = run(home, *school)
    assert code == 2
    assert '"column pupil_id=..." (Ref, Mark Date, Session, Mark)' in err
    answers = ("column pupil_id=Ref", "dates=day-first", "code 7=I")
    given = [part for answer in answers for part in ("--answers", answer)]
    code, out, err = run(home, *school, *given)
    assert (code, err) == (0, "")
    config = load(home)
    options = config.options(config.school("100001"))
    assert Path(options["profile"]).name == "csv-100001.toml"
    assert (options["path"], options["settle"]) == (str(export), "30")
    assert dict(config.school("100001").codes) == {"7": "I"}
    code, out, _ = run(home, "doctor")
    assert "12 rows, 12 read" in out
    assert "dates day-first" in out or "shape long" in out


TWO = ["Adno;Mark Date;Session;Mark;LAESTAB"] + [
    f"{pupil};16/09/2026;{half};/;{school}"
    for pupil, school in (("17", "9992001"), ("18", "9992001"), ("9", "9993005"))
    for half in ("AM", "PM")
]


def test_of_several_schools_in_an_export_the_person_says_which(tmp_path: Path) -> None:
    home, path = tmp_path / "home", tmp_path / "trust.csv"
    path.write_text("\n".join((*TWO, "")), encoding="utf-8")
    school = ("--urn", "100001", "--name", "Ashby Vale")
    code, out, err = run(home, "setup", "csv", str(path), *school, typed="9992001\nyes\n")
    assert (code, err) == (0, "")
    assert "The export holds 2 schools by their laestab. Which one is this?" in out
    assert "9992001        4 rows" in out
    assert "2 pupils, 2026-09-16 to 2026-09-16." in out
    config = load(home)
    assert config.options(config.school("100001"))["laestab"] == "9992001"
    _, out, _ = run(home, "doctor")
    assert "4 read, 2 of other schools" in out


def test_several_files_of_one_school_are_understood_and_kept_together(tmp_path: Path) -> None:
    home, files = tmp_path / "home", []
    for number, day in enumerate(("16/09/2026", "17/09/2026")):
        path = tmp_path / f"week-{number}.csv"
        path.write_text(f"Adno;Mark Date;Session;Mark\n17;{day};AM;/\n", encoding="utf-8")
        files.append(str(path))
    school = ("--urn", "100001", "--name", "Ashby Vale")
    code, out, err = run(home, "setup", "csv", *files, *school, typed="yes\n")
    assert (code, err) == (0, "")
    assert "1 pupil, 2026-09-16 to 2026-09-17." in out
    config = load(home)
    assert config.options(config.school("100001"))["path"] == files


def test_a_header_without_one_known_name_is_shown_by_row_and_asked_for(tmp_path: Path) -> None:
    home, path = tmp_path / "home", tmp_path / "odd.csv"
    path.write_text("Ref;Datum;Half;Sign\n17;16/09/2026;AM;/\n", encoding="utf-8")
    typed = "1\nRef\nDatum\nHalf\nSign\nyes\n"
    code, out, err = run(home, "setup", "csv", str(path), "--profile", "odd", typed=typed)
    assert (code, err) == (0, "")
    assert "1              Ref | Datum | Half | Sign" in out
    code, out, err = run(home, "check", str(path), "--profile", "odd")
    assert (code, err) == (0, "")


def test_an_answer_that_is_no_choice_is_refused(tmp_path: Path, export: Path) -> None:
    answers = ("--answers", "column pupil_id=Ref", "--answers", "dates=uk")
    code, _, err = run(tmp_path / "home", "setup", "csv", str(export), "--yes", *answers)
    assert code == 2
    assert "'uk' does not answer dates; it may be day-first, month-first" in err


def test_a_plugin_without_files_says_so(tmp_path: Path, export: Path) -> None:
    code, _, err = run(tmp_path / "home", "setup", "arbor", str(export), "--yes")
    assert code == 2
    assert "cannot be set up from a file" in err
    code, _, err = run(tmp_path / "home", "setup", "csv")
    assert (code, "setup csv FILE" in err.replace(f"--home {tmp_path / 'home'} ", "")) == (2, True)


def test_a_school_that_is_set_up_keeps_the_profile_it_reads_by(
    tmp_path: Path, export: Path
) -> None:
    """A second set-up of the school is refused before it asks, and so before it saves."""
    school = ("--urn", "100001", "--name", "Ashby Vale")
    typed = "Ref\nday-first\nI\nyes\n"
    assert run(tmp_path, "setup", "csv", str(export), *school, typed=typed)[0] == 0
    profile = next((tmp_path / "profiles").iterdir())
    before = profile.read_bytes()
    code, out, err = run(
        tmp_path, "setup", "csv", str(export), *school, typed="Ref\nmonth-first\nI\nyes\n"
    )
    assert (code, out) == (2, "")
    assert "School 100001 is set up already" in err
    assert profile.read_bytes() == before


def test_only_a_national_code_is_taken_for_a_code_of_the_schools_own(
    tmp_path: Path, export: Path
) -> None:
    typed = "Ref\nday-first\nHOLIDAY\nH\nyes\n"
    code, out, _ = run(tmp_path, "setup", "csv", str(export), typed=typed)
    assert code == 0
    assert "'HOLIDAY' is no national code" in out
    profile = next((tmp_path / "profiles").iterdir()).read_text(encoding="utf-8")
    assert '"7" = "H"' in profile


def test_a_transfer_file_shows_which_days_its_marks_go_through_and_has_no_columns_to_correct(
    tmp_path: Path,
) -> None:
    path = tmp_path / "transfer.xml"
    path.write_text(
        "<CTfile><Header><CTFversion>25.0</CTFversion><SourceSchool><LEA>999</LEA>"
        "<Estab>2001</Estab></SourceSchool></Header><CTFpupilData><Pupil>"
        "<UPN>R999999926001</UPN><Attendance><YearData><Year>2026</Year><LEA>999</LEA>"
        "<Estab>2001</Estab><AttendSessions><AttendanceStartDate>2026-09-14"
        "</AttendanceStartDate><AttendanceMarks>/,\\,/,\\,/,\\,O,O,/,\\</AttendanceMarks>"
        "</AttendSessions></YearData></Attendance></Pupil></CTFpupilData></CTfile>",
        encoding="utf-8",
    )
    code, out, _ = run(tmp_path, "setup", "csv", str(path), typed="columns\nyes\n")
    assert code == 0
    assert "days of the marks: weekdays" in out
    assert "Write one of: yes, codes, no" in out


def test_a_school_with_a_damaged_file_is_told_so_and_a_mailed_report_does_not_name_the_file(
    tmp_path: Path,
) -> None:
    """A school may have called a file after a pupil."""
    folder = tmp_path / "in"
    folder.mkdir()
    head = "pupil_id,date,session,code\n"
    (folder / "most.csv").write_text(f"{head}p1,2026-09-07,AM,/\n", encoding="utf-8")
    (folder / "Amy Quillfeather.csv").write_text(f"{head}p2,2026-09", encoding="utf-8")
    for path in folder.iterdir():
        os.utime(path, (0, 0))
    settings = ("--path", str(folder), "--set", "settle=30", "--set", "quarantine=aside")
    run(tmp_path, "setup", "csv", "--urn", "100001", "--name", "Ashby Vale", *settings)
    # Before it is set aside, and after.
    for _ in range(2):
        _, plain, _ = run(tmp_path, "doctor")
        assert "Quillfeather" in plain
        _, mailed, _ = run(tmp_path, "doctor", "--redact")
        assert "Quillfeather" not in mailed
        assert "the row has 2 cells where the header has 4" in mailed
        code, out, _ = run(tmp_path, "export", "--out", str(tmp_path / "out"))
        assert code == 0
        assert "Partial: 1 file is damaged and set aside (row 2)" in out
        for made in (tmp_path / "out").iterdir():
            made.unlink()
    # A folder named without its place is one of the agent's own.
    assert list((tmp_path / "aside").glob("*/Amy Quillfeather.csv"))
