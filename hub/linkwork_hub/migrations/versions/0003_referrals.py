"""Collections, pupils to consider, their spells, returns, requests and referrals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from linkwork_hub.db import SealedText, Utc

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_INDEXES = (
    ("candidates", ("school_id", "pseudonym")),
    ("candidates", ("school_id", "state", "basis", "trigger")),
    ("candidates", ("state", "basis", "statutory", "severe", "sessions")),
    ("episodes", ("candidate_id",)),
    ("candidate_events", ("candidate_id",)),
    ("requests", ("candidate_id",)),
    ("requests", ("school_id", "answered_on")),
    ("referrals", ("candidate_id",)),
    ("referrals", ("state", "received")),
    ("referral_evidence", ("referral_id",)),
    ("returns", ("last",)),
)


def upgrade() -> None:
    """Make the tables."""
    _summaries()
    _candidates()
    _episodes()
    _candidate_events()
    _identities()
    _requests()
    _referrals()
    _referral_evidence()
    _returns()
    _return_pupils()
    for table, columns in _INDEXES:
        op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def downgrade() -> None:
    """Drop the tables."""
    for table in (
        "return_pupils",
        "returns",
        "referral_evidence",
        "referrals",
        "requests",
        "identities",
        "candidate_events",
        "episodes",
        "candidates",
        "summaries",
    ):
        op.drop_table(table)


def _summaries() -> None:
    op.create_table(
        "summaries",
        sa.Column("school_id", sa.String, sa.ForeignKey("schools.id"), primary_key=True),
        sa.Column("digest", sa.String, primary_key=True),
        sa.Column("as_of", sa.Date, nullable=False),
        sa.Column("read_at", Utc, nullable=False),
        sa.Column("policy", sa.String, nullable=False),
        sa.Column("notices", sa.Integer, nullable=False),
    )


def _candidates() -> None:
    op.create_table(
        "candidates",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("school_id", sa.String, sa.ForeignKey("schools.id"), nullable=False),
        sa.Column("pseudonym", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("basis", sa.String, nullable=False),
        sa.Column("statutory", sa.Boolean, nullable=False),
        sa.Column("severe", sa.Boolean, nullable=False),
        sa.Column("sessions", sa.Integer, nullable=False),
        sa.Column("trigger", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("first", sa.Date, nullable=False),
        sa.Column("last", sa.Date, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("year_group", sa.String),
        sa.Column("opened", Utc, nullable=False),
        sa.Column("changed", Utc, nullable=False),
        sa.Column("settled_sessions", sa.Integer),
    )


def _episodes() -> None:
    op.create_table(
        "episodes",
        sa.Column("school_id", sa.String, sa.ForeignKey("schools.id"), primary_key=True),
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("candidate_id", sa.String, sa.ForeignKey("candidates.id"), nullable=False),
        sa.Column("pseudonym", sa.String, nullable=False),
        sa.Column("trigger", sa.String, nullable=False),
        sa.Column("statutory", sa.Boolean, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("age", sa.String, nullable=False),
        sa.Column("value", sa.Integer, nullable=False),
        sa.Column("threshold", sa.Integer, nullable=False),
        sa.Column("unit", sa.String, nullable=False),
        sa.Column("possible", sa.Integer, nullable=False),
        sa.Column("first", sa.Date, nullable=False),
        sa.Column("last", sa.Date, nullable=False),
        sa.Column("ended", sa.Date),
        sa.Column("at_least", sa.Integer, nullable=False),
        sa.Column("at_most", sa.Integer, nullable=False),
        sa.Column("year_group", sa.String),
        sa.Column("marks", sa.JSON, nullable=False),
        sa.Column("updated", Utc, nullable=False),
    )


def _candidate_events() -> None:
    op.create_table(
        "candidate_events",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("candidate_id", sa.String, sa.ForeignKey("candidates.id"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("at", Utc, nullable=False),
        sa.Column("what", sa.String, nullable=False),
        sa.Column("who", sa.String, nullable=False),
        sa.Column("note", SealedText),
        sa.UniqueConstraint("candidate_id", "position"),
    )


def _identities() -> None:
    op.create_table(
        "identities",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("school_id", sa.String, sa.ForeignKey("schools.id"), nullable=False),
        sa.Column("pseudonym", sa.String, nullable=False),
        sa.Column("basis", sa.String, nullable=False),
        sa.Column("basis_id", sa.String, nullable=False),
        sa.Column("since", sa.Date, nullable=False),
        sa.Column("pupil_id", SealedText),
        sa.Column("upn", SealedText),
        sa.Column("surname", SealedText),
        sa.Column("forename", SealedText),
        sa.Column("date_of_birth", SealedText),
        sa.Column("address", SealedText),
        sa.Column("contacts", SealedText),
        sa.Column("contacts_unavailable", sa.Boolean, nullable=False),
        sa.UniqueConstraint("school_id", "pseudonym"),
    )


def _requests() -> None:
    op.create_table(
        "requests",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("candidate_id", sa.String, sa.ForeignKey("candidates.id"), nullable=False),
        sa.Column("school_id", sa.String, sa.ForeignKey("schools.id"), nullable=False),
        sa.Column("asks", sa.String, nullable=False),
        sa.Column("asked_by", sa.String, nullable=False),
        sa.Column("asked_on", sa.Date, nullable=False),
        sa.Column("due", sa.Date),
        sa.Column("message", SealedText),
        sa.Column("answered_on", sa.Date),
        sa.Column("answer", SealedText),
    )


def _referrals() -> None:
    op.create_table(
        "referrals",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("school_id", sa.String, sa.ForeignKey("schools.id"), nullable=False),
        sa.Column("sent_id", sa.String, nullable=False),
        sa.Column("candidate_id", sa.String, sa.ForeignKey("candidates.id"), nullable=False),
        sa.Column("pseudonym", sa.String, nullable=False),
        sa.Column("request_id", sa.String),
        sa.Column("made_by", sa.String, nullable=False),
        sa.Column("reason", SealedText),
        sa.Column("marks", sa.JSON, nullable=False),
        sa.Column("received", Utc, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("decided_on", sa.Date),
        sa.Column("decided_by", sa.String, nullable=False),
        sa.Column("decision_reason", SealedText),
        sa.UniqueConstraint("school_id", "sent_id"),
    )


def _referral_evidence() -> None:
    op.create_table(
        "referral_evidence",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("referral_id", sa.String, sa.ForeignKey("referrals.id"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("item", sa.String, nullable=False),
        sa.Column("done", sa.Date),
        sa.Column("by", sa.String),
        sa.Column("note", SealedText),
    )


def _returns() -> None:
    op.create_table(
        "returns",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("school_id", sa.String, sa.ForeignKey("schools.id"), nullable=False),
        sa.Column("sent_id", sa.String, nullable=False),
        sa.Column("first", sa.Date, nullable=False),
        sa.Column("last", sa.Date, nullable=False),
        sa.Column("pupils", sa.Integer, nullable=False),
        sa.Column("policy", sa.String, nullable=False),
        sa.Column("released_by", sa.String, nullable=False),
        sa.Column("received", Utc, nullable=False),
        sa.UniqueConstraint("school_id", "sent_id"),
    )


def _return_pupils() -> None:
    op.create_table(
        "return_pupils",
        sa.Column("return_id", sa.String, sa.ForeignKey("returns.id"), primary_key=True),
        sa.Column("episode_id", sa.String, primary_key=True),
        sa.Column("candidate_id", sa.String, sa.ForeignKey("candidates.id"), nullable=False),
        sa.Column("reason", sa.String, nullable=False),
    )
