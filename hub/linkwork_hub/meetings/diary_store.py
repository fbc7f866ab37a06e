"""The SQL of diaries: who is away when, how a school is visited, who fills which part there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from linkwork_hub.db import Scope, Tx
from linkwork_hub.meetings.models import Busy, VisitWishes
from linkwork_hub.meetings.tables import (
    calendar_sources,
    diary_entries,
    school_parts,
    school_visits,
)

#: What an entry of a diary can be. A reader is told only that somebody is away.
AWAY_KINDS = ("leave", "sickness", "other")
CALENDAR = "calendar"


@dataclass(frozen=True)
class Entry:
    """One stretch of a diary; `source` is "" when typed, else where it was read."""

    entry_id: str
    kind: str
    source: str
    busy: Busy


@dataclass(frozen=True)
class Source:
    """A calendar that is read again every night, and how the last reading went."""

    source_id: str
    person_id: str
    address: str
    read: datetime | None
    problem: str


def add_entry(scope: Scope, db: Tx, person_id: str, kind: str, busy: Busy) -> str | None:
    """Put a typed stretch into a diary; its id, or None when exactly it is there already."""
    mine = diary_entries.c
    same = db.first(
        select(mine.id).where(
            mine.person_id == person_id,
            mine.kind == kind,
            mine.source == "",
            mine.starts == busy.starts,
            mine.ends == busy.ends,
        )
    )
    return None if same else _insert(db, person_id, kind, "", busy)


def replace_entries(
    scope: Scope, db: Tx, person_id: str, source: str, stretches: Iterable[Busy]
) -> None:
    """Put what one calendar says now in place of what it said before."""
    mine = diary_entries.c
    db.execute(delete(diary_entries).where(mine.person_id == person_id, mine.source == source))
    for busy in stretches:
        _insert(db, person_id, CALENDAR, source, busy)


def drop_entry(scope: Scope, db: Tx, person_id: str, entry_id: str) -> bool:
    """Take a typed stretch out of a diary; whether there was one."""
    mine = diary_entries.c
    gone = db.execute(
        delete(diary_entries).where(
            mine.id == entry_id, mine.person_id == person_id, mine.source == ""
        )
    )
    return gone.rowcount == 1


def entries(
    scope: Scope, db: Tx, person_ids: Collection[str], first: datetime, last: datetime
) -> dict[str, list[Entry]]:
    """The stretches that touch first..last, by person. Only times: so no scope narrows it."""
    found: dict[str, list[Entry]] = {ident: [] for ident in person_ids}
    mine = diary_entries.c
    rows = db.all(
        select(diary_entries)
        .where(mine.starts < last, mine.ends > first)
        .order_by(mine.starts, mine.id)
    )
    for row in rows:
        if row.person_id in found:
            busy = Busy(row.starts, row.ends)
            found[row.person_id].append(Entry(row.id, row.kind, row.source, busy))
    return found


def wishes(scope: Scope, db: Tx) -> dict[str, VisitWishes]:
    """How each school within reach is visited, where it said so."""
    rows = db.all(select(school_visits).where(scope.where(school_visits.c.school_id)))
    return {
        row.school_id: VisitWishes(frozenset(row.never), row.online, row.room, row.cadence)
        for row in rows
    }


def wishes_of(scope: Scope, db: Tx, school_id: str) -> VisitWishes:
    """How one school is visited."""
    scope.require(school_id)
    return wishes(scope, db).get(school_id, VisitWishes())


def set_wishes(scope: Scope, db: Tx, school_id: str, new: VisitWishes) -> None:
    """Replace how a school is visited."""
    scope.require(school_id)
    db.execute(delete(school_visits).where(school_visits.c.school_id == school_id))
    row = {"school_id": school_id, "never": sorted(new.never), "online": new.online}
    db.execute(insert(school_visits), row | {"room": new.room, "cadence": new.cadence})


def parts(scope: Scope, db: Tx) -> dict[str, dict[str, str]]:
    """Who fills which part, by school within reach: `{school: {part: person id}}`."""
    found: dict[str, dict[str, str]] = {}
    for row in db.all(select(school_parts).where(scope.where(school_parts.c.school_id))):
        found.setdefault(row.school_id, {})[row.part] = row.person_id
    return found


def set_parts(scope: Scope, db: Tx, school_id: str, filled: Mapping[str, str]) -> None:
    """Replace who fills which part at a school."""
    scope.require(school_id)
    db.execute(delete(school_parts).where(school_parts.c.school_id == school_id))
    rows = [{"school_id": school_id, "part": p, "person_id": who} for p, who in filled.items()]
    if rows:
        db.execute(insert(school_parts), rows)


def add_source(scope: Scope, db: Tx, person_id: str, address: str) -> str:
    """Read this calendar every night from now on; the id of the subscription."""
    ident = db.new_id("cal")
    db.execute(
        insert(calendar_sources),
        {
            "id": ident,
            "person_id": person_id,
            "address": db.sealed(calendar_sources.c.address, ident, address),
            "added": db.now,
            "read": None,
            "problem": "",
        },
    )
    return ident


def drop_source(scope: Scope, db: Tx, person_id: str, source_id: str) -> bool:
    """Read a calendar no more, and forget what it said; whether there was one."""
    mine = calendar_sources.c
    gone = db.execute(
        delete(calendar_sources).where(mine.id == source_id, mine.person_id == person_id)
    )
    if gone.rowcount:
        replace_entries(scope, db, person_id, source_id, ())
    return gone.rowcount == 1


def sources(scope: Scope, db: Tx, person_id: str | None = None) -> list[Source]:
    """The calendars that are read every night, perhaps of one person."""
    query = select(calendar_sources).order_by(calendar_sources.c.added, calendar_sources.c.id)
    if person_id is not None:
        query = query.where(calendar_sources.c.person_id == person_id)
    return [
        Source(
            row.id,
            row.person_id,
            db.opened(calendar_sources.c.address, row.id, row.address) or "",
            row.read,
            row.problem,
        )
        for row in db.all(query)
    ]


def mark_read(scope: Scope, db: Tx, source_id: str, problem: str) -> None:
    """Keep how reading a calendar went; with a problem, what it said before stands."""
    values = {"problem": problem} | ({} if problem else {"read": db.now})
    db.execute(update(calendar_sources).where(calendar_sources.c.id == source_id).values(**values))


def _insert(db: Tx, person_id: str, kind: str, source: str, busy: Busy) -> str:
    ident = db.new_id("ent")
    row = {"id": ident, "person_id": person_id, "kind": kind, "source": source}
    db.execute(insert(diary_entries), row | {"starts": busy.starts, "ends": busy.ends})
    return ident
