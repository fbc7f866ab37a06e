"""The hub's word to an agent: signed, about one request, with what waits for the school."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

from linkwork import seal
from linkwork.wire import Answer, Header, Stored
from linkwork_hub.access import store as access
from linkwork_hub.db import Scope, Tx
from linkwork_hub.feeds import downlink, inbox
from linkwork_hub.feeds.keys import ReceiverKeys
from linkwork_hub.feeds.models import Agent, AgentState

#: A receiver tells an agent its message was sealed to a key this hub no longer opens.
UNKNOWN_HUB_KEY = "unknown-hub-key"
#: The number a message came under is held with other content.
CONFLICT = "conflict"


class Reply(NamedTuple):
    """An HTTP answer: a signed document with 200 or 202, else one plain word of why."""

    status: int
    body: bytes
    retry_after: int | None = None


def to_agent(
    scope: Scope,
    db: Tx,
    keys: ReceiverKeys,
    agent: Agent,
    header: Header,
    stored: datetime | None,
    digest: str,
    reason: str = "",
    window: int = 0,
) -> Reply:
    """The signed answer to a call of a known agent; `stored` is when its message was kept.

    `window` is over how many seconds schools spread their calls; 0 leaves it to them.
    """
    active = agent.state is AgentState.ACTIVE
    marks = inbox.marks(scope, db, agent)
    number, head = access.audit_newest(scope, db)
    answer = Answer(
        request=header.message_id,
        urn=agent.urn,
        state=agent.state.value,
        reason=reason or agent.revoked_why,
        stored=_receipt(header, digest, stored) if stored else None,
        contiguous_through=marks.contiguous,
        applied_epoch=marks.epoch,
        applied_through=marks.settled,
        refused=inbox.refusals(scope, db, agent),
        downlink=downlink.deliver(scope, db, agent) if active else (),
        keyset_version=keys.keyset.version,
        audit_number=number,
        audit_head=head,
        window=window,
        acknowledged=downlink.newest_acknowledged(scope, db, agent.school_id) if active else "",
        time=db.now,
    )
    return Reply(200, seal.sign_answer(answer, keys.receipt))


def to_newcomer(
    db: Tx,
    keys: ReceiverKeys,
    header: Header,
    state: Literal["waiting", "pending", "active", "revoked", "refused"],
    reason: str = "",
) -> Reply:
    """The signed answer to an enrolment; 202 while nobody has looked at it."""
    answer = Answer(
        request=header.message_id,
        urn=header.urn,
        state=state,
        reason=reason,
        keyset_version=keys.keyset.version,
        time=db.now,
    )
    return Reply(202 if state == "waiting" else 200, seal.sign_answer(answer, keys.receipt))


def _receipt(header: Header, digest: str, at: datetime) -> Stored:
    return Stored(
        stream=header.stream,
        epoch=header.epoch,
        seq=header.seq,
        message_id=header.message_id,
        digest=digest,
        at=at,
    )
