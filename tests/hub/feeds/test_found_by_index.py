"""What each message asks of the hub does not look through all that was ever sent."""

from __future__ import annotations

import pytest
from sqlalchemy import Executable, bindparam, select
from sqlalchemy.sql.compiler import SQLCompiler

from linkwork_hub import app
from linkwork_hub.db import Scope, metadata, open_engine
from linkwork_hub.feeds import agents, downlink, enrolments, inbox, overtaking, tables

SYSTEM = Scope.system()
assert app.HANDLERS
ASKED: dict[str, Executable] = {
    "is its place taken": inbox._AT_PLACE,
    "did it take effect before": inbox._SAME_MESSAGE,
    "did a later one take effect": overtaking._LATER,
    "what was refused": inbox._REFUSALS,
    "how far is the newest epoch": inbox._NEWEST_MARK,
    "what stands above the mark": inbox._ABOVE,
    "what is ready": inbox._ready(),
    "who signed it": agents._by_key(SYSTEM, False),
    "what goes down next": downlink._NEXT,
    "does an enrolment wait": enrolments._WAITING,
}
#: As it was asked once: of all that an agent ever sent.
BEFORE = (
    select(tables.inbox.c.seq)
    .where(tables.inbox.c.agent_id == bindparam("a"), tables.inbox.c.stream == "feed")
    .where(tables.inbox.c.refused > bindparam("s"))
    .order_by(tables.inbox.c.epoch.desc(), tables.inbox.c.seq.desc())
)


def how(statement: Executable) -> list[str]:
    """How SQLite would find it, step by step."""
    engine = open_engine("sqlite://")
    metadata.create_all(engine)
    compiled = statement.compile(dialect=engine.dialect)  # type: ignore[attr-defined]
    assert isinstance(compiled, SQLCompiler)
    with engine.connect() as connection:
        values = tuple(None for _ in compiled.positiontup or ())
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled.string}", values).all()
    return [str(row[3]) for row in rows]


def looks_through_a_history(steps: list[str]) -> bool:
    """Whether a step goes through a whole table, or through all messages of a school or agent."""
    wide = ("(agent_id=? AND stream=?)", "ix_inbox_school_id_message_id (school_id=?)")
    return any(step.startswith("SCAN") or step.endswith(wide) for step in steps)


@pytest.mark.parametrize("asked", ASKED)
def test_what_every_message_asks_is_found_by_an_index(asked: str) -> None:
    assert not looks_through_a_history(how(ASKED[asked]))


def test_a_question_over_all_that_was_sent_is_seen() -> None:
    assert looks_through_a_history(how(BEFORE))
    assert looks_through_a_history(how(select(tables.inbox.c.id).where(tables.inbox.c.kind == "x")))
