"""Decisions about school days, facts in force, sign-in delays and the audit chain."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import cache

from linkwork_hub.access.models import AuditEntry, SchoolFacts, Term

IDLE = timedelta(minutes=20)
ABSOLUTE = timedelta(hours=10)
#: Tries that cost nothing; then the wait doubles from one second up to a quarter of an hour.
FREE_TRIES, LONGEST_WAIT = 3, timedelta(minutes=15)


def facts_in_force(facts: Sequence[SchoolFacts], day: date) -> SchoolFacts:
    """The newest facts that began by `day`; before the first, the first. `facts` not empty."""
    begun = [known for known in facts if known.from_day <= day]
    if begun:
        return max(begun, key=lambda known: known.from_day)
    return min(facts, key=lambda known: known.from_day)


@cache
def bank_holidays(year: int) -> frozenset[date]:
    """Bank holidays of England and Wales that fall on a working day."""
    import holidays

    return frozenset(
        day for day in holidays.country_holidays("GB", subdiv="ENG", years=year)
        if day.weekday() < 5
    )  # fmt: skip


def school_days(terms: Iterable[Term], first: date, last: date) -> list[date]:
    """The days of `first`..`last` (inclusive) on which a school with these terms is open.

    `terms` holds the general entries and the school's own. A term or half-term of the school's
    own replaces the general one of the same name; insets and closures add up.
    """
    entries = list(terms)
    own = {(term.kind, term.name) for term in entries if term.school_id is not None}
    kept = [
        term
        for term in entries
        if term.school_id is not None
        or term.kind not in ("term", "half-term")
        or (term.kind, term.name) not in own
    ]
    open_days = {day for term in kept if term.kind == "term" for day in _days(term, first, last)}
    closed = {day for term in kept if term.kind != "term" for day in _days(term, first, last)}
    return sorted(
        day
        for day in open_days - closed
        if day.weekday() < 5 and day not in bank_holidays(day.year)
    )


def _days(term: Term, first: date, last: date) -> Iterable[date]:
    start, end = max(term.first, first), min(term.last, last)
    return (start + timedelta(days=n) for n in range((end - start).days + 1))


def session_over(started: datetime, seen: datetime, now: datetime) -> bool:
    """Whether a session has been idle, or open at all, for too long."""
    return now - seen >= IDLE or now - started >= ABSOLUTE


def wait_after(failures: int) -> timedelta:
    """How long an account stays shut for one address after this many failed tries in a row."""
    if failures < FREE_TRIES:
        return timedelta()
    return min(timedelta(seconds=2 ** min(failures - FREE_TRIES, 20)), LONGEST_WAIT)


def audit_digest(previous: str, entry: AuditEntry) -> str:
    """The link of the chain: SHA-256 over the link before and everything in this entry."""
    body = [
        previous,
        entry.number,
        entry.at.isoformat(),
        entry.role,
        entry.person_id,
        entry.what,
        entry.kind,
        entry.record_id,
        entry.why,
    ]
    return hashlib.sha256(json.dumps(body, separators=(",", ":")).encode()).hexdigest()


def audit_break(entries: Iterable[AuditEntry], head_number: int, head_digest: str) -> int | None:
    """The number of the first entry that was changed, or is missing; None for a whole chain."""
    digest, number = "", 0
    for entry in entries:
        if entry.number != number + 1 or entry.digest != audit_digest(digest, entry):
            return number + 1
        number, digest = entry.number, entry.digest
    return None if (number, digest) == (head_number, head_digest) else number + 1
