"""Which lines of tests/checklist.csv a test proves: `python3 run.py checklist`.

Standard library only. A test proves a line by carrying `@pytest.mark.serves("R33")`; the marks are
read from the source, so nothing has to be imported or installed.
"""

from __future__ import annotations

import ast
import csv
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Line:
    """One thing a source service does: its id, the service, tags and a short title."""

    id: str
    service: str
    tags: str
    title: str


@dataclass(frozen=True)
class Mark:
    """One `serves` mark: the id it names and where it stands."""

    id: str
    path: Path
    line: int


def read_lines(path: Path = TESTS / "checklist.csv") -> list[Line]:
    """The checklist, in its own order."""
    with path.open(encoding="utf-8", newline="") as source:
        return [Line(**row) for row in csv.DictReader(source)]


def marks(folder: Path = TESTS) -> Iterator[Mark]:
    """Every id in a call of `...serves(...)` in the tests."""
    for path in sorted(folder.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "serves":
                for argument in node.args:
                    if isinstance(argument, ast.Constant):
                        yield Mark(str(argument.value), path, argument.lineno)


def report(lines: list[Line], served: set[str]) -> Iterator[str]:
    """The count, then what no test proves yet, by service."""
    yield f"{len(served & {line.id for line in lines})} of {len(lines)} lines are proved by a test."
    for service in dict.fromkeys(line.service for line in lines):
        own = [line for line in lines if line.service == service]
        missing = [line for line in own if line.id not in served]
        yield ""
        yield f"{service}: {len(own) - len(missing)} of {len(own)}"
        for line in missing:
            yield f"  {line.id:5}{line.tags:14}{line.title}"


if __name__ == "__main__":
    sys.stdout.write("\n".join(report(read_lines(), {mark.id for mark in marks()})) + "\n")
