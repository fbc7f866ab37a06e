"""Word from a school of what several domains hold, applied. The same word twice changes nothing."""

from __future__ import annotations

import hashlib

from linkwork.errors import Refused
from linkwork.wire import ActionProgress, SameChild
from linkwork_hub.access import store as access
from linkwork_hub.actions import store
from linkwork_hub.actions.models import ActionState, Shown
from linkwork_hub.cases import store as cases
from linkwork_hub.db import Scope, Tx
from linkwork_hub.feeds.models import ApplyContext
from linkwork_hub.referrals import store as referrals


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
        number=message.number,
        evidence=tuple(Shown(one.item, one.done, one.by or "") for one in message.evidence),
        digest=hashlib.sha256(message.to_bytes()).hexdigest(),
    )
    store.hear(scope, db, ctx.school_id, message.action_id, word)


def on_same_child(scope: Scope, db: Tx, ctx: ApplyContext, message: SameChild) -> None:
    """Put what this hub holds of a school's pupil under the pseudonym the pupil has now.

    Raises Refused for a pseudonym that only another school has sent. Nothing of another school is
    touched, whatever the message says.
    """
    was, now = message.was, message.now
    if referrals.of_another_school(scope, db, ctx.school_id, was):
        raise Refused("The pseudonym is that of a pupil of another school. Nothing was linked.")
    moved = (
        referrals.relink(scope, db, ctx.school_id, was, now)
        + cases.relink(scope, db, ctx.school_id, was, now)
        + store.relink(scope, db, ctx.school_id, was, now)
    )
    why = f"records: {moved}; before: {was}"
    access.audit(scope, db, "linked two pseudonyms of one child", "pupil", now, why)
