"""The tables of cases. What people wrote in their own words is sealed."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
)

from linkwork_hub.db import SealedText, Utc, metadata

cases = Table(
    "cases",
    metadata,
    Column("id", String, primary_key=True),
    Column("ref", String, nullable=False, unique=True),
    Column("door", String, nullable=False),
    Column("school_id", String, ForeignKey("schools.id")),
    Column("pseudonym", String),
    Column("candidate_id", String, ForeignKey("candidates.id"), index=True),
    Column("referral_id", String, ForeignKey("referrals.id")),
    Column("officer_id", String, ForeignKey("people.id"), index=True),
    Column("opened", Date, nullable=False),
    Column("closed", Date),
    Column("void", Boolean, nullable=False),
    Column("step", String, nullable=False),
    Column("step_since", Date, nullable=False),
    Column("due", Date),
    Column("outcome", String),
    Column("predecessor", String),
    Index(None, "school_id", "opened"),
    Index(None, "closed", "due"),
)

case_events = Table(
    "case_events",
    metadata,
    Column("id", String, primary_key=True),
    Column("case_id", String, ForeignKey("cases.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("at", Utc, nullable=False),
    Column("on", Date, nullable=False),
    Column("kind", String, nullable=False),
    Column("what", String, nullable=False),
    Column("who", String, nullable=False),
    Column("note", SealedText),
    UniqueConstraint("case_id", "position"),
)

#: The last number given to a case reference in each year.
case_numbers = Table(
    "case_numbers",
    metadata,
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("last", Integer, nullable=False),
)
