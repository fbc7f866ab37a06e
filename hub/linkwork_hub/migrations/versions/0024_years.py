"""A year with a school: summaries and the checklist. Papers with a family, and who signed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from linkwork_hub.append_only import append_only_statements
from linkwork_hub.db import SealedText, Utc

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_ADDED_TO = ("year_summaries", "checklist_answers", "form_versions", "form_signatures")


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
    _forms()
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
    op.drop_table("forms")


def _forms() -> None:
    op.create_table(
        "forms",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("number", sa.String, nullable=False, unique=True),
        sa.Column("case_id", sa.String, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("ended", sa.Date),
        sa.Column("ended_how", SealedText),
    )
    op.create_index("ix_forms_case_id", "forms", ["case_id"])
    op.create_table(
        "form_versions",
        sa.Column("id", sa.String, primary_key=True),
        _form(),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("body", SealedText, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("written_by", sa.String, nullable=False),
        sa.Column("written", Utc, nullable=False),
        sa.UniqueConstraint("form_id", "number"),
    )
    op.create_table(
        "form_signatures",
        sa.Column("id", sa.String, primary_key=True),
        _form(),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("signatory", sa.Integer, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("said", sa.String, nullable=False),
        sa.Column("on", sa.Date, nullable=False),
        sa.Column("note", SealedText, nullable=False),
        sa.Column("recorded_by", sa.String, nullable=False),
        sa.Column("recorded", Utc, nullable=False),
        sa.UniqueConstraint("form_id", "position"),
    )


def _form() -> sa.Column[str]:
    return sa.Column("form_id", sa.String, sa.ForeignKey("forms.id"), nullable=False)


def _school() -> sa.Column[str]:
    return sa.Column("school_id", sa.String, sa.ForeignKey("schools.id"), nullable=False)
