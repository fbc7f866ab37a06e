"""Schools' computers are told of their meetings, and names go when their days are over."""

from __future__ import annotations

from datetime import date, timedelta

from linkwork.wire import MeetingItem
from linkwork_hub.access import store as access
from linkwork_hub.db import Database, Scope, Tx
from linkwork_hub.feeds import store as feeds
from linkwork_hub.feeds.models import IssueKeys
from linkwork_hub.meetings import list_store, pack, store
from linkwork_hub.meetings.kinds import MeetingRules
from linkwork_hub.meetings.models import Meeting, Status

_SYSTEM = Scope.system()
_STANDS = (Status.PLANNED, Status.HELD)
#: So far back a change of a meeting is still told: the days of its names may not be over.
_BACK = timedelta(days=60)


def names_window(scope: Scope, db: Tx, one: Meeting) -> tuple[date, date]:
    """The first and the last day on which names may stand in the pack of a meeting."""
    day = one.half_day.day
    days = access.school_days(scope, db, one.school_id, day - pack.AROUND, day + pack.AROUND)
    return pack.days_of_names(day, days)


def names_stand(scope: Scope, db: Tx, one: Meeting) -> bool:
    """Whether names may be read in the pack of a meeting today: it stands, and it is near."""
    first, last = names_window(scope, db, one)
    return one.status in _STANDS and first <= db.today <= last


def tell_schools(database: Database, rules: MeetingRules, issuer: IssueKeys) -> int:
    """Send word of every meeting that changed since its school was told; how many were.

    Only of meetings whose agenda talks of pupils: a list of names may be for them. Any number of
    processes may do so at once: each meeting is looked at again in its own transaction.
    """
    kinds = [one.id for one in rules.types if any(part.fill == "emerging" for part in one.agenda)]
    with database.read() as db:
        waiting = list_store.untold(_SYSTEM, db, db.today - _BACK, kinds)
    told = 0
    for ident in waiting:
        with database.write() as db:
            told += _tell(db, rules, issuer, ident)
    return told


def _tell(db: Tx, rules: MeetingRules, issuer: IssueKeys, meeting_id: str) -> bool:
    one = store.meeting(_SYSTEM, db, meeting_id)
    known = list_store.telling(_SYSTEM, db, meeting_id)
    if one is None or (known is not None and known[0] == one.sequence):
        return False
    first, last = names_window(_SYSTEM, db, one)
    item = MeetingItem(
        meeting_id=meeting_id,
        meeting=rules.kind(one.kind).name,
        day=one.half_day.day,
        names_from=first,
        names_through=last,
        state="planned" if one.status in _STANDS else "called-off",
        version=one.sequence,
    )
    name = f"{meeting_id}-{one.sequence}"
    feeds.issue(_SYSTEM, db, one.school_id, "meeting", item, issuer, name)
    list_store.set_told(_SYSTEM, db, meeting_id, one.sequence, (first, last))
    return True


def forget_names(scope: Scope, db: Tx) -> int:
    """Names whose days are over, or whose meeting was called off, go for good; how many."""
    gone = 0
    for ident in list_store.with_names(scope, db):
        one = store.meeting(scope, db, ident)
        if one is None or one.status not in _STANDS or db.today > names_window(scope, db, one)[1]:
            names = list_store.forget_names(scope, db, ident)
            access.audit(scope, db, "names of a list went", "meeting", ident, f"pupils: {names}")
            gone += names
    return gone
