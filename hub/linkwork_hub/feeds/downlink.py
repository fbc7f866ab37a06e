"""The SQL of what goes down to schools: issued, delivered until acknowledged, or expired."""

from __future__ import annotations

import base64
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, Update, bindparam, insert, select, update

from linkwork import seal
from linkwork.errors import Refused
from linkwork.wire import DownlinkItem, Header, SealedItem
from linkwork_hub.db import Scope, Tx
from linkwork_hub.feeds import tables
from linkwork_hub.feeds.agents import active_agent
from linkwork_hub.feeds.models import Agent, Delivery, IssueKeys

#: An answer carries so many items and bytes; the rest comes with the next.
MAX_ITEMS, MAX_BYTES = 32, 1 << 20

#: How long the text of what was acknowledged is kept for a school that is put back to a time
#: before: to a month before, and it may be silent for a month until that is seen. The policy is
#: kept until a newer one takes its place.
KEPT = timedelta(days=62)

_OPEN = (tables.downlink.c.acknowledged.is_(None), tables.downlink.c.expired.is_(None))
#: Acknowledged, and the text is still kept.
_ACKNOWLEDGED = (tables.downlink.c.acknowledged.is_not(None), tables.downlink.c.sealed.is_not(None))
_NO_TEXT: dict[str, Any] = {"body": None, "sealed": None}
#: Statements are built once: each call of a school asks these.
_OF_SCHOOL = tables.downlink.c.school_id == bindparam("of_school")
_GOOD = (tables.downlink.c.expires.is_(None)) | (tables.downlink.c.expires > bindparam("today"))
_NEXT = (
    select(
        tables.downlink.c.id,
        tables.downlink.c.kind,
        tables.downlink.c.sealed,
        tables.downlink.c.delivered,
    )
    .where(_OF_SCHOOL, tables.downlink.c.agent_id == bindparam("of_agent"), *_OPEN, _GOOD)
    # Without the policy and its key the agent can make nothing of the other items.
    .order_by(tables.downlink.c.kind != "policy", tables.downlink.c.issued, tables.downlink.c.id)
    .limit(MAX_ITEMS)
)
_NEWEST_ACKNOWLEDGED = (
    select(tables.downlink.c.id)
    .where(_OF_SCHOOL, *_ACKNOWLEDGED, _GOOD)
    # The reverse of the order in which items go: a school that has this one has those before it,
    # also when it acknowledged some of them again, together with this one.
    .order_by(
        tables.downlink.c.issued.desc(),
        tables.downlink.c.kind == "policy",
        tables.downlink.c.id.desc(),
    )
    .limit(1)
)


def issue(
    scope: Scope,
    db: Tx,
    school_id: str,
    kind: str,
    item: DownlinkItem,
    issuer: IssueKeys,
    item_id: str,
    *,
    expires: datetime | None = None,
) -> None:
    """Send an item to a school: sealed now, or when its agent is confirmed.

    The agent keeps one item an id, so a change of mind is a new item with a new `item_id`.
    Raises Refused when the id was used before.
    """
    scope.require(school_id)
    agent = active_agent(scope, db, school_id)
    body = item.to_bytes()
    row = {
        "id": item_id,
        "school_id": school_id,
        "kind": kind,
        "body": db.sealed(tables.downlink.c.body, item_id, body.decode()),
        "sealed": _seal(db, agent, kind, body, issuer, item_id) if agent else None,
        "agent_id": agent.id if agent else None,
        "issued": db.now,
        "expires": expires,
    }
    if db.first(select(tables.downlink.c.id).where(tables.downlink.c.id == item_id)):
        raise Refused(f"Item {item_id} was sent before. Give a changed item an id of its own.")
    db.execute(insert(tables.downlink), row)


def supersede(scope: Scope, db: Tx, school_id: str, kind: str) -> None:
    """Give up a school's items of a kind: a newer one takes their place."""
    scope.require(school_id)
    table = tables.downlink
    mine = (table.c.school_id == school_id, table.c.kind == kind)
    values = {"expired": db.now, **_NO_TEXT}
    db.execute(update(table).where(*mine, *_OPEN).values(values))
    db.execute(update(table).where(*mine, *_ACKNOWLEDGED).values(_NO_TEXT))


def reseal(scope: Scope, db: Tx, agent: Agent, issuer: IssueKeys) -> int:
    """Seal everything a school has not acknowledged to its new agent; how many items."""
    scope.require(agent.school_id)
    table = tables.downlink
    rows = db.all(select(table).where(table.c.school_id == agent.school_id, *_OPEN))
    for row in rows:
        values = _sealed_to(db, agent, row, issuer)
        db.execute(update(table).where(table.c.id == row.id).values(values))
    return len(rows)


def _sealed_to(db: Tx, agent: Agent, row: Row[Any], issuer: IssueKeys) -> dict[str, Any]:
    body = db.opened(tables.downlink.c.body, row.id, row.body) or ""
    sealed = _seal(db, agent, row.kind, body.encode(), issuer, row.id)
    return {"sealed": sealed, "agent_id": agent.id, "delivered": None}


def deliver(scope: Scope, db: Tx, agent: Agent) -> tuple[SealedItem, ...]:
    """What the next answer to an agent carries; each item again until it is acknowledged."""
    scope.require(agent.school_id)
    table = tables.downlink
    mine = {"of_school": agent.school_id, "of_agent": agent.id}
    rows = db.all(_NEXT, mine | {"today": db.now})
    items: list[SealedItem] = []
    size = 0
    for row in rows:
        size += len(row.sealed)
        if items and size > MAX_BYTES:
            break
        sealed = base64.b64encode(row.sealed).decode()
        items.append(SealedItem(id=row.id, kind=row.kind, sealed=sealed))
    fresh = [row.id for row in rows[: len(items)] if row.delivered is None]
    if fresh:
        db.execute(update(table).where(table.c.id.in_(fresh)).values(delivered=db.now))
    return tuple(items)


def acknowledge(scope: Scope, db: Tx, school_id: str, item_ids: Sequence[str]) -> None:
    """The school's agent keeps these items: they are sent no more, and their text goes later."""
    scope.require(school_id)
    table = tables.downlink
    mine = (table.c.school_id == school_id, table.c.id.in_(item_ids), *_OPEN)
    db.execute(update(table).where(*mine).values(acknowledged=db.now))


def newest_acknowledged(scope: Scope, db: Tx, school_id: str) -> str:
    """The newest item that was acknowledged and can be sent again; "" when none can."""
    scope.require(school_id)
    row = db.first(_NEWEST_ACKNOWLEDGED, {"of_school": school_id, "today": db.now})
    return row.id if row else ""


def send_again(
    scope: Scope, db: Tx, agent: Agent, kept: Collection[str], issuer: IssueKeys
) -> list[str]:
    """Open what was acknowledged and is not among the items `kept` at the school; their ids.

    For an agent whose store was put back, or is a new one. The agent takes each id once.
    """
    scope.require(agent.school_id)
    table = tables.downlink
    query = select(table).where(_OF_SCHOOL, *_ACKNOWLEDGED, _GOOD)
    rows = db.all(query, {"of_school": agent.school_id, "today": db.now})
    rows = [row for row in rows if row.id not in kept]
    for row in rows:
        values = {"acknowledged": None} | _sealed_to(db, agent, row, issuer)
        db.execute(update(table).where(table.c.id == row.id).values(values))
    return [row.id for row in rows]


def expire(scope: Scope, db: Tx) -> int:
    """Give up items whose time has passed unacknowledged; how many.

    The text of those acknowledged long ago goes with them.
    """
    forget, give_up = _past(scope)
    db.change(forget, {"long_ago": db.now - KEPT, **_NO_TEXT})
    return db.change(give_up, {"today": db.now, "expired": db.now, **_NO_TEXT})


@lru_cache
def _past(scope: Scope) -> tuple[Update, Update]:
    table = tables.downlink
    mine = update(table).where(scope.where(table.c.school_id))
    long_ago = (table.c.acknowledged <= bindparam("long_ago"), table.c.kind != "policy")
    return (
        mine.where(*long_ago, *_ACKNOWLEDGED),
        mine.where(table.c.expires <= bindparam("today"), *_OPEN),
    )


def delivery(scope: Scope, db: Tx, item_id: str) -> Delivery | None:
    """How far an item came; None when unknown or out of reach."""
    table = tables.downlink
    row = db.first(select(table).where(table.c.id == item_id, scope.where(table.c.school_id)))
    if row is None:
        return None
    moments = (row.issued, row.delivered, row.acknowledged, row.expired)
    return Delivery(row.id, row.kind, *moments, sealed=row.agent_id is not None)


def _seal(db: Tx, agent: Agent, kind: str, body: bytes, issuer: IssueKeys, item_id: str) -> bytes:
    header = Header(
        urn=agent.urn,
        stream="downlink",
        epoch=0,
        seq=0,
        message_id=item_id,
        recipient=seal.key_id(agent.seal_public),
        suite=seal.suite_of(agent.seal_public) or "",
        kind=kind,
        time=db.now,
    )
    return seal.seal(body, header, issuer.signer, agent.seal_public)
