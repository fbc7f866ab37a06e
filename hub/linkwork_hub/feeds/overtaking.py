"""Whether what comes to be read has been overtaken by what was said after it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, bindparam, select, tuple_

from linkwork_hub.db import Scope, Tx
from linkwork_hub.feeds import tables

_FEED, _AGENTS, _FIRST = tables.inbox, tables.agents, tables.agents.alias()
#: Statements are built once: each message asks these.
_APPLIED = (_FEED.c.stream == "feed", _FEED.c.applied.is_not(None))
_LATER = (
    select(_FEED.c.id)
    .where(_FEED.c.agent_id == bindparam("of_agent"), *_APPLIED)
    .where(tuple_(_FEED.c.epoch, _FEED.c.seq) > tuple_(bindparam("of_epoch"), bindparam("of_seq")))
    .limit(1)
)
#: What an agent said that joined the same school after this one.
_FOLLOWED = (
    select(_FEED.c.id)
    .join(_AGENTS, _AGENTS.c.id == _FEED.c.agent_id)
    .join(_FIRST, _FIRST.c.school_id == _AGENTS.c.school_id)
    .where(_FIRST.c.id == bindparam("of_agent"), _AGENTS.c.created > _FIRST.c.created)
    .where(*_APPLIED)
    .limit(1)
)


def overtaken(scope: Scope, db: Tx, row: Row[Any]) -> bool:
    """Whether a later message of the school's feed took effect before this one.

    Later is a higher number of the same agent, and all that an agent says that joined after it.
    """
    scope.require(row.school_id)
    if row.stream != "feed":
        return False
    values = {"of_agent": row.agent_id, "of_epoch": row.epoch, "of_seq": row.seq}
    if db.first(_LATER, values) is not None:
        return True
    return db.first(_FOLLOWED, {"of_agent": row.agent_id}) is not None
