"""The record of the duty to return: made when an interval is over, anew when a return is late."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

from linkwork_hub.access import store as access
from linkwork_hub.db import Scope, Tx
from linkwork_hub.referrals import rules, store
from linkwork_hub.referrals.models import Duty


def record_due(scope: Scope, db: Tx, *, interval: Literal["week", "month"], policy: str) -> int:
    """Record every interval that is over and has no record yet; how many were recorded.

    Counted from the first day a school was heard. Nothing is due without a school day; while a
    school's terms are not known, nothing can be said and its intervals wait.
    """
    ids = [school.id for school in access.schools(scope, db)]
    heard = store.first_heard(scope, db, ids)
    done = store.last_recorded(scope, db, ids)
    yesterday = db.today - timedelta(days=1)
    count = 0
    for school_id, since in heard.items():
        first = done[school_id] + timedelta(days=1) if school_id in done else since
        for span in rules.intervals(interval, first, yesterday):
            count += _record(scope, db, school_id, span, policy, 1)
    return count


def record_again(scope: Scope, db: Tx, school_id: str, first: date, last: date) -> None:
    """A return of these days came: intervals recorded before are looked at anew.

    A record is never changed: what is different now is kept as the next version beside it.
    """
    for known in store.standing_duties(scope, db, school_id, first, last):
        span = known.duty.first, known.duty.last
        _record(scope, db, school_id, span, known.duty.policy, known.version + 1, known.duty)


def _record(
    scope: Scope,
    db: Tx,
    school_id: str,
    span: tuple[date, date],
    policy: str,
    version: int,
    before: Duty | None = None,
) -> bool:
    days = access.school_days(scope, db, school_id, *span)
    made = store.returns_touching(scope, db, school_id, *span)
    duty = rules.duty(span, days, made, policy)
    if duty is None:
        return False
    if before is not None and (duty.outcome, duty.missing) == (before.outcome, before.missing):
        return False
    return store.keep_duty(scope, db, school_id, duty, version)
