"""The tables of referrals. Names, addresses and free text are sealed columns."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
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


def _school(*, key: bool = False) -> Column[str]:
    return Column("school_id", String, ForeignKey("schools.id"), primary_key=key, nullable=False)


#: One row a collection applied; the digest of its bytes makes applying it again a no-op.
summaries = Table(
    "summaries",
    metadata,
    _school(key=True),
    Column("digest", String, primary_key=True),
    Column("as_of", Date, nullable=False),
    Column("read_at", Utc, nullable=False),
    Column("policy", String, nullable=False),
    Column("notices", Integer, nullable=False),
)

#: A pupil to consider. The columns from `statutory` to `sessions` order the list.
candidates = Table(
    "candidates",
    metadata,
    Column("id", String, primary_key=True),
    _school(),
    Column("pseudonym", String, nullable=False),
    Column("state", String, nullable=False),
    Column("basis", String, nullable=False),
    Column("statutory", Boolean, nullable=False),
    Column("severe", Boolean, nullable=False),
    Column("sessions", Integer, nullable=False),
    Column("trigger", String, nullable=False),
    Column("status", String, nullable=False),
    Column("first", Date, nullable=False),
    Column("last", Date, nullable=False),
    Column("reason", String, nullable=False),
    Column("year_group", String),
    Column("opened", Utc, nullable=False),
    Column("changed", Utc, nullable=False),
    # The sessions counted when no further action was decided: twice as many bring it back.
    Column("settled_sessions", Integer),
    Index(None, "school_id", "pseudonym"),
    Index(None, "school_id", "state", "basis", "trigger"),
    Index(None, "state", "basis", "statutory", "severe", "sessions"),
)

#: A spell of absence, as its last notice said. An id is the agent's own: unique in its school.
episodes = Table(
    "episodes",
    metadata,
    _school(key=True),
    Column("id", String, primary_key=True),
    Column("candidate_id", String, ForeignKey("candidates.id"), nullable=False, index=True),
    Column("pseudonym", String, nullable=False),
    Column("trigger", String, nullable=False),
    Column("statutory", Boolean, nullable=False),
    Column("state", String, nullable=False),
    Column("status", String, nullable=False),
    Column("age", String, nullable=False),
    Column("value", Integer, nullable=False),
    Column("threshold", Integer, nullable=False),
    Column("unit", String, nullable=False),
    Column("possible", Integer, nullable=False),
    Column("first", Date, nullable=False),
    Column("last", Date, nullable=False),
    Column("ended", Date),
    Column("at_least", Integer, nullable=False),
    Column("at_most", Integer, nullable=False),
    Column("year_group", String),
    Column("marks", JSON, nullable=False),
    # Marks it counted before and that are other ones now; null before the first of them.
    Column("corrections", JSON),
    Column("updated", Utc, nullable=False),
    # Counted sessions whose mark may not stand; null where the school's agent is of before that.
    Column("unsettled", JSON),
    # The day on which the school declared it, and its reason; null where the marks say it.
    Column("declared", Date),
    Column("declared_why", SealedText),
)

candidate_events = Table(
    "candidate_events",
    metadata,
    Column("id", String, primary_key=True),
    Column("candidate_id", String, ForeignKey("candidates.id"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("at", Utc, nullable=False),
    Column("what", String, nullable=False),
    Column("who", String, nullable=False),
    Column("note", SealedText),
    UniqueConstraint("candidate_id", "position"),
)


def _identities(name: str) -> Table:
    return Table(
        name,
        metadata,
        Column("id", String, primary_key=True),
        _school(),
        Column("pseudonym", String, nullable=False),
        Column("basis", String, nullable=False),
        Column("basis_id", String, nullable=False),
        Column("since", Date, nullable=False),
        Column("pupil_id", SealedText),
        Column("upn", SealedText),
        Column("surname", SealedText),
        Column("forename", SealedText),
        Column("date_of_birth", SealedText),
        Column("address", SealedText),
        Column("contacts", SealedText),
        Column("contacts_unavailable", Boolean, nullable=False),
        UniqueConstraint("school_id", "pseudonym"),
    )


#: Who a pseudonym is. A row exists only by a basis: a statutory return or a referral.
identities = _identities("identities")

#: Who the pupil of a sickness return is: for those who read these, and for no officer's list.
sickness_identities = _identities("sickness_identities")

#: Sickness returns, one an episode of the agent's: kept apart from every candidate.
sickness_returns = Table(
    "sickness_returns",
    metadata,
    Column("id", String, primary_key=True),
    _school(),
    Column("pseudonym", String, nullable=False),
    Column("episode", String, nullable=False),
    Column("state", String, nullable=False),
    Column("standing", String, nullable=False),
    Column("value", Integer, nullable=False),
    Column("threshold", Integer, nullable=False),
    Column("first", Date, nullable=False),
    Column("last", Date, nullable=False),
    Column("year_group", String),
    Column("declared", Date),
    Column("declared_why", SealedText),
    Column("policy", String, nullable=False),
    Column("released_by", String, nullable=False),
    Column("received", Utc, nullable=False),
    UniqueConstraint("school_id", "episode"),
    Index(None, "state", "received"),
)

sickness_events = Table(
    "sickness_events",
    metadata,
    Column("id", String, primary_key=True),
    Column("sickness_id", String, ForeignKey("sickness_returns.id"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("at", Utc, nullable=False),
    Column("what", String, nullable=False),
    Column("who", String, nullable=False),
    Column("note", SealedText),
    UniqueConstraint("sickness_id", "position"),
)

#: What was asked of a school. Its id is also the id of the item on its way there.
requests = Table(
    "requests",
    metadata,
    Column("id", String, primary_key=True),
    Column("candidate_id", String, ForeignKey("candidates.id"), nullable=False, index=True),
    _school(),
    Column("asks", String, nullable=False),
    Column("asked_by", String, nullable=False),
    Column("asked_on", Date, nullable=False),
    Column("due", Date),
    Column("message", SealedText),
    Column("answered_on", Date),
    Column("answer", SealedText),
    Index(None, "school_id", "answered_on"),
)

referrals = Table(
    "referrals",
    metadata,
    Column("id", String, primary_key=True),
    _school(),
    Column("sent_id", String, nullable=False),
    Column("candidate_id", String, ForeignKey("candidates.id"), nullable=False, index=True),
    Column("pseudonym", String, nullable=False),
    Column("request_id", String),
    Column("made_by", String, nullable=False),
    Column("reason", SealedText),
    Column("marks", JSON, nullable=False),
    Column("received", Utc, nullable=False),
    Column("state", String, nullable=False),
    Column("decided_on", Date),
    Column("decided_by", String, nullable=False),
    Column("decision_reason", SealedText),
    # What is asked for, null for a referral, and the sessions a penalty notice would count.
    Column("door", String),
    Column("counted", JSON),
    UniqueConstraint("school_id", "sent_id"),
    Index(None, "state", "received"),
)

referral_evidence = Table(
    "referral_evidence",
    metadata,
    Column("id", String, primary_key=True),
    Column("referral_id", String, ForeignKey("referrals.id"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("item", String, nullable=False),
    Column("done", Date),
    Column("by", String),
    Column("note", SealedText),
)

returns = Table(
    "returns",
    metadata,
    Column("id", String, primary_key=True),
    _school(),
    Column("sent_id", String, nullable=False),
    Column("first", Date, nullable=False),
    Column("last", Date, nullable=False),
    Column("pupils", Integer, nullable=False),
    Column("policy", String, nullable=False),
    Column("released_by", String, nullable=False),
    Column("received", Utc, nullable=False),
    UniqueConstraint("school_id", "sent_id"),
    Index(None, "last"),
)

return_pupils = Table(
    "return_pupils",
    metadata,
    Column("return_id", String, ForeignKey("returns.id"), primary_key=True),
    Column("episode_id", String, primary_key=True),
    Column("candidate_id", String, ForeignKey("candidates.id"), nullable=False),
    Column("reason", String, nullable=False),
)

#: Whether the duty of an interval was done. What comes later makes a new version; all stay.
return_records = Table(
    "return_records",
    metadata,
    Column("id", String, primary_key=True),
    _school(),
    Column("first", Date, nullable=False),
    Column("last", Date, nullable=False),
    Column("version", Integer, nullable=False),
    Column("policy", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("pupils", Integer, nullable=False),
    Column("school_days", Integer, nullable=False),
    Column("missing", JSON, nullable=False),
    Column("return_ids", JSON, nullable=False),
    Column("released_by", String, nullable=False),
    Column("discharged", Utc),
    Column("receipt", String),
    Column("recorded", Utc, nullable=False),
    UniqueConstraint("school_id", "first", "last", "version"),
    Index(None, "last"),
)
