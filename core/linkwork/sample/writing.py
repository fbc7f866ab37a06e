"""A register and its contacts as canonical CSV files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from linkwork.canonical import contact_lines, register_lines
from linkwork.plugin import PupilContacts
from linkwork.register import Register


def register(held: Register, path: Path) -> Path:
    """Write `held` to `path`, one row a pupil and session on roll. `path` again."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(register_lines(held))
    return path


def contacts(held: Mapping[str, PupilContacts], path: Path) -> Path:
    """Write contacts to `path`, one row a pupil and contact. `path` again."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(contact_lines(held.values()))
    return path
