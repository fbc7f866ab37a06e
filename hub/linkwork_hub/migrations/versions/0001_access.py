"""People, schools, calendars, sessions and the audit trail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from linkwork_hub.db import Utc

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables every other domain builds on."""
    _people()
    _schools()
    _calendar()
    _sign_ins()
    _audit()


def _people() -> None:
    op.create_table(
        "people",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("email", sa.String, nullable=False, unique=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("password", sa.String, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("latitude", sa.Float),
        sa.Column("longitude", sa.Float),
        sa.Column("days", sa.JSON, nullable=False),
        sa.Column("created", Utc, nullable=False),
    )


def _schools() -> None:
    op.create_table(
        "schools",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("created", Utc, nullable=False),
    )
    op.create_table(
        "school_facts",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("school_id", sa.String, sa.ForeignKey("schools.id"), nullable=False),
        sa.Column("from_day", sa.Date, nullable=False),
        sa.Column("urn", sa.String, nullable=False, index=True),
        sa.Column("laestab", sa.String),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("school_type", sa.String, nullable=False),
        sa.Column("phase", sa.String, nullable=False),
        sa.Column("trust", sa.String),
        sa.Column("payer", sa.String),
        sa.Column("roll", sa.Integer),
        sa.Column("roll_date", sa.Date),
        sa.Column("latitude", sa.Float),
        sa.Column("longitude", sa.Float),
        sa.UniqueConstraint("school_id", "from_day"),
    )
    op.create_table(
        "person_schools",
        sa.Column("person_id", sa.String, sa.ForeignKey("people.id"), primary_key=True),
        sa.Column("school_id", sa.String, sa.ForeignKey("schools.id"), primary_key=True),
    )
    op.create_table(
        "link_officers",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("school_id", sa.String, sa.ForeignKey("schools.id"), nullable=False, index=True),
        sa.Column("person_id", sa.String, sa.ForeignKey("people.id"), nullable=False, index=True),
        sa.Column("first", sa.Date, nullable=False),
        sa.Column("last", sa.Date),
    )


def _calendar() -> None:
    op.create_table(
        "terms",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("school_id", sa.String, sa.ForeignKey("schools.id"), index=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("first", sa.Date, nullable=False),
        sa.Column("last", sa.Date, nullable=False),
    )
    op.create_table(
        "school_preferences",
        sa.Column("school_id", sa.String, sa.ForeignKey("schools.id"), primary_key=True),
        sa.Column("slot", sa.String, primary_key=True),
    )


def _sign_ins() -> None:
    op.create_table(
        "sessions",
        sa.Column("digest", sa.String, primary_key=True),
        sa.Column("person_id", sa.String, sa.ForeignKey("people.id"), nullable=False, index=True),
        sa.Column("started", Utc, nullable=False),
        sa.Column("seen", Utc, nullable=False),
        sa.Column("ended", Utc),
    )
    op.create_table(
        "sign_in_failures",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("wait_until", Utc, nullable=False),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", Utc, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("person_id", sa.String),
        sa.Column("what", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("record_id", sa.String, nullable=False),
        sa.Column("why", sa.String, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
    )
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
    )
