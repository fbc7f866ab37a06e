"""What an export says of itself is read; what it does not say is asked, never guessed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from linkwork.errors import BadInput, WrongUse
from linkwork.register import Register, RegisterBuilder, Session
from linkwork_csv import exports, profiles
from linkwork_csv.mapping import Wanted
from linkwork_csv.pupils import PupilDetails
from linkwork_csv.reading import Tally

Reading = Callable[..., Register]
LONG = "Adno;Mark Date;Session;Mark"


def written(folder: Path, *lines: str, name: str = "export.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes("\r\n".join((*lines, "")).encode(encoding))
    return path


def mark(register: Register, pupil: str, day: int, half: str, month: int = 9) -> str | None:
    return register.mark(pupil, Session(date(2026, month, day), half))


def test_a_day_above_twelve_decides_the_order_of_day_and_month(
    tmp_path: Path, read_csv: Reading
) -> None:
    path = written(tmp_path, LONG, "17;07/09/2026;AM;/", "17;16/09/2026;PM;N")
    register = read_csv(path)
    assert (mark(register, "17", 7, "AM"), mark(register, "17", 16, "PM")) == ("/", "N")
    path = written(tmp_path, LONG, "17;09/07/2026;AM;/", "17;09/16/2026;PM;N")
    register = read_csv(path)
    assert (mark(register, "17", 7, "AM"), mark(register, "17", 16, "PM")) == ("/", "N")


def test_dates_that_could_be_two_days_are_asked_about_and_nothing_is_read(
    tmp_path: Path, read_csv: Reading
) -> None:
    """Control: the same file with one date more is read (above)."""
    path = written(tmp_path, LONG, "17;07/09/2026;AM;/", "17;08/09/2026;PM;N")
    with pytest.raises(BadInput, match="day or the month come first") as refused:
        read_csv(path)
    assert "dates: day-first or month-first" in refused.value.problem
    assert "setup csv" in refused.value.remedy
    assert "--profile" in refused.value.remedy


def test_a_birthday_may_decide_how_the_marks_dates_are_read(
    tmp_path: Path, read_csv: Reading
) -> None:
    path = written(tmp_path, f"{LONG};DOB", "17;07/09/2026;AM;/;25/12/2014")
    assert mark(read_csv(path), "17", 7, "AM") == "/"


@pytest.mark.parametrize(
    "day", ["2026-09-07", "07-Sep-2026", "7 September 2026", "20260907", "2026-09-07 00:00:00"]
)
def test_dates_that_say_themselves_what_they_are_need_no_other(
    day: str, tmp_path: Path, read_csv: Reading
) -> None:
    assert mark(read_csv(written(tmp_path, LONG, f"17;{day};AM;/")), "17", 7, "AM") == "/"


def test_excels_numbers_of_days_are_read_and_said(tmp_path: Path, read_csv: Reading) -> None:
    register = read_csv(written(tmp_path, LONG, "17;46272;AM;/", "17;46273;PM;N"))
    assert mark(register, "17", 7, "AM") == "/"
    assert any("Excel's numbers" in warning for warning in register.warnings)


@pytest.mark.parametrize(
    ("delimiter", "encoding"),
    [(";", "utf-8"), (",", "cp1252"), ("\t", "utf-16"), ("|", "utf-8-sig")],
)
def test_delimiter_and_encoding_are_found(
    delimiter: str, encoding: str, tmp_path: Path, read_csv: Reading
) -> None:
    rows = ["Adno;Surname;Mark Date;Session;Mark", "17;Zoë;2026-09-07;AM;/"]
    path = written(tmp_path, *(row.replace(";", delimiter) for row in rows), encoding=encoding)
    assert read_csv(path).pupils[0].surname == "Zoë"


def test_the_evidence_says_what_was_understood_and_why(tmp_path: Path) -> None:
    path = written(tmp_path, "Marks of Zoë", LONG, "17;16/09/2026;AM;/", encoding="cp1252")
    seen = {one.what: (one.read_as, one.because) for one in exports.understand(path, None).seen}
    assert seen["encoding"][0] == "cp1252"
    assert seen["delimiter"][0] == "semicolon"
    assert seen["header"][0] == "row 2"
    assert seen["date"] == ("column B", 'its name is "Mark Date"')
    assert seen["dates"] == ("day-first", "1 dates; row 3 is none the other way round")


def test_two_columns_of_one_meaning_are_asked_about(tmp_path: Path, read_csv: Reading) -> None:
    path = written(tmp_path, f"{LONG};Date", "17;2026-09-07;AM;/;2026-10-01")
    with pytest.raises(BadInput, match=r"Which column is the date\? .*Mark Date or Date"):
        read_csv(path)


def test_two_layouts_in_one_header_are_asked_about(tmp_path: Path, read_csv: Reading) -> None:
    path = written(tmp_path, f"{LONG};AM;PM", "17;2026-09-07;AM;/;/;\\")
    with pytest.raises(BadInput, match="How is the register laid out"):
        read_csv(path)


def test_a_missing_column_is_named_with_the_way_to_map_it(
    tmp_path: Path, read_csv: Reading
) -> None:
    path = written(tmp_path, "Title", "Number;Mark Date;Session;Mark", "17;2026-09-07;AM;/")
    with pytest.raises(BadInput, match="no column for pupil_id") as refused:
        read_csv(path)
    assert refused.value.row == 2
    assert "setup csv" in refused.value.remedy


def test_names_are_matched_exactly_and_never_because_they_look_alike(
    tmp_path: Path, read_csv: Reading
) -> None:
    good = written(tmp_path, "ADMISSION  number;mark_date;SESSION;Mark", "17;2026-09-07;AM;/")
    assert mark(read_csv(good), "17", 7, "AM") == "/"
    bad = written(tmp_path, "Admision number;Mark Date;Session;Mark", "17;2026-09-07;AM;/")
    with pytest.raises(BadInput, match="no column for pupil_id"):
        read_csv(bad)


def test_totals_notes_and_repeated_headers_are_counted_and_left_out(tmp_path: Path) -> None:
    lines = ["17;2026-09-07;AM;/", LONG, "17;2026-09-07;PM;N", "Total;;;2", "Page 1 of 1", ";;;"]
    path = written(tmp_path, "A title", "", LONG, *lines)
    tally = read_tally(path)
    assert (tally.rows, tally.used, tally.headers) == (6, 2, 1)
    assert (tally.totals, tally.notes, tally.blank) == (1, 1, 1)


def read_tally(path: Path) -> Tally:
    into = RegisterBuilder()
    target = exports.Into(Wanted(date.min, date.max), PupilDetails(into), into)
    return exports.read(path, None, target).tally


def test_a_string_without_commas_is_refused_when_a_code_has_two_signs(
    tmp_path: Path, read_csv: Reading
) -> None:
    header = "UPN,Start Date,Marks"
    good = written(tmp_path, header, "R999999926001,14/09/2026,/\\/\\II/\\/\\")
    assert mark(read_csv(good), "R999999926001", 16, "PM") == "I"
    bad = written(tmp_path, header, "R999999926001,14/09/2026,/\\/\\C1I/\\/\\")
    with pytest.raises(BadInput, match="a code of two signs among them"):
        read_csv(bad)


def test_an_end_date_must_agree_with_the_length_of_the_string(
    tmp_path: Path, read_csv: Reading
) -> None:
    header = "UPN;Start Date;End Date;Marks"
    good = written(tmp_path, header, "R999999926001;14/09/2026;20/09/2026;/,\\,/,\\,I,I,/,\\,/,\\")
    assert mark(read_csv(good), "R999999926001", 18, "PM") == "\\"
    bad = written(tmp_path, header, "R999999926001;14/09/2026;25/09/2026;/,\\,/,\\,I,I,/,\\,/,\\")
    with pytest.raises(BadInput):
        read_csv(bad)


def test_several_schools_are_told_apart_by_laestab(tmp_path: Path, read_csv: Reading) -> None:
    rows = ["17;2026-09-07;AM;/;999/1001", "18;2026-09-07;AM;N;9991002"]
    path = written(tmp_path, f"{LONG};LAESTAB", *rows)
    with pytest.raises(BadInput, match="more than one school"):
        read_csv(path)
    assert [pupil.pupil_id for pupil in read_csv(path, laestab="999 1002").pupils] == ["18"]
    with pytest.raises(BadInput, match="no row of school 9999999"):
        read_csv(path, laestab="9999999")


PROFILE = 'shape = "long"\ndates = "day-first"\n[columns]\npupil_id = "Ref"\ndate = "D"\n'
WHOLE = PROFILE + 'session = "S"\ncode = "M"\n'


def test_a_profile_decides_what_the_file_does_not_say(tmp_path: Path, read_csv: Reading) -> None:
    (tmp_path / "p.toml").write_text(WHOLE, encoding="utf-8")
    path = written(tmp_path, "A title", "Ref;D;S;M", "17;07/09/2026;AM;/")
    assert mark(read_csv(path, profile=str(tmp_path / "p.toml")), "17", 7, "AM") == "/"
    changed = written(tmp_path, "Ref;Day;S;M", "17;07/09/2026;AM;/")
    with pytest.raises(BadInput, match="the profile's column D is missing"):
        read_csv(changed, profile=str(tmp_path / "p.toml"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("shape = [", "not valid TOML"),
        (WHOLE.replace("long", "wild"), "shape must be one of 'long'"),
        (WHOLE.replace("day-first", "uk"), "dates must be one of 'iso', 'day-first'"),
        (WHOLE.replace("pupil_id", "number"), "columns.number means nothing"),
        (PROFILE, "columns must name session, code for the shape long"),
        (WHOLE.replace('"M"', "3"), "columns.code must be text"),
        (WHOLE.replace('"M"', '"s"'), "columns names 's' twice"),
        ("colour = 1\n" + WHOLE, "colour is no key of a profile"),
    ],
)
def test_a_mistake_in_a_profile_is_named_with_its_place(
    text: str, says: str, tmp_path: Path
) -> None:
    path = tmp_path / "p.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(WrongUse, match=says) as refused:
        profiles.load(path)
    assert str(path) in str(refused.value)


def test_a_profile_is_read_as_it_was_written(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(WHOLE + '[codes]\n"7" = "I"\n', encoding="utf-8")
    layout = profiles.load(tmp_path / "a.toml")
    profiles.save(layout, tmp_path / "b.toml")
    assert profiles.load(tmp_path / "b.toml") == layout
    assert (tmp_path / "b.toml").stat().st_mode & 0o077 == 0
