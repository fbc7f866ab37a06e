"""The tables of billing. All but the last numbers given are only ever added to, by trigger."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
)

from linkwork_hub.append_only import append_only
from linkwork_hub.db import SealedText, Utc, metadata

additional_costs = append_only(
    Table(
        "additional_costs",
        metadata,
        Column("id", String, primary_key=True),
        Column("school_id", String, ForeignKey("schools.id"), nullable=False),
        Column("day", Date, nullable=False),
        Column("kind", String, nullable=False),
        # In somebody's own words, so it is kept as carefully as anything that could name a pupil.
        Column("what", SealedText, nullable=False),
        # A decimal as text: exact on both databases.
        Column("quantity", String, nullable=False),
        Column("unit_pence", Integer, nullable=False),
        Column("added_by", String, nullable=False),
        Column("added", Utc, nullable=False),
        Index(None, "school_id", "day"),
    )
)

# What is true of a customer from a day on. `ref` is what the authority calls it.
customers = append_only(
    Table(
        "customers",
        metadata,
        Column("ref", String, primary_key=True),
        Column("from_day", Date, primary_key=True),
        Column("version", Integer, primary_key=True),
        Column("name", String, nullable=False),
        Column("kind", String, nullable=False),
        Column("purchase_order", String, nullable=False),
        Column("cost_centre", String, nullable=False),
        Column("subjective", String, nullable=False),
        Column("added_by", String, nullable=False),
        Column("added", Utc, nullable=False),
    )
)

# Who pays for a school from a day on: every row of the newest day and version, by shares.
payers = append_only(
    Table(
        "payers",
        metadata,
        Column("school_id", String, ForeignKey("schools.id"), primary_key=True),
        Column("from_day", Date, primary_key=True),
        Column("version", Integer, primary_key=True),
        Column("ref", String, primary_key=True),
        Column("share", Integer, nullable=False),
        Column("added_by", String, nullable=False),
        Column("added", Utc, nullable=False),
    )
)

# What was bought from the price book, at the price of its day, with one explicit last day.
orders = append_only(
    Table(
        "orders",
        metadata,
        Column("id", String, primary_key=True),
        Column("item", String, nullable=False),
        Column("kind", String, nullable=False),
        Column("name", String, nullable=False),
        Column("unit", String, nullable=False),
        Column("day", Date, nullable=False, index=True),
        Column("quantity", String, nullable=False),
        Column("unit_pence", Integer, nullable=False),
        Column("surcharge_pence", Integer, nullable=False),
        Column("surcharge", String, nullable=False),
        Column("expires", Date, index=True),
        Column("note", SealedText),
        Column("ordered_by", String, nullable=False),
        Column("added", Utc, nullable=False),
    )
)

order_shares = append_only(
    Table(
        "order_shares",
        metadata,
        Column("order_id", String, ForeignKey("orders.id"), primary_key=True),
        Column("school_id", String, ForeignKey("schools.id"), primary_key=True),
        Column("position", Integer, nullable=False),
        Column("share", Integer, nullable=False),
        Index(None, "school_id"),
    )
)

order_events = append_only(
    Table(
        "order_events",
        metadata,
        Column("id", String, primary_key=True),
        Column("order_id", String, ForeignKey("orders.id"), nullable=False),
        Column("position", Integer, nullable=False),
        Column("day", Date, nullable=False),
        Column("kind", String, nullable=False),
        Column("quantity", String, nullable=False),
        Column("until", Date),
        Column("note", SealedText),
        Column("who", String, nullable=False),
        Column("at", Utc, nullable=False),
        UniqueConstraint("order_id", "position"),
    )
)

# The customer's facts are kept as they were on the day of issue.
documents = append_only(
    Table(
        "documents",
        metadata,
        Column("id", String, primary_key=True),
        Column("series", String, nullable=False),
        Column("number", Integer, nullable=False),
        Column("kind", String, nullable=False),
        Column("year", String, nullable=False, index=True),
        Column("part", String, nullable=False),
        Column("what", String, nullable=False),
        Column("payer", String, nullable=False, index=True),
        Column("customer", JSON, nullable=False),
        Column("issued", Date, nullable=False),
        Column("due", Date, nullable=False),
        Column("corrects", String, ForeignKey("documents.id")),
        Column("reason", SealedText),
        Column("net_pence", Integer, nullable=False),
        Column("vat_pence", Integer, nullable=False),
        Column("issued_by", String, nullable=False),
        Column("at", Utc, nullable=False),
        UniqueConstraint("series", "number"),
    )
)

# The ledger: one priced part of one cause for one payer, on one document.
charges = append_only(
    Table(
        "charges",
        metadata,
        Column("document_id", String, ForeignKey("documents.id"), primary_key=True),
        Column("position", Integer, primary_key=True),
        Column("school_id", String, ForeignKey("schools.id"), nullable=False),
        Column("year", String, nullable=False),
        Column("part", String, nullable=False),
        Column("unit", String, nullable=False),
        Column("payer", String, nullable=False),
        Column("kind", String, nullable=False),
        Column("item", String, nullable=False),
        Column("what", SealedText, nullable=False),
        Column("cause", JSON, nullable=False),
        Column("amount_pence", Integer, nullable=False),
        Column("vat_code", String, nullable=False),
        Column("vat_rate", Integer, nullable=False),
        Index(None, "year", "school_id"),
        Index(None, "school_id"),
    )
)

document_events = append_only(
    Table(
        "document_events",
        metadata,
        Column("id", String, primary_key=True),
        Column("document_id", String, ForeignKey("documents.id"), nullable=False),
        Column("position", Integer, nullable=False),
        Column("day", Date, nullable=False),
        Column("kind", String, nullable=False),
        Column("note", SealedText),
        Column("who", String, nullable=False),
        Column("at", Utc, nullable=False),
        UniqueConstraint("document_id", "position"),
    )
)

#: The last number given in each series; the only row here that changes.
document_numbers = Table(
    "document_numbers",
    metadata,
    Column("series", String, primary_key=True),
    Column("last", Integer, nullable=False),
)
