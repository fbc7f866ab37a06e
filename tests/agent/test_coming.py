"""Who crosses next if nothing changes, as `check` ranks it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from command import agent
from hypothesis import given, settings
from random_registers import registers
from registers import MONDAY, days, marks, weekdays

from linkwork import policy as policies
from linkwork.nearly import nearly
from linkwork.register import Register
from linkwork.school_days import last_held_day
from linkwork.sheet import lay_out
from linkwork_agent import coming


def file(folder: Path, *stories: str) -> Path:
    """A register of one pupil a story."""
    lines = ["pupil_id,date,session,code"]
    for place, story in enumerate(stories, 1):
        told = marks(story, weekdays(MONDAY, len(days(story))))
        lines += [f"P{place},{d},{half},{code}" for (d, half), code in told.items()]
    (path := folder / "register.csv").write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.mark.serves("I8")
def test_who_worsens_if_left_is_ranked_by_day_and_by_how_little_is_lacking(tmp_path: Path) -> None:
    path = file(tmp_path, "/*52 O*8", "/*57 O*3", "/*58 O*1 /", "/*60", "/*53 O*7")
    found = agent("check", path, "--format", "json").json["nearly"]
    shown = [
        (each["pupil_id"], each["on"], each["needed"])
        for each in found
        if each["trigger"] == "continuous-unauthorised"
    ]
    assert shown == [("P1", "2026-03-31", 2), ("P5", "2026-04-01", 3)]
    assert [each["on"] for each in found] == sorted(each["on"] for each in found)
    # Whoever came today is not on it.
    assert {each["pupil_id"] for each in found} <= {"P1", "P2", "P5"}


def test_the_table_says_it_in_words_and_dates(tmp_path: Path) -> None:
    said = agent("check", file(tmp_path, "/*52 O*8", "/*60"))
    assert "within 5 school days, if nothing changes" in said.words
    assert "On Tue 31 Mar 2026:" in said.words
    assert "P1 (no name given): continuous-unauthorised, 8 of 10 school days now, 2 more O" in (
        said.words
    )
    assert "NEARLY" not in agent("check", file(tmp_path, "/*60")).out


@settings(max_examples=40)
@given(registers())
def test_looking_at_those_who_are_away_finds_all_whom_looking_at_everybody_finds(
    told: tuple[Register, date],
) -> None:
    held, _ = told
    if last_held_day(held) is None:
        return
    as_of, england = last_held_day(held) or date.min, policies.of_nation("England")
    few = coming.crossing(lay_out(held, england, as_of), england)
    everybody = nearly(held, england, as_of, coming.WITHIN)
    assert set(few) == {each for each in everybody if each.audience != "school"}
