"""Modules stay short enough to read at once, and every one says what it is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

FOLDERS = ("core", "agent", "hub", "plugins", "demo")
LONGEST_MODULE = 400
LONGEST_FUNCTION = 60


@pytest.fixture(scope="module")
def modules(root: Path) -> dict[str, str]:
    """Our modules by path, with their text."""
    paths = [path for folder in FOLDERS for path in (root / folder).rglob("*.py")]
    paths.append(root / "run.py")
    return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def functions(text: str) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def test_no_module_is_too_long_to_hold_in_mind(modules: dict[str, str]) -> None:
    lengths = {path: text.count("\n") for path, text in modules.items()}
    assert {path: n for path, n in lengths.items() if n > LONGEST_MODULE} == {}
    assert median(lengths.values()) <= 120


def test_no_function_is_too_long_to_see_at_once(modules: dict[str, str]) -> None:
    sizes = {
        f"{path}: {name}": length
        for path, text in modules.items()
        for name, length in functions(text)
    }
    assert {where: n for where, n in sizes.items() if n > LONGEST_FUNCTION} == {}
    assert sorted(sizes.values())[len(sizes) * 9 // 10] <= 30


def test_every_module_says_in_a_line_what_it_is(modules: dict[str, str]) -> None:
    silent = [
        path
        for path, text in modules.items()
        if not (ast.get_docstring(ast.parse(text)) or "").strip()
    ]
    assert silent == []


def test_nothing_is_left_to_do_in_the_source(modules: dict[str, str]) -> None:
    signs = ("TO" + "DO", "FIX" + "ME")
    assert [path for path, text in modules.items() if any(sign in text for sign in signs)] == []
