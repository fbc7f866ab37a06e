"""The report on consistency: for an attendance lead to read, and JSON for other programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from linkwork import wording
from linkwork.consistency import SHORT_DAYS, Absence, Share
from linkwork_agent.check_sections import wrapped
from linkwork_agent.who import told

if TYPE_CHECKING:
    from linkwork_agent.alike import Alike

#: So many pupils are named under each question; the rest are counted, and are in the JSON.
MOST_NAMED = 12
_HEAD = ("absences", "with", "without", "both", "% without", "the rest")


def as_table(report: Alike) -> str:
    """For whoever answers for attendance at the school."""
    parts = [_opening(report)]
    for name, shares in report.found.by.items():
        parts.append("\n".join(_laid_out(name, shares)))
    parts += ["\n".join(each) for each in _questions(report)]
    parts.append(wrapped(_READ_IT))
    return "\n\n".join(parts) + "\n"


_READ_IT = (
    "These are questions, not findings. A group is marked < where it differs from the rest by 15 "
    "points or more, by more than chance makes one time in a hundred, and does so whichever one "
    "pupil is left out. Why it does, only the school can say."
)


def _opening(report: Alike) -> str:
    found, sheet = report.found, report.sheet
    whole = found.whole
    share = "too few to say a share" if whole.share is None else f"{whole.share} % without"
    left = []
    if found.long:
        left.append(f"{wording.number(found.long, 'longer absence')}")
    if found.fixed:
        left.append(f"{wording.number(found.fixed, 'absence')} whose code follows from a fact")
    out = f" Left out: {' and '.join(left)}." if left else ""
    return wrapped(
        f"Short absences (up to {wording.number(SHORT_DAYS, 'school day')}) of the school year "
        f"from {wording.day(found.first)}, as of {wording.day(sheet.as_of)}: {whole.absences}, of "
        f"which {whole.authorised} with permission, {whole.unauthorised} without, {whole.mixed} "
        f"coded both ways; {share}.{out} Policy {sheet.policy.name} (version "
        f"{sheet.policy.version})."
    )


def _laid_out(name: str, shares: Sequence[Share]) -> Iterator[str]:
    title = f"BY {name.upper()}"
    first = max(len(title), *(len(each.group) for each in shares))
    rows = [_cells(each) for each in shares]
    widths = [max(len(cell) for cell in column) for column in zip(_HEAD, *rows, strict=True)]
    yield _line(title, _HEAD, first, widths)
    for each, cells in zip(shares, rows, strict=True):
        yield _line(each.group, cells, first, widths) + ("  <" if each.apart else "")


def _line(name: str, cells: Sequence[str], first: int, widths: Sequence[int]) -> str:
    right = "  ".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=True))
    return f"{name.ljust(first)}  {right}"


def _cells(each: Share) -> tuple[str, ...]:
    counts = (each.absences, each.authorised, each.unauthorised, each.mixed)
    return (*map(str, counts), *("-" if s is None else f"{s:.1f}" for s in (each.share, each.rest)))


def _questions(report: Alike) -> Iterator[Iterator[str]]:
    yield _section(
        "CODED ONE WAY AT TIMES AND THE OTHER AT OTHERS: what made the difference?",
        [
            f"{_who(report, each.pupil_id)}: {each.authorised} short absences with permission, "
            f"{each.unauthorised} without"
            for each in report.found.both_ways
        ],
    )
    yield _section(
        "CODED BOTH WAYS WITHOUT A RETURN TO SCHOOL BETWEEN: which is it?",
        [f"{_who(report, each.pupil_id)}: {_when(each)}" for each in report.found.turned],
    )
    yield _section(
        "NO REASON YET, FOR LONGER THAN IT MAY STAND (N): is it O, or something else?",
        [
            f"{_who(report, pupil_id)}: {wording.number(count, 'session')}"
            for pupil_id, count in report.waiting.items()
        ],
    )
    if report.corrected is None:
        yield iter([wrapped("Which marks became other ones afterwards only a configured school's "
                            "agent knows, and it has kept none here.")])  # fmt: skip
    else:
        yield _section(
            "CORRECTED AFTERWARDS, ACROSS THE LINE: is it always the same?",
            [
                f"{each.was} -> {each.now}: {wording.number(each.marks, 'mark')} of "
                f"{wording.number(len(each.pupils), 'pupil')}"
                for each in report.corrected
            ],
        )


def _section(title: str, lines: Sequence[str]) -> Iterator[str]:
    yield title
    for line in lines[:MOST_NAMED]:
        yield wrapped(line, "  ", hang=6)
    if len(lines) > MOST_NAMED:
        yield f"  and {len(lines) - MOST_NAMED} more"
    if not lines:
        yield "  none"


def _when(each: Absence) -> str:
    days = each.first.isoformat()
    if each.last != each.first:
        days += f" to {each.last.isoformat()}"
    return f"{days}: {each.codes}"


def _who(report: Alike, pupil_id: str) -> str:
    register = report.sheet.register
    return told(register.pupils[register.pupil_index(pupil_id)])


def as_json(report: Alike) -> str:
    """The same for programs; keys are only ever added."""
    found, sheet = report.found, report.sheet
    data: dict[str, Any] = {
        "policy": sheet.policy.name,
        "policy_version": sheet.policy.version,
        "urn": sheet.register.urn,
        "first": found.first.isoformat(),
        "as_of": sheet.as_of.isoformat(),
        "short_days": SHORT_DAYS,
        "longer": found.long,
        "by_fact": found.fixed,
        "school": _share(found.whole),
        "by": {name: [_share(each) for each in shares] for name, shares in found.by.items()},
        "both_ways": [
            {
                "pupil_id": each.pupil_id,
                "authorised": each.authorised,
                "unauthorised": each.unauthorised,
            }
            for each in found.both_ways
        ],
        "turned": [
            {
                "pupil_id": each.pupil_id,
                "first": each.first.isoformat(),
                "last": each.last.isoformat(),
                "codes": each.codes.split(" "),
            }
            for each in found.turned
        ],
        "no_reason_yet": [
            {"pupil_id": pupil_id, "sessions": count} for pupil_id, count in report.waiting.items()
        ],
        "corrected": None
        if report.corrected is None
        else [
            {"was": each.was, "now": each.now, "marks": each.marks, "pupils": list(each.pupils)}
            for each in report.corrected
        ],
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _share(each: Share) -> dict[str, Any]:
    return {
        "group": each.group,
        "pupils": each.pupils,
        "absences": each.absences,
        "authorised": each.authorised,
        "unauthorised": each.unauthorised,
        "mixed": each.mixed,
        "share": each.share,
        "rest": each.rest,
        "apart": each.apart,
    }


FORMATS: Mapping[str, Callable[[Alike], str]] = {"table": as_table, "json": as_json}
