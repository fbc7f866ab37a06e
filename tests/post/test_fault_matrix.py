"""The list of faults names tests that are there."""

from __future__ import annotations

import csv
import re
from pathlib import Path


def listed(root: Path) -> list[dict[str, str]]:
    with (root / "tests" / "fault_matrix.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def missing(root: Path, rows: list[dict[str, str]]) -> list[str]:
    """The tests of these rows that no file holds."""
    gone = []
    for row in rows:
        file, _, name = row["test"].partition("::")
        path = root / file
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        if not re.search(rf"^(async )?def {re.escape(name)}\(", text, re.MULTILINE):
            gone.append(row["test"])
    return gone


def test_every_fault_names_a_test_that_is_there(root: Path) -> None:
    rows = listed(root)
    assert rows
    assert all(re.fullmatch(r"\d+(-\d+)?", row["row"]) and row["behaviour"] for row in rows)
    assert missing(root, rows) == []


def test_a_fault_whose_test_was_renamed_is_found(root: Path) -> None:
    row = {"row": "1", "behaviour": "x", "test": "tests/post/test_fault_matrix.py::test_no_more"}
    assert missing(root, [row]) == [row["test"]]
