"""The tables of people, schools, calendars and the audit trail."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Integer,
    String,
    Table,
    UniqueConstraint,
)

from linkwork_hub.db import Utc, metadata

people = Table(
    "people",
    metadata,
    Column("id", String, primary_key=True),
    Column("email", String, nullable=False, unique=True),
    Column("name", String, nullable=False),
    Column("role", String, nullable=False),
    Column("password", String, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("days", JSON, nullable=False),
    Column("created", Utc, nullable=False),
)

schools = Table(
    "schools",
    metadata,
    Column("id", String, primary_key=True),
    Column("created", Utc, nullable=False),
)

# What is true of a school from a day on. An academy conversion is a new row, not a new school.
school_facts = Table(
    "school_facts",
    metadata,
    Column("id", String, primary_key=True),
    Column("school_id", ForeignKey("schools.id"), nullable=False),
    Column("from_day", Date, nullable=False),
    Column("urn", String, nullable=False, index=True),
    Column("laestab", String),
    Column("name", String, nullable=False),
    Column("school_type", String, nullable=False),
    Column("phase", String, nullable=False),
    Column("trust", String),
    Column("payer", String),
    Column("roll", Integer),
    Column("roll_date", Date),
    Column("latitude", Float),
    Column("longitude", Float),
    UniqueConstraint("school_id", "from_day"),
)

person_schools = Table(
    "person_schools",
    metadata,
    Column("person_id", ForeignKey("people.id"), primary_key=True),
    Column("school_id", ForeignKey("schools.id"), primary_key=True),
)

link_officers = Table(
    "link_officers",
    metadata,
    Column("id", String, primary_key=True),
    Column("school_id", ForeignKey("schools.id"), nullable=False, index=True),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("first", Date, nullable=False),
    Column("last", Date),
)

sessions = Table(
    "sessions",
    metadata,
    Column("digest", String, primary_key=True),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("started", Utc, nullable=False),
    Column("seen", Utc, nullable=False),
    Column("ended", Utc),
)

# Tries to sign in: one row per account, per account and address, and per address where an
# account's owner is known (no failures); all only as keyed digests.
sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("key", String, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("wait_until", Utc, nullable=False),
)

# Terms and the days taken out of them; without a school they hold for every school.
terms = Table(
    "terms",
    metadata,
    Column("id", String, primary_key=True),
    Column("school_id", ForeignKey("schools.id"), index=True),
    Column("name", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("first", Date, nullable=False),
    Column("last", Date, nullable=False),
)

# When a school likes to be visited: half days such as "tue-am". No row: any half day.
school_preferences = Table(
    "school_preferences",
    metadata,
    Column("school_id", ForeignKey("schools.id"), primary_key=True),
    Column("slot", String, primary_key=True),
)

# Who answers for the service on a day of term. Reaches every school on that day.
duty_days = Table(
    "duty_days",
    metadata,
    Column("day", Date, primary_key=True),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("set_by", String, nullable=False),
    Column("at", Utc, nullable=False),
)

# What is true of somebody of the service from a day on, such as that they are experienced.
staff_marks = Table(
    "staff_marks",
    metadata,
    Column("id", String, primary_key=True),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("mark", String, nullable=False),
    Column("first", Date, nullable=False),
    Column("last", Date),
    Column("set_by", String, nullable=False),
    Column("at", Utc, nullable=False),
)

# Only ever added to. Each row's digest covers the row before, so a change or a gap shows.
audit = Table(
    "audit",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Utc, nullable=False),
    Column("role", String, nullable=False),
    Column("person_id", String),
    Column("what", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("record_id", String, nullable=False),
    Column("why", String, nullable=False),
    Column("digest", String, nullable=False),
)

# The newest number and digest: locked while adding, and what a cut tail is found by.
audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, nullable=False),
    Column("digest", String, nullable=False),
)
