"""What a paper is made of, whatever file it becomes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 1 or 2 below the paper's title."""

    text: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Para:
    """A paragraph; `empty` says that a list has nothing in it."""

    text: str
    empty: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: its head, its rows, and which columns are numbers or take the room that is left."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[str] = frozenset()
    wide: frozenset[str] = frozenset()


Block = Heading | Para | Grid


def as_data(block: Block) -> dict[str, Any]:
    """A block as JSON data for a typst template."""
    match block:
        case Heading():
            return {"kind": "heading", "text": block.text, "level": block.level}
        case Para():
            return {"kind": "para", "text": block.text, "empty": block.empty}
        case Grid():
            return {
                "kind": "grid",
                "head": list(block.head),
                "rows": [list(row) for row in block.rows],
                "numbers": [name in block.numbers for name in block.head],
                "wide": [name in block.wide for name in block.head],
            }
