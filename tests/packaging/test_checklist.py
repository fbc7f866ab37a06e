"""The checklist is whole, and no test claims a line that does not exist."""

from __future__ import annotations

from collections import Counter

import pytest
from checklist import Line, Mark, marks, read_lines, report


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    return read_lines()


def test_the_checklist_holds_every_line_of_the_five_services(lines: list[Line]) -> None:
    assert Counter(line.service for line in lines) == {
        "Southampton": 80,
        "Reading": 41,
        "IEWO": 43,
        "Cardiff": 112,
        "St Helens": 30,
    }
    assert len({line.id for line in lines}) == 306


def test_titles_are_short_and_there(lines: list[Line]) -> None:
    assert [line.id for line in lines if not 1 <= len(line.title.split()) <= 10] == []


def test_every_serves_mark_names_a_line_of_the_checklist(lines: list[Line]) -> None:
    known = {line.id for line in lines}
    assert [mark for mark in marks() if mark.id not in known] == []


def test_the_report_counts_a_line_once_however_often_it_is_proved(lines: list[Line]) -> None:
    said = list(report(lines, {"R33", "R34"}))
    assert said[0] == "2 of 306 lines are proved by a test."
    assert "Reading: 2 of 41" in said
    assert not any(line.startswith("  R33 ") for line in said)
    assert any(line.startswith("  R35 ") for line in said)


def test_marks_are_found_on_functions_and_on_classes(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("tests")
    (folder / "test_one.py").write_text(
        "import pytest\n"
        "@pytest.mark.serves('S1')\n"
        "def test_a() -> None: ...\n"
        "@pytest.mark.serves('C2', 'C3')\n"
        "class TestB: ...\n",
        encoding="utf-8",
    )
    assert [(mark.id, mark.line) for mark in marks(folder)] == [("S1", 2), ("C2", 4), ("C3", 4)]
    assert all(isinstance(mark, Mark) for mark in marks(folder))
