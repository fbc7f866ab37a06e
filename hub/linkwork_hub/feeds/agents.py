"""The SQL of agents: who they are, and who may become one."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Row, select

from linkwork_hub.db import Scope, Tx
from linkwork_hub.feeds import tables
from linkwork_hub.feeds.models import Agent, AgentState

_FIELDS = Agent.__dataclass_fields__


def agent(scope: Scope, db: Tx, agent_id: str) -> Agent | None:
    """One agent, None when unknown or out of reach."""
    table = tables.agents
    row = db.first(select(table).where(table.c.id == agent_id, scope.where(table.c.school_id)))
    return _agent(row) if row else None


def agent_by_key(scope: Scope, db: Tx, sign_key_id: str, *, lock: bool = False) -> Agent | None:
    """The agent that signs with this key, or did until lately and may still.

    `lock` makes its other messages wait (PostgreSQL).
    """
    table, former = tables.agents, tables.former_keys
    followed = select(former.c.agent_id).where(
        former.c.sign_key_id == sign_key_id, former.c.until > db.now
    )
    mine = (table.c.sign_key_id == sign_key_id) | table.c.id.in_(followed)
    query = select(table).where(mine, scope.where(table.c.school_id))
    row = db.first(query.with_for_update() if lock else query)
    return _agent(row) if row else None


def keys_of(scope: Scope, db: Tx, agent: Agent) -> dict[str, bytes]:
    """The public signing keys an agent has and had, by id: what it sent is signed with one."""
    scope.require(agent.school_id)
    former = tables.former_keys
    rows = db.all(select(former).where(former.c.agent_id == agent.id))
    return {row.sign_key_id: row.sign_public for row in rows} | {
        agent.sign_key_id: agent.sign_public
    }


def agents_of(
    scope: Scope, db: Tx, school_id: str, states: Collection[AgentState] = tuple(AgentState)
) -> list[Agent]:
    """A school's agents in these states, oldest first."""
    scope.require(school_id)
    table = tables.agents
    rows = db.all(
        select(table)
        .where(table.c.school_id == school_id, table.c.state.in_(sorted(states)))
        .order_by(table.c.created, table.c.id)
    )
    return [_agent(row) for row in rows]


def active_agent(scope: Scope, db: Tx, school_id: str) -> Agent | None:
    """The one agent that may speak for a school."""
    return next(iter(agents_of(scope, db, school_id, [AgentState.ACTIVE])), None)


def raise_alarm(scope: Scope, db: Tx, school_id: str, what: str, place: str) -> None:
    """Keep that something happened which a person must look at; the same once only."""
    scope.require(school_id)
    same = (tables.alarms.c.school_id == school_id, tables.alarms.c.what == what)
    if db.first(select(tables.alarms.c.id).where(*same, tables.alarms.c.place == place)):
        return
    row = {"id": db.new_id("alm"), "school_id": school_id, "what": what, "place": place}
    db.add_once(tables.alarms, row | {"at": db.now})


def _agent(row: Row[Any]) -> Agent:
    values = {name: getattr(row, name) for name in _FIELDS}
    return Agent(**values | {"state": AgentState(row.state)})
