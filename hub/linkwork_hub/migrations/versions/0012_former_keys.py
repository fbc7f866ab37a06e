"""The signing keys agents had before the ones they have."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from linkwork_hub.db import Utc

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "agent_former_keys",
        sa.Column("sign_key_id", sa.String(32), primary_key=True),
        sa.Column("agent_id", sa.String(40), sa.ForeignKey("agents.id"), nullable=False),
        sa.Column("sign_public", sa.LargeBinary, nullable=False),
        sa.Column("until", Utc, nullable=False),
    )
    op.create_index("ix_agent_former_keys_agent_id", "agent_former_keys", ["agent_id"])
