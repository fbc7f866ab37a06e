"""`consistency`: how alike a school codes absence as authorised or not, told as questions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from linkwork_agent import alike, alike_render, check

if TYPE_CHECKING:
    from linkwork_agent.source import Source


def run_consistency(
    source: Source,
    *,
    policy: str | Sequence[str] | None = None,
    as_of: str | None = None,
    fmt: str = "table",
    out: TextIO,
) -> int:
    """Write the report on one source to `out`; returns 0. Raises as `explain` does."""
    chosen = check.chosen(policy) if policy else source.policy()
    out.write(alike_render.FORMATS[fmt](alike.report(source, chosen, check.date_of(as_of))))
    return 0
