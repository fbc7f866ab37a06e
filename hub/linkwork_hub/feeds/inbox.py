"""The SQL of arriving messages: kept as they came, claimed, settled, in order for each school."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, and_, exists, func, insert, or_, select, update

from linkwork.seal import Verified
from linkwork.wire import UNREAD, Header, RefusedMessage
from linkwork_hub.db import Scope, Tx
from linkwork_hub.feeds import tables
from linkwork_hub.feeds.models import Agent

LEASE = timedelta(minutes=1)
_SETTLED_SHOWN = timedelta(days=30)
_OPEN = and_(tables.inbox.c.applied.is_(None), tables.inbox.c.refused.is_(None))


class Marks(NamedTuple):
    """How far the newest epoch of an agent's feed is stored without gap, and settled."""

    epoch: int
    contiguous: int
    settled: int


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on one school's messages until another worker's fence is higher."""

    school_id: str
    fence: int


def place(header: Header) -> str:
    """What makes a message one: its number in the feed, or its id where it has none."""
    if header.stream == "feed":
        return f"feed/{header.epoch}/{header.seq}"
    return f"control/{header.message_id}"


def stored(scope: Scope, db: Tx, agent: Agent, header: Header) -> Row[Any] | None:
    """The message kept at a header's place: its `digest` and `received`."""
    scope.require(agent.school_id)
    table = tables.inbox
    here = (table.c.agent_id == agent.id, table.c.place == place(header))
    return db.first(select(table.c.digest, table.c.received).where(*here))


def keep(scope: Scope, db: Tx, agent: Agent, verified: Verified, envelope: bytes) -> None:
    """Store a message as it came, and move the feed's mark over every gap it closes."""
    scope.require(agent.school_id)
    header = verified.header
    row = {
        "id": db.new_id("msg"),
        "school_id": agent.school_id,
        "agent_id": agent.id,
        "place": place(header),
        "stream": header.stream,
        "epoch": header.epoch,
        "seq": header.seq,
        "message_id": header.message_id,
        "kind": header.kind,
        "digest": verified.digest,
        "envelope": envelope,
        "received": db.now,
    }
    db.execute(insert(tables.inbox), row)
    if header.stream == "feed":
        _advance(db, agent.id, header.epoch)


def marks(scope: Scope, db: Tx, agent: Agent) -> Marks:
    """Where the newest epoch of an agent's feed stands."""
    scope.require(agent.school_id)
    table, feed = tables.feed_marks, tables.inbox
    mark = db.first(
        select(table).where(table.c.agent_id == agent.id).order_by(table.c.epoch.desc()).limit(1)
    )
    if mark is None:
        return Marks(0, 0, 0)
    settled = db.execute(
        select(func.max(feed.c.seq)).where(
            feed.c.agent_id == agent.id, feed.c.stream == "feed", feed.c.epoch == mark.epoch, ~_OPEN
        )
    ).scalar()
    return Marks(mark.epoch, mark.contiguous, settled or 0)


def contiguous(scope: Scope, db: Tx, agent: Agent, epoch: int) -> int:
    """How far one epoch of an agent's feed is stored without gap."""
    scope.require(agent.school_id)
    table = tables.feed_marks
    mine = (table.c.agent_id == agent.id, table.c.epoch == epoch)
    row = db.first(select(table.c.contiguous).where(*mine))
    return row.contiguous if row else 0


def read_again(scope: Scope, db: Tx) -> int:
    """Let messages wait once more that were of a form this hub did not know; how many.

    For the start of a worker: it may be that of a newer version. What is still not known is
    refused again. Signs of life are left alone, for each says all there is.
    """
    table = tables.inbox
    mine = (scope.where(table.c.school_id), table.c.stream == "feed", is_unread())
    values = {"refused": None, "reason": "", "attempts": 0}
    return db.execute(update(table).where(*mine).values(values)).rowcount


def is_unread() -> ColumnElement[bool]:
    """Whether a message was refused because this hub was too old for it."""
    table = tables.inbox
    return and_(table.c.refused.is_not(None), table.c.reason.startswith(UNREAD))


def overtaken(scope: Scope, db: Tx, row: Row[Any]) -> bool:
    """Whether a later message of the same agent's feed took effect before this one."""
    scope.require(row.school_id)
    if row.stream != "feed":
        return False
    table = tables.inbox
    later = or_(table.c.epoch > row.epoch, and_(table.c.epoch == row.epoch, table.c.seq > row.seq))
    feed = (table.c.agent_id == row.agent_id, table.c.stream == "feed")
    query = select(table.c.id).where(*feed, later, table.c.applied.is_not(None)).limit(1)
    return db.first(query) is not None


def refusals(scope: Scope, db: Tx, agent: Agent) -> tuple[RefusedMessage, ...]:
    """What was refused of an agent's feed in the last 30 days, newest 50, oldest first.

    What waits for this hub's update is named for as long as it waits.
    """
    scope.require(agent.school_id)
    table = tables.inbox
    rows = db.all(
        select(table.c.epoch, table.c.seq, table.c.reason)
        .where(table.c.agent_id == agent.id, table.c.stream == "feed")
        .where(or_(table.c.refused > db.now - _SETTLED_SHOWN, is_unread()))
        .order_by(table.c.epoch.desc(), table.c.seq.desc())
        .limit(50)
    )
    return tuple(RefusedMessage(epoch=r.epoch, seq=r.seq, reason=r.reason) for r in rows[::-1])


def anything(scope: Scope, db: Tx) -> bool:
    """Whether a message, an enrolment or an item past its time waits for a worker."""
    items, joins = tables.downlink, tables.enrolments
    past = (items.c.expires <= db.now, items.c.acknowledged.is_(None), items.c.expired.is_(None))
    return any(
        db.first(query.limit(1)) is not None
        for query in (
            select(tables.inbox.c.id).where(_OPEN, scope.where(tables.inbox.c.school_id)),
            select(joins.c.digest).where(joins.c.state == "waiting"),
            select(items.c.id).where(*past),
        )
    )


def unapplied(scope: Scope, db: Tx) -> int:
    """How many messages are neither applied nor refused."""
    table = tables.inbox
    query = select(func.count()).select_from(table).where(_OPEN, scope.where(table.c.school_id))
    return int(db.execute(query).scalar_one())


def claim(scope: Scope, db: Tx, besides: Collection[str]) -> Claim | None:
    """Claim a school that has messages and no worker; None when there is none."""
    table, feed = tables.feed_claims, tables.inbox
    has_work = exists().where(feed.c.school_id == table.c.school_id, _OPEN)
    row = db.first(
        select(table)
        .where(scope.where(table.c.school_id), table.c.school_id.not_in(besides))
        .where(table.c.until <= db.now, has_work)
        .order_by(table.c.until, table.c.school_id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if row is None:
        return None
    values = {"fence": row.fence + 1, "until": db.now + LEASE}
    db.execute(update(table).where(table.c.school_id == row.school_id).values(values))
    return Claim(row.school_id, row.fence + 1)


def holds(scope: Scope, db: Tx, held: Claim) -> bool:
    """Whether the claim is still this worker's; extends its lease, and locks out another."""
    scope.require(held.school_id)
    table = tables.feed_claims
    mine = (table.c.school_id == held.school_id, table.c.fence == held.fence)
    return db.execute(update(table).where(*mine).values(until=db.now + LEASE)).rowcount == 1


def release(scope: Scope, db: Tx, held: Claim, *, until: datetime, stuck: str = "") -> None:
    """Give the claim back; nobody works on this school before `until`."""
    scope.require(held.school_id)
    table = tables.feed_claims
    mine = (table.c.school_id == held.school_id, table.c.fence == held.fence)
    db.execute(update(table).where(*mine).values(until=until, stuck=stuck))


def release_all(scope: Scope, db: Tx) -> None:
    """Give back what a worker that died still holds; what was put off keeps its time.

    A worker that lives after all finds out by its fence and applies nothing twice.
    """
    table = tables.feed_claims
    held = (scope.where(table.c.school_id), table.c.until > db.now, table.c.stuck == "")
    values = {"fence": table.c.fence + 1, "until": db.now}
    db.execute(update(table).where(*held).values(values))


def ready(scope: Scope, db: Tx, school_id: str, limit: int) -> list[str]:
    """The ids of messages to settle, in order: control first, then the feed up to its gap.

    An epoch that a newer one has followed is not waited for: what is missing of it was lost
    with the agent's old store.
    """
    scope.require(school_id)
    feed, table = tables.inbox, tables.feed_marks
    newest = (
        select(table.c.agent_id, func.max(table.c.epoch).label("epoch"))
        .group_by(table.c.agent_id)
        .subquery()
    )
    rows = db.all(
        select(feed.c.id)
        .join(tables.agents, tables.agents.c.id == feed.c.agent_id)
        .outerjoin(newest, newest.c.agent_id == feed.c.agent_id)
        .outerjoin(table, and_(table.c.agent_id == feed.c.agent_id, table.c.epoch == feed.c.epoch))
        .where(feed.c.school_id == school_id, _OPEN)
        .where(
            or_(
                feed.c.stream != "feed",
                feed.c.epoch < newest.c.epoch,
                feed.c.seq <= table.c.contiguous,
            )
        )
        .order_by(feed.c.stream, tables.agents.c.created, feed.c.epoch, feed.c.seq, feed.c.received)
        .limit(limit)
    )
    return [row.id for row in rows]


def begin(scope: Scope, db: Tx, message: str) -> int:
    """Count a try before it is made, so that one that ends the process counts too."""
    table = tables.inbox
    mine = (table.c.id == message, scope.where(table.c.school_id))
    db.execute(update(table).where(*mine).values(attempts=table.c.attempts + 1))
    return int(db.execute(select(table.c.attempts).where(*mine)).scalar_one())


def message(scope: Scope, db: Tx, message_id: str) -> Row[Any]:
    """One kept message, whole."""
    table = tables.inbox
    mine = (table.c.id == message_id, scope.where(table.c.school_id))
    return db.execute(select(table).where(*mine)).one()


def applied_before(scope: Scope, db: Tx, row: Row[Any]) -> bool:
    """Whether the same message of the school took effect under another number or key."""
    scope.require(row.school_id)
    table = tables.inbox
    same = (table.c.school_id == row.school_id, table.c.message_id == row.message_id)
    query = select(table.c.id).where(*same, table.c.id != row.id, table.c.applied.is_not(None))
    return db.first(query.limit(1)) is not None


def settle(scope: Scope, db: Tx, message: str, kind: str, refused: str = "") -> None:
    """Mark a message applied, or refused for a reason; it is never looked at again.

    `kind` is what its body turned out to be: on its way a message of the feed does not say.
    """
    table = tables.inbox
    mine = (table.c.id == message, scope.where(table.c.school_id))
    values = {"refused": db.now, "reason": refused[:300]} if refused else {"applied": db.now}
    db.execute(update(table).where(*mine).values(values | {"kind": kind}))


def _advance(db: Tx, agent_id: str, epoch: int) -> None:
    table, feed = tables.feed_marks, tables.inbox
    db.add_once(table, {"agent_id": agent_id, "epoch": epoch, "contiguous": 0})
    mine = (table.c.agent_id == agent_id, table.c.epoch == epoch)
    mark = int(db.execute(select(table.c.contiguous).where(*mine)).scalar_one())
    above = (feed.c.agent_id == agent_id, feed.c.stream == "feed", feed.c.epoch == epoch)
    query = select(feed.c.seq).where(*above, feed.c.seq > mark).order_by(feed.c.seq)
    reached = mark
    for row in db.execute(query):
        if row.seq != reached + 1:
            break
        reached = row.seq
    if reached > mark:
        db.execute(update(table).where(*mine).values(contiguous=reached))
