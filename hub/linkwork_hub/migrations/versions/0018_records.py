"""Actions carried, escalated and shown to be done; the record of a meeting in two hands."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from linkwork_hub.db import SealedText, Utc

revision = "0018"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, and the tables of records."""
    for table, column in _COLUMNS:
        op.add_column(table, column)
    op.create_table(
        "record_entries",
        sa.Column("id", sa.String, primary_key=True),
        _meeting(),
        sa.Column("section", sa.String, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("over", sa.JSON, nullable=False),
        sa.Column("text", SealedText, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("at", Utc, nullable=False),
        sa.UniqueConstraint("meeting_id", "section", "number"),
    )
    op.create_table(
        "record_confirmations",
        _meeting(primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("side", sa.String, primary_key=True),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("at", Utc, nullable=False),
        sa.Column("way", sa.String, nullable=False),
    )
    op.create_table(
        "meeting_packs",
        _meeting(primary_key=True),
        sa.Column("frozen", Utc, nullable=False),
        sa.Column("body", SealedText, nullable=False),
    )


def downgrade() -> None:
    """Take everything away again."""
    op.drop_table("meeting_packs")
    op.drop_table("record_confirmations")
    op.drop_table("record_entries")
    for table, column in reversed(_COLUMNS):
        with op.batch_alter_table(table) as batch:
            batch.drop_column(column.name)


def _meeting(*, primary_key: bool = False) -> sa.Column[str]:
    key = sa.ForeignKey("meetings.id")
    return sa.Column("meeting_id", sa.String, key, primary_key=primary_key, nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, server_default="0")


_COLUMNS: tuple[tuple[str, sa.Column[Any]], ...] = (
    ("actions", _number("version")),
    ("actions", _number("carried")),
    ("actions", sa.Column("escalated_to", sa.String, nullable=False, server_default="")),
    ("action_steps", _number("number")),
    ("action_steps", sa.Column("evidence", SealedText)),
    ("meeting_notes", sa.Column("body", SealedText)),
    ("meeting_notes", sa.Column("digest", sa.String)),
    ("meeting_notes", sa.Column("signature", sa.String)),
    ("meeting_notes", sa.Column("key_id", sa.String)),
)
