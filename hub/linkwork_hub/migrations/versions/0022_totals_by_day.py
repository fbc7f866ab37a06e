"""The totals of each day that a school told of, so that they are seen over time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "totals_by_day",
        sa.Column("school_id", sa.String(40), sa.ForeignKey("schools.id"), primary_key=True),
        sa.Column("as_of", sa.Date, primary_key=True),
        *(
            sa.Column(name, sa.Integer, nullable=False)
            for name in ("pupils", "possible", "present", "persistent", "severe")
        ),
    )


def downgrade() -> None:
    """Take it away again."""
    op.drop_table("totals_by_day")
