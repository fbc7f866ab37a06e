"""`check --by`: what a meeting looks at by year group and form, summed from the marks."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from command import agent
from registers import marks

from linkwork import policy

HEADER = "pupil_id,surname,forename,form,year_group,entry_date,date,session,code"


def file(folder: Path, *pupils: tuple[str, str, str], header: str = HEADER) -> Path:
    """A register of pupils, each with form, year group and story."""
    lines = [header]
    for number, (form, year, story) in enumerate(pupils, 1):
        who = f"P{number},Sur{number},Fore{number},{form},{year},2025-09-01"
        lines += [f"{who},{day},{half},{code}" for (day, half), code in marks(story).items()]
    path = folder / "register.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def register(tmp_path: Path) -> Path:
    """Forms 7A, 7B and 10C: twenty days, with every sort of absence and lateness."""
    return file(
        tmp_path,
        ("10C", "10", "/*18 L U+\\"),
        ("7A", "7", "/*18 O I"),
        ("7A", "7", "/*10 O*10"),
        ("7B", "7", "/*19 -"),
        ("7B", "Year 7", "/*20"),
    )


def by_name(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The rows of a grouping by their group."""
    return {row["group"]: row for row in rows}


@pytest.mark.serves("C54")
def test_the_sums_for_a_meeting_stand_by_year_group_and_by_form(register: Path) -> None:
    said = agent("check", register, "--by", "year", "--by", "form", "--format", "json").json
    forms, years = by_name(said["by"]["form"]), by_name(said["by"]["year"])
    assert list(forms) == ["7A", "7B", "10C"]
    assert list(years) == ["7", "10"]
    assert forms["7A"] == {
        "group": "7A",
        "pupils": 2,
        "possible": 80,
        "absent": 24,
        "authorised": 2,
        "unauthorised": 22,
        "late": 0,
        "late_after_closing": 0,
        "unmarked": 0,
        "met": {"persistent-absence": 2, "severe-absence": 1},
    }
    # A day without marks is neither presence nor absence; late after closing is absence too.
    assert (forms["7B"]["possible"], forms["7B"]["unmarked"], forms["7B"]["absent"]) == (78, 2, 0)
    late = forms["10C"]
    assert (late["late"], late["late_after_closing"], late["unauthorised"]) == (2, 1, 1)
    # A year group is the sum of its forms, and the school of all.
    for name in ("pupils", "possible", "absent", "late", "unmarked"):
        assert years["7"][name] == forms["7A"][name] + forms["7B"][name]
        assert said["school"][name] == years["7"][name] + years["10"][name]


@pytest.mark.serves("C54")
def test_the_table_for_a_meeting_names_no_pupil(register: Path) -> None:
    said = agent("check", register, "--by", "form").out
    head, whole = (next(line for line in said.splitlines() if line.startswith(start))
                   for start in ("BY FORM", "whole school"))  # fmt: skip
    assert head.split()[2:] == [
        "pupils", "possible", "absent", "absent", "permission", "permission", "before", "after",
        "absence", "absence",
    ]  # fmt: skip
    assert whole.split()[2:] == ["5", "198", "25", "12.6", "%", "2", "23", "2", "1", "1", "2"]
    assert "Policy england-2024 (version 1)" in said
    assert "severe-absence, in pupils: absent for half of the school year so far" in said
    assert "Fewer than 10 pupils: 7A, 7B, 10C." in said
    assert "2 sessions without a mark" in said
    assert "BY YEAR" not in said
    for number in range(1, 6):
        assert not any(f"{each}{number}" in said for each in ("P", "Sur", "Fore"))
    # The control: the same command without --by does name them.
    assert "Sur3" in agent("check", register).out


def test_who_counts_as_persistent_is_the_policys_to_say(register: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    text = policy.builtin("england-2024").text
    assert "rate = [1, 10]" in text
    own.write_text(
        text.replace("rate = [1, 10]", "rate = [6, 10]").replace(
            "persistent-absence", "three-fifths"
        ),
        encoding="utf-8",
    )
    said = agent("check", register, "--by", "form", "--policy", own, "--format", "json").json
    assert [rate["name"] for rate in said["rates"]] == ["severe-absence", "three-fifths"]
    assert said["school"]["met"] == {"severe-absence": 1, "three-fifths": 0}


def test_a_spreadsheet_gets_a_row_a_group_and_no_formula(tmp_path: Path) -> None:
    path = file(tmp_path, ("=1+1", "7", "/*20"), ("7B", "7", "/*18 I*2"))
    said = agent("check", path, "--by", "form", "--by", "year", "--format", "csv").out
    rows = list(csv.DictReader(io.StringIO(said)))
    assert [(row["by"], row["group"]) for row in rows] == [
        ("form", "'=1+1"),
        ("form", "7B"),
        ("year", "7"),
        ("school", ""),
    ]
    assert [row["authorised"] for row in rows] == ["0", "4", "4", "4"]
    assert [row["persistent-absence"] for row in rows] == ["0", "1", "1", "1"]


def test_the_sums_begin_with_the_school_year_of_the_day_judged(tmp_path: Path) -> None:
    from datetime import date

    from registers import weekdays

    path = tmp_path / "register.csv"
    told = {
        **marks("O*5", weekdays(date(2025, 7, 7), 5)),
        **marks("/*4 O", weekdays(date(2025, 9, 8), 5)),
    }
    rows = [f"P1,7A,{day},{half},{code}" for (day, half), code in told.items()]
    path.write_text("\n".join(["pupil_id,form,date,session,code", *rows]), encoding="utf-8")
    said = agent("check", path, "--by", "form", "--format", "json").json
    assert (said["first"], said["school"]["possible"], said["school"]["absent"]) == (
        "2025-08-01",
        10,
        2,
    )
    assert said["early"] == 1
    assert "Early in the year: 1 pupil of these" in agent("check", path, "--by", "form").words


def test_a_register_without_forms_says_what_to_export(tmp_path: Path) -> None:
    path = file(tmp_path, ("", "7", "/*5"))
    said = agent("check", path, "--by", "form")
    assert (said.code, said.out) == (3, "")
    assert "column form: no pupil has a form" in said.err
    assert "Export form too, or leave out --by form" in said.err
    assert agent("check", path, "--by", "year").code == 0


def test_sums_and_a_comparison_are_asked_one_after_the_other(register: Path) -> None:
    said = agent("check", register, "--by", "form", "--since", register)
    assert (said.code, said.out) == (2, "")
    assert "Ask one after the other" in said.err
