"""Cases, their history, and the numbers given to references."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from linkwork_hub.db import SealedText, Utc

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_INDEXES = (
    ("cases", ("candidate_id",)),
    ("cases", ("closed", "due")),
    ("cases", ("officer_id",)),
    ("cases", ("school_id", "opened")),
)


def upgrade() -> None:
    """Make the tables."""
    _cases()
    _case_events()
    _case_numbers()
    for table, columns in _INDEXES:
        op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def downgrade() -> None:
    """Drop the tables."""
    for table in (
        "case_numbers",
        "case_events",
        "cases",
    ):
        op.drop_table(table)


def _cases() -> None:
    op.create_table(
        "cases",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("ref", sa.String, nullable=False, unique=True),
        sa.Column("door", sa.String, nullable=False),
        sa.Column("school_id", sa.String, sa.ForeignKey("schools.id")),
        sa.Column("pseudonym", sa.String),
        sa.Column("candidate_id", sa.String, sa.ForeignKey("candidates.id")),
        sa.Column("referral_id", sa.String, sa.ForeignKey("referrals.id")),
        sa.Column("officer_id", sa.String, sa.ForeignKey("people.id")),
        sa.Column("opened", sa.Date, nullable=False),
        sa.Column("closed", sa.Date),
        sa.Column("void", sa.Boolean, nullable=False),
        sa.Column("step", sa.String, nullable=False),
        sa.Column("step_since", sa.Date, nullable=False),
        sa.Column("due", sa.Date),
        sa.Column("outcome", sa.String),
        sa.Column("predecessor", sa.String),
    )


def _case_events() -> None:
    op.create_table(
        "case_events",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("case_id", sa.String, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("at", Utc, nullable=False),
        sa.Column("on", sa.Date, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("what", sa.String, nullable=False),
        sa.Column("who", sa.String, nullable=False),
        sa.Column("note", SealedText),
        sa.UniqueConstraint("case_id", "position"),
    )


def _case_numbers() -> None:
    op.create_table(
        "case_numbers",
        sa.Column("year", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("last", sa.Integer, nullable=False),
    )
