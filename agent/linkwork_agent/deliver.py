"""Outbox to hub, oldest first; only a verified, signed receipt marks a message as delivered."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from linkwork import wire
from linkwork.errors import NotTheHub
from linkwork_agent import post, signs
from linkwork_agent.exchange import Also, call
from linkwork_agent.ports import At, Hub, nowhere
from linkwork_agent.post import Desk
from linkwork_agent.store import base, inbox, outbox
from linkwork_agent.store.base import Tx

#: The one state in which the hub keeps what it is sent.
ACTIVE = "active"

#: Signed reasons for which what waits is sealed and numbered anew.
_START_OVER = {
    post.UNKNOWN_HUB_KEY: "the hub has new keys",
    post.CONFLICT: "the hub holds other messages under these numbers (conflict): this agent's "
    "store was put back to an older state, or another machine runs as this school's agent",
}

#: Messages one run may send; the rest goes with the next run.
BATCH = 200


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one run did, and why it stopped early, if it did."""

    sent: int
    waiting: int
    stopped: str = ""


def deliver(desk: Desk, hub: Hub, at: At = nowhere) -> Delivered:
    """Send what waits, in order, until the hub holds it all or there is a reason to stop.

    Nothing leaves unless the hub's last word was that this agent is active.

    A message is sent again until its receipt has been verified and kept; the hub tells a
    repetition by its number and bytes. Raises HubUnreachable, NotTheHub, RefusedByHub or Revoked;
    whatever is raised, every unacknowledged message is still there.
    """
    sent, stopped = 0, ""
    state = base.text(desk.store.read, "state") or ""
    if state != ACTIVE:
        # What the hub would not keep does not leave at all.
        waiting = outbox.counts(desk.store.read).waiting
        return Delivered(0, waiting, why_nothing_is_taken(state))
    if outbox.counts(desk.store.read).waiting:
        # How far does it hold us? A hub that was put back would take what comes next as the
        # beginning of what it lacks, and what it lacks for good.
        signs.say(desk, hub)
        at("asked first")
    rows = outbox.waiting(desk.store.read, BATCH)
    epoch = outbox.next_place(desk.store.read).epoch
    for row in rows:
        at("before sending")
        answer = _send(desk, hub, row, at)
        if outbox.next_place(desk.store.read).epoch != epoch:
            stopped = post.PUT_BACK
            break
        if answer.stored is None:
            stopped = _not_taken(desk, answer)
            break
        sent += 1
        at("receipt kept")
    with desk.store.write() as tx:
        # By the hub's signed time: a wrong clock of ours must not forget what it may ask for again.
        seen = base.text(tx, "hub_time")
        if seen is not None:
            outbox.purge(tx, datetime.fromisoformat(seen))
            inbox.forget_bodies(tx, datetime.fromisoformat(seen))
    return Delivered(sent, outbox.counts(desk.store.read).waiting, stopped)


def _send(desk: Desk, hub: Hub, row: outbox.Row, at: At) -> wire.Answer:
    line = outbox.line_of(row)
    return call(desk, hub, row.envelope, row.message_id, line, _receipt(desk, row, at))


def _not_taken(desk: Desk, answer: wire.Answer) -> str:
    why = _START_OVER.get(answer.reason)
    if why is None:
        return why_nothing_is_taken(answer.state)
    with desk.store.write() as tx:
        count = post.start_over(tx, desk)
    what = "1 message was" if count == 1 else f"{count} messages were"
    return f"{why}; {what} sealed anew, to go with the next run"


def _receipt(desk: Desk, row: outbox.Row, at: At) -> Also:
    def keep(tx: Tx, answer: wire.Answer) -> None:
        at("answer in hand")
        if answer.stored is not None:
            _check_receipt(row, answer.stored)
            outbox.acked(tx, row, answer.time)
            at("receipt about to be kept")

    return keep


def _check_receipt(row: outbox.Row, stored: wire.Stored) -> None:
    named = (stored.stream, stored.epoch, stored.seq, stored.message_id, stored.digest)
    ours = hashlib.sha512(row.envelope).hexdigest()
    if named != ("feed", row.epoch, row.seq, row.message_id, ours):
        raise NotTheHub(
            f"The hub's receipt names other bytes than message {row.epoch}/{row.seq}. "
            "It is kept and will be sent again; tell the authority if this stays so."
        )


def why_nothing_is_taken(state: str) -> str:
    """Why the hub stores nothing for now, for a person."""
    if state in ("waiting", "pending"):
        return "the authority has not confirmed this school yet; everything waits here"
    return f"the hub takes no messages now (state {state}); everything waits here"
