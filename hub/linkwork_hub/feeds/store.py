"""The SQL behind the feeds pages, and the doors other domains use: issue, invite, confirm."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, func, select

from linkwork.wire import Completeness
from linkwork_hub.access import store as access
from linkwork_hub.access.models import School
from linkwork_hub.db import Scope, Tx
from linkwork_hub.feeds import rules, tables
from linkwork_hub.feeds.agents import agents_of
from linkwork_hub.feeds.downlink import delivery, issue
from linkwork_hub.feeds.inbox import is_unread
from linkwork_hub.feeds.joining import confirm, invite, revoke, send_policy
from linkwork_hub.feeds.models import AgentState, Feed

__all__ = [
    "agents_of",
    "clear_alarms",
    "confirm",
    "delivery",
    "feed",
    "feeds",
    "invite",
    "issue",
    "refused",
    "revoke",
    "send_policy",
    "totals",
]

_REFUSED_SHOWN = timedelta(days=30)
_OPEN_MESSAGE = (tables.inbox.c.applied.is_(None), tables.inbox.c.refused.is_(None))


def feeds(scope: Scope, db: Tx) -> list[Feed]:
    """The feed of every school within reach, by the school's name."""
    return _feeds(scope, db, access.schools(scope, db))


def feed(scope: Scope, db: Tx, school_id: str) -> Feed:
    """One school's feed. Raises NotAllowed when the school is out of reach."""
    return _feeds(scope, db, [access.school(scope, db, school_id)])[0]


def refused(scope: Scope, db: Tx, school_id: str) -> list[Row[Any]]:
    """A school's refused messages, newest first, 50 at most: `refused`, `kind`, `seq`, `reason`."""
    scope.require(school_id)
    table = tables.inbox
    columns = (table.c.refused, table.c.kind, table.c.epoch, table.c.seq, table.c.reason)
    mine = (table.c.school_id == school_id, table.c.refused.is_not(None))
    return db.all(select(*columns).where(*mine).order_by(table.c.refused.desc()).limit(50))


def totals(scope: Scope, db: Tx, school_id: str) -> dict[str, Any] | None:
    """The last collection's whole-school sums, as `wire.Totals` dumps them; None = none yet."""
    scope.require(school_id)
    table = tables.feed_states
    row = db.first(select(table.c.totals).where(table.c.school_id == school_id))
    return row.totals if row else None


def clear_alarms(scope: Scope, db: Tx, school_id: str) -> None:
    """A person has dealt with a school's alarms."""
    scope.require(school_id)
    db.execute(delete(tables.alarms).where(tables.alarms.c.school_id == school_id))
    access.audit(scope, db, "feed alarms cleared", "school", school_id)


def _feeds(scope: Scope, db: Tx, schools: list[School]) -> list[Feed]:
    inbox = tables.inbox
    states = _by_school(scope, db, select(tables.feed_states))
    stuck = _by_school(scope, db, select(tables.feed_claims))
    waiting = _counts(scope, db, inbox.c.school_id, *_OPEN_MESSAGE)
    applied = _counts(
        scope, db, inbox.c.school_id, inbox.c.stream == "feed", inbox.c.applied.is_not(None)
    )
    unread = _counts(scope, db, inbox.c.school_id, is_unread())
    lately = (inbox.c.refused > db.now - _REFUSED_SHOWN, ~is_unread())
    refused = _counts(scope, db, inbox.c.school_id, *lately)
    down = tables.downlink
    late = (down.c.issued < db.now - rules.UNANSWERED, down.c.acknowledged.is_(None))
    unanswered = _counts(scope, db, down.c.school_id, *late, down.c.expired.is_(None))
    gaps = _gaps(scope, db)
    found = _agent_states(scope, db)
    alarms = _alarms(scope, db)
    return [
        _feed(
            school,
            found.get(school.id, set()),
            states.get(school.id),
            waiting_here=waiting.get(school.id, 0),
            applied=applied.get(school.id, 0),
            refused=refused.get(school.id, 0),
            unread=unread.get(school.id, 0),
            **gaps.get(school.id, {}),
            unanswered=unanswered.get(school.id, 0),
            stuck=stuck[school.id].stuck if school.id in stuck else "",
            alarms=tuple(alarms.get(school.id, ())),
        )
        for school in schools
    ]


def _feed(school: School, states: set[AgentState], row: Row[Any] | None, **known: Any) -> Feed:
    ranked = (AgentState.ACTIVE, AgentState.PENDING, AgentState.REVOKED)
    state = next((one for one in ranked if one in states), None)
    base: dict[str, Any] = {
        "school_id": school.id,
        "urn": school.urn,
        "name": school.name,
        "state": state,
    }
    base["joining"] = AgentState.PENDING in states
    if row is None:
        return Feed(**base | known)
    whole = Completeness.model_validate(row.completeness) if row.completeness else None
    return Feed(
        **base | known,
        last_heartbeat=row.heartbeat,
        last_summary=row.summary,
        as_of=row.as_of,
        last_read=row.last_read,
        mis=row.mis,
        agent_version=row.agent_version,
        completeness=whole,
        waiting_there=row.waiting,
        reported=tuple(row.reported),
    )


def _by_school(scope: Scope, db: Tx, query: Any) -> dict[str, Row[Any]]:
    rows = db.all(query.where(scope.where(query.selected_columns.school_id)))
    return {row.school_id: row for row in rows}


def _counts(
    scope: Scope, db: Tx, column: ColumnElement[Any], *where: ColumnElement[bool]
) -> dict[str, int]:
    query = select(column.label("school_id"), func.count().label("rows"))
    rows = db.all(query.where(scope.where(column), *where).group_by(column))
    return {row.school_id: row.rows for row in rows}


def _agent_states(scope: Scope, db: Tx) -> dict[str, set[AgentState]]:
    table = tables.agents
    found: dict[str, set[AgentState]] = {}
    for row in db.all(
        select(table.c.school_id, table.c.state).where(scope.where(table.c.school_id))
    ):
        found.setdefault(row.school_id, set()).add(AgentState(row.state))
    return found


def _alarms(scope: Scope, db: Tx) -> dict[str, list[str]]:
    table = tables.alarms
    found: dict[str, list[str]] = {}
    for row in db.all(select(table).where(scope.where(table.c.school_id)).order_by(table.c.at)):
        found.setdefault(row.school_id, []).append(rules.alarm_words(row.what, row.place))
    return found


def _gaps(scope: Scope, db: Tx) -> dict[str, dict[str, Any]]:
    """Which messages are missing before ones that wait for them, and since when."""
    inbox, agents, marks = tables.inbox, tables.agents, tables.feed_marks
    reached, newest = func.max(marks.c.contiguous), func.max(inbox.c.seq)
    query = (
        select(
            agents.c.school_id,
            inbox.c.epoch,
            (newest - reached - func.count()).label("missing"),
            (reached + 1).label("first"),
            (newest - 1).label("last"),
            func.min(inbox.c.received).label("since"),
        )
        .select_from(inbox)
        .join(agents, agents.c.id == inbox.c.agent_id)
        .join(marks, (marks.c.agent_id == agents.c.id) & (marks.c.epoch == inbox.c.epoch))
        .where(inbox.c.stream == "feed", inbox.c.seq > marks.c.contiguous, *_OPEN_MESSAGE)
        .where(scope.where(agents.c.school_id), agents.c.state == AgentState.ACTIVE.value)
        .group_by(agents.c.school_id, inbox.c.epoch)
    )
    return {
        row.school_id: {
            "missing": row.missing,
            "missing_at": f"{row.epoch}/{row.first}-{row.last}",
            "missing_since": row.since,
        }
        for row in db.all(query)
    }
