"""The table of additional costs: only ever added to, a correction is a credit."""

from __future__ import annotations

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, String, Table

from linkwork_hub.db import SealedText, Utc, metadata

additional_costs = Table(
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
