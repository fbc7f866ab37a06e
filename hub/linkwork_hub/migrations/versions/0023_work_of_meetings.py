"""Meetings of several officers or schools, and what is done at them; the duty rota."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from linkwork_hub.db import SealedText, Utc

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_ONE_MEETING = "status <> 'cancelled'"


def upgrade() -> None:
    """Add the columns and the tables."""
    for name in ("main_id", "beside", "part"):
        column = sa.Column(name, sa.String, nullable=False, server_default="")
        op.add_column("meetings", column)
    op.create_index("ix_meetings_main_id", "meetings", ["main_id"])
    _one_meeting("officer", f"{_ONE_MEETING} AND beside <> 'school'")
    _one_meeting("school", f"{_ONE_MEETING} AND beside <> 'officer'")
    _staff()
    _cases()
    _families()
    _groups()
    _queries()


def downgrade() -> None:
    """Take them away again."""
    for name in (
        "queries", "group_pupils", "group_sessions", "group_programmes", "family_slots",
        "meeting_cautions", "meeting_cases", "staff_marks", "duty_days",
    ):  # fmt: skip
        op.drop_table(name)
    op.execute("DELETE FROM meetings WHERE beside <> ''")
    _one_meeting("officer", _ONE_MEETING)
    _one_meeting("school", _ONE_MEETING)
    op.drop_index("ix_meetings_main_id", "meetings")
    for name in ("main_id", "beside", "part"):
        op.drop_column("meetings", name)


def _one_meeting(whose: str, where: str) -> None:
    name = f"uq_meetings_{whose}"
    op.drop_index(name, "meetings")
    only = sa.text(where)
    op.create_index(
        name,
        "meetings",
        [f"{whose}_id", "day", "session"],
        unique=True,
        sqlite_where=only,
        postgresql_where=only,
    )


def _staff() -> None:
    op.create_table(
        "duty_days",
        sa.Column("day", sa.Date, primary_key=True),
        _to("people", "person_id", index=True),
        sa.Column("set_by", sa.String, nullable=False),
        sa.Column("at", Utc, nullable=False),
    )
    op.create_table(
        "staff_marks",
        sa.Column("id", sa.String, primary_key=True),
        _to("people", "person_id", index=True),
        sa.Column("mark", sa.String, nullable=False),
        sa.Column("first", sa.Date, nullable=False),
        sa.Column("last", sa.Date),
        sa.Column("set_by", sa.String, nullable=False),
        sa.Column("at", Utc, nullable=False),
    )


def _cases() -> None:
    op.create_table(
        "meeting_cases",
        _to("meetings", "meeting_id", primary_key=True),
        _to("cases", "case_id", index=True),
    )
    op.create_table(
        "meeting_cautions",
        sa.Column("id", sa.String, primary_key=True),
        _to("meetings", "meeting_id", index=True),
        sa.Column("given", sa.Boolean, nullable=False),
        sa.Column("subject", SealedText),
        sa.Column("given_by", sa.String, nullable=False),
        sa.Column("given_at", Utc),
        sa.Column("version", sa.String, nullable=False),
        sa.Column("understood", sa.Boolean, nullable=False),
        sa.Column("interpreter", SealedText),
        sa.Column("why_not", SealedText),
        sa.Column("written_by", sa.String, nullable=False),
        sa.Column("written_at", Utc, nullable=False),
    )


def _families() -> None:
    op.create_table(
        "family_slots",
        sa.Column("id", sa.String, primary_key=True),
        _to("meetings", "meeting_id", index=True),
        _to("people", "officer_id"),
        sa.Column("starts", sa.Time, nullable=False),
        sa.Column("ends", sa.Time, nullable=False),
        sa.Column("pseudonym", sa.String, nullable=False),
        sa.Column("case_id", sa.String, sa.ForeignKey("cases.id")),
        sa.Column("outcome", sa.String, nullable=False),
        sa.Column("note", SealedText),
        sa.Column("set_by", sa.String, nullable=False),
        sa.Column("at", Utc, nullable=False),
        sa.UniqueConstraint("meeting_id", "officer_id", "starts"),
    )


def _groups() -> None:
    op.create_table(
        "group_programmes",
        sa.Column("id", sa.String, primary_key=True),
        _to("schools", "school_id", index=True),
        _to("people", "officer_id"),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("measure", sa.String, nullable=False),
        sa.Column("first", sa.Date, nullable=False),
        sa.Column("last", sa.Date, nullable=False),
        sa.Column("about", SealedText),
        sa.Column("closed", sa.Date),
        sa.Column("outcome", SealedText),
        sa.Column("made_by", sa.String, nullable=False),
        sa.Column("at", Utc, nullable=False),
    )
    op.create_table(
        "group_sessions",
        _to("group_programmes", "programme_id", primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("came", sa.Integer, nullable=False),
        sa.Column("written_by", sa.String, nullable=False),
    )
    op.create_table(
        "group_pupils",
        _to("group_programmes", "programme_id", primary_key=True),
        sa.Column("pseudonym", sa.String, primary_key=True),
        sa.Column("before", sa.Integer),
        sa.Column("after", sa.Integer),
    )


def _queries() -> None:
    op.create_table(
        "queries",
        sa.Column("id", sa.String, primary_key=True),
        _to("schools", "school_id", index=True),
        sa.Column("text", SealedText, nullable=False),
        sa.Column("asked_by", sa.String, nullable=False),
        sa.Column("at", Utc, nullable=False),
        sa.Column("officer_id", sa.String, sa.ForeignKey("people.id"), index=True),
        sa.Column("why", sa.String, nullable=False),
        sa.Column("answer", SealedText),
        sa.Column("answered_by", sa.String),
        sa.Column("answered", Utc),
    )


def _to(table: str, name: str, **how: Any) -> sa.Column[str]:
    return sa.Column(name, sa.String, sa.ForeignKey(f"{table}.id"), nullable=False, **how)
