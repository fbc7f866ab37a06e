"""The SQL of arriving messages: kept as they came, claimed, settled, in order for each school."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Executable,
    Row,
    Select,
    Update,
    and_,
    bindparam,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from linkwork.seal import Verified
from linkwork.wire import UNREAD, Header, RefusedMessage
from linkwork_hub.db import Scope, Tx
from linkwork_hub.feeds import tables
from linkwork_hub.feeds.models import Agent

LEASE = timedelta(minutes=1)
#: No claim lasts this long, and nothing is put off for as long: one that says so was made under a
#: clock that has been set since, and keeps nobody waiting.
_NEVER = timedelta(hours=2)
_SETTLED_SHOWN = timedelta(days=30)
#: An answer names so many refused messages.
_SHOWN = 50
_OPEN = and_(tables.inbox.c.applied.is_(None), tables.inbox.c.refused.is_(None))


_FEED, _MARKS, _CLAIMS = tables.inbox, tables.feed_marks, tables.feed_claims
#: Statements are built once: each message asks most of these.
_ADD = insert(_FEED)
_OF_AGENT = (_FEED.c.agent_id == bindparam("of_agent"), _FEED.c.stream == "feed")
_AT_PLACE = select(_FEED.c.digest, _FEED.c.received).where(
    _OF_AGENT[0], _FEED.c.place == bindparam("at_place")
)
# Not "applied" as well: SQLite would look through all that a school ever sent by that.
_SAME_MESSAGE = select(_FEED.c.id, _FEED.c.applied).where(
    _FEED.c.school_id == bindparam("of_school"), _FEED.c.message_id == bindparam("of_message")
)
#: Refused because this hub was too old for it.
_UNREAD = and_(_FEED.c.refused.is_not(None), _FEED.c.reason.startswith(UNREAD))
_REFUSALS = (
    select(_FEED.c.agent_id, _FEED.c.stream, _FEED.c.epoch, _FEED.c.seq, _FEED.c.reason)
    # By school, and not applied, which nothing is that was refused: so an index finds them among
    # all that was ever sent. Asked for an agent's feed, SQLite would look through all of that.
    .where(_FEED.c.school_id == bindparam("of_school"), _FEED.c.applied.is_(None))
    .where(_FEED.c.refused.is_not(None), or_(_FEED.c.refused > bindparam("since"), _UNREAD))
    .order_by(_FEED.c.epoch.desc(), _FEED.c.seq.desc())
)
_SETTLED = (
    select(func.max(_FEED.c.seq))
    .where(_FEED.c.agent_id == _MARKS.c.agent_id, _FEED.c.stream == "feed")
    .where(_FEED.c.epoch == _MARKS.c.epoch, ~_OPEN)
    .correlate(_MARKS)
    .scalar_subquery()
    .label("settled")
)
_NEWEST_MARK = (
    select(_MARKS.c.epoch, _MARKS.c.contiguous, _SETTLED)
    .where(_MARKS.c.agent_id == bindparam("of_agent"))
    .order_by(_MARKS.c.epoch.desc())
    .limit(1)
)
_OF_EPOCH = (
    _MARKS.c.agent_id == bindparam("of_agent"),
    _MARKS.c.epoch == bindparam("of_epoch"),
)
_MARK = select(_MARKS.c.contiguous).where(*_OF_EPOCH)
_MOVE_MARK = update(_MARKS).where(*_OF_EPOCH)
_ABOVE = (
    select(_FEED.c.seq)
    .where(*_OF_AGENT, _FEED.c.epoch == bindparam("of_epoch"), _FEED.c.seq > bindparam("mark"))
    .order_by(_FEED.c.seq)
)
_CLAIM = update(_CLAIMS).where(
    _CLAIMS.c.school_id == bindparam("of_school"), _CLAIMS.c.fence == bindparam("held")
)


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
    return db.first(_AT_PLACE, {"of_agent": agent.id, "at_place": place(header)})


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
    db.change(_ADD, row)
    if header.stream == "feed":
        _advance(db, agent.id, header.epoch)


def marks(scope: Scope, db: Tx, agent: Agent) -> Marks:
    """Where the newest epoch of an agent's feed stands."""
    scope.require(agent.school_id)
    row = db.first(_NEWEST_MARK, {"of_agent": agent.id})
    return Marks(row.epoch, row.contiguous, row.settled or 0) if row else Marks(0, 0, 0)


def contiguous(scope: Scope, db: Tx, agent: Agent, epoch: int) -> int:
    """How far one epoch of an agent's feed is stored without gap."""
    scope.require(agent.school_id)
    row = db.first(_MARK, {"of_agent": agent.id, "of_epoch": epoch})
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
    return _UNREAD


def refusals(scope: Scope, db: Tx, agent: Agent) -> tuple[RefusedMessage, ...]:
    """What was refused of an agent's feed in the last 30 days, newest 50, oldest first.

    What waits for this hub's update is named for as long as it waits.
    """
    scope.require(agent.school_id)
    mine = {"of_school": agent.school_id, "since": db.now - _SETTLED_SHOWN}
    rows = db.all(_REFUSALS, mine)
    said = [row for row in rows if row.agent_id == agent.id and row.stream == "feed"][:_SHOWN]
    return tuple(RefusedMessage(epoch=r.epoch, seq=r.seq, reason=r.reason) for r in said[::-1])


def anything(scope: Scope, db: Tx) -> bool:
    """Whether a message, an enrolment or an item past its time waits for a worker."""
    return any(db.first(query, {"today": db.now}) is not None for query in _anything(scope))


@lru_cache
def _anything(scope: Scope) -> tuple[Select[Any], ...]:
    items, joins, claims = tables.downlink, tables.enrolments, tables.feed_claims
    today: BindParameter[datetime] = bindparam("today")
    past = (items.c.expires <= today, items.c.acknowledged.is_(None), items.c.expired.is_(None))
    return (
        # By school: of all messages there ever were, an index finds those of one that wait.
        select(claims.c.school_id)
        .where(scope.where(claims.c.school_id))
        .where(exists().where(tables.inbox.c.school_id == claims.c.school_id, _OPEN))
        .limit(1),
        select(joins.c.digest).where(joins.c.state == "waiting").limit(1),
        select(items.c.id).where(*past).limit(1),
    )


def unapplied(scope: Scope, db: Tx) -> int:
    """How many messages are neither applied nor refused."""
    table = tables.inbox
    query = select(func.count()).select_from(table).where(_OPEN, scope.where(table.c.school_id))
    return int(db.execute(query).scalar_one())


def claim(
    scope: Scope, db: Tx, seen: Collection[str], began: datetime | None = None
) -> Claim | None:
    """Claim a school that has messages and no worker; None when there is none.

    `seen` are those claimed since the work `began` (now, if nothing is said): each once.
    """
    began = began or db.now
    # A claim that was given back since is not before `began`, unless the clock stood still.
    many = 1 if db.now > began else len(seen) + 1
    moments = {"began": began, "never": db.now + _NEVER}
    rows = db.all(_free(scope), moments | {"many": many})
    row = next((row for row in rows if row.school_id not in seen), None)
    if row is None:
        return None
    held = Claim(row.school_id, row.fence + 1)
    mine = {"of_school": row.school_id, "held": row.fence}
    db.change(_CLAIM, mine | {"fence": held.fence, "until": db.now + LEASE})
    return held


@lru_cache
def _free(scope: Scope) -> Select[Any]:
    table, feed = tables.feed_claims, tables.inbox
    has_work = exists().where(feed.c.school_id == table.c.school_id, _OPEN)
    return (
        select(table)
        .where(scope.where(table.c.school_id))
        .where(or_(table.c.until <= bindparam("began"), table.c.until > bindparam("never")))
        .where(has_work)
        .order_by(table.c.until, table.c.school_id)
        .limit(bindparam("many"))
        .with_for_update(skip_locked=True)
    )


def holds(scope: Scope, db: Tx, held: Claim) -> bool:
    """Whether the claim is still this worker's; extends its lease, and locks out another."""
    scope.require(held.school_id)
    mine = {"of_school": held.school_id, "held": held.fence}
    return db.change(_CLAIM, mine | {"until": db.now + LEASE}) == 1


def release(scope: Scope, db: Tx, held: Claim, *, until: datetime, stuck: str = "") -> None:
    """Give the claim back; nobody works on this school before `until`."""
    scope.require(held.school_id)
    mine = {"of_school": held.school_id, "held": held.fence}
    db.change(_CLAIM, mine | {"until": until, "stuck": stuck})


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
    with the agent's old store, or comes in the newer one. What an older epoch holds beyond its
    gap may come there too, in its place: it waits until the school has said since that nothing
    waits there any more.
    """
    scope.require(school_id)
    rows = db.all(_ready(), {"of_school": school_id, "many": limit})
    return [row.id for row in rows]


@cache
def _ready() -> Select[Any]:
    feed, table = tables.inbox, tables.feed_marks
    # Of this agent alone: marks of every agent there is are not gathered for one school.
    every = table.alias()
    newest = (
        select(func.max(every.c.epoch))
        .where(every.c.agent_id == feed.c.agent_id)
        .correlate(feed)
        .scalar_subquery()
    )
    told = tables.feed_states
    nothing_waits = exists().where(
        told.c.school_id == feed.c.school_id,
        told.c.waiting == 0,
        told.c.heartbeat >= feed.c.received,
    )
    return (
        select(feed.c.id)
        .join(tables.agents, tables.agents.c.id == feed.c.agent_id)
        .outerjoin(table, and_(table.c.agent_id == feed.c.agent_id, table.c.epoch == feed.c.epoch))
        .where(feed.c.school_id == bindparam("of_school"), _OPEN)
        .where(
            or_(
                feed.c.stream != "feed",
                feed.c.seq <= table.c.contiguous,
                and_(feed.c.epoch < newest, nothing_waits),
            )
        )
        .order_by(feed.c.stream, tables.agents.c.created, feed.c.epoch, feed.c.seq, feed.c.received)
        .limit(bindparam("many"))
    )


def begin(scope: Scope, db: Tx, message: str) -> int:
    """Count a try before it is made, so that one that ends the process counts too."""
    return int(db.one(_one_message(scope).tried, {"of_id": message})[0])


def message(scope: Scope, db: Tx, message_id: str) -> Row[Any]:
    """One kept message, whole."""
    return db.one(_one_message(scope).whole, {"of_id": message_id})


def applied_before(scope: Scope, db: Tx, row: Row[Any]) -> bool:
    """Whether the same message of the school took effect under another number or key."""
    scope.require(row.school_id)
    same = db.all(_SAME_MESSAGE, {"of_school": row.school_id, "of_message": row.message_id})
    return any(each.id != row.id and each.applied is not None for each in same)


def settle(scope: Scope, db: Tx, message: str, kind: str, refused: str = "") -> None:
    """Mark a message applied, or refused for a reason; it is never looked at again.

    `kind` is what its body turned out to be: on its way a message of the feed does not say.
    """
    values = {"refused": db.now, "reason": refused[:300]} if refused else {"applied": db.now}
    db.change(_one_message(scope).changed, values | {"of_id": message, "kind": kind})


class _OneMessage(NamedTuple):
    """What is asked and said of one message within a scope."""

    whole: Select[Any]
    changed: Update
    tried: Executable


@lru_cache
def _one_message(scope: Scope) -> _OneMessage:
    table = tables.inbox
    mine = (table.c.id == bindparam("of_id"), scope.where(table.c.school_id))
    changed = update(table).where(*mine)
    tried = changed.values(attempts=table.c.attempts + 1).returning(table.c.attempts)
    return _OneMessage(select(table).where(*mine), changed, tried)


def _advance(db: Tx, agent_id: str, epoch: int) -> None:
    mine = {"of_agent": agent_id, "of_epoch": epoch}
    db.add_once(tables.feed_marks, {"agent_id": agent_id, "epoch": epoch, "contiguous": 0})
    mark = reached = int(db.one(_MARK, mine).contiguous)
    for row in db.all(_ABOVE, mine | {"mark": mark}):
        if row.seq != reached + 1:
            break
        reached = row.seq
    if reached > mark:
        db.change(_MOVE_MARK, mine | {"contiguous": reached})
