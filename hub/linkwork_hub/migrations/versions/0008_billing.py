"""Additional costs of a contract year."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from linkwork_hub.db import SealedText, Utc

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "additional_costs",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("school_id", sa.String, sa.ForeignKey("schools.id"), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("what", SealedText, nullable=False),
        sa.Column("quantity", sa.String, nullable=False),
        sa.Column("unit_pence", sa.Integer, nullable=False),
        sa.Column("added_by", sa.String, nullable=False),
        sa.Column("added", Utc, nullable=False),
    )
    op.create_index("ix_additional_costs_school_id_day", "additional_costs", ["school_id", "day"])


def downgrade() -> None:
    """Take the table away again."""
    op.drop_table("additional_costs")
