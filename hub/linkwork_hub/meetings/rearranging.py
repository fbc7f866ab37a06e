"""When an officer is away or a school closes: cover the same day, or a new date; little moves.

Only meetings that cannot stand are touched. Where neither cover nor a free half-day is left, one
other meeting of the same officer may move; a locked one never does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from linkwork.errors import Refused
from linkwork_hub.access import store as access
from linkwork_hub.db import Scope, Tx
from linkwork_hub.documents.words import long_date
from linkwork_hub.meetings import change_store, company_store, store
from linkwork_hub.meetings.columns import going_out
from linkwork_hub.meetings.diaries import Diaries, read_diaries
from linkwork_hub.meetings.kinds import Kind, MeetingRules
from linkwork_hub.meetings.models import (
    Beside,
    Meeting,
    Need,
    OfficerDiary,
    SchoolDiary,
    Slot,
    Status,
    Visit,
    Window,
)
from linkwork_hub.meetings.planning import windows_of
from linkwork_hub.meetings.plans import plan_term

Prefer = Literal["cover", "new-date"]
_WITH_OTHERS = "It is held with others, so nothing moves it by itself: arrange it by hand."


@dataclass(frozen=True)
class Rearranged:
    """One meeting that cannot stand, and what was found: `slot` None means nothing was."""

    meeting: Meeting
    what: str
    officer: OfficerDiary | None
    slot: Slot | None
    why: str


class _Table:
    """The diaries of officers while meetings move about."""

    def __init__(self, diaries: Diaries, meeting_rules: MeetingRules) -> None:
        self.diaries, self.rules = diaries, meeting_rules.planning
        self.officers = {one.person_id: one for one in diaries.officers()}

    def free(self, one: Meeting) -> None:
        """A meeting leaves its officer's diary; what else fills that half-day stays."""
        diary = self.officers.get(one.officer_id)
        if diary is None:
            return
        away = one.half_day in self.diaries.away(one.officer_id)
        busy = diary.busy if away else diary.busy - {one.half_day}
        visits = frozenset(v for v in diary.visits if v.half_day != one.half_day)
        self.officers[one.officer_id] = replace(diary, busy=busy, visits=visits)

    def take(self, officer_id: str, slot: Slot, school: SchoolDiary) -> None:
        """A meeting enters an officer's diary."""
        diary = self.officers[officer_id]
        visit = Visit(slot.half_day, school.place, school.online)
        self.officers[officer_id] = replace(
            diary, busy=diary.busy | {slot.half_day}, visits=diary.visits | {visit}
        )

    def school(self, one: Meeting, window: Window) -> SchoolDiary:
        """The school's diary as if this meeting were not there."""
        diary = self.diaries.school(one.school_id, window)
        return replace(diary, busy=diary.busy - {one.half_day}, online=one.online)


def propose(
    scope: Scope,
    db: Tx,
    meeting_rules: MeetingRules,
    *,
    officer_id: str | None = None,
    prefer: Prefer = "cover",
) -> list[Rearranged]:
    """What to do with each planned meeting that cannot stand, perhaps of one officer, by date."""
    found: list[Rearranged] = []
    window = Window(db.today, db.today + timedelta(days=2 * meeting_rules.look_ahead_days))
    held = {one.kind for one in store.meetings_between(scope, db, window.first, window.last)}
    company = company_store.with_company(scope, db, window.first, window.last)
    for kind in meeting_rules.types:
        if kind.id not in held:
            continue
        diaries = read_diaries(scope, db, meeting_rules, kind, window)
        standing = [
            one
            for one in store.meetings_between(scope, db, window.first, window.last, kind=kind.id)
            if one.status is Status.PLANNED
            and one.school_id in diaries.schools
            # A meeting of several schools is one thing to arrange, and moves with all of them.
            and one.beside is Beside.NOTHING
        ]
        planned = [one for one in standing if one.meeting_id not in company]
        found += [
            Rearranged(one, "left", None, None, f"{why} {_WITH_OTHERS}")
            for one in standing
            if one.meeting_id in company
            and officer_id in (None, one.officer_id)
            and (why := _broken(diaries, one))
        ]
        broken = [
            one for one in planned if officer_id in (None, one.officer_id) and _broken(diaries, one)
        ]
        if broken:
            table = _Table(diaries, meeting_rules)
            earliest = db.today + timedelta(days=1)
            found += _rearrange(table, kind, planned, broken, prefer, Window(earliest, window.last))
    return sorted(found, key=lambda one: (one.meeting.half_day, one.meeting.school_id))


def apply(scope: Scope, db: Tx, found: Sequence[Rearranged], by: str) -> int:
    """Write what was proposed; how many meetings changed. Raises Refused when one is taken.

    One may need the half-day another leaves, so those that are refused are tried again after the
    others, as long as that brings any of them further.
    """
    waiting = [one for one in found if one.slot is not None]
    done = 0
    while waiting:
        refused = [one for one in waiting if not _write(scope, db, one, by)]
        if len(refused) == len(waiting):
            raise Refused("A half-day has been taken meanwhile. Look at the proposal again.")
        done += len(waiting) - len(refused)
        waiting = refused
    return done


def _write(scope: Scope, db: Tx, one: Rearranged, by: str) -> bool:
    if one.slot is None or one.officer is None:
        return True
    ident = one.meeting.meeting_id
    try:
        change_store.move(scope, db, ident, one.slot, one.officer.person_id, by, one.why)
    except Refused:
        return False
    access.audit(scope, db, f"{one.what} a meeting", "meeting", ident)
    return True


def _broken(diaries: Diaries, one: Meeting) -> str:
    """Why a planned meeting cannot stand; "" when it can. Never more than that somebody is away."""
    officer = diaries.officer(one.officer_id)
    if officer is None:
        return "Its officer works here no more."
    if one.half_day in diaries.away(one.officer_id) or one.half_day.code not in officer.works:
        return f"{officer.name} is away."
    day = Window(one.half_day.day, one.half_day.day)
    if one.half_day.day not in diaries.school(one.school_id, day).open_days:
        return "It is no school day any more."
    return ""


def _rearrange(
    table: _Table,
    kind: Kind,
    planned: Sequence[Meeting],
    broken: Sequence[Meeting],
    prefer: Prefer,
    ahead: Window,
) -> list[Rearranged]:
    for one in broken:
        table.free(one)
    why = {one.meeting_id: _broken(table.diaries, one) for one in broken}
    found: list[Rearranged] = []
    left = list(broken)
    for step in (_cover, _new_dates) if prefer == "cover" else (_new_dates, _cover):
        made = step(table, kind, left, why, ahead)
        found += made
        done = {one.meeting.meeting_id for one in made}
        left = [one for one in left if one.meeting_id not in done]
    standing = [one for one in planned if one not in broken and not one.locked]
    for one in left:
        found += _make_room(table, kind, one, standing, why[one.meeting_id], ahead)
    return found


def _cover(
    table: _Table, kind: Kind, left: Sequence[Meeting], why: dict[str, str], ahead: Window
) -> list[Rearranged]:
    """The same half-day with another officer, whoever it costs least to send."""
    found = []
    for one in left:
        day = Window(one.half_day.day, one.half_day.day)
        school = table.school(one, day)
        if one.locked or one.half_day.day not in school.open_days or one.half_day in school.busy:
            continue
        able = []
        for officer in table.officers.values():
            if one.half_day.code not in officer.works or one.half_day in officer.busy:
                continue
            that_day = [v for v in officer.visits if v.half_day.day == one.half_day.day]
            cost = going_out(school, one.half_day, that_day, kind, table.rules)
            if cost is not None and officer.person_id != one.officer_id:
                able.append((cost, officer.name, officer.person_id, officer))
        if able:
            *_, officer = min(able, key=lambda each: each[:3])
            reason = f"{why[one.meeting_id]} {officer.name} covers the same half-day."
            slot = Slot(one.half_day, one.start, one.end, reason)
            table.take(officer.person_id, slot, school)
            found.append(Rearranged(one, change_store.COVERED, officer, slot, reason))
    return found


def _need(table: _Table, one: Meeting, ahead: Window) -> Need | None:
    """The same meeting again, near the day it had, in the same part of its term."""
    officer = table.officers.get(one.officer_id)
    if officer is None or one.locked:
        return None
    window = ahead
    for term in table.diaries.terms[one.school_id]:
        if term.kind == "term" and term.first <= one.half_day.day <= term.last:
            for part in windows_of(table.diaries, one.school_id, term) or [
                Window(term.first, term.last)
            ]:
                if part.holds(one.half_day.day):
                    window = Window(max(part.first, ahead.first), min(part.last, ahead.last))
    return Need(table.school(one, window), officer, window, target=one.half_day.day)


def _new_dates(
    table: _Table, kind: Kind, left: Sequence[Meeting], why: dict[str, str], ahead: Window
) -> list[Rearranged]:
    """New dates with the same officer, all at once, everything else standing."""
    needs = {one.meeting_id: _need(table, one, ahead) for one in left}
    stood = {(one.school_id, one.half_day.day): one for one in left}
    plan = plan_term([need for need in needs.values() if need], kind, table.rules)
    found = []
    for placed in plan.placed:
        one = stood[placed.need.school.school_id, placed.need.target or ahead.first]
        table.take(placed.officer.person_id, placed.slot, placed.need.school)
        reason = f"{why[one.meeting_id]} {placed.slot.reason}"
        slot = replace(placed.slot, reason=reason)
        found.append(Rearranged(one, change_store.MOVED, placed.officer, slot, reason))
    return found


def _make_room(
    table: _Table,
    kind: Kind,
    one: Meeting,
    standing: Sequence[Meeting],
    why: str,
    ahead: Window,
) -> list[Rearranged]:
    """Let one other meeting of the officer move aside, the nearest first; else say what is left."""
    mine = [other for other in standing if other.officer_id == one.officer_id]
    before = dict(table.officers)
    for other in sorted(mine, key=lambda m: abs((m.half_day.day - one.half_day.day).days)):
        if other.half_day.day < ahead.first:
            continue
        table.free(other)
        needs = [need for need in (_need(table, m, ahead) for m in (one, other)) if need]
        plan = plan_term(needs, kind, table.rules)
        if len(needs) == 2 and len(plan.placed) == 2:
            made = []
            for placed in plan.placed:
                moved = other if placed.need.target == other.half_day.day else one
                table.take(placed.officer.person_id, placed.slot, placed.need.school)
                said = why if moved is one else "It makes room for another school."
                slot = replace(placed.slot, reason=f"{said} {placed.slot.reason}")
                what = change_store.MOVED if moved is one else "moved aside"
                made.append(Rearranged(moved, what, placed.officer, slot, slot.reason))
            return made
        table.officers = dict(before)
    locked = "It is locked. " if one.locked else ""
    school = table.diaries.schools[one.school_id]
    words = (
        f"{why} {locked}Nobody can cover {school.name} on {long_date(one.half_day.day)} and no "
        "other half-day is left. Arrange it by hand, or cancel it."
    )
    return [Rearranged(one, "left", None, None, words)]
