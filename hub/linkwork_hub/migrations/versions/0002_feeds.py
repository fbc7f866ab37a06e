"""Agents and their join codes, what arrives from schools, what goes down to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from linkwork_hub.db import SealedText, Utc

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_INDEXES = (
    ("agents", ("school_id", "state")),
    ("join_codes", ("school_id", "void")),
    ("enrolments", ("state", "received")),
    ("inbox", ("school_id", "applied", "refused")),
    ("inbox", ("school_id", "message_id")),
    ("inbox", ("agent_id", "stream", "epoch", "seq")),
    ("downlink", ("school_id", "acknowledged", "expired")),
)


def upgrade() -> None:
    """Make the tables."""
    _joining()
    _inbox()
    _standing()
    _downlink()
    for table, columns in _INDEXES:
        op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def downgrade() -> None:
    """Drop the tables."""
    for table in (
        "downlink",
        "feed_alarms",
        "feed_states",
        "feed_claims",
        "feed_marks",
        "inbox",
        "enrolments",
        "join_codes",
        "agents",
    ):
        op.drop_table(table)


def _school(*, key: bool = False) -> sa.Column[str]:
    kind, to = sa.String(40), sa.ForeignKey("schools.id")
    return sa.Column("school_id", kind, to, primary_key=key, nullable=False)


def _agent(*, key: bool = False, null: bool = False) -> sa.Column[str]:
    kind, to = sa.String(40), sa.ForeignKey("agents.id")
    return sa.Column("agent_id", kind, to, primary_key=key, nullable=null)


def _joining() -> None:
    op.create_table(
        "agents",
        sa.Column("id", sa.String(40), primary_key=True),
        _school(),
        sa.Column("urn", sa.String(20), nullable=False),
        sa.Column("sign_key_id", sa.String(32), nullable=False, unique=True),
        sa.Column("sign_public", sa.LargeBinary, nullable=False),
        sa.Column("seal_public", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("words", sa.String(80), nullable=False),
        sa.Column("host", sa.String(200), nullable=False),
        sa.Column("created", Utc, nullable=False),
        sa.Column("confirmed", Utc),
        sa.Column("revoked", Utc),
        sa.Column("revoked_why", sa.String(300), nullable=False),
    )
    op.create_table(
        "join_codes",
        sa.Column("hash", sa.String(64), primary_key=True),
        _school(),
        sa.Column("expires", Utc, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("used", Utc),
        sa.Column("void", sa.Boolean, nullable=False),
    )
    op.create_table(
        "enrolments",
        sa.Column("digest", sa.String(128), primary_key=True),
        sa.Column("sign_key_id", sa.String(32), nullable=False),
        sa.Column("envelope", sa.LargeBinary, nullable=False),
        sa.Column("received", Utc, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
    )


def _inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", sa.String(40), primary_key=True),
        _school(),
        _agent(),
        sa.Column("place", sa.String(120), nullable=False),
        sa.Column("stream", sa.String(10), nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("message_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("digest", sa.String(128), nullable=False),
        sa.Column("envelope", sa.LargeBinary, nullable=False),
        sa.Column("received", Utc, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("applied", Utc),
        sa.Column("refused", Utc),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.UniqueConstraint("agent_id", "place"),
    )
    op.create_table(
        "feed_marks",
        _agent(key=True),
        sa.Column("epoch", sa.BigInteger, primary_key=True),
        sa.Column("contiguous", sa.BigInteger, nullable=False),
    )


def _standing() -> None:
    op.create_table(
        "feed_claims",
        _school(key=True),
        sa.Column("until", Utc, nullable=False),
        sa.Column("fence", sa.Integer, nullable=False),
        sa.Column("stuck", sa.String(300), nullable=False),
    )
    op.create_table(
        "feed_states",
        _school(key=True),
        sa.Column("heartbeat", Utc),
        sa.Column("summary", Utc),
        sa.Column("as_of", sa.Date),
        sa.Column("last_read", Utc),
        sa.Column("mis", sa.String(80), nullable=False),
        sa.Column("agent_version", sa.String(40), nullable=False),
        sa.Column("waiting", sa.Integer, nullable=False),
        sa.Column("reported", sa.JSON, nullable=False),
        sa.Column("completeness", sa.JSON),
        sa.Column("totals", sa.JSON),
    )
    op.create_table(
        "feed_alarms",
        sa.Column("id", sa.String(40), primary_key=True),
        _school(),
        sa.Column("what", sa.String(20), nullable=False),
        sa.Column("place", sa.String(120), nullable=False),
        sa.Column("at", Utc, nullable=False),
        sa.UniqueConstraint("school_id", "what", "place"),
    )


def _downlink() -> None:
    op.create_table(
        "downlink",
        sa.Column("id", sa.String(64), primary_key=True),
        _school(),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("body", SealedText),
        sa.Column("sealed", sa.LargeBinary),
        _agent(null=True),
        sa.Column("issued", Utc, nullable=False),
        sa.Column("delivered", Utc),
        sa.Column("acknowledged", Utc),
        sa.Column("expires", Utc),
        sa.Column("expired", Utc),
    )
