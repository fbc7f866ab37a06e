"""Agreed actions and what became of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from linkwork_hub.db import SealedText, Utc

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_INDEXES = (
    ("actions", ("cause_kind", "cause_id")),
    ("actions", ("school_id", "state", "due")),
)


def upgrade() -> None:
    """Make the tables."""
    _actions()
    _action_steps()
    for table, columns in _INDEXES:
        op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def downgrade() -> None:
    """Drop the tables."""
    for table in (
        "action_steps",
        "actions",
    ):
        op.drop_table(table)


def _actions() -> None:
    op.create_table(
        "actions",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("school_id", sa.String, sa.ForeignKey("schools.id"), nullable=False),
        sa.Column("what", SealedText, nullable=False),
        sa.Column("who", sa.String, nullable=False),
        sa.Column("due", sa.Date, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("agreed_on", sa.Date, nullable=False),
        sa.Column("agreed_by", sa.String, nullable=False),
        sa.Column("changed", Utc, nullable=False),
        sa.Column("cause_kind", sa.String, nullable=False),
        sa.Column("cause_id", sa.String, nullable=False),
        sa.Column("pseudonym", sa.String),
        sa.Column("meeting", sa.String),
        sa.Column("why_withdrawn", SealedText),
    )


def _action_steps() -> None:
    op.create_table(
        "action_steps",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("action_id", sa.String, sa.ForeignKey("actions.id"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("at", Utc, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("on", sa.Date),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("note", SealedText),
        sa.Column("digest", sa.String),
        sa.UniqueConstraint("action_id", "position"),
        sa.UniqueConstraint("action_id", "digest"),
    )
