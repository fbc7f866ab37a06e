"""The tables of feeds. What arrived is kept as ciphertext; what goes down is a sealed column."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from linkwork_hub.db import SealedText, Utc, metadata


def _school(*, key: bool = False) -> Column[str]:
    return Column(
        "school_id", String(40), ForeignKey("schools.id"), primary_key=key, nullable=False
    )


agents = Table(
    "agents",
    metadata,
    Column("id", String(40), primary_key=True),
    _school(),
    Column("urn", String(20), nullable=False),
    Column("sign_key_id", String(32), nullable=False, unique=True),
    Column("sign_public", LargeBinary, nullable=False),
    Column("seal_public", LargeBinary, nullable=False),
    Column("state", String(10), nullable=False),
    Column("words", String(80), nullable=False),
    Column("host", String(200), nullable=False),
    Column("created", Utc, nullable=False),
    Column("confirmed", Utc),
    Column("revoked", Utc),
    Column("revoked_why", String(300), nullable=False, default=""),
    Index(None, "school_id", "state"),
)

#: Signing keys an agent had before: good until a day, and for what came with them.
former_keys = Table(
    "agent_former_keys",
    metadata,
    Column("sign_key_id", String(32), primary_key=True),
    Column("agent_id", String(40), ForeignKey("agents.id"), nullable=False),
    Column("sign_public", LargeBinary, nullable=False),
    Column("until", Utc, nullable=False),
    Index(None, "agent_id"),
)

#: Only the hash of a code is kept.
join_codes = Table(
    "join_codes",
    metadata,
    Column("hash", String(64), primary_key=True),
    _school(),
    Column("expires", Utc, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("used", Utc),
    Column("void", Boolean, nullable=False),
    Index(None, "school_id", "void"),
)

enrolments = Table(
    "enrolments",
    metadata,
    Column("digest", String(128), primary_key=True),
    Column("sign_key_id", String(32), nullable=False),
    Column("envelope", LargeBinary, nullable=False),
    Column("received", Utc, nullable=False),
    Column("state", String(10), nullable=False),
    Column("reason", String(300), nullable=False),
    Index(None, "state", "received"),
)

#: A message as it came. `place` is "feed/EPOCH/SEQ", or "control/ID" for what has no number.
inbox = Table(
    "inbox",
    metadata,
    Column("id", String(40), primary_key=True),
    _school(),
    Column("agent_id", String(40), ForeignKey("agents.id"), nullable=False),
    Column("place", String(120), nullable=False),
    Column("stream", String(10), nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("message_id", String(64), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("digest", String(128), nullable=False),
    Column("envelope", LargeBinary, nullable=False),
    Column("received", Utc, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("applied", Utc),
    Column("refused", Utc),
    Column("reason", String(300), nullable=False, default=""),
    UniqueConstraint("agent_id", "place"),
    Index(None, "school_id", "applied", "refused"),
    Index(None, "school_id", "message_id"),
    Index(None, "agent_id", "stream", "epoch", "seq"),
)

#: How far an epoch of an agent's feed is here without a gap.
feed_marks = Table(
    "feed_marks",
    metadata,
    Column("agent_id", String(40), ForeignKey("agents.id"), primary_key=True),
    Column("epoch", BigInteger, primary_key=True),
    Column("contiguous", BigInteger, nullable=False),
)

#: Who works on a school's messages, and until when. `fence` outdates a worker that was too slow.
feed_claims = Table(
    "feed_claims",
    metadata,
    _school(key=True),
    Column("until", Utc, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("stuck", String(300), nullable=False),
)

feed_states = Table(
    "feed_states",
    metadata,
    _school(key=True),
    Column("heartbeat", Utc),
    Column("summary", Utc),
    Column("as_of", Date),
    Column("last_read", Utc),
    Column("mis", String(80), nullable=False, default=""),
    Column("agent_version", String(40), nullable=False, default=""),
    Column("waiting", Integer, nullable=False, default=0),
    Column("reported", JSON, nullable=False, default=list),
    Column("completeness", JSON),
    Column("totals", JSON),
)

#: The sums that a school told of each day: they are seen over time.
totals_by_day = Table(
    "totals_by_day",
    metadata,
    _school(key=True),
    Column("as_of", Date, primary_key=True),
    Column("pupils", Integer, nullable=False),
    Column("possible", Integer, nullable=False),
    Column("present", Integer, nullable=False),
    Column("persistent", Integer, nullable=False),
    Column("severe", Integer, nullable=False),
)

alarms = Table(
    "feed_alarms",
    metadata,
    Column("id", String(40), primary_key=True),
    _school(),
    Column("what", String(20), nullable=False),
    Column("place", String(120), nullable=False),
    Column("at", Utc, nullable=False),
    UniqueConstraint("school_id", "what", "place"),
)

#: Everything on its way to a school. `body` goes when the school has said that it keeps it.
downlink = Table(
    "downlink",
    metadata,
    Column("id", String(64), primary_key=True),
    _school(),
    Column("kind", String(20), nullable=False),
    Column("body", SealedText),
    Column("sealed", LargeBinary),
    Column("agent_id", String(40), ForeignKey("agents.id")),
    Column("issued", Utc, nullable=False),
    Column("delivered", Utc),
    Column("acknowledged", Utc),
    Column("expires", Utc),
    Column("expired", Utc),
    Index(None, "school_id", "acknowledged", "expired"),
)
