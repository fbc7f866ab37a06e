"""The linkwork record: what a meeting talked about, advised and agreed, as both sides hold it."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from linkwork.wire.base import Wire


class RecordPart(Wire):
    """What was said under one heading: a part of the agenda, or a category of advice."""

    part: str
    title: str
    text: str


class RecordAction(Wire):
    """An action the meeting agreed; of a pupil only the pseudonym."""

    action_id: str
    what: str
    who: str
    due: date
    pseudonym: str | None = None


class RecordPerson(Wire):
    """Who filled a part of the meeting, and whether they came."""

    part: str
    name: str
    present: bool


class LinkworkRecord(Wire):
    """One version of the agreed record of a meeting. An amendment is the next version."""

    record_id: str
    version: int = Field(ge=1)
    urn: str
    school: str
    meeting: str
    day: date
    discussed: tuple[RecordPart, ...] = ()
    advised: tuple[RecordPart, ...] = ()
    agreed: tuple[RecordAction, ...] = ()
    there: tuple[RecordPerson, ...] = ()
    written_by: str
    written_at: datetime
