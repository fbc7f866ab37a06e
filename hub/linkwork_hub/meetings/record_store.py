"""The SQL of linkwork records: written, agreed, confirmed; each version goes to the school."""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, case, func, insert, select, update

from linkwork.errors import Refused
from linkwork.seal.record import record_digest, sign_record
from linkwork.wire import LinkworkRecord, RecordItem
from linkwork_hub.db import Scope, Tx
from linkwork_hub.feeds import store as feeds
from linkwork_hub.feeds.models import IssueKeys
from linkwork_hub.meetings import record, store
from linkwork_hub.meetings.models import Agreed, Entry, Meeting, Side
from linkwork_hub.meetings.tables import (
    meeting_notes,
    meetings,
    record_confirmations,
    record_entries,
)


def entries(scope: Scope, db: Tx, meeting_id: str) -> dict[str, list[Entry]]:
    """Everything written in a meeting's record, by section, the earliest first."""
    col = record_entries.c
    rows = db.all(
        select(record_entries)
        .join(meetings, meetings.c.id == col.meeting_id)
        .where(col.meeting_id == meeting_id, scope.where(meetings.c.school_id))
        .order_by(col.section, col.number)
    )
    found: dict[str, list[Entry]] = {}
    for row in rows:
        text = db.opened(col.text, row.id, row.text) or ""
        entry = Entry(row.number, tuple(row.over), text, row.by, row.at)
        found.setdefault(row.section, []).append(entry)
    return found


def save(
    scope: Scope, db: Tx, one: Meeting, section: str, text: str, seen: Collection[int], by: str
) -> int:
    """Keep what somebody wrote under one heading; how many texts stand there now.

    `seen` are the numbers of the texts that were on the writer's page: only those are written
    over. Raises Refused for a text that cannot be kept.
    """
    scope.require(one.school_id)
    written = entries(scope, db, one.meeting_id).get(section, [])
    text = text.replace("\r\n", "\n").strip()
    over = record.written_over(written, text, seen)
    if over is None:
        return len(record.heads(written))
    ident = db.new_id("ent")
    number = max((entry.number for entry in written), default=0) + 1
    values = {
        "id": ident,
        "meeting_id": one.meeting_id,
        "section": section,
        "number": number,
        "over": list(over),
        "text": db.sealed(record_entries.c.text, ident, text),
        "by": by,
        "at": db.now,
    }
    db.execute(insert(record_entries), values)
    return len(record.heads([*written, Entry(number, over, text, by, db.now)]))


def agree(
    scope: Scope, db: Tx, issuer: IssueKeys, made: LinkworkRecord, texts: Mapping[str, str]
) -> int:
    """Keep an agreed record as the next version, sign it, and send the school its copy.

    `made.version` is what the caller believes is next; another one by now raises Refused. Its
    writer confirms it for the service.
    """
    one = store.meeting(scope, db, made.record_id)
    if one is None:
        return 0
    if made.version != latest_number(scope, db, one.meeting_id) + 1:
        raise Refused("Somebody agreed a version meanwhile. Look at it, then agree again.")
    version = store.keep_note(scope, db, one.meeting_id, texts, made.written_by, again=True)
    body = made.to_bytes()
    ident = db.first(
        select(meeting_notes.c.id).where(
            meeting_notes.c.meeting_id == one.meeting_id, meeting_notes.c.version == version
        )
    )
    values = {
        "body": db.sealed(meeting_notes.c.body, ident.id if ident else "", body.decode()),
        "digest": record_digest(body),
        "signature": base64.b64encode(sign_record(body, issuer.signer)).decode(),
        "key_id": issuer.signer.key_id,
    }
    of_version = (meeting_notes.c.meeting_id == one.meeting_id, meeting_notes.c.version == version)
    db.execute(update(meeting_notes).where(*of_version).values(values))
    _confirm(db, one.meeting_id, version, Side.SERVICE, made.written_by, "page")
    _send(scope, db, issuer, one, version)
    return version


def confirm(
    scope: Scope, db: Tx, issuer: IssueKeys | None, meeting_id: str, digest: str, by: str, way: str
) -> bool:
    """The school confirms the version with this digest; False when it had done so before.

    With `issuer` its agent is told that it was. Raises Refused when no version is this one.
    """
    one = store.meeting(scope, db, meeting_id)
    known = [each for each in agreed(scope, db, meeting_id) if each.digest == digest]
    if one is None or not known:
        raise Refused(
            "This hub has no such version of the record. Ask for the record again and compare."
        )
    version = known[0].version
    if Side.SCHOOL in known[0].confirmed:
        return False
    _confirm(db, meeting_id, version, Side.SCHOOL, by, way)
    if issuer is not None:
        _send(scope, db, issuer, one, version)
    return True


def agreed(scope: Scope, db: Tx, meeting_id: str) -> list[Agreed]:
    """Every agreed version of a meeting's record, the latest first."""
    col = meeting_notes.c
    rows = db.all(
        select(meeting_notes)
        .join(meetings, meetings.c.id == col.meeting_id)
        .where(col.meeting_id == meeting_id, col.digest.is_not(None))
        .where(scope.where(meetings.c.school_id))
        .order_by(col.version.desc())
    )
    said = _confirmations(db, meeting_id)
    return [
        Agreed(
            row.version,
            db.opened(col.body, row.id, row.body) or "",
            row.digest,
            row.signature,
            row.key_id,
            row.written_by,
            row.written_at,
            said.get(row.version, {}),
        )
        for row in rows
    ]


def latest_number(scope: Scope, db: Tx, meeting_id: str) -> int:
    """The number of the newest version, a note of before records counted too; 0 for none."""
    if store.meeting(scope, db, meeting_id) is None:
        return 0
    highest = select(func.max(meeting_notes.c.version))
    found = db.execute(highest.where(meeting_notes.c.meeting_id == meeting_id)).scalar_one()
    return int(found or 0)


def _confirmations(db: Tx, meeting_id: str) -> dict[int, dict[Side, tuple[str, Any, str]]]:
    table = record_confirmations
    found: dict[int, dict[Side, tuple[str, Any, str]]] = {}
    for row in db.all(select(table).where(table.c.meeting_id == meeting_id)):
        found.setdefault(row.version, {})[Side(row.side)] = (row.by, row.at, row.way)
    return found


def _confirm(db: Tx, meeting_id: str, version: int, side: Side, by: str, way: str) -> None:
    values = {
        "meeting_id": meeting_id,
        "version": version,
        "side": side.value,
        "by": by,
        "at": db.now,
        "way": way,
    }
    db.execute(insert(record_confirmations), values)


def _send(scope: Scope, db: Tx, issuer: IssueKeys, one: Meeting, version: int) -> None:
    (made,) = [each for each in agreed(scope, db, one.meeting_id) if each.version == version]
    by, at, _way = made.confirmed.get(Side.SCHOOL, ("", None, ""))
    item = RecordItem(
        record_id=one.meeting_id,
        version=version,
        body=made.body,
        signature=made.signature,
        key_id=made.key_id,
        confirmed_by=by,
        confirmed_on=at.date() if at else None,
    )
    name = f"{one.meeting_id}-r{version}" + ("-confirmed" if by else "")
    feeds.issue(scope, db, one.school_id, "record", item, issuer, name)


def versions_of_kind(
    scope: Scope, db: Tx, kind: str
) -> dict[str, list[tuple[str, date, int, datetime | None]]]:
    """The agreed versions of every record of one kind of meeting, by school, the latest first.

    Each with its meeting, that meeting's day, its number, and when the second side confirmed it.
    """
    col, said = meeting_notes.c, record_confirmations.c
    both = func.count(said.side) == len(Side)
    when = case((both, func.max(said.at)), else_=None)
    rows = db.all(
        select(meetings.c.school_id, meetings.c.id, meetings.c.day, col.version, when.label("both"))
        .select_from(meeting_notes)
        .join(meetings, meetings.c.id == col.meeting_id)
        .join(
            record_confirmations,
            and_(said.meeting_id == col.meeting_id, said.version == col.version),
        )
        .where(meetings.c.kind == kind, col.digest.is_not(None), scope.where(meetings.c.school_id))
        .group_by(meetings.c.school_id, meetings.c.id, meetings.c.day, col.version)
        .order_by(meetings.c.day.desc(), meetings.c.id, col.version.desc())
    )
    found: dict[str, list[tuple[str, date, int, datetime | None]]] = {}
    for row in rows:
        one = (row.id, row.day, row.version, row.both)
        found.setdefault(row.school_id, []).append(one)
    return found
