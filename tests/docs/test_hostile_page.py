"""The page of hostile input names, for every line, tests that are there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


@cache
def names(path: Path) -> frozenset[str]:
    """The functions and classes that a test file defines."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(
        node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)
    )


def test_each_line_names_a_test_and_every_test_named_is_there(root: Path) -> None:
    page = (root / "docs" / "hostile-input.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ") and "shown by" not in line]
    assert len(rows) == 35
    for row in rows:
        found = TEST.findall(row)
        assert found, row
        for path, name in found:
            assert name in names(root / path), f"{path} has no {name}"
