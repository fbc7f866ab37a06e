"""The SQL that clears away what is only a sign of life: nothing of a feed is ever touched."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select, update

from linkwork_hub.db import Scope, Tx
from linkwork_hub.feeds import tables
from linkwork_hub.feeds.joining import FORMER_KEY_LIFE
from linkwork_hub.feeds.models import AgentState

#: How long a settled sign of life or acknowledgement is kept as it came.
KEPT = timedelta(days=30)


def clear_signs(scope: Scope, db: Tx) -> tuple[int, int]:
    """Empty settled unnumbered messages after 30 days, and delete those nobody can play again.

    How many were emptied and how many deleted. An emptied one keeps its digest, so that the same
    message played again is still known for a double. It can go when the key that signed it is no
    longer taken: its agent has had another for as long as the one before is good, or is revoked.
    """
    table = tables.inbox
    old = (
        scope.where(table.c.school_id),
        table.c.stream == "control",
        table.c.received < db.now - KEPT,
        or_(table.c.applied.is_not(None), table.c.refused.is_not(None)),
    )
    gone = 0
    for agent_id, before in _unplayable(db):
        theirs = (*old, table.c.agent_id == agent_id, table.c.received < before)
        gone += db.execute(delete(table).where(*theirs)).rowcount
    full = (*old, table.c.envelope != b"")
    return db.execute(update(table).where(*full).values(envelope=b"")).rowcount, gone


def _unplayable(db: Tx) -> Iterator[tuple[str, datetime]]:
    """Each agent, and the moment before which no message of it would be kept a second time."""
    agents, former = tables.agents, tables.former_keys
    revoked = select(agents.c.id).where(agents.c.state == AgentState.REVOKED.value)
    for row in db.all(revoked):
        yield row.id, db.now
    ended = (
        select(former.c.agent_id, func.max(former.c.until).label("until"))
        .where(former.c.until <= db.now)
        .group_by(former.c.agent_id)
    )
    for row in db.all(ended):
        # What came before a key was followed was signed with it or an older one.
        yield row.agent_id, row.until - FORMER_KEY_LIFE
