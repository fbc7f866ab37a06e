"""Meetings, who came to them, and their notes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from linkwork_hub.db import SealedText, Utc

revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None

_STANDS = sa.text("status <> 'cancelled'")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "meetings",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("school_id", sa.String, sa.ForeignKey("schools.id"), nullable=False),
        sa.Column("officer_id", sa.String, sa.ForeignKey("people.id"), nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("session", sa.String, nullable=False),
        sa.Column("starts", sa.Time, nullable=False),
        sa.Column("ends", sa.Time, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("planned_by", sa.String, nullable=False),
        sa.Column("changed", Utc, nullable=False),
        sa.Column("cancelled_by", sa.String),
        sa.Column("cancelled_why", SealedText),
    )
    for name, column in (
        ("uq_meetings_officer", "officer_id"),
        ("uq_meetings_school", "school_id"),
    ):
        op.create_index(
            name,
            "meetings",
            [column, "day", "session"],
            unique=True,
            sqlite_where=_STANDS,
            postgresql_where=_STANDS,
        )
    op.create_index("ix_meetings_day_session", "meetings", ["day", "session"])
    op.create_table(
        "meeting_attendees",
        sa.Column("meeting_id", sa.String, sa.ForeignKey("meetings.id"), primary_key=True),
        sa.Column("part", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("present", sa.Boolean, nullable=False),
    )
    op.create_table(
        "meeting_notes",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("meeting_id", sa.String, sa.ForeignKey("meetings.id"), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("texts", SealedText, nullable=False),
        sa.Column("written_by", sa.String, nullable=False),
        sa.Column("written_at", Utc, nullable=False),
        sa.UniqueConstraint("meeting_id", "version"),
    )


def downgrade() -> None:
    """Take the tables away again."""
    for name in ("meeting_notes", "meeting_attendees", "meetings"):
        op.drop_table(name)
