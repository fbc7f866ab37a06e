"""A year with a school: summaries as they were issued, and answers to the checklist."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from linkwork_hub.append_only import append_only_statements
from linkwork_hub.db import SealedText, Utc

revision = "0024"
down_revision = "0022"
branch_labels = None
depends_on = None

_ADDED_TO = ("year_summaries", "checklist_answers")


def upgrade() -> None:
    """Make the tables, and the triggers that keep them."""
    op.create_table(
        "year_summaries",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("number", sa.String, nullable=False, unique=True),
        _school(),
        sa.Column("part", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("first", sa.Date, nullable=False),
        sa.Column("last", sa.Date, nullable=False),
        sa.Column("issued", sa.Date, nullable=False),
        sa.Column("issued_by", sa.String, nullable=False),
        sa.Column("body", SealedText, nullable=False),
    )
    op.create_index("ix_year_summaries_school_id_first", "year_summaries", ["school_id", "first"])
    op.create_table(
        "checklist_answers",
        sa.Column("id", sa.String, primary_key=True),
        _school(),
        sa.Column("year", sa.String, nullable=False),
        sa.Column("item", sa.String, nullable=False),
        sa.Column("said", sa.String, nullable=False),
        sa.Column("on", sa.Date, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("evidence", SealedText, nullable=False),
        sa.Column("at", Utc, nullable=False),
    )
    op.create_index(
        "ix_checklist_answers_school_id_year", "checklist_answers", ["school_id", "year"]
    )
    dialect = op.get_bind().dialect.name
    for table in _ADDED_TO:
        for statement in append_only_statements(table, dialect):
            op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    """Take them away again."""
    for table in reversed(_ADDED_TO):
        op.drop_table(table)
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f"DROP FUNCTION {table}_append_only()")


def _school() -> sa.Column[str]:
    return sa.Column("school_id", sa.String, sa.ForeignKey("schools.id"), nullable=False)
