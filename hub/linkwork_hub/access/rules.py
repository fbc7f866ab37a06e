"""Decisions about school days, facts in force, sign-in delays and the audit chain."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import cache

from linkwork import terms as calendar
from linkwork.errors import Refused
from linkwork_hub.access.models import AuditEntry, SchoolFacts, Term

IDLE = timedelta(minutes=20)
ABSOLUTE = timedelta(hours=10)
#: Tries that cost nothing; then the wait doubles from one second up to a quarter of an hour.
FREE_TRIES, LONGEST_WAIT = 3, timedelta(minutes=15)
#: The same for one account over all addresses. The longest is short: a stranger who keeps trying
#: slows its owner down at a new address, and must never keep them out for good.
ACCOUNT_FREE_TRIES, ACCOUNT_LONGEST_WAIT = 10, timedelta(minutes=1)


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


def in_force(terms: Iterable[Term], school_id: str | None) -> list[Term]:
    """The entries that hold for one school, in their order; None = for a school without its own."""
    entries = [term for term in terms if term.school_id in (None, school_id)]
    return calendar.in_force(entries, lambda term: term.school_id is not None)


def school_days(terms: Iterable[Term], first: date, last: date) -> list[date]:
    """The days of `first`..`last` (inclusive) on which a school with these terms is open.

    `terms` holds the general entries and that one school's own; `in_force` says which hold.
    """
    entries = list(terms)
    owner = next((term.school_id for term in entries if term.school_id is not None), None)
    return open_days(in_force(entries, owner), first, last)


def open_days(kept: Sequence[Term], first: date, last: date) -> list[date]:
    """The days of `first`..`last` (inclusive) inside a term and in nothing else; all in force."""
    inside = {day for term in kept if term.kind == "term" for day in _days(term, first, last)}
    closed = {day for term in kept if term.kind != "term" for day in _days(term, first, last)}
    return sorted(
        day for day in inside - closed if day.weekday() < 5 and day not in bank_holidays(day.year)
    )


def next_open_day(terms: Iterable[Term], first: date) -> date:
    """The first open day of a school from `first` on, looking over a summer holiday.

    Where no term is known that far on: the first weekday that is no bank holiday and lies in no
    break or closure.
    """
    entries = list(terms)
    owner = next((term.school_id for term in entries if term.school_id is not None), None)
    known = in_force(entries, owner)
    ahead = first + timedelta(days=70)
    opened = open_days(known, first, ahead)
    if not opened:
        whole = Term("", "any", "term", first, ahead)
        breaks = [term for term in known if term.kind != "term"]
        opened = open_days([whole, *breaks], first, ahead)
    return opened[0] if opened else first


def _days(term: Term, first: date, last: date) -> Iterable[date]:
    start, end = max(term.first, first), min(term.last, last)
    return (start + timedelta(days=n) for n in range((end - start).days + 1))


def check_new_link(before: str | None, after: str, why: str) -> None:
    """Raises Refused when a school would go from one link officer to another without a reason."""
    if before is not None and before != after and not why:
        raise Refused("Write why the school changes its link officer: the reason is kept.")


def session_over(started: datetime, seen: datetime, now: datetime) -> bool:
    """Whether a session has been idle, or open at all, for too long."""
    return now - seen >= IDLE or now - started >= ABSOLUTE


def wait_after(failures: int) -> timedelta:
    """How long an account stays shut for one address after this many failed tries in a row."""
    return _doubling(failures - FREE_TRIES, LONGEST_WAIT)


def account_wait_after(failures: int) -> timedelta:
    """How long an account stays shut for new addresses after so many failed tries at any."""
    return _doubling(failures - ACCOUNT_FREE_TRIES, ACCOUNT_LONGEST_WAIT)


def _doubling(beyond: int, longest: timedelta) -> timedelta:
    if beyond < 0:
        return timedelta()
    return min(timedelta(seconds=2 ** min(beyond, 20)), longest)


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
