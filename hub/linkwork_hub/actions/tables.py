"""The tables of actions. What was agreed is in people's own words, so it is sealed."""

from __future__ import annotations

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from linkwork_hub.db import SealedText, Utc, metadata

#: Its id is also the id of the item on its way to the school.
actions = Table(
    "actions",
    metadata,
    Column("id", String, primary_key=True),
    Column("school_id", String, ForeignKey("schools.id"), nullable=False),
    Column("what", SealedText, nullable=False),
    Column("who", String, nullable=False),
    Column("due", Date, nullable=False),
    Column("state", String, nullable=False),
    Column("agreed_on", Date, nullable=False),
    Column("agreed_by", String, nullable=False),
    Column("changed", Utc, nullable=False),
    Column("cause_kind", String, nullable=False),
    Column("cause_id", String, nullable=False),
    Column("pseudonym", String),
    Column("meeting", String),
    Column("why_withdrawn", SealedText),
    # Each change the school must know makes the next version, and the next item.
    Column("version", Integer, nullable=False, server_default="0"),
    Column("carried", Integer, nullable=False, server_default="0"),
    Column("escalated_to", String, nullable=False, server_default=""),
    Index(None, "school_id", "state", "due"),
    Index(None, "cause_kind", "cause_id"),
)

action_steps = Table(
    "action_steps",
    metadata,
    Column("id", String, primary_key=True),
    Column("action_id", String, ForeignKey("actions.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("at", Utc, nullable=False),
    Column("state", String, nullable=False),
    Column("on", Date),
    Column("by", String, nullable=False),
    Column("note", SealedText),
    # The school's own count of its words, so that their order is known whenever they come.
    Column("number", Integer, nullable=False, server_default="0"),
    Column("evidence", SealedText),
    # The digest of the message that brought it: the same word twice is one step.
    Column("digest", String),
    UniqueConstraint("action_id", "position"),
    UniqueConstraint("action_id", "digest"),
)
