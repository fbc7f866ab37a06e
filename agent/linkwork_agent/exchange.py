"""One call to the hub: send, believe the answer or not, and keep what it says."""

from __future__ import annotations

from collections.abc import Callable

from linkwork import wire
from linkwork.errors import HubUnreachable, Revoked
from linkwork_agent import post
from linkwork_agent.ports import Hub
from linkwork_agent.post import Desk
from linkwork_agent.store import outbox
from linkwork_agent.store.base import Tx

#: What else one verified answer changes, in the transaction that keeps the answer.
Also = Callable[[Tx, wire.Answer], None]


def _nothing(_tx: Tx, _answer: wire.Answer) -> None:
    """Nothing else changes."""


def call(
    desk: Desk, hub: Hub, envelope: bytes, message_id: str, line: outbox.Line, also: Also = _nothing
) -> wire.Answer:
    """Send one envelope and keep the verified answer and `also`, all in one transaction.

    `line` stands in the log of what left before the first byte goes out, and has its receipt with
    the answer that proves one.

    Raises HubUnreachable (away, busy, or asked to wait), RefusedByHub, NotTheHub, or Revoked once
    the answer is kept. Nothing that was waiting is touched by a failure.
    """
    post.honour_wait(desk.store.read, desk.clock())
    outbox.leaving(desk.store, line, desk.clock())
    try:
        data = hub.post(envelope)
    except HubUnreachable as problem:
        with desk.store.write() as tx:
            post.note_wait(tx, problem, desk.clock())
        raise
    answer = post.believe(post.keyset(desk.store.read), desk.urn, data, message_id)
    with desk.store.write() as tx:
        post.record(tx, desk, answer)
        also(tx, answer)
        if answer.stored is not None:
            outbox.received(tx, line, desk.clock())
    if answer.state == "revoked":
        raise Revoked(
            "The authority has revoked this agent"
            f"{': ' + answer.reason if answer.reason else ''}. It stops sending and keeps what it "
            "holds; to start again, join with a new join string."
        )
    post.refresh_keyset(desk, hub, answer)
    return answer
