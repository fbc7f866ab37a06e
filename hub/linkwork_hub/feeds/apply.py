"""What each opened message does: feeds' own part here, the rest by the domains' handlers."""

from __future__ import annotations

from sqlalchemy import bindparam, update

from linkwork import seal
from linkwork.errors import EnvelopeRefused, Refused
from linkwork.wire import Acknowledge, Enrol, Heartbeat, Identity, Message, Summary
from linkwork_hub.access import store as access
from linkwork_hub.db import Scope, Tx
from linkwork_hub.feeds import downlink, inbox, tables, totals
from linkwork_hub.feeds.agents import active_agent, raise_alarm
from linkwork_hub.feeds.keys import WorkKeys
from linkwork_hub.feeds.models import Agent, AgentState, ApplyContext, Handlers

#: What an alarm says of a machine's name at most: the two names fit into its column.
_HOST = 55
_STATES = tables.feed_states
#: Statements are built once: every message of a school asks one of these.
_CHANGED = update(_STATES).where(_STATES.c.school_id == bindparam("of_school"))
#: Control messages may overtake each other: an older one says nothing new. One that is said to
#: be of a time to come was noted under a clock that has been set since.
_HEARD = _CHANGED.where(
    _STATES.c.heartbeat.is_(None)
    | (_STATES.c.heartbeat <= bindparam("at"))
    | (_STATES.c.heartbeat > bindparam("today"))
)


def apply(
    scope: Scope, db: Tx, agent: Agent, ctx: ApplyContext, message: Message, handlers: Handlers
) -> None:
    """Write the effects of one message. Raises Refused for one that has no place here."""
    if isinstance(message, Enrol):
        raise Refused("An enrolment does not come through the feed.")
    if isinstance(message, Acknowledge):
        if agent.state is not AgentState.ACTIVE:
            raise Refused("Only the school's confirmed agent acknowledges what came down to it.")
        downlink.acknowledge(scope, db, ctx.school_id, message.items)
        return
    if message.kind != "action-progress" and getattr(message, "urn", ctx.urn) != ctx.urn:
        raise Refused("The message speaks of another school than the one that sent it.")
    if isinstance(message, Heartbeat):
        _heartbeat(scope, db, agent, ctx, message)
        return
    if isinstance(message, Summary):
        totals.keep(scope, db, ctx.school_id, message, overtaken=ctx.overtaken)
        if not ctx.overtaken:
            _summary(scope, db, ctx, message)
    handler = handlers.get(message.kind)
    if handler is None:
        raise Refused(f"This hub has no use for messages of kind {message.kind}.")
    handler(scope, db, ctx, message)


def identity_opener(keys: WorkKeys, urn: str, sealed: str, pseudonym: str) -> Identity:
    """Open an identity for its school and pseudonym. Raises EnvelopeRefused."""
    recipient = seal.identity_recipient(sealed)
    opener = keys.identities.get(recipient)
    if opener is None:
        raise EnvelopeRefused(
            "recipient", f"The identity is sealed to key {recipient}, which this hub has not."
        )
    return seal.open_identity(sealed, opener, seal.identity_context(urn, pseudonym))


def _heartbeat(scope: Scope, db: Tx, agent: Agent, ctx: ApplyContext, message: Heartbeat) -> None:
    if agent.state is not AgentState.ACTIVE and active_agent(scope, db, ctx.school_id):
        # Of a second agent that nobody has confirmed, or the first that was replaced: what it says
        # of the feed would stand in the place of what the school's own agent says.
        return
    values = {
        "heartbeat": ctx.received,
        "last_read": message.last_read,
        "mis": message.mis[:80],
        "agent_version": message.agent_version[:40],
        "waiting": message.waiting,
        "reported": [problem[:300] for problem in message.problems[:20]],
    }
    marks = inbox.marks(scope, db, agent)
    if message.epoch and message.epoch < marks.epoch:
        # Said before the newest epoch began: what waits in that one it does not know.
        del values["waiting"]
    moments = {"of_school": ctx.school_id, "at": ctx.received, "today": db.now}
    if not db.change(_HEARD, values | moments):
        return
    # An agent of before says no epoch: then it is the newest that came.
    epoch = message.epoch or marks.epoch
    reached = inbox.contiguous(scope, db, agent, epoch)
    if not message.waiting and message.next_seq > reached + 1:
        lost = f"{epoch}/{reached + 1}-{message.next_seq - 1}"
        raise_alarm(scope, db, ctx.school_id, "tail-lost", lost)
    shown = message.audit_number
    if shown and not access.audit_has(scope, db, shown, message.audit_head):
        raise_alarm(scope, db, ctx.school_id, "record-changed", str(shown))
    if message.host and agent.host and message.host != agent.host:
        both = f"{agent.host[:_HOST]} and {message.host[:_HOST]}"
        raise_alarm(scope, db, ctx.school_id, "other-machine", both)


def _summary(scope: Scope, db: Tx, ctx: ApplyContext, message: Summary) -> None:
    scope.require(ctx.school_id)
    values = {
        "of_school": ctx.school_id,
        "summary": ctx.received,
        "as_of": message.as_of,
        "last_read": message.read_at,
        "completeness": message.completeness.model_dump(mode="json"),
        "totals": message.totals.model_dump(mode="json"),
    }
    db.change(_CHANGED, values)
