"""A feed judged: its lateness and problems by the school's own days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from linkwork_hub.access import store as access
from linkwork_hub.db import Scope, Tx
from linkwork_hub.feeds import rules, store
from linkwork_hub.feeds.models import Feed, Lateness

_LOOK_BACK = timedelta(days=70)


@dataclass(frozen=True, slots=True)
class Standing:
    """One school's feed with what the hub team should know of it."""

    feed: Feed
    late: Lateness
    state: str
    problems: tuple[str, ...]


def standings(scope: Scope, db: Tx) -> list[Standing]:
    """Every school within reach: those with problems first, then by name."""
    found = store.feeds(scope, db)
    days = access.school_days_of(
        scope, db, [feed.school_id for feed in found], db.today - _LOOK_BACK, db.today
    )
    judged = [_judged(db, feed, days[feed.school_id]) for feed in found]
    return sorted(judged, key=lambda one: (not one.problems, one.feed.name.casefold()))


def judge(scope: Scope, db: Tx, feed: Feed) -> Standing:
    """One feed against the school's days of the last ten weeks."""
    days = access.school_days(scope, db, feed.school_id, db.today - _LOOK_BACK, db.today)
    return _judged(db, feed, days)


def _judged(db: Tx, feed: Feed, days: Sequence[date]) -> Standing:
    known = days or rules.weekdays(db.today - _LOOK_BACK, db.today)
    late = rules.lateness(feed.as_of, known, db.today)
    problems = rules.problems(feed, late, db.now)
    return Standing(feed, late, rules.state_words(feed), tuple(problems))
