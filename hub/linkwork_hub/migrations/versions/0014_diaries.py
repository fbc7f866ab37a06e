"""Diaries, wishes of schools, what became of planned meetings, mail and calendar feeds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from linkwork_hub.db import SealedText, Utc

revision = "0014"
down_revision = "0012"


def upgrade() -> None:
    """Make the tables of diaries, changes and mail."""
    _meetings()
    _diaries()
    _changes()
    _mail()


def _meetings() -> None:
    with op.batch_alter_table("meetings") as table:
        table.add_column(sa.Column("locked", sa.Boolean, nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("online", sa.Boolean, nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("room", sa.String, nullable=False, server_default=""))


def _diaries() -> None:
    op.create_table(
        "calendar_sources",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("person_id", sa.String, sa.ForeignKey("people.id"), nullable=False),
        sa.Column("address", SealedText, nullable=False),
        sa.Column("added", Utc, nullable=False),
        sa.Column("read", Utc),
        sa.Column("problem", sa.String, nullable=False),
    )
    op.create_index("ix_calendar_sources_person_id", "calendar_sources", ["person_id"])
    op.create_table(
        "diary_entries",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("person_id", sa.String, sa.ForeignKey("people.id"), nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("starts", Utc, nullable=False),
        sa.Column("ends", Utc, nullable=False),
    )
    op.create_index("ix_diary_entries_person_id_starts", "diary_entries", ["person_id", "starts"])
    op.create_table(
        "school_visits",
        sa.Column("school_id", sa.String, sa.ForeignKey("schools.id"), primary_key=True),
        sa.Column("never", sa.JSON, nullable=False),
        sa.Column("online", sa.Boolean, nullable=False),
        sa.Column("room", sa.String, nullable=False),
        sa.Column("cadence", sa.String, nullable=False),
    )
    op.create_table(
        "school_parts",
        sa.Column("school_id", sa.String, sa.ForeignKey("schools.id"), primary_key=True),
        sa.Column("part", sa.String, primary_key=True),
        sa.Column("person_id", sa.String, sa.ForeignKey("people.id"), nullable=False),
    )


def _changes() -> None:
    op.create_table(
        "meeting_changes",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("meeting_id", sa.String, sa.ForeignKey("meetings.id"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("what", sa.String, nullable=False),
        sa.Column("side", sa.String, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("at", Utc, nullable=False),
        sa.Column("notice_minutes", sa.Integer, nullable=False),
        sa.Column("day_before", sa.Date, nullable=False),
        sa.Column("session_before", sa.String, nullable=False),
        sa.Column("officer_before", sa.String, nullable=False),
        sa.Column("day_after", sa.Date),
        sa.Column("session_after", sa.String),
        sa.Column("officer_after", sa.String),
        sa.Column("why", SealedText, nullable=False),
        sa.UniqueConstraint("meeting_id", "number"),
    )
    op.create_table(
        "contact_attempts",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("school_id", sa.String, sa.ForeignKey("schools.id"), nullable=False),
        sa.Column("meeting_id", sa.String, sa.ForeignKey("meetings.id")),
        sa.Column("at", Utc, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("reached", sa.Boolean, nullable=False),
    )
    op.create_index("ix_contact_attempts_school_id_at", "contact_attempts", ["school_id", "at"])


def _mail() -> None:
    op.create_table(
        "meeting_replies",
        sa.Column("meeting_id", sa.String, sa.ForeignKey("meetings.id"), primary_key=True),
        sa.Column("email", sa.String, primary_key=True),
        sa.Column("answer", sa.String, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("at", Utc, nullable=False),
    )
    op.create_table(
        "calendar_feeds",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("digest", sa.String, nullable=False, unique=True),
        sa.Column("person_id", sa.String, sa.ForeignKey("people.id")),
        sa.Column("school_id", sa.String, sa.ForeignKey("schools.id")),
        sa.Column("made_by", sa.String, nullable=False),
        sa.Column("made", Utc, nullable=False),
        sa.Column("revoked", Utc),
    )
    op.create_table(
        "mail_outbox",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("meeting_id", sa.String, sa.ForeignKey("meetings.id"), nullable=False),
        sa.Column("recipient", sa.String, nullable=False),
        sa.Column("what", sa.String, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("queued", Utc, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("lease_until", Utc),
        sa.Column("sent", Utc),
        sa.Column("problem", sa.String, nullable=False),
        sa.UniqueConstraint("meeting_id", "recipient", "what", "sequence"),
    )
