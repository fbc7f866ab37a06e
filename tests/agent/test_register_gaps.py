"""What is missing of a register is asked of the school: by check, by status and by doctor."""

from __future__ import annotations

import io
import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from command import agent
from registers import MONDAY, days, marks, weekdays
from school_desk import SchoolDesk

from linkwork_agent import doctor, show

HEADER = "pupil_id,form,year_group,ethnicity,date,session,code".replace(",ethnicity", "")


def file(folder: Path, *pupils: tuple[str, str, str]) -> Path:
    """A register of pupils, each with form, year group and story."""
    lines = [HEADER]
    for place, (form, year, story) in enumerate(pupils, 1):
        told = marks(story, weekdays(MONDAY, len(days(story))))
        lines += [f"P{place},{form},{year},{d},{half},{code}" for (d, half), code in told.items()]
    (path := folder / "register.csv").write_text("\n".join(lines), encoding="utf-8")
    return path


def test_check_names_form_date_and_session_before_you_rely_on_it(tmp_path: Path) -> None:
    path = file(
        tmp_path,
        *[("7A", "7", "/*20")] * 6,
        *[("7B", "7", "/*12 /+- /*7")] * 3,
        *[("7C", "7", "-*20")] * 2,
        ("7A", "7", "/*9 -*11"),
    )
    said = agent("check", path)
    before = " ".join(said.out.split("BEFORE YOU RELY ON THIS")[1].split())
    assert "Form 7C (2 pupils) has no mark in any session." in before
    assert "7B has no marks on Wed 21 Jan 2026 PM, 3 pupils: the register is missing." in before
    assert (
        "Has P12 left? No mark since Thu 15 Jan 2026, while others have 22 sessions marked. If so, "
        "enter the leaving date." in before
    )
    found = agent("check", path, "--format", "json").json
    assert found["completeness"]["registers_missing"] == [
        {"form": "7B", "date": "2026-01-21", "session": "PM", "pupils": 3}
    ]
    assert found["completeness"]["perhaps_left"][0]["pupil_id"] == "P12"
    # A question is no finding: nobody is found absent for marks that are missing.
    assert not [
        f for f in found["findings"] if f["pupil_id"] == "P12" and f["audience"] != "school"
    ]


def test_check_has_no_questions_where_nothing_is_missing(tmp_path: Path) -> None:
    found = agent("check", file(tmp_path, *[("7A", "7", "/*20")] * 4), "--format", "json").json
    whole = found["completeness"]
    assert (whole["sessions_expected"], whole["sessions_marked"]) == (160, 160)
    for key in ("registers_missing", "forms_never_marked", "perhaps_left", "thin_sessions"):
        assert whole[key] == []


def test_many_of_a_kind_are_said_in_a_few_lines(tmp_path: Path) -> None:
    path = file(tmp_path, *[("7A", "7", "/*30")] * 6, *[("7B", "7", "/*5 -*25")] * 3)
    said = agent("check", path).out
    assert said.count("the register is missing") == 8
    assert "And 42 more registers missing: --format json names every one." in said


@pytest.mark.serves("I6")
def test_groups_have_the_pattern_of_each_key_stage(tmp_path: Path) -> None:
    path = file(
        tmp_path,
        ("7A", "7", "/*15 I*5"),
        ("9B", "9", "/*20"),
        ("RA", "R", "/*10 O*10"),
        ("11", "11", "/*20"),
        ("13", "13", "/*20"),
    )
    groups = agent("check", path, "--format", "json").json["groups"]
    stages = groups["key_stage"]
    assert {name: each["pupils"] for name, each in stages.items()} == {
        "EY": 1,
        "KS3": 2,
        "KS4": 1,
        "KS5": 1,
    }
    assert (stages["KS3"]["authorised"], stages["KS3"]["persistent"]) == (10, 1)
    assert stages["EY"]["unauthorised"] == 20
    # What a year group has is what its key stage has.
    assert groups["year_group"]["R"] == stages["EY"]


def seen(school: SchoolDesk) -> dict[str, Any]:
    """The row of `doctor` about the register."""
    place = school.place
    place.config.path.touch(mode=0o600)
    rows = doctor.examine(place.config, [place.school], place.clock, os.urandom)
    return next(row for row in rows if row["what"] == f"{school.urn} completeness")


@pytest.mark.serves("C27")
def test_status_and_doctor_say_how_whole_the_last_read_was(school: SchoolDesk) -> None:
    school.joined()
    assert school.status()["completeness"] is None
    school.run("collect")
    whole = school.status()["completeness"]
    assert (whole["sessions_expected"], whole["leaver_questions"]) == (160, 0)
    assert seen(school)["ok"] is True
    school.stories["P3"] = "/*40"
    school.stories["P4"] = "/*20 -*20"
    school.write()
    with school.open() as store, store.write() as tx:
        # The control: what an earlier read knew is not what is asked about here.
        tx.execute("DELETE FROM state WHERE key = 'completeness'")
    school.run("collect")
    out = io.StringIO()
    show.print_status(school.place.config, school.place.school, school.status(), out)
    assert (
        "register: 87.5 % of 320 sessions marked, last whole day Fri 30 Jan 2026" in out.getvalue()
    )
    assert "to look at in the register: 1 pupil who may have left" in out.getvalue()
    row = seen(school)
    assert row["ok"] is False
    assert row["remedy"].startswith("To look at: 1 pupil who may have left. Which they are:")


def test_only_counts_leave_and_no_form_is_named(school: SchoolDesk) -> None:
    school.stories["P2"] = "/*20 -*20"
    school.joined()
    school.run("collect")
    with school.open() as store:
        bodies = [bytes(row[0]) for row in store.read.execute("SELECT body FROM outbox")]
    [body] = [each for each in bodies if b'"completeness"' in each]
    assert b'"leaver_questions":1' in body
    assert b"P2" not in body
    assert b"Thornapple" not in body


def test_a_list_made_in_september_goes_by_last_years_rate(tmp_path: Path) -> None:
    on = [*weekdays(date(2026, 5, 11), 40), *weekdays(date(2026, 9, 7), 10)]
    told = {"P1": "O*25 /*25", "P2": "I*5 /*45", "P3": "/*40 I*10", "P4": "/*50"}
    rows = [
        f"{who},{d},{half},{code}"
        for who, story in told.items()
        for (d, half), code in marks(story, on).items()
    ]
    path = tmp_path / "register.csv"
    path.write_text("\n".join(["pupil_id,date,session,code", *rows]), encoding="utf-8")
    found = agent("check", path, "--format", "json").json
    assert [(each["pupil_id"], each["absent"], each["met"]) for each in found["last_year"]] == [
        ("P1", 50, ["severe-absence", "persistent-absence"]),
        ("P2", 10, ["persistent-absence"]),
    ]
    # The triggers go on judging this year: P3 alone is absent in it.
    rates = {f["pupil_id"] for f in found["findings"] if f["trigger"] == "persistent-absence"}
    assert rates == {"P3"}
    said = agent("check", path).words
    assert "PUPILS TO WORK WITH, BY LAST YEAR'S RATE: 2 pupils" in said
    assert "62.5 % P1 (no name given): 50 of 80 sessions, 50 without permission;" in said
    in_july = agent("check", path, "--as-of", "2026-07-03", "--format", "json").json
    assert in_july["last_year"] == []
