"""The tables of meetings. What was said there is in people's own words, so it is sealed."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
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
    false,
    text,
)

from linkwork_hub.db import SealedText, Utc, metadata

# Two meetings of one person in one half-day cannot be written, whoever writes at the same time.
# A row beside another shares the school or the officer of that one, and only that.
_OFFICER_STANDS = text("status <> 'cancelled' AND beside <> 'school'")
_SCHOOL_STANDS = text("status <> 'cancelled' AND beside <> 'officer'")

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
    # A locked meeting is moved by no plan.
    Column("locked", Boolean, nullable=False, server_default=false()),
    Column("online", Boolean, nullable=False, server_default=false()),
    Column("room", String, nullable=False, server_default=""),
    # A meeting with a further officer, or a further school, has a row for each of them.
    # No foreign key: a copy of the database is read back row by row, in no order of its own.
    Column("main_id", String, nullable=False, server_default="", index=True),
    Column("beside", String, nullable=False, server_default=""),
    Column("part", String, nullable=False, server_default=""),
    Index(
        "uq_meetings_officer",
        "officer_id",
        "day",
        "session",
        unique=True,
        sqlite_where=_OFFICER_STANDS,
        postgresql_where=_OFFICER_STANDS,
    ),
    Index(
        "uq_meetings_school",
        "school_id",
        "day",
        "session",
        unique=True,
        sqlite_where=_SCHOOL_STANDS,
        postgresql_where=_SCHOOL_STANDS,
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
    # The agreed record of this version as it was signed. A note of before records has none.
    Column("body", SealedText),
    Column("digest", String),
    Column("signature", String),
    Column("key_id", String),
    UniqueConstraint("meeting_id", "version"),
)

#: A record while it is written: every text anybody saved, and which ones it was written over.
record_entries = Table(
    "record_entries",
    metadata,
    Column("id", String, primary_key=True),
    Column("meeting_id", String, ForeignKey("meetings.id"), nullable=False),
    Column("section", String, nullable=False),
    Column("number", Integer, nullable=False),
    Column("over", JSON, nullable=False),
    Column("text", SealedText, nullable=False),
    Column("by", String, nullable=False),
    Column("at", Utc, nullable=False),
    UniqueConstraint("meeting_id", "section", "number"),
)

#: What a meeting had before it, as it was then. It names nobody; titles of cases are still words.
meeting_packs = Table(
    "meeting_packs",
    metadata,
    Column("meeting_id", String, ForeignKey("meetings.id"), primary_key=True),
    Column("frozen", Utc, nullable=False),
    Column("body", SealedText, nullable=False),
)

#: What a school's computer was last told of a meeting.
meeting_tellings = Table(
    "meeting_tellings",
    metadata,
    Column("meeting_id", String, ForeignKey("meetings.id"), primary_key=True),
    Column("sequence", Integer, nullable=False),
    Column("names_from", Date, nullable=False),
    Column("names_through", Date, nullable=False),
    Column("told", Utc, nullable=False),
)

#: The list of pupils a school released for one meeting: by whom, as of when, of which school year.
meeting_lists = Table(
    "meeting_lists",
    metadata,
    Column("meeting_id", String, ForeignKey("meetings.id"), primary_key=True),
    Column("list_id", String, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("year", Date, nullable=False),
    Column("released_by", String, nullable=False),
    Column("standing", Boolean, nullable=False),
    Column("received", Utc, nullable=False),
    Column("withdrawn", Utc),
)

#: Who is on it. The name is sealed, and goes when the days on which it may be read are over.
meeting_list_pupils = Table(
    "meeting_list_pupils",
    metadata,
    Column("id", String, primary_key=True),
    Column("meeting_id", String, ForeignKey("meetings.id"), nullable=False),
    Column("pseudonym", String, nullable=False, index=True),
    Column("list_id", String, nullable=False),
    Column("met", JSON, nullable=False),
    Column("absent", Integer, nullable=False),
    Column("unauthorised", Integer, nullable=False),
    Column("possible", Integer, nullable=False),
    Column("year_group", String),
    Column("surname", SealedText),
    Column("forename", SealedText),
    UniqueConstraint("meeting_id", "pseudonym"),
)

#: Which side confirmed which version of a record; each side once.
record_confirmations = Table(
    "record_confirmations",
    metadata,
    Column("meeting_id", String, ForeignKey("meetings.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("side", String, primary_key=True),
    Column("by", String, nullable=False),
    Column("at", Utc, nullable=False),
    Column("way", String, nullable=False),
)

#: Calendars that are read again every night. The address often holds a secret.
calendar_sources = Table(
    "calendar_sources",
    metadata,
    Column("id", String, primary_key=True),
    Column("person_id", String, ForeignKey("people.id"), nullable=False, index=True),
    Column("address", SealedText, nullable=False),
    Column("added", Utc, nullable=False),
    Column("read", Utc),
    Column("problem", String, nullable=False),
)

#: When a person cannot meet. Only times: what somebody else's diary calls them is never kept.
diary_entries = Table(
    "diary_entries",
    metadata,
    Column("id", String, primary_key=True),
    Column("person_id", String, ForeignKey("people.id"), nullable=False),
    Column("kind", String, nullable=False),
    Column("source", String, nullable=False),
    Column("starts", Utc, nullable=False),
    Column("ends", Utc, nullable=False),
    Index(None, "person_id", "starts"),
)

#: How a school is visited, beside the half-days it likes best.
school_visits = Table(
    "school_visits",
    metadata,
    Column("school_id", String, ForeignKey("schools.id"), primary_key=True),
    Column("never", JSON, nullable=False),
    Column("online", Boolean, nullable=False),
    Column("room", String, nullable=False),
    Column("cadence", String, nullable=False),
)

#: Who fills which part at a school's meetings.
school_parts = Table(
    "school_parts",
    metadata,
    Column("school_id", String, ForeignKey("schools.id"), primary_key=True),
    Column("part", String, primary_key=True),
    Column("person_id", String, ForeignKey("people.id"), nullable=False),
)

#: What became of a planned meeting, in order; only ever added to.
meeting_changes = Table(
    "meeting_changes",
    metadata,
    Column("id", String, primary_key=True),
    Column("meeting_id", String, ForeignKey("meetings.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("what", String, nullable=False),
    Column("side", String, nullable=False),
    Column("by", String, nullable=False),
    Column("at", Utc, nullable=False),
    # From the change to the start it had: negative once it had begun.
    Column("notice_minutes", Integer, nullable=False),
    Column("day_before", Date, nullable=False),
    Column("session_before", String, nullable=False),
    Column("officer_before", String, nullable=False),
    Column("day_after", Date),
    Column("session_after", String),
    Column("officer_after", String),
    Column("why", SealedText, nullable=False),
    UniqueConstraint("meeting_id", "number"),
)

#: Tries to reach a school before a visit counts as not delivered.
contact_attempts = Table(
    "contact_attempts",
    metadata,
    Column("id", String, primary_key=True),
    Column("school_id", String, ForeignKey("schools.id"), nullable=False),
    Column("meeting_id", String, ForeignKey("meetings.id")),
    Column("at", Utc, nullable=False),
    Column("by", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("reached", Boolean, nullable=False),
    Index(None, "school_id", "at"),
)

#: What a calendar answered, the newest answer of each person.
meeting_replies = Table(
    "meeting_replies",
    metadata,
    Column("meeting_id", String, ForeignKey("meetings.id"), primary_key=True),
    Column("email", String, primary_key=True),
    Column("answer", String, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("at", Utc, nullable=False),
)

#: Secret addresses of calendars to subscribe to: only a digest of the secret is kept.
calendar_feeds = Table(
    "calendar_feeds",
    metadata,
    Column("id", String, primary_key=True),
    Column("digest", String, nullable=False, unique=True),
    Column("person_id", String, ForeignKey("people.id")),
    Column("school_id", String, ForeignKey("schools.id")),
    Column("made_by", String, nullable=False),
    Column("made", Utc, nullable=False),
    Column("revoked", Utc),
)

#: Mail that is to go out: which meeting, to whom, and nothing that it will say.
mail_outbox = Table(
    "mail_outbox",
    metadata,
    Column("id", String, primary_key=True),
    Column("meeting_id", String, ForeignKey("meetings.id"), nullable=False),
    Column("recipient", String, nullable=False),
    Column("what", String, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("queued", Utc, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("lease_until", Utc),
    Column("sent", Utc),
    Column("problem", String, nullable=False),
    UniqueConstraint("meeting_id", "recipient", "what", "sequence"),
)
