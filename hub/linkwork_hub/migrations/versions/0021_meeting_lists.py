"""Lists of names a school releases for one meeting, and what it was told of its meetings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from linkwork_hub.db import SealedText, Utc

revision = "0021"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "meeting_tellings",
        _meeting(primary_key=True),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("names_from", sa.Date, nullable=False),
        sa.Column("names_through", sa.Date, nullable=False),
        sa.Column("told", Utc, nullable=False),
    )
    op.create_table(
        "meeting_lists",
        _meeting(primary_key=True),
        sa.Column("list_id", sa.String, nullable=False),
        sa.Column("as_of", sa.Date, nullable=False),
        sa.Column("year", sa.Date, nullable=False),
        sa.Column("released_by", sa.String, nullable=False),
        sa.Column("standing", sa.Boolean, nullable=False),
        sa.Column("received", Utc, nullable=False),
        sa.Column("withdrawn", Utc),
    )
    op.create_table(
        "meeting_list_pupils",
        sa.Column("id", sa.String, primary_key=True),
        _meeting(),
        sa.Column("pseudonym", sa.String, nullable=False, index=True),
        sa.Column("list_id", sa.String, nullable=False),
        sa.Column("met", sa.JSON, nullable=False),
        sa.Column("absent", sa.Integer, nullable=False),
        sa.Column("unauthorised", sa.Integer, nullable=False),
        sa.Column("possible", sa.Integer, nullable=False),
        sa.Column("year_group", sa.String),
        sa.Column("surname", SealedText),
        sa.Column("forename", SealedText),
        sa.UniqueConstraint("meeting_id", "pseudonym"),
    )


def downgrade() -> None:
    """Take them away again."""
    op.drop_table("meeting_list_pupils")
    op.drop_table("meeting_lists")
    op.drop_table("meeting_tellings")


def _meeting(*, primary_key: bool = False) -> sa.Column[str]:
    key = sa.ForeignKey("meetings.id")
    return sa.Column("meeting_id", sa.String, key, primary_key=primary_key, nullable=False)
