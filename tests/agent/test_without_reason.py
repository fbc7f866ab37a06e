"""Absences without a reason are listed by age for the school's own desk: whom to chase up first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from command import agent
from registers import MONDAY, marks, weekdays

DAYS = weekdays(MONDAY, 20)
TITLE = "NO REASON YET, BY AGE"


def file(folder: Path, *stories: str, on: Sequence[date] | None = None) -> Path:
    """A register of one pupil a story: P1, P2 and on."""
    lines = ["pupil_id,surname,form,date,session,code"]
    for number, story in enumerate(stories, 1):
        for (day, half), code in marks(story, on).items():
            lines.append(f"P{number},Ash{number},7A,{day},{half},{code}")
    path = folder / "register.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.serves("C110")
def test_absences_without_a_reason_are_listed_oldest_first(tmp_path: Path) -> None:
    path = file(
        tmp_path,
        "/*18 N /",  # yesterday
        "/*4 N+\\ /*13 N /",  # fifteen school days ago, and yesterday
        "/*14 N /*5",  # five school days ago: its time is over
        "/*15 N /*4",  # four
        "/*10 O*3 I*3 /*4",  # every reason known, one of them that there is none
        "/*18 / N",  # today
    )
    said = agent("check", path)
    section = said.out[said.out.index(TITLE) :].split("\n\n")[0].splitlines()
    assert section == [
        "NO REASON YET, BY AGE: 11 sessions of 5 pupils; 2 pupils over the 5 school days allowed",
        "  15 school days old (Fri 9 Jan 2026), OVERDUE:",
        "    P2  Ash2, 7A: AM; and 2 later sessions",
        "  5 school days old (Fri 23 Jan 2026), OVERDUE:",
        "    P3  Ash3, 7A: AM, PM",
        "  4 school days old (Mon 26 Jan 2026), due Mon 2 Feb 2026:",
        "    P4  Ash4, 7A: AM, PM",
        "  1 school day old (Thu 29 Jan 2026), due Thu 5 Feb 2026:",
        "    P1  Ash1, 7A: AM, PM",
        "  Today (Fri 30 Jan 2026), due Fri 6 Feb 2026:",
        "    P6  Ash6, 7A: AM, PM",
    ]
    # It is the school's own: it stands with what never leaves.
    assert said.out.index("FOR THE SCHOOL'S OWN DESK") < said.out.index(TITLE)
    assert TITLE not in agent("check", file(tmp_path, "/*10 O*3 I*3 /*4")).out


@pytest.mark.serves("C110")
def test_programs_get_every_session_with_its_age_and_the_day_its_reason_is_due(
    tmp_path: Path,
) -> None:
    path = file(tmp_path, "/*10 N+\\ /*3 N /", "/*16")
    found = agent("check", path, "--format", "json").json
    assert found["without_reason"][0] == {
        "pupil_id": "P1",
        "date": DAYS[10].isoformat(),
        "session": "AM",
        "code": "N",
        "school_days": 5,
        "due": DAYS[15].isoformat(),
        "overdue": True,
    }
    assert [(one["school_days"], one["overdue"]) for one in found["without_reason"]] == [
        (5, True),
        (1, False),
        (1, False),
    ]
    # The old ones are those which the policy's own rule finds: two sayings of one thing.
    [rule] = [each for each in found["findings"] if each["trigger"] == "overdue-reason"]
    assert [each["date"] for each in rule["why"]] == [DAYS[10].isoformat()]


def test_what_says_that_a_reason_is_missing_is_the_code_sets_to_say(tmp_path: Path) -> None:
    path = file(tmp_path, "/*5 N /", "/*5 O /", on=weekdays(date(2024, 6, 3), 7))
    found = agent("check", path, "--format", "json").json
    assert found["code_sets"] == ["england-2013"]
    assert {one["pupil_id"] for one in found["without_reason"]} == {"P1"}


def test_a_reason_given_since_leaves_the_list_and_one_not_given_grows_older(
    tmp_path: Path,
) -> None:
    old = agent("check", file(tmp_path, "/*8 N", "/*8 N"), "--format", "json").json
    new = agent("check", file(tmp_path, "/*8 I /*3", "/*8 N /*3"), "--format", "json").json
    ages = [
        {(one["pupil_id"], one["school_days"]) for one in found["without_reason"]}
        for found in (old, new)
    ]
    assert ages == [{("P1", 0), ("P2", 0)}, {("P2", 3)}]


def test_last_school_years_reasons_are_no_more_to_be_chased(tmp_path: Path) -> None:
    days = [*weekdays(date(2025, 7, 7), 5), *weekdays(date(2025, 9, 8), 5)]
    path = file(tmp_path, "/*4 N /*2 N /*2", on=days)
    found = agent("check", path, "--format", "json").json["without_reason"]
    assert {one["date"] for one in found} == {days[7].isoformat()}


def test_more_pupils_than_a_person_can_read_are_a_number(tmp_path: Path) -> None:
    said = agent("check", file(tmp_path, *["/*4 N /"] * 45)).out
    assert "  … and 5 more pupils, none older: --format json lists every one." in said
