"""The tables of what is done at meetings: cases, cautions, families; of groups and queries."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Integer,
    String,
    Table,
    Time,
    UniqueConstraint,
)

from linkwork_hub.db import SealedText, Utc, metadata


def _meeting(*, primary_key: bool = False) -> Column[str]:
    return Column(
        "meeting_id",
        String,
        ForeignKey("meetings.id"),
        primary_key=primary_key,
        nullable=False,
        index=not primary_key,
    )


#: Which case a meeting is about, where it is about one.
meeting_cases = Table(
    "meeting_cases",
    metadata,
    _meeting(primary_key=True),
    Column("case_id", String, ForeignKey("cases.id"), nullable=False, index=True),
)

#: A caution at a meeting, or why none was given. Only ever added to; who was cautioned is sealed.
meeting_cautions = Table(
    "meeting_cautions",
    metadata,
    Column("id", String, primary_key=True),
    _meeting(),
    Column("given", Boolean, nullable=False),
    Column("subject", SealedText),
    Column("given_by", String, nullable=False),
    Column("given_at", Utc),
    Column("version", String, nullable=False),
    Column("understood", Boolean, nullable=False),
    Column("interpreter", SealedText),
    Column("why_not", SealedText),
    Column("written_by", String, nullable=False),
    Column("written_at", Utc, nullable=False),
)

#: When one officer sees one family on an Intervention Day, and what came of it.
family_slots = Table(
    "family_slots",
    metadata,
    Column("id", String, primary_key=True),
    _meeting(),
    Column("officer_id", String, ForeignKey("people.id"), nullable=False),
    Column("starts", Time, nullable=False),
    Column("ends", Time, nullable=False),
    # The pupil by pseudonym, the case where there is one: a name never.
    Column("pseudonym", String, nullable=False),
    Column("case_id", String, ForeignKey("cases.id")),
    Column("outcome", String, nullable=False),
    Column("note", SealedText),
    Column("set_by", String, nullable=False),
    Column("at", Utc, nullable=False),
    UniqueConstraint("meeting_id", "officer_id", "starts"),
)

#: A programme of group work with pupils of a school, and what it is measured by.
group_programmes = Table(
    "group_programmes",
    metadata,
    Column("id", String, primary_key=True),
    Column("school_id", String, ForeignKey("schools.id"), nullable=False, index=True),
    Column("officer_id", String, ForeignKey("people.id"), nullable=False),
    Column("kind", String, nullable=False),
    Column("measure", String, nullable=False),
    Column("first", Date, nullable=False),
    Column("last", Date, nullable=False),
    Column("about", SealedText),
    Column("closed", Date),
    Column("outcome", SealedText),
    Column("made_by", String, nullable=False),
    Column("at", Utc, nullable=False),
)

#: The sessions of a programme that were held, and how many pupils came.
group_sessions = Table(
    "group_sessions",
    metadata,
    Column("programme_id", String, ForeignKey("group_programmes.id"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("came", Integer, nullable=False),
    Column("written_by", String, nullable=False),
)

#: Who takes part, by pseudonym, with the measure before and after in whole units.
group_pupils = Table(
    "group_pupils",
    metadata,
    Column("programme_id", String, ForeignKey("group_programmes.id"), primary_key=True),
    Column("pseudonym", String, primary_key=True),
    Column("before", Integer),
    Column("after", Integer),
)

#: A question a school asks of the service, and who has it to answer.
queries = Table(
    "queries",
    metadata,
    Column("id", String, primary_key=True),
    Column("school_id", String, ForeignKey("schools.id"), nullable=False, index=True),
    Column("text", SealedText, nullable=False),
    Column("asked_by", String, nullable=False),
    Column("at", Utc, nullable=False),
    # Nobody while no officer is there and no duty officer either.
    Column("officer_id", String, ForeignKey("people.id"), index=True),
    Column("why", String, nullable=False),
    Column("answer", SealedText),
    Column("answered_by", String),
    Column("answered", Utc),
)
