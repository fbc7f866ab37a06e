"""The project's pages, and the fenced blocks in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One fenced block: the page it stands in, its language (or ""), its text."""

    page: str
    language: str
    text: str


@pytest.fixture(scope="session")
def pages(root: Path) -> dict[str, str]:
    """Every page of the project by path: at the root, in docs and beside each part."""
    folders = ("docs", "core", "agent", "hub", "plugins", "packaging", "benchmarks", "tests")
    paths = [
        *root.glob("*.md"),
        *(path for name in folders for path in (root / name).rglob("*.md")),
    ]
    return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in paths}


@pytest.fixture(scope="session")
def blocks(pages: dict[str, str]) -> list[Block]:
    """Every fenced block of every page."""
    return [
        Block(page, match[1], match[2])
        for page, text in sorted(pages.items())
        for match in FENCE.finditer(text)
    ]
