"""`consistency`: the report a school reads, from files and from its own agent's memory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from changing import configured, correct, printed
from command import agent
from school_desk import SchoolDesk

ROW = "{pupil},{form},{day},{half},{code}\n"


def written(path: Path, codes: dict[str, str]) -> Path:
    """A register of two forms: each pupil of a form has four short absences with its code."""
    text = "pupil_id,form,date,session,code\n"
    for form, code in codes.items():
        for number in range(8):
            for day in range(1, 31):
                away = day in (6, 13, 20, 27) and day % 7 != 0
                mark = code if away else "/"
                when = f"2026-01-{day:02d}" if day < 32 else ""
                for half in ("AM", "PM"):
                    text += ROW.format(
                        pupil=f"{form}-{number}", form=form, day=when, half=half, code=mark
                    )
    path.write_text(text, encoding="utf-8")
    return path


def said(*arguments: str) -> dict[str, Any]:
    """What the command says as JSON."""
    found: dict[str, Any] = json.loads(printed(*arguments, "--format", "json"))
    return found


def test_a_file_is_enough_and_the_table_is_to_be_read_aloud(tmp_path: Path) -> None:
    file = written(tmp_path / "register.csv", {"7A": "I", "7B": "O", "7C": "I"})
    table = printed("consistency", str(file))
    assert "BY FORM" in table
    (odd,) = [line for line in table.splitlines() if line.startswith("7B ")]
    assert odd.split()[1:] == ["32", "0", "32", "0", "100.0", "0.0", "<"]
    assert "These are questions, not findings." in table
    assert "Which marks became other ones afterwards only a configured school's" in table
    found = said("consistency", str(file))
    assert found["school"]["absences"] == 96
    assert found["corrected"] is None
    forms = {each["group"]: each for each in found["by"]["form"]}
    assert (forms["7A"]["share"], forms["7B"]["share"]) == (0.0, 100.0)


def test_what_was_corrected_afterwards_is_counted_across_the_line(school: SchoolDesk) -> None:
    school.grow().stories["P2"] = "/*36 N*2 O*2"
    school.joined("return").run("collect")
    configured(school)
    home = ("--home", str(school.home))
    assert said(*home, "consistency")["corrected"] == []
    school.later(days=3)
    correct(school, P2="/*36 O I O I")
    found = said(*home, "consistency")["corrected"]
    assert [(each["was"], each["now"], each["marks"]) for each in found] == [
        ("no reason yet", "with permission", 2),
        ("no reason yet", "without permission", 2),
        ("without permission", "with permission", 2),
    ]
    assert {tuple(each["pupils"]) for each in found} == {("P2",)}
    table = printed(*home, "consistency")
    assert "no reason yet -> without permission: 2 marks of 1 pupil" in table


def test_an_old_n_is_asked_about(school: SchoolDesk) -> None:
    school.stories["P2"] = "/*20 N*2 /*18"
    school.write()
    configured(school)
    found = said("--home", str(school.home), "consistency")
    assert found["no_reason_yet"] == [{"pupil_id": "P2", "sessions": 4}]


def test_a_register_without_a_mark_up_to_the_day_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path / "register.csv", {"7A": "I"})
    done = agent("consistency", str(file), "--as-of", "2025-12-01")
    assert done.code == 2
    assert "There is no mark up to 2025-12-01" in done.err
