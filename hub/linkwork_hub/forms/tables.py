"""The tables of papers with a family. What they say, and whom they name, is sealed."""

from __future__ import annotations

from sqlalchemy import Column, Date, ForeignKey, Integer, String, Table, UniqueConstraint

from linkwork_hub.append_only import append_only
from linkwork_hub.db import SealedText, Utc, metadata

forms = Table(
    "forms",
    metadata,
    Column("id", String, primary_key=True),
    Column("number", String, nullable=False, unique=True),
    Column("case_id", String, ForeignKey("cases.id"), nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("ended", Date),
    Column("ended_how", SealedText),
)

form_versions = append_only(
    Table(
        "form_versions",
        metadata,
        Column("id", String, primary_key=True),
        Column("form_id", String, ForeignKey("forms.id"), nullable=False),
        Column("number", Integer, nullable=False),
        Column("body", SealedText, nullable=False),
        Column("digest", String, nullable=False),
        Column("written_by", String, nullable=False),
        Column("written", Utc, nullable=False),
        UniqueConstraint("form_id", "number"),
    )
)

#: What signatories said, in the order it was recorded: the last word of each stands.
form_signatures = append_only(
    Table(
        "form_signatures",
        metadata,
        Column("id", String, primary_key=True),
        Column("form_id", String, ForeignKey("forms.id"), nullable=False),
        Column("version", Integer, nullable=False),
        Column("signatory", Integer, nullable=False),
        Column("position", Integer, nullable=False),
        Column("said", String, nullable=False),
        Column("on", Date, nullable=False),
        Column("note", SealedText, nullable=False),
        Column("recorded_by", String, nullable=False),
        Column("recorded", Utc, nullable=False),
        UniqueConstraint("form_id", "position"),
    )
)
