"""The sums of `check --by`: a table to lay before a meeting, JSON and CSV for other programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from linkwork import wording
from linkwork.cells import inert
from linkwork.summary import SMALL
from linkwork_agent.by_group import Grouped, Row
from linkwork_agent.check_sections import wrapped

SUMS = (
    "pupils", "possible", "absent", "authorised", "unauthorised", "late", "late_after_closing",
    "unmarked",
)  # fmt: skip
#: The columns of the table, each head in two lines.
_HEADS = (
    ("", "pupils"), ("", "possible"), ("", "absent"), ("share", "absent"), ("with", "permission"),
    ("without", "permission"), ("late,", "before"), ("late,", "after"),
)  # fmt: skip


def as_table(found: Grouped) -> str:
    """For whoever prepares the meeting."""
    sheet = found.result.sheet
    head = (
        f"School year from {wording.day(found.first)}, judged as of {wording.day(sheet.as_of)}. "
        f"Policy {sheet.policy.name} (version {sheet.policy.version})."
    )
    parts = [wrapped(head)]
    for by, rows in found.by.items():
        parts.append("\n".join(_laid_out(f"BY {by.upper()}", [*rows, found.school], found)))
    parts.append("\n".join(wrapped(line, "  ", "- ") for line in _notes(found)))
    return "\n\n".join(parts) + "\n"


def _laid_out(title: str, rows: Sequence[Row], found: Grouped) -> Iterator[str]:
    heads = [*_HEADS, *(_two_lines(rule.name) for rule in found.rates)]
    first = max(len(title), *(len(row.name or _WHOLE) for row in rows))
    cells = [_cells(row, found) for row in rows]
    widths = [
        max(len(cell) for cell in (*head, *(row[place] for row in cells)))
        for place, head in enumerate(heads)
    ]
    for name, line in zip(("", title), zip(*heads, strict=True), strict=True):
        yield _line(name, line, first, widths)
    for row, texts in zip(rows, cells, strict=True):
        yield _line(row.name or _WHOLE, texts, first, widths)


_WHOLE = "whole school"


def _line(name: str, cells: Sequence[str], first: int, widths: Sequence[int]) -> str:
    right = "  ".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=True))
    return f"{name.ljust(first)}  {right}".rstrip()


def _two_lines(name: str) -> tuple[str, str]:
    start, _, end = name.rpartition("-")
    return start, end


def _cells(row: Row, found: Grouped) -> list[str]:
    sums = _sums(row)
    share = wording.percent(sums["absent"], sums["possible"]) if sums["possible"] else "-"
    shown = [f"{sums[name]:,}" for name in SUMS[:-1]]
    return [*shown[:3], share, *shown[3:], *(f"{row.met[rule.name]:,}" for rule in found.rates)]


def _notes(found: Grouped) -> Iterator[str]:
    yield (
        "Sessions, except the columns of pupils. Late after the register closed counts without "
        "permission too; late before it closed is an attendance."
    )
    for rule in found.rates:
        yield f"{rule.name}, in pupils: {rule.title[:1].lower()}{rule.title[1:]}."
    if found.early:
        yield (
            f"Early in the year: {wording.number(found.early, 'pupil')} of these on fewer sessions "
            "than the policy asks for before it lists anybody."
        )
    if found.school.sessions.unmarked:
        yield (
            f"{wording.number(found.school.sessions.unmarked, 'session')} without a mark, counted "
            "neither as present nor absent."
        )
    small = [row.name for rows in found.by.values() for row in rows if row.pupils < SMALL]
    if small:
        yield (
            f"Fewer than {SMALL} pupils: {', '.join(small)}. Such a figure may speak of one child; "
            "think before it leaves the school."
        )


def as_json(found: Grouped) -> str:
    """One JSON object. Keys are only ever added."""
    sheet = found.result.sheet
    answer: dict[str, Any] = {
        "policy": sheet.policy.name,
        "policy_version": sheet.policy.version,
        "urn": found.result.register.urn,
        "first": found.first.isoformat(),
        "as_of": sheet.as_of.isoformat(),
        "rates": [{"name": rule.name, "title": rule.title} for rule in found.rates],
        "early": found.early,
        "by": {by: [{"group": row.name} | _data(row) for row in rows]
               for by, rows in found.by.items()},
        "school": _data(found.school),
    }  # fmt: skip
    return json.dumps(answer, ensure_ascii=False, indent=2) + "\n"


def as_csv(found: Grouped) -> str:
    """One row a group, each grouping in turn, then the whole school; a column for each rate."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    rates = [rule.name for rule in found.rates]
    writer.writerow(["by", "group", *SUMS, *rates])
    named = [(by, row) for by, rows in found.by.items() for row in rows]
    for by, row in [*named, ("school", found.school)]:
        sums = _sums(row)
        cells = [by, row.name, *(str(sums[name]) for name in SUMS)]
        writer.writerow([inert(cell) for cell in (*cells, *(str(row.met[name]) for name in rates))])
    return text.getvalue()


def _data(row: Row) -> dict[str, Any]:
    return {**_sums(row), "met": dict(row.met)}


def _sums(row: Row) -> dict[str, int]:
    of = row.sessions
    numbers = (
        row.pupils, of.possible, of.absent, of.authorised, of.unauthorised, row.late,
        row.late_after_closing, of.unmarked,
    )  # fmt: skip
    return dict(zip(SUMS, numbers, strict=True))


FORMATS: Mapping[str, Callable[[Grouped], str]] = {
    "table": as_table,
    "json": as_json,
    "csv": as_csv,
}
