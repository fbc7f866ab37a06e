"""Which process runs which slot of which job."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from linkwork_hub.db import Utc

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the table of claims."""
    op.create_table(
        "job_runs",
        sa.Column("job", sa.String, primary_key=True),
        sa.Column("slot", sa.String, primary_key=True),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("lease_until", Utc, nullable=False),
        sa.Column("done", Utc),
    )
