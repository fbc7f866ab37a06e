"""The receiver: verify, keep as it came, sign a receipt. It holds no key that opens anything."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from linkwork import seal
from linkwork.errors import EnvelopeRefused
from linkwork.wire import Header
from linkwork_hub.db import Database, Scope, Tx
from linkwork_hub.feeds import enrolments, inbox
from linkwork_hub.feeds.agents import agent_by_key, keys_of, raise_alarm
from linkwork_hub.feeds.answers import CONFLICT, UNKNOWN_HUB_KEY, Reply, to_agent, to_newcomer
from linkwork_hub.feeds.keys import ReceiverKeys
from linkwork_hub.feeds.limits import Limits
from linkwork_hub.feeds.models import Agent, AgentState

MAX_ENROLMENT = 16 * 1024
RETRY_AFTER = 30
_CONTROL = frozenset({"heartbeat", "acknowledge", "rekey"})
#: Reasons that stand behind a good signature: the sender is newer than this hub.
_NEWER = frozenset({"version", "algorithm"})
_SYSTEM = Scope.system()
_log = structlog.get_logger("linkwork_hub.feeds")

#: Told each point a call has reached; the tests of sudden death stop a process there.
Reached = Callable[[str], None]


def _nowhere(_point: str) -> None:
    """Nobody asked."""


def receive(
    db: Database,
    keys: ReceiverKeys,
    envelope: bytes,
    reached: Reached = _nowhere,
    limits: Limits | None = None,
    window: int = 0,
) -> Reply:
    """Answer one LW1 envelope of an agent, and tell it over how many seconds to spread its calls.

    200 with a signed answer: kept (or kept before), or the agent is not active; 400 or 413 with
    one word when it is not accepted; 409 with a signed answer when its number came before with
    other content; 429 when the agent calls more often than `limits`; 503 when the database is
    busy, full, read-only or away. Nothing of a body is ever opened, logged or echoed here.
    """
    try:
        with db.read() as tx:
            verified = seal.verify(envelope, lambda key: _public(tx, key))
            _check(verified.header)
        reached("verified")
        # Counted only now: whoever could spend another sender's calls could silence a school.
        wait = limits.wait(verified.sender) if limits else 0
        if wait:
            return Reply(429, b"often", wait)
        try:
            return _keep(db, keys, verified, envelope, reached, window)
        except IntegrityError:
            # Another receiver kept the same message in this moment: now it is found.
            return _keep(db, keys, verified, envelope, reached, window)
    except EnvelopeRefused as refused:
        if refused.reason in _NEWER:
            _tell_of_newer(db, envelope, refused.reason)
        return _refused(refused)
    except (DBAPIError, PoolExhausted) as problem:
        return _busy(problem)


def receive_enrolment(db: Database, keys: ReceiverKeys, envelope: bytes) -> Reply:
    """Answer one LE1 envelope: kept for the worker, or what became of it.

    202 "waiting" until the worker has looked; the agent asks again with the same bytes.
    """
    if len(envelope) > MAX_ENROLMENT:
        return _refused(EnvelopeRefused("oversized", "An enrolment is smaller than this."))
    try:
        verified, _public_key = seal.verify_enrolment(envelope)
        _check(verified.header, enrolment=True)
        with db.write() as tx:
            return _enrol(tx, keys, verified, envelope)
    except EnvelopeRefused as refused:
        return _refused(refused)
    except (DBAPIError, PoolExhausted) as problem:
        return _busy(problem)


def _keep(
    db: Database,
    keys: ReceiverKeys,
    verified: seal.Verified,
    envelope: bytes,
    reached: Reached,
    window: int,
) -> Reply:
    header = verified.header

    def answered(tx: Tx, agent: Agent, at: datetime | None, reason: str = "") -> Reply:
        return to_agent(_SYSTEM, tx, keys, agent, header, at, verified.digest, reason, window)

    with db.write() as tx:
        agent = agent_by_key(_SYSTEM, tx, verified.sender, lock=True)
        if agent is None or agent.urn != header.urn:
            raise EnvelopeRefused("foreign", "The agent belongs to another school.")
        waits = agent.state is AgentState.PENDING and header.stream == "feed"
        if agent.state is AgentState.REVOKED or waits:
            return answered(tx, agent, None)
        if not keys.seals(header.recipient):
            return answered(tx, agent, None, UNKNOWN_HUB_KEY)
        before = inbox.stored(_SYSTEM, tx, agent, header)
        if before is not None and before.digest != verified.digest:
            raise_alarm(_SYSTEM, tx, agent.school_id, "conflict", inbox.place(header))
            _log.warning("conflict", agent=agent.id, place=inbox.place(header))
            # Signed as every answer is: nobody on the way can make an agent start anew.
            return Reply(409, answered(tx, agent, None, CONFLICT).body)
        if before is None:
            inbox.keep(_SYSTEM, tx, agent, verified, envelope)
        at = before.received if before is not None else tx.now
        reply = answered(tx, agent, at)
        reached("kept")
    reached("committed")
    return reply


def _enrol(tx: Tx, keys: ReceiverKeys, verified: seal.Verified, envelope: bytes) -> Reply:
    header = verified.header
    if not keys.seals(header.recipient):
        return to_newcomer(tx, keys, header, "refused", UNKNOWN_HUB_KEY)
    known = agent_by_key(_SYSTEM, tx, verified.sender)
    if known is not None:
        return to_newcomer(tx, keys, header, known.state.value, known.revoked_why)
    row = enrolments.found(_SYSTEM, tx, verified.digest)
    if row is None:
        if enrolments.too_many(_SYSTEM, tx):
            return Reply(503, b"busy", RETRY_AFTER)
        enrolments.keep(_SYSTEM, tx, verified, envelope)
        return to_newcomer(tx, keys, header, "waiting")
    if row.state == "waiting":
        return to_newcomer(tx, keys, header, "waiting")
    return to_newcomer(tx, keys, header, "refused", row.reason)


def _check(header: Header, *, enrolment: bool = False) -> None:
    if enrolment:
        right = header.stream == "enrol" and header.kind == "enrol"
    elif header.stream == "feed":
        right = header.seq >= 1 and header.epoch >= 1 and header.kind not in _CONTROL
    else:
        right = header.stream == "control" and header.kind in _CONTROL
    texts = (header.message_id, 64), (header.kind, 40), (header.urn, 20)
    # A NUL is text to one database and a fault of the other's.
    plain = all(len(text) <= most and text.isprintable() for text, most in texts)
    if not (right and plain):
        raise EnvelopeRefused("header", "The header does not fit this address.")


def _tell_of_newer(db: Database, envelope: bytes, what: str) -> None:
    """Alarm the hub team: a school's agent, proven by its signature, is newer than this hub."""
    try:
        with db.write() as tx:
            agent = agent_by_key(_SYSTEM, tx, seal.sender_of(envelope))
            if agent is not None:
                raise_alarm(_SYSTEM, tx, agent.school_id, "newer-agent", what)
    except (DBAPIError, PoolExhausted):
        _log.warning("alarm not kept", what=what)


def _public(tx: Tx, key: str) -> bytes | None:
    agent = agent_by_key(_SYSTEM, tx, key)
    if agent is None or agent.sign_key_id == key:
        return agent.sign_public if agent else None
    return keys_of(_SYSTEM, tx, agent).get(key)


def _refused(refused: EnvelopeRefused) -> Reply:
    _log.warning("envelope refused", reason=refused.reason)
    return Reply(413 if refused.reason == "oversized" else 400, refused.reason.encode())


def _busy(problem: Exception) -> Reply:
    if isinstance(problem, ProgrammingError):
        # A mistake of ours or of whoever set the database up: it does not pass by waiting.
        raise problem
    _log.warning("database not usable", error=type(getattr(problem, "orig", problem)).__name__)
    return Reply(503, b"busy", RETRY_AFTER)
