"""The commands of a page of the docs, to be typed as they stand."""

from __future__ import annotations

import re
from pathlib import Path

FENCE = re.compile(r"^```\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks_of(page: Path, heading: str) -> list[str]:
    """The fenced blocks of commands under a second-level heading, in order."""
    parts = re.split(r"^## (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    return FENCE.findall(sections[heading])
