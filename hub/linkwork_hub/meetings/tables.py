"""The tables of meetings. What was said there is in people's own words, so it is sealed."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Time,
    UniqueConstraint,
    text,
)

from linkwork_hub.db import SealedText, Utc, metadata

# Two meetings of one person in one half-day cannot be written, whoever writes at the same time.
_STANDS = text("status <> 'cancelled'")

meetings = Table(
    "meetings",
    metadata,
    Column("id", String, primary_key=True),
    Column("school_id", String, ForeignKey("schools.id"), nullable=False),
    Column("officer_id", String, ForeignKey("people.id"), nullable=False),
    Column("kind", String, nullable=False),
    Column("day", Date, nullable=False),
    Column("session", String, nullable=False),
    # By the clock on the wall, so both hold over a clock change.
    Column("starts", Time, nullable=False),
    Column("ends", Time, nullable=False),
    Column("status", String, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("reason", String, nullable=False),
    Column("planned_by", String, nullable=False),
    Column("changed", Utc, nullable=False),
    Column("cancelled_by", String),
    Column("cancelled_why", SealedText),
    Index(
        "uq_meetings_officer",
        "officer_id",
        "day",
        "session",
        unique=True,
        sqlite_where=_STANDS,
        postgresql_where=_STANDS,
    ),
    Index(
        "uq_meetings_school",
        "school_id",
        "day",
        "session",
        unique=True,
        sqlite_where=_STANDS,
        postgresql_where=_STANDS,
    ),
    Index(None, "day", "session"),
)

#: Who was there, by the part they play. The names are of staff, never of a pupil.
meeting_attendees = Table(
    "meeting_attendees",
    metadata,
    Column("meeting_id", String, ForeignKey("meetings.id"), primary_key=True),
    Column("part", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("present", Boolean, nullable=False),
)

#: The note of a meeting. Never changed: a correction is the next version.
meeting_notes = Table(
    "meeting_notes",
    metadata,
    Column("id", String, primary_key=True),
    Column("meeting_id", String, ForeignKey("meetings.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("texts", SealedText, nullable=False),
    Column("written_by", String, nullable=False),
    Column("written_at", Utc, nullable=False),
    UniqueConstraint("meeting_id", "version"),
)
