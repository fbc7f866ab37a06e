"""Whether the duty to return was done, by interval; and the marks that changed under a spell."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from linkwork_hub.db import Utc

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the table of records, and the column of corrections."""
    op.add_column("episodes", sa.Column("corrections", sa.JSON))
    op.create_table(
        "return_records",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("school_id", sa.String, sa.ForeignKey("schools.id"), nullable=False),
        sa.Column("first", sa.Date, nullable=False),
        sa.Column("last", sa.Date, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("policy", sa.String, nullable=False),
        sa.Column("outcome", sa.String, nullable=False),
        sa.Column("pupils", sa.Integer, nullable=False),
        sa.Column("school_days", sa.Integer, nullable=False),
        sa.Column("missing", sa.JSON, nullable=False),
        sa.Column("return_ids", sa.JSON, nullable=False),
        sa.Column("released_by", sa.String, nullable=False),
        sa.Column("discharged", Utc),
        sa.Column("receipt", sa.String),
        sa.Column("recorded", Utc, nullable=False),
        sa.UniqueConstraint("school_id", "first", "last", "version"),
    )
    op.create_index("ix_return_records_last", "return_records", ["last"])
