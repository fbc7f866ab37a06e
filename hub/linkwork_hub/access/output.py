"""Rows on a terminal: as a table, or as JSON for other tools."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import typer


class Format(StrEnum):
    """How data is printed."""

    TABLE = "table"
    JSON = "json"


def show(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str], fmt: Format, empty: str
) -> None:
    """Print rows; as a table only these columns, as JSON everything. `empty` is a sentence."""
    if fmt == Format.JSON:
        typer.echo(json.dumps(rows, indent=2, default=str, ensure_ascii=False))
        return
    if not rows:
        typer.echo(empty)
        return
    cells = [[_cell(row.get(column)) for column in columns] for row in rows]
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    for line in (columns, *cells):
        words = (word.ljust(width) for word, width in zip(line, widths, strict=True))
        typer.echo("  ".join(words).rstrip())


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
