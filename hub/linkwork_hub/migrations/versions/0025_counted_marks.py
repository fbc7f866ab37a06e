"""Counted marks that may not stand, and what a school's request for a penalty notice counts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.add_column("episodes", sa.Column("unsettled", sa.JSON))
    op.add_column("referrals", sa.Column("door", sa.String))
    op.add_column("referrals", sa.Column("counted", sa.JSON))


def downgrade() -> None:
    """Take them away again."""
    with op.batch_alter_table("referrals") as table:
        table.drop_column("counted")
        table.drop_column("door")
    with op.batch_alter_table("episodes") as table:
        table.drop_column("unsettled")
