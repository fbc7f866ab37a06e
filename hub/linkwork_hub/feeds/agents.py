"""The SQL of agents: who they are, and who may become one."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, Row, Select, bindparam, false, or_, select

from linkwork_hub.db import Scope, Tx
from linkwork_hub.feeds import tables
from linkwork_hub.feeds.models import Agent, AgentState

_FIELDS = Agent.__dataclass_fields__
#: Statements are built once: each call of a school asks most of these.
_KEYS = select(tables.former_keys).where(tables.former_keys.c.agent_id == bindparam("of_agent"))
_SAME = select(tables.alarms.c.id).where(
    tables.alarms.c.school_id == bindparam("of_school"),
    tables.alarms.c.what == bindparam("called"),
    tables.alarms.c.place == bindparam("at_place"),
)


def agent(scope: Scope, db: Tx, agent_id: str) -> Agent | None:
    """One agent, None when unknown or out of reach."""
    row = db.first(_by_id(scope), {"of_agent": agent_id})
    return _agent(row) if row else None


@lru_cache
def _by_id(scope: Scope) -> Select[Any]:
    table = tables.agents
    return select(table).where(table.c.id == bindparam("of_agent"), scope.where(table.c.school_id))


def agent_by_key(scope: Scope, db: Tx, sign_key_id: str, *, lock: bool = False) -> Agent | None:
    """The agent that signs with this key, or did until lately and may still.

    `lock` makes its other messages wait (PostgreSQL).
    """
    row = db.first(_by_key(scope, lock), {"of_key": sign_key_id, "today": db.now})
    return _agent(row) if row else None


@lru_cache
def _by_key(scope: Scope, lock: bool) -> Select[Any]:
    table, former = tables.agents, tables.former_keys
    key: BindParameter[str] = bindparam("of_key")
    followed = select(former.c.agent_id).where(
        former.c.sign_key_id == key, former.c.until > bindparam("today")
    )
    mine = (table.c.sign_key_id == key) | table.c.id.in_(followed)
    query = select(table).where(mine, scope.where(table.c.school_id))
    return query.with_for_update() if lock else query


def keys_of(scope: Scope, db: Tx, agent: Agent) -> dict[str, bytes]:
    """The public signing keys an agent has and had, by id: what it sent is signed with one."""
    scope.require(agent.school_id)
    rows = db.all(_KEYS, {"of_agent": agent.id})
    return {row.sign_key_id: row.sign_public for row in rows} | {
        agent.sign_key_id: agent.sign_public
    }


def agents_of(
    scope: Scope, db: Tx, school_id: str, states: Collection[AgentState] = tuple(AgentState)
) -> list[Agent]:
    """A school's agents in these states, oldest first."""
    scope.require(school_id)
    rows = db.all(_of_school(frozenset(states)), {"of_school": school_id})
    return [_agent(row) for row in rows]


@lru_cache
def _of_school(states: frozenset[AgentState]) -> Select[Any]:
    table = tables.agents
    return (
        select(table)
        .where(table.c.school_id == bindparam("of_school"))
        .where(or_(false(), *(table.c.state == state.value for state in sorted(states))))
        .order_by(table.c.created, table.c.id)
    )


def active_agent(scope: Scope, db: Tx, school_id: str) -> Agent | None:
    """The one agent that may speak for a school."""
    return next(iter(agents_of(scope, db, school_id, [AgentState.ACTIVE])), None)


def raise_alarm(scope: Scope, db: Tx, school_id: str, what: str, place: str) -> None:
    """Keep that something happened which a person must look at; the same once only."""
    scope.require(school_id)
    if db.first(_SAME, {"of_school": school_id, "called": what, "at_place": place}):
        return
    row = {"id": db.new_id("alm"), "school_id": school_id, "what": what, "place": place}
    db.add_once(tables.alarms, row | {"at": db.now})


def _agent(row: Row[Any]) -> Agent:
    values = {name: getattr(row, name) for name in _FIELDS}
    return Agent(**values | {"state": AgentState(row.state)})
