"""The sign of life: what the agent says of itself, and what it learns from the answer."""

from __future__ import annotations

from datetime import datetime

from linkwork import __version__, wire
from linkwork_agent import post
from linkwork_agent.exchange import call
from linkwork_agent.ports import Hub
from linkwork_agent.post import Desk
from linkwork_agent.store import base, inbox, outbox, schedule
from linkwork_agent.store.base import Tx

#: How many of its items a store that was put back names, the newest.
ITEMS_SAID = 500


def say(desk: Desk, hub: Hub) -> wire.Answer:
    """Say it to the hub; its answer, kept. Raises what `exchange.call` raises."""
    envelope, message_id = post.control(desk.store.read, desk, heartbeat(desk))
    return call(desk, hub, envelope, message_id, _line(desk), _witnessed)


def heartbeat(desk: Desk) -> wire.Heartbeat:
    """The sign of life of this moment. Of each problem only the part that names no pupil."""
    db = desk.store.read
    last_read = base.text(db, "last_read")
    return wire.Heartbeat(
        urn=desk.urn,
        agent_version=__version__,
        mis=desk.mis,
        next_seq=outbox.next_place(db).seq,
        waiting=outbox.counts(db).waiting,
        last_read=datetime.fromisoformat(last_read) if last_read else None,
        problems=tuple(problem.shared for problem in schedule.problems(db)),
        epoch=outbox.next_place(db).epoch,
        audit_number=base.number(db, "audit_number"),
        audit_head=base.text(db, "audit_head") or "",
        host=desk.host,
        items=tuple(inbox.newest(db, ITEMS_SAID)) if base.text(db, post.LACKING) else None,
    )


def _line(desk: Desk) -> outbox.Line:
    day = desk.clock().date().isoformat()
    words = (
        f"Signs of life during {day}: version, time of the last read, how many messages wait, "
        "problems without any pupil."
    )
    return outbox.Line(f"heartbeat {day}", "heartbeat", words, {})


def _witnessed(tx: Tx, answer: wire.Answer) -> None:
    # The hub has been shown the head held here before; from now on it is this one, even when a
    # hub put back to an older state has fewer entries.
    if answer.stored is not None and answer.audit_head:
        post.witness(tx, answer)
