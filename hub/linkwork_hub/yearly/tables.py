"""The tables of a school's year: summaries as they were issued, answers to the checklist."""

from __future__ import annotations

from sqlalchemy import Column, Date, ForeignKey, Index, String, Table

from linkwork_hub.append_only import append_only
from linkwork_hub.db import SealedText, Utc, metadata

#: Summaries. Nothing of one that was issued changes; a later one of the same days is one more.
summaries = append_only(
    Table(
        "year_summaries",
        metadata,
        Column("id", String, primary_key=True),
        Column("number", String, nullable=False, unique=True),
        Column("school_id", String, ForeignKey("schools.id"), nullable=False),
        Column("part", String, nullable=False),
        Column("name", String, nullable=False),
        Column("first", Date, nullable=False),
        Column("last", Date, nullable=False),
        Column("issued", Date, nullable=False),
        Column("issued_by", String, nullable=False),
        Column("body", SealedText, nullable=False),
        Index(None, "school_id", "first"),
    )
)

#: Answers to the checklist, in the order they were given: the last one of an item stands.
checklist_answers = append_only(
    Table(
        "checklist_answers",
        metadata,
        Column("id", String, primary_key=True),
        Column("school_id", String, ForeignKey("schools.id"), nullable=False),
        Column("year", String, nullable=False),
        Column("item", String, nullable=False),
        Column("said", String, nullable=False),
        Column("on", Date, nullable=False),
        Column("by", String, nullable=False),
        Column("evidence", SealedText, nullable=False),
        Column("at", Utc, nullable=False),
        Index(None, "school_id", "year"),
    )
)
