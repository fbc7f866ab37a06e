"""What `check --since` shows: what changed and what it changes, as a table, JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

from linkwork import wording
from linkwork.cells import inert
from linkwork.findings import Finding
from linkwork_agent import check_render, who

if TYPE_CHECKING:
    from linkwork_agent.check_result import Result
    from linkwork_agent.since import Compared, FindingChange, MarkChange

T = TypeVar("T")

WIDTH = 96
#: How many marks of one kind are listed in words; JSON and CSV have them all.
MOST = 12
CSV_COLUMNS = ("what", "pupil_id", "trigger", "date", "session", "old", "new", "why")
_TITLES = {
    "opened": "opened",
    "grown": "grown",
    "shrunk": "shrunk",
    "confirmed": "confirmed",
    "ended": "ended",
    "gone": "gone",
    "moved": "same size, other marks",
}


def as_table(result: Result, found: Compared, old: Sequence[str]) -> str:
    """For a person: what the two exports differ in, then what that does to the findings."""
    parts = [_head(found, old)]
    if found.nothing:
        parts.append(
            "\n".join([_wrapped(f"Nothing changed: {_unchanged(found)}."), *_beyond(found)])
        )
        return "\n\n".join(parts) + "\n"
    parts.append("\n".join(["WHAT CHANGED", *_register(result, found)]))
    parts.append("\n".join(["WHAT IT CHANGES", *_findings(result, found)]))
    return "\n\n".join(parts) + "\n"


def as_json(result: Result, found: Compared, old: Sequence[str]) -> str:
    """The answer of `check` with the comparison under the key `since`. Keys are only ever added."""
    shown = {
        "files": list(old),
        "as_of": found.old_as_of.isoformat(),
        "nothing_changed": found.nothing,
        "marks": {
            "changed": [_mark(each) for each in found.changed],
            "vanished": [_mark(each) for each in found.vanished],
            "filled": [_mark(each) for each in found.filled],
            "added": found.added,
            "not_covered": found.not_covered,
        },
        "pupils": {
            "new": list(found.pupils_new),
            "gone": list(found.pupils_gone),
            "dates_changed": list(found.dates_changed),
        },
        "school_days": {
            "added": [day.isoformat() for day in found.days_added],
            "removed": [day.isoformat() for day in found.days_removed],
        },
        "findings": [_finding(each) for each in found.findings],
        "findings_unchanged": found.unchanged,
    }
    whole = check_render.data(result) | {"since": shown}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def as_csv(_result: Result, found: Compared, _old: Sequence[str]) -> str:
    """One row a difference: marks, pupils, school days, then what became of each finding."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for row in _rows(found):
        writer.writerow([inert(cell) for cell in row])
    return text.getvalue()


FORMATS: Mapping[str, Callable[[Result, Compared, Sequence[str]], str]] = {
    "table": as_table,
    "json": as_json,
    "csv": as_csv,
}


def _head(found: Compared, old: Sequence[str]) -> str:
    return _wrapped(
        f"From {', '.join(old)} (up to {wording.day(found.old_as_of)}) to the new register, judged "
        f"as of {wording.day(found.new_as_of)}."
    )


def _unchanged(found: Compared) -> str:
    if not found.unchanged:
        return "the same marks, pupils and school days, and no finding"
    return f"the same marks, pupils and school days, {_still(found.unchanged)}"


def _still(count: int) -> str:
    return f"and {wording.number(count, 'finding')} {'stands' if count == 1 else 'stand'} as before"


def _register(result: Result, found: Compared) -> Iterator[str]:
    """The register itself: marks, pupils, days."""
    names = _Names(result)
    for words, marks in (
        ("changed", found.changed),
        ("vanished: they correct nothing, and what rests on them stands", found.vanished),
        ("given where there was none", found.filled),
    ):
        if marks:
            yield _item(f"{wording.number(len(marks), 'mark')} {words}: {names.marks(marks)}.")
    if found.added:
        yield _item(f"{wording.number(found.added, 'mark')} after {wording.day(found.old_as_of)}.")
    yield from _beyond(found)
    for words, pupils in (
        ("new", found.pupils_new),
        ("gone: what was found of them stands, it is not withdrawn", found.pupils_gone),
        ("with other dates on roll", found.dates_changed),
    ):
        if pupils:
            yield _item(
                f"{wording.number(len(pupils), 'pupil')} {words}: {_first(pupils, names.who)}."
            )
    for words, days in (("no more", found.days_removed), ("now", found.days_added)):
        if days:
            are = "is" if len(days) == 1 else "are"
            named = "a school day" if len(days) == 1 else "school days"
            yield _item(f"{wording.days(days)} {are} {words} {named}.")


def _beyond(found: Compared) -> Iterator[str]:
    """What the new register does not reach back to."""
    if found.not_covered:
        yield _item(
            f"{wording.number(found.not_covered, 'mark')} of the older export lie before the new "
            "register starts, and were not compared."
        )


def _findings(result: Result, found: Compared) -> Iterator[str]:
    """Finding by finding, those of one kind together."""
    names = _Names(result)
    for kind, title in _TITLES.items():
        changes = [each for each in found.findings if each.change == kind]
        if changes:
            yield f"  {title.upper()}: {len(changes)}"
        for each in changes:
            named = f"{each.pupil_id} (gone)" if each.pupil_gone else names.who(each.pupil_id)
            yield _wrapped(f"{named}, {each.trigger}: {_words(each)}.", "    ")
            if each.why:
                yield _wrapped(f"Why: {each.why}.", "      ")
            if each.marks:
                yield _wrapped(f"Marks: {names.marks(each.marks, named=False)}.", "      ")
            if each.vanished:
                yield _wrapped(
                    f"Stands on marks that vanished: {names.marks(each.vanished, named=False)}.",
                    "      ",
                )
    if not found.findings:
        yield _wrapped("No finding opened, went, grew or shrank.", "  ")
    if found.unchanged:
        yield _wrapped(f"{_still(found.unchanged).removeprefix('and ')}.", "  ")


def _words(each: FindingChange) -> str:
    if each.old is None or each.new is None:
        only = each.new or each.old
        return "" if only is None else _size(only)
    if each.old.value == each.new.value:
        return _size(each.new)
    return f"{each.old.value} to {_size(each.new)}"


def _size(found: Finding) -> str:
    of = wording.number(found.value, "school day")
    size = of if found.unit == "school days" else wording.sessions(found.value)
    provisional = ", provisional" if found.status == "provisional" else ""
    return f"{size}, {wording.day(found.first)} to {wording.day(found.last)}{provisional}"


class _Names:
    """Pupils and marks as people read them."""

    def __init__(self, result: Result) -> None:
        self._pupils = {pupil.pupil_id: pupil for pupil in result.register.pupils}

    def who(self, pupil_id: str) -> str:
        """Id and name of a pupil of the new register; the id of one who is gone."""
        pupil = self._pupils.get(pupil_id)
        name = who.full_name(pupil) if pupil else ""
        return f"{pupil_id} {name}".rstrip()

    def marks(self, marks: Sequence[MarkChange], *, named: bool = True) -> str:
        """The first marks of many: P1 Mon 12 Jan 2026 AM O to I."""

        def told(each: MarkChange) -> str:
            pupil = f"{each.pupil_id} " if named else ""
            session = f"{wording.day(each.session.date)} {each.session.half}"
            return f"{pupil}{session} {each.old or 'no mark'} to {each.new or 'no mark'}"

        return _first(marks, told)


def _first(items: Sequence[T], told: Callable[[T], str]) -> str:
    more = f" and {len(items) - MOST} more" if len(items) > MOST else ""
    return "; ".join(told(each) for each in items[:MOST]) + more


def _mark(each: MarkChange) -> dict[str, str | None]:
    return {
        "pupil_id": each.pupil_id,
        "date": each.session.date.isoformat(),
        "session": each.session.half,
        "old": each.old or None,
        "new": each.new or None,
    }


def _finding(each: FindingChange) -> dict[str, Any]:
    return {
        "change": each.change,
        "pupil_id": each.pupil_id,
        "trigger": each.trigger,
        "old": check_render.finding_data(each.old) if each.old else None,
        "new": check_render.finding_data(each.new) if each.new else None,
        "marks": [_mark(mark) for mark in each.marks],
        "rests_on_vanished": [_mark(mark) for mark in each.vanished],
        "why": each.why,
        "pupil_gone": each.pupil_gone,
    }


def _rows(found: Compared) -> Iterator[tuple[str, ...]]:
    for what, marks in (
        ("mark changed", found.changed),
        ("mark vanished", found.vanished),
        ("mark given", found.filled),
    ):
        for mark in marks:
            day, half = mark.session.date.isoformat(), mark.session.half
            yield what, mark.pupil_id, "", day, half, mark.old, mark.new, ""
    for what, pupils in (
        ("pupil new", found.pupils_new),
        ("pupil gone", found.pupils_gone),
        ("dates on roll changed", found.dates_changed),
    ):
        yield from ((what, pupil_id, "", "", "", "", "", "") for pupil_id in pupils)
    for what, days in (
        ("school day added", found.days_added),
        ("school day removed", found.days_removed),
    ):
        yield from ((what, "", "", day.isoformat(), "", "", "", "") for day in days)
    for each in found.findings:
        old, new = (str(f.value) if f else "" for f in (each.old, each.new))
        first = _start(each).isoformat()
        yield (
            f"finding {each.change}",
            each.pupil_id,
            each.trigger,
            first,
            "",
            old,
            new,
            each.why,
        )


def _start(each: FindingChange) -> date:
    found = each.new or each.old
    return found.first if found else date.min


def _item(text: str) -> str:
    return _wrapped(text, "  - ", "    ")


def _wrapped(text: str, indent: str = "", hang: str | None = None) -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent if hang is None else hang,
        break_long_words=False,
        break_on_hyphens=False,
    )
