"""A folder that exports drop into: only whole files, only the newest, and nothing lost."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from linkwork.errors import BadInput, SourceUnavailable, WrongUse
from linkwork.register import Register, RegisterBuilder, Session
from linkwork_csv.options import Options
from linkwork_csv.plugin import CsvMis

NOW = datetime(2026, 11, 20, 17, 0, tzinfo=UTC).timestamp()
HEADER = "pupil_id,date,session,code\n"
MONDAY = Session(date(2026, 9, 7), "AM")


def drop(folder: Path, name: str, code: str = "/", age: float = 3600) -> Path:
    """An export that was last written so many seconds before NOW."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"{HEADER}p1,2026-09-07,AM,{code}\n", encoding="utf-8")
    os.utime(path, (NOW - age, NOW - age))
    return path


def reading(
    folder: Path, sleep: Callable[[float], None] = lambda _: None, **options: object
) -> Register:
    given = {"path": f"{folder}/*.csv", **options}
    mis = CsvMis(Options.of(given, ""), lambda: NOW, sleep)
    into = RegisterBuilder()
    mis.read(date(2026, 9, 1), date(2026, 11, 20), into)
    return into.build()


def test_a_file_that_was_long_written_is_read_at_once(tmp_path: Path) -> None:
    def never(_seconds: float) -> None:
        raise AssertionError("it waited")

    drop(tmp_path / "in", "a.csv")
    assert reading(tmp_path / "in", never, settle=30).mark("p1", MONDAY) == "/"


def test_a_file_that_grows_while_we_look_waits_for_the_next_time(tmp_path: Path) -> None:
    """Control: without waiting the half-written file would have been read."""
    path = drop(tmp_path / "in", "a.csv", age=5)

    def goes_on(_seconds: float) -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write("p1,2026-09-07,PM,N\n")

    with pytest.raises(SourceUnavailable, match="still being written") as waits:
        reading(tmp_path / "in", goes_on, settle=30)
    assert waits.value.retry_after is not None
    assert len(reading(tmp_path / "in").sessions) == 2


def test_a_fresh_file_is_read_once_it_has_been_still(tmp_path: Path) -> None:
    slept: list[float] = []
    drop(tmp_path / "in", "a.csv", age=10)
    assert reading(tmp_path / "in", slept.append, settle=30).pupils
    assert slept == [20]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open every file")
def test_a_locked_file_waits(tmp_path: Path) -> None:
    path = drop(tmp_path / "in", "a.csv")
    path.chmod(0)
    with pytest.raises(SourceUnavailable, match="cannot be opened now"):
        reading(tmp_path / "in", settle=30)


def test_only_the_newest_export_is_read_and_a_late_older_one_is_named(tmp_path: Path) -> None:
    drop(tmp_path / "in", "marks-2026-11-18.csv", "N", age=100)
    drop(tmp_path / "in", "marks-2026-11-19.csv", "O", age=7200)
    register = reading(tmp_path / "in", newest_only=True)
    assert register.mark("p1", MONDAY) == "O"
    assert any(
        "marks-2026-11-18.csv arrived after the export of" in warning
        for warning in register.warnings
    )
    # The control: all together they say two things of one session.
    with pytest.raises(BadInput, match="two marks"):
        reading(tmp_path / "in")


def test_an_incomplete_newest_set_waits_and_the_last_whole_one_is_read(tmp_path: Path) -> None:
    for name in ("year7_20261118.csv", "year8_20261118.csv"):
        drop(tmp_path / "in", name, "N")
    drop(tmp_path / "in", "year7_20261119.csv", "O")
    register = reading(tmp_path / "in", newest_only=True)
    assert register.mark("p1", MONDAY) == "N"
    assert any("is not complete (no year8_.csv)" in warning for warning in register.warnings)


def test_replaced_exports_are_moved_kept_closed_and_ended_by_age(tmp_path: Path) -> None:
    old = drop(tmp_path / "in", "marks-2026-11-18.csv", "N")
    new = drop(tmp_path / "in", "marks-2026-11-19.csv", "O")
    archive = tmp_path / "archive"
    archive.mkdir()
    (archive / "2026-10-01 marks-2026-10-01.csv").touch()
    (archive / "2026-11-01 marks-2026-11-01.csv").touch()
    (archive / "notes of a person.txt").touch()
    reading(tmp_path / "in", newest_only=True, archive=str(archive), archive_days=30)
    assert sorted(path.name for path in archive.iterdir()) == [
        "2026-11-01 marks-2026-11-01.csv",
        "2026-11-20 marks-2026-11-18.csv",
        "notes of a person.txt",
    ]
    assert (archive / "2026-11-20 marks-2026-11-18.csv").stat().st_mode & 0o777 == 0o600
    assert not old.exists()
    # What was read stays where it is: should the collection end here, it is read again.
    assert new.exists()
    assert reading(tmp_path / "in", newest_only=True).mark("p1", MONDAY) == "O"


def test_nothing_is_moved_when_the_newest_export_cannot_be_read(tmp_path: Path) -> None:
    old = drop(tmp_path / "in", "marks-2026-11-18.csv", "N")
    drop(tmp_path / "in", "marks-2026-11-19.csv", "no code")
    with pytest.raises(BadInput):
        reading(tmp_path / "in", newest_only=True, archive=str(tmp_path / "archive"))
    assert old.exists()


def test_an_archive_without_knowing_what_is_newest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="newest_only = true"):
        reading(tmp_path, archive="x")
    with pytest.raises(WrongUse, match="settle is no number"):
        reading(tmp_path, settle="soon")
