"""Word of an agreed action from a school, applied. The same word twice changes nothing."""

from __future__ import annotations

import hashlib

from linkwork.errors import Refused
from linkwork.wire import ActionProgress
from linkwork_hub.actions import store
from linkwork_hub.actions.models import ActionState
from linkwork_hub.db import Scope, Tx
from linkwork_hub.feeds.models import ApplyContext


def on_progress(scope: Scope, db: Tx, ctx: ApplyContext, message: ActionProgress) -> None:
    """Keep what the school says of an action. Raises Refused when the action is not its own."""
    known = store.action(scope, db, message.action_id)
    if known is None or known.school_id != ctx.school_id:
        raise Refused("This hub has no such action of this school. Ask for the actions again.")
    word = store.Word(
        state=ActionState(message.state),
        on=message.on,
        by=message.by,
        note=message.note,
        digest=hashlib.sha256(message.to_bytes()).hexdigest(),
    )
    store.hear(scope, db, ctx.school_id, message.action_id, word)
