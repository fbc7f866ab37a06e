"""Word from a school of its meetings, applied. The same word twice changes nothing."""

from __future__ import annotations

from linkwork.errors import Refused
from linkwork.wire import MeetingList, RecordConfirmed, SameChild
from linkwork_hub.access import store as access
from linkwork_hub.actions import apply as actions
from linkwork_hub.db import Scope, Tx
from linkwork_hub.feeds.models import ApplyContext
from linkwork_hub.meetings import (
    family_store,
    group_store,
    list_store,
    record_store,
    store,
    telling,
)
from linkwork_hub.meetings.models import Status


def on_record_confirmed(scope: Scope, db: Tx, ctx: ApplyContext, message: RecordConfirmed) -> None:
    """The school confirms a version of a record. Raises Refused for one that is not its own."""
    known = store.meeting(scope, db, message.record_id)
    if known is None or known.school_id != ctx.school_id:
        raise Refused("This hub has no such meeting of this school. Ask for the records again.")
    by = f"{message.by}, on {message.on.isoformat()}"
    ident = known.meeting_id
    if record_store.confirm(scope, db, None, ident, message.digest, by, "agent"):
        access.audit(scope, db, "confirmed a record", "meeting", ident, by)


def on_meeting_list(scope: Scope, db: Tx, ctx: ApplyContext, message: MeetingList) -> None:
    """Keep whom a school names for one of its meetings, or forget them when it takes that back.

    Raises Refused for a meeting that is not its own, that was called off, or whose days of names
    are over: then no name is kept.
    """
    known = store.meeting(scope, db, message.meeting_id)
    if known is None or known.school_id != ctx.school_id:
        raise Refused("This hub has no such meeting of this school. No name was kept.")
    ident = known.meeting_id
    if message.withdrawn:
        list_store.withdraw(scope, db, message)
        access.audit(scope, db, "list taken back", "meeting", ident, message.released_by)
        return
    if known.status not in (Status.PLANNED, Status.HELD):
        raise Refused("The meeting was called off. No name was kept.")
    if db.today > telling.names_window(scope, db, known)[1]:
        raise Refused("The days on which names may be read for it are over. No name was kept.")
    named = [(one, ctx.open_identity(one.sealed_identity, one.pseudonym)) for one in message.pupils]
    list_store.keep(scope, db, message, named)
    way = "standing release" if message.standing else "for this meeting"
    why = f"{message.released_by}, {way}; pupils: {len(named)}"
    access.audit(scope, db, "list released", "meeting", ident, why)


def on_same_child(scope: Scope, db: Tx, ctx: ApplyContext, message: SameChild) -> None:
    """As the domains below have it; a child stands once on each list too."""
    actions.on_same_child(scope, db, ctx, message)
    list_store.relink(scope, db, ctx.school_id, message.was, message.now)
    group_store.relink(scope, db, ctx.school_id, message.was, message.now)
    family_store.relink(scope, db, ctx.school_id, message.was, message.now)
