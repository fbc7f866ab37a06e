"""One damaged file of several: set aside with its reason, and the rest of the school goes on."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from linkwork.errors import BadInput, EmptyRegister, WrongUse
from linkwork.register import Register, RegisterBuilder, Session
from linkwork_csv.options import Options
from linkwork_csv.plugin import CsvMis

NOW = datetime(2026, 11, 20, 17, 0, tzinfo=UTC).timestamp()
HEADER = "pupil_id,date,session,code\n"
MONDAY = Session(date(2026, 9, 7), "AM")


def drop(folder: Path, name: str, rows: str, age: float = 3600) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(HEADER + rows, encoding="utf-8")
    os.utime(path, (NOW - age, NOW - age))
    return path


def mark(pupil: str, code: str = "/", day: str = "2026-09-07") -> str:
    return f"{pupil},{day},AM,{code}\n"


def mis(tmp_path: Path, **options: object) -> CsvMis:
    given = {
        "path": f"{tmp_path}/in/*.csv",
        "settle": 30,
        "quarantine": str(tmp_path / "aside"),
        **options,
    }
    return CsvMis(Options.of(given, ""), lambda: NOW, lambda _: None)


def reading(tmp_path: Path, **options: object) -> Register:
    into = RegisterBuilder()
    mis(tmp_path, **options).read(date(2026, 9, 1), date(2026, 11, 20), into)
    return into.build()


def aside(tmp_path: Path) -> list[str]:
    folder = tmp_path / "aside"
    return sorted(path.name for path in folder.glob("*/*")) if folder.exists() else []


def test_a_damaged_file_is_set_aside_with_its_reason_and_the_others_are_read(
    tmp_path: Path,
) -> None:
    drop(tmp_path / "in", "year-7.csv", mark("p1"))
    # Its first row is good: nothing of a damaged file is used, not even what came before.
    bad = drop(tmp_path / "in", "year-8.csv", mark("p2") + mark("p3", day="7/9"))
    register = reading(tmp_path)
    assert [pupil.pupil_id for pupil in register.pupils] == ["p1"]
    assert register.partial == "1 file is damaged and set aside (row 3, column date)"
    first = str(register.first_unread)
    assert "year-8.csv is set aside, and its marks are unknown" in first
    assert not bad.exists()
    assert aside(tmp_path) == ["year-8.csv", "year-8.csv.why.toml"]
    kept = next((tmp_path / "aside").glob("*/year-8.csv"))
    assert kept.stat().st_mode & 0o777 == 0o600
    assert "p2," in kept.read_text(encoding="utf-8")


def test_without_a_place_for_it_a_damaged_file_refuses_the_whole_read(tmp_path: Path) -> None:
    drop(tmp_path / "in", "year-7.csv", mark("p1"))
    bad = drop(tmp_path / "in", "year-8.csv", mark("p3", day="7/9"))
    with pytest.raises(BadInput, match=r"year-8\.csv, row 2"):
        reading(tmp_path, quarantine="")
    assert bad.exists()


def test_every_later_read_is_partial_until_a_corrected_file_comes(tmp_path: Path) -> None:
    drop(tmp_path / "in", "year-7.csv", mark("p1"))
    drop(tmp_path / "in", "year-8.csv", mark("p2", day="7/9"))
    first = reading(tmp_path).partial
    assert reading(tmp_path).partial == first
    [said] = [check for check in mis(tmp_path).check() if check.name == "set aside"]
    assert "year-8.csv" in said.seen
    assert "corrected file of the same name" in said.remedy
    drop(tmp_path / "in", "year-8.csv", mark("p2", "N"))
    register = reading(tmp_path)
    assert register.partial == ""
    assert register.mark("p2", MONDAY) == "N"
    # The damaged one is kept a while, and counts no more.
    assert aside(tmp_path) == ["year-8.csv", "year-8.csv.solved.toml"]


def test_a_file_set_aside_that_a_person_deletes_is_asked_for_no_more(tmp_path: Path) -> None:
    drop(tmp_path / "in", "year-7.csv", mark("p1"))
    drop(tmp_path / "in", "year-8.csv", mark("p2", day="7/9"))
    reading(tmp_path)
    next((tmp_path / "aside").glob("*/year-8.csv")).unlink()
    assert reading(tmp_path).partial == ""


def test_files_that_contradict_each_other_are_all_refused_and_none_is_moved(
    tmp_path: Path,
) -> None:
    """Nobody knows which of two whole files is wrong; a third good one changes nothing."""
    for name, code in (("a.csv", "/"), ("b.csv", "N"), ("c.csv", "/")):
        drop(tmp_path / "in", name, mark("p1", code))
    with pytest.raises(BadInput, match="two marks"):
        reading(tmp_path)
    assert aside(tmp_path) == []


def test_when_most_files_are_damaged_it_is_no_single_file_and_all_are_refused(
    tmp_path: Path,
) -> None:
    drop(tmp_path / "in", "a.csv", mark("p1"))
    for name in ("b.csv", "c.csv"):
        drop(tmp_path / "in", name, mark("p2", day="7/9"))
    with pytest.raises(BadInput, match=r"b\.csv"):
        reading(tmp_path)
    assert aside(tmp_path) == []


def test_what_is_left_is_never_an_empty_register(tmp_path: Path) -> None:
    drop(tmp_path / "in", "a.csv", mark("p1", day="2025-01-06"))
    bad = drop(tmp_path / "in", "b.csv", mark("p2", day="7/9"))
    with pytest.raises(EmptyRegister):
        reading(tmp_path)
    assert bad.exists()


def test_a_part_of_the_newest_export_does_not_bring_back_an_older_one(tmp_path: Path) -> None:
    for name in ("year7_20261118.csv", "year8_20261118.csv"):
        drop(tmp_path / "in", name, mark(name[:5], "N"))
    drop(tmp_path / "in", "year7_20261119.csv", mark("year7", "O"))
    drop(tmp_path / "in", "year8_20261119.csv", mark("year8", "O", "7/9"))
    archive = str(tmp_path / "archive")
    for _ in range(2):
        register = reading(tmp_path, newest_only=True, archive=archive)
        assert register.mark("year7", MONDAY) == "O"
        assert register.set_aside
    # Nothing was archived while a part of what replaces it was missing.
    assert (tmp_path / "in" / "year8_20261118.csv").exists()
    # The next whole export ends it.
    for name in ("year7_20261120.csv", "year8_20261120.csv"):
        drop(tmp_path / "in", name, mark(name[:5], "I"))
    register = reading(tmp_path, newest_only=True, archive=archive)
    assert register.mark("year8", MONDAY) == "I"
    assert not register.set_aside


def test_a_damaged_newest_export_that_is_one_file_is_refused_as_before(tmp_path: Path) -> None:
    drop(tmp_path / "in", "marks_20261118.csv", mark("p1", "N"))
    bad = drop(tmp_path / "in", "marks_20261119.csv", mark("p1", "O", "7/9"))
    drop(tmp_path / "in", "nursery.csv", mark("p9"))
    with pytest.raises(BadInput, match="marks_20261119"):
        reading(tmp_path, newest_only=True)
    assert bad.exists()


def test_a_place_for_damaged_files_needs_to_know_when_a_file_is_whole(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="settle = 30"):
        reading(tmp_path, settle=0)


def test_a_damaged_file_that_cannot_be_moved_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    drop(tmp_path / "in", "year-7.csv", mark("p1"))
    bad = drop(tmp_path / "in", "year-8.csv", mark("p2", day="7/9"))
    (tmp_path / "aside").write_text("a file where the folder should be", encoding="utf-8")
    for _ in range(2):
        register = reading(tmp_path)
        [said] = register.set_aside
        assert "could not be moved" in said.problem
        assert bad.exists()
