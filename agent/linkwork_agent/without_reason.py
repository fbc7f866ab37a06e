"""Absences nobody has given a reason for yet, oldest first: what the school chases up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from linkwork import wording
from linkwork.codes import CodeClass
from linkwork.register import Pupil, Session
from linkwork.school_year import between, school_year, spans
from linkwork.sheet import Sheet, places
from linkwork_agent.check_sections import MOST_PROMPTS, wrapped
from linkwork_agent.who import told

_NO_REASON, _OTHER = "n."


@dataclass(frozen=True, slots=True)
class Open:
    """A session whose code says that no reason is known yet.

    `school_days` is its age: how many school days came after it. `overdue`: the policy's time
    for finding the reason is over; `due` is the day on which it is, or was.
    """

    session: Session
    code: str
    school_days: int
    due: date
    overdue: bool


def without_reason(sheet: Sheet) -> list[tuple[Pupil, tuple[Open, ...]]]:
    """Each pupil with such sessions in this school year, and these in order; the oldest first.

    Which codes say so is the code set's to say. Sessions off roll are left out.
    """
    lines = sheet.read(_reading)
    start, end = between(sheet.days, school_year(sheet.as_of)[0], None)
    found: list[tuple[Pupil, tuple[Open, ...]]] = []
    for index, pupil in enumerate(sheet.register.pupils):
        line = lines.of(index)
        if _NO_REASON not in line:
            continue
        ranges = [(max(a, start), min(b, end)) for a, b in spans(pupil, sheet.days)]
        spots = [p for a, b in ranges if a < b for p in places(line, _NO_REASON, 2 * a, 2 * b)]
        if spots:
            found.append((pupil, tuple(_open(sheet, index, spot) for spot in spots)))
    return sorted(found, key=lambda each: (-each[1][0].school_days, each[0].pupil_id))


def _reading(known: CodeClass | None) -> str:
    return _NO_REASON if known is not None and known.provisional else _OTHER


def _open(sheet: Sheet, pupil: int, spot: int) -> Open:
    day = spot // 2
    return Open(
        session=sheet.session(spot),
        code=sheet.code(pupil, spot),
        school_days=len(sheet.days) - 1 - day,
        due=sheet.due(day),
        overdue=day < sheet.recent,
    )


def sections(sheet: Sheet) -> Iterator[str]:
    """The list in words, a line a pupil under the age of its oldest; none when there is none."""
    found = without_reason(sheet)
    if not found:
        return
    sessions = wording.number(sum(len(each) for _, each in found), "session")
    pupils = wording.number(len(found), "pupil")
    late = wording.number(sum(each[0].overdue for _, each in found), "pupil")
    allowed = wording.number(sheet.policy.provisional.school_days, "school day")
    lines = [f"NO REASON YET, BY AGE: {sessions} of {pupils}; {late} over the {allowed} allowed"]
    oldest = groupby(found[:MOST_PROMPTS], key=lambda each: each[1][0].session.date)
    for _, entries in oldest:
        together = list(entries)
        lines.append(f"  {_age(together[0][1][0])}:")
        lines += [wrapped(_entry(*each), "    ", hang=8) for each in together]
    if len(found) > MOST_PROMPTS:
        rest = wording.number(len(found) - MOST_PROMPTS, "more pupil")
        lines.append(f"  … and {rest}, none older: --format json lists every one.")
    yield "\n".join(lines)


def _age(one: Open) -> str:
    age = wording.number(one.school_days, "school day") + " old" if one.school_days else "Today"
    due = "OVERDUE" if one.overdue else f"due {wording.day(one.due)}"
    return f"{age} ({wording.day(one.session.date)}), {due}"


def _entry(pupil: Pupil, sessions: Sequence[Open]) -> str:
    first = sessions[0].session.date
    halves = [each.session.half for each in sessions if each.session.date == first]
    later = len(sessions) - len(halves)
    more = f"; and {wording.number(later, 'later session')}" if later else ""
    return f"{told(pupil)}: {', '.join(halves)}{more}"


def data(sheet: Sheet) -> list[dict[str, Any]]:
    """The same as JSON data, an entry a session. Keys are only ever added."""
    return [
        {
            "pupil_id": pupil.pupil_id,
            "date": each.session.date.isoformat(),
            "session": each.session.half,
            "code": each.code,
            "school_days": each.school_days,
            "due": each.due.isoformat(),
            "overdue": each.overdue,
        }
        for pupil, sessions in without_reason(sheet)
        for each in sessions
    ]
