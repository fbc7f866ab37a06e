"""Word from a school of a meeting's record, applied. The same word twice changes nothing."""

from __future__ import annotations

from linkwork.errors import Refused
from linkwork.wire import RecordConfirmed
from linkwork_hub.access import store as access
from linkwork_hub.db import Scope, Tx
from linkwork_hub.feeds.models import ApplyContext
from linkwork_hub.meetings import record_store, store


def on_record_confirmed(scope: Scope, db: Tx, ctx: ApplyContext, message: RecordConfirmed) -> None:
    """The school confirms a version of a record. Raises Refused for one that is not its own."""
    known = store.meeting(scope, db, message.record_id)
    if known is None or known.school_id != ctx.school_id:
        raise Refused("This hub has no such meeting of this school. Ask for the records again.")
    by = f"{message.by}, on {message.on.isoformat()}"
    ident = known.meeting_id
    if record_store.confirm(scope, db, None, ident, message.digest, by, "agent"):
        access.audit(scope, db, "confirmed a record", "meeting", ident, by)
