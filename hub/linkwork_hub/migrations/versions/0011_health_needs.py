"""Sickness returns by a route of their own; what a school declared beside its marks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from linkwork_hub.db import SealedText, Utc

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the tables of sickness returns, and the columns of what was declared."""
    op.add_column("episodes", sa.Column("declared", sa.Date))
    op.add_column("episodes", sa.Column("declared_why", SealedText))
    op.create_table(
        "sickness_identities",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("school_id", sa.String, sa.ForeignKey("schools.id"), nullable=False),
        sa.Column("pseudonym", sa.String, nullable=False),
        sa.Column("basis", sa.String, nullable=False),
        sa.Column("basis_id", sa.String, nullable=False),
        sa.Column("since", sa.Date, nullable=False),
        sa.Column("pupil_id", SealedText),
        sa.Column("upn", SealedText),
        sa.Column("surname", SealedText),
        sa.Column("forename", SealedText),
        sa.Column("date_of_birth", SealedText),
        sa.Column("address", SealedText),
        sa.Column("contacts", SealedText),
        sa.Column("contacts_unavailable", sa.Boolean, nullable=False),
        sa.UniqueConstraint("school_id", "pseudonym"),
    )
    op.create_table(
        "sickness_returns",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("school_id", sa.String, sa.ForeignKey("schools.id"), nullable=False),
        sa.Column("pseudonym", sa.String, nullable=False),
        sa.Column("episode", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("standing", sa.String, nullable=False),
        sa.Column("value", sa.Integer, nullable=False),
        sa.Column("threshold", sa.Integer, nullable=False),
        sa.Column("first", sa.Date, nullable=False),
        sa.Column("last", sa.Date, nullable=False),
        sa.Column("year_group", sa.String),
        sa.Column("declared", sa.Date),
        sa.Column("declared_why", SealedText),
        sa.Column("policy", sa.String, nullable=False),
        sa.Column("released_by", sa.String, nullable=False),
        sa.Column("received", Utc, nullable=False),
        sa.UniqueConstraint("school_id", "episode"),
    )
    op.create_index("ix_sickness_returns_state_received", "sickness_returns", ["state", "received"])
    op.create_table(
        "sickness_events",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("sickness_id", sa.String, sa.ForeignKey("sickness_returns.id"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("at", Utc, nullable=False),
        sa.Column("what", sa.String, nullable=False),
        sa.Column("who", sa.String, nullable=False),
        sa.Column("note", SealedText),
        sa.UniqueConstraint("sickness_id", "position"),
    )
    op.create_index("ix_sickness_events_sickness_id", "sickness_events", ["sickness_id"])
