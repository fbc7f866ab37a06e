"""Every row of the fault matrix names tests that are there."""

from __future__ import annotations

import ast
import csv
from pathlib import Path

import pytest


def rows(root: Path) -> list[dict[str, str]]:
    """The rows of tests/fault_matrix.csv."""
    with (root / "tests" / "fault_matrix.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def missing(root: Path, named: str) -> str:
    """What is wrong with "tests/x.py::test_y", or nothing."""
    path, _, test = named.partition("::")
    if not (root / path).is_file():
        return f"{path} is not there"
    tree = ast.parse((root / path).read_text(encoding="utf-8"))
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    return "" if test in functions else f"{path} has no {test}"


#: The faults of the post that Linux can meet. Not of it: who may open what, erasing, and Windows.
FAULTS = {*range(1, 45), 49, 50, 51}


def test_every_fault_has_a_test_that_meets_it(root: Path) -> None:
    assert FAULTS - {int(row["row"]) for row in rows(root)} == set()


def test_each_row_names_a_fault_what_holds_and_tests_that_exist(root: Path) -> None:
    found = rows(root)
    assert len(found) >= 20
    wrong = []
    for row in found:
        assert row["row"].isdigit(), row
        assert row["behaviour"].strip(), row
        named = row["test"].split()
        assert named, row
        wrong += [f"row {row['row']}: {why}" for one in named if (why := missing(root, one))]
    assert wrong == []


@pytest.mark.parametrize(
    "named", ["tests/nowhere.py::test_x", "tests/packaging/test_fault_matrix.py::test_that_is_not"]
)
def test_a_test_that_is_not_there_is_noticed(root: Path, named: str) -> None:
    assert missing(root, named)
