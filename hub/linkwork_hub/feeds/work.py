"""The worker: open what was kept and apply it, in order for each school, once in effect."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from types import TracebackType
from typing import Any

import structlog
from pydantic import ValidationError
from sqlalchemy import Row
from sqlalchemy.exc import DataError

from linkwork import seal
from linkwork.errors import EnvelopeRefused, LinkworkError, Refused
from linkwork.wire import FEED_KIND, UNREAD, Enrol, Heartbeat, Message, Rekey, read_message
from linkwork_hub.access import store as access
from linkwork_hub.db import Database, Scope, Tx
from linkwork_hub.feeds import downlink, enrolments, inbox, joining
from linkwork_hub.feeds.agents import agent, keys_of, raise_alarm
from linkwork_hub.feeds.apply import apply, identity_opener
from linkwork_hub.feeds.keys import WorkKeys
from linkwork_hub.feeds.models import Agent, AgentState, ApplyContext, Handlers
from linkwork_hub.feeds.overtaking import overtaken

_BATCH = 100
#: What travels another way, and is never numbered and kept as part of a feed.
NOT_OF_THE_FEED = frozenset({"heartbeat", "acknowledge", "enrol", "rekey"})
#: What is wrong with a message when all that is wrong is that this hub is too old for it.
_OF_A_NEWER_AGENT = frozenset({"extra_forbidden", "union_tag_invalid"})
_WHO = {
    True: "The agent is newer than this hub: the authority must update its hub, which keeps the "
    "message and reads it then.",
    False: "Update the hub or the agent.",
}
#: What a database says of a value that it cannot keep, however often it is asked.
_NOT_KEPT = (DataError, OverflowError)
_CANNOT_KEEP = (
    "A value of the message cannot be kept: a number out of range, or text too long or with a "
    "character that is none. Correct it at the school; it is sent anew with the next change."
)
_SYSTEM = Scope.system()
_log = structlog.get_logger("linkwork_hub.feeds")
Reached = Callable[[str], None]


def _nowhere(_point: str) -> None:
    """Nobody asked."""


def work_once(db: Database, keys: WorkKeys, handlers: Handlers, reached: Reached = _nowhere) -> int:
    """Settle every message and enrolment that waits; how many were settled.

    Each message is one transaction: its effects, its mark and its audit entry stand or fall
    together. One that cannot be applied is refused with a reason and the next is taken; one
    whose handler breaks is undone and tried again later, and its school's feed waits meanwhile.
    """
    with db.read() as tx:
        if not inbox.anything(_SYSTEM, tx):
            return 0
    with db.write() as tx:
        settled = _enrolments(tx, keys)
        enrolments.forget(_SYSTEM, tx)
        downlink.expire(_SYSTEM, tx)
        began = tx.now
    seen: set[str] = set()
    while (held := _claim(db, began, seen)) is not None:
        seen.add(held.school_id)
        settled += _school(db, keys, handlers, held, reached)
    return settled


def take_over(db: Database) -> None:
    """Begin as the only worker there is: what one that was killed had begun waits for no lease."""
    with db.write() as tx:
        inbox.release_all(_SYSTEM, tx)


def read_again(db: Database) -> None:
    """Before a worker's first work: look anew at what the version of before was too old for."""
    with db.write() as tx:
        again = inbox.read_again(_SYSTEM, tx)
    if again:
        _log.info("messages looked at again", messages=again)


def _claim(db: Database, began: datetime, seen: set[str]) -> inbox.Claim | None:
    with db.write() as tx:
        return inbox.claim(_SYSTEM, tx, seen, began)


def _school(
    db: Database, keys: WorkKeys, handlers: Handlers, held: inbox.Claim, reached: Reached
) -> int:
    settled, ids = 0, [""]
    while ids:
        with db.read() as tx:
            ids = inbox.ready(_SYSTEM, tx, held.school_id, _BATCH)
        for message_id in ids:
            with db.write() as tx:
                if not inbox.holds(_SYSTEM, tx, held):
                    return settled
                tries = inbox.begin(_SYSTEM, tx, message_id)
            reached("begun")
            attempt = _Attempt()
            with attempt, db.write() as tx:
                if not inbox.holds(_SYSTEM, tx, held):
                    return settled
                _settle(tx, keys, handlers, message_id)
                reached("applied")
            reached("settled")
            if attempt.problem:
                _put_off(db, held, attempt.problem, tries)
                return settled
            settled += 1
    with db.write() as tx:
        inbox.release(_SYSTEM, tx, held, until=tx.now)
    return settled


class _Attempt:
    """Holds an unexpected error back from the other schools' work; names it without values."""

    problem = ""

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        place = f"{trace.tb_frame.f_code.co_qualname}:{trace.tb_lineno}" if trace else "unknown"
        self.problem = f"{type(error).__name__} in {place}"
        return True


def _put_off(db: Database, held: inbox.Claim, problem: str, tries: int) -> None:
    _log.error("message put off", school=held.school_id, problem=problem, tries=tries)
    wait = timedelta(seconds=min(2 ** min(tries, 12), 3600))
    count = "1 try" if tries == 1 else f"{tries} tries"
    words = f"A message could not be applied after {count} ({problem})."
    with db.write() as tx:
        inbox.release(_SYSTEM, tx, held, until=tx.now + wait, stuck=words[:300])


def _settle(tx: Tx, keys: WorkKeys, handlers: Handlers, message_id: str) -> None:
    row = inbox.message(_SYSTEM, tx, message_id)
    refused, kind = "", row.kind
    if not inbox.applied_before(_SYSTEM, tx, row):
        try:
            # The savepoint undoes half an effect of a refused message; its mark stays.
            with tx.part():
                sender = _sender(tx, row)
                signed_by, message = _opened(tx, keys, sender, row)
                kind = message.kind
                if isinstance(message, Rekey):
                    ours = keys.issuer, keys.suites
                    joining.rekey(_SYSTEM, tx, sender, message, signed_by, *ours)
                else:
                    _apply(tx, keys, handlers, row, sender, message)
        except LinkworkError as error:
            refused = error.reason if isinstance(error, EnvelopeRefused) else str(error)
            _log.warning("message refused", message=row.id, kind=kind, error=type(error).__name__)
        except _NOT_KEPT as error:
            # Tried again it would only keep the school's whole feed waiting.
            refused = _CANNOT_KEEP
            _log.error("message refused", message=row.id, kind=kind, error=type(error).__name__)
    inbox.settle(_SYSTEM, tx, row.id, kind, refused)
    if row.stream == "feed":
        what = "message refused" if refused else "message applied"
        access.audit(_SYSTEM, tx, what, kind, row.id)


def _sender(tx: Tx, row: Row[Any]) -> Agent:
    sender = agent(_SYSTEM, tx, row.agent_id)
    if sender is None:
        raise Refused("The agent that sent this is not known any more.")
    return sender


def _apply(
    tx: Tx, keys: WorkKeys, handlers: Handlers, row: Row[Any], sender: Agent, message: Message
) -> None:
    ctx = ApplyContext(
        school_id=row.school_id,
        urn=sender.urn,
        agent_id=sender.id,
        message_id=row.message_id,
        received=row.received,
        open_identity=partial(identity_opener, keys, sender.urn),
        overtaken=overtaken(_SYSTEM, tx, row),
    )
    apply(_SYSTEM, tx, sender, ctx, message, handlers)
    if isinstance(message, Heartbeat) and message.items is not None:
        _send_again(tx, keys, sender, message.items)


def _send_again(tx: Tx, keys: WorkKeys, sender: Agent, kept: tuple[str, ...]) -> None:
    if sender.state is not AgentState.ACTIVE:
        return
    again = downlink.send_again(_SYSTEM, tx, sender, frozenset(kept), keys.issuer)
    if again:
        count = "1 item is" if len(again) == 1 else f"{len(again)} items are"
        raise_alarm(_SYSTEM, tx, sender.school_id, "put-back", f"{tx.today.isoformat()}: {count}")


def _opened(tx: Tx, keys: WorkKeys, sender: Agent, row: Row[Any]) -> tuple[str, Message]:
    """The id of the key that signed a message, and the message."""
    verified = seal.verify(row.envelope, keys_of(_SYSTEM, tx, sender).get)
    message = _parsed(_open(keys, verified))
    said = verified.header.kind
    if said == FEED_KIND and verified.header.stream == "feed":
        fits = message.kind not in NOT_OF_THE_FEED
    else:
        # As agents sent it before the header stopped saying what a message is.
        fits = message.kind == said
    if not fits:
        raise Refused("The message is of another kind than its header says.")
    return verified.sender, message


def _open(keys: WorkKeys, verified: seal.Verified) -> bytes:
    opener = keys.openers.get(verified.header.recipient)
    if opener is None:
        raise EnvelopeRefused("recipient", "The envelope is sealed to a key this hub has not.")
    return seal.open_verified(verified, opener)


def _parsed(body: bytes) -> Message:
    try:
        return read_message(body)
    except ValidationError as error:
        # Only the places: a value may be a child's, and so may the name of a field nobody knows.
        places = {_place(found["type"], found["loc"]) for found in error.errors()}
        newer = all(found["type"] in _OF_A_NEWER_AGENT for found in error.errors())
        where = ", ".join(sorted(places)[:5])
        raise Refused(f"{UNREAD}{f', at {where}' if where else ''}. {_WHO[newer]}") from None


def _place(kind: str, steps: tuple[int | str, ...]) -> str:
    known = steps[:-1] if kind == "extra_forbidden" else steps
    return ".".join(str(step) for step in known) + (".?" if known != steps else "")


def _enrolments(tx: Tx, keys: WorkKeys) -> int:
    rows = enrolments.waiting(_SYSTEM, tx, _BATCH)
    for row in rows:
        try:
            with tx.part():
                refused = _enrol(tx, keys, row.envelope)
        except _NOT_KEPT:
            # Anybody can send an enrolment: none may stop the worker.
            refused = joining.NOT_KEPT
        enrolments.settle(_SYSTEM, tx, row.digest, refused)
        _log.info("enrolment settled", refused=bool(refused))
    return len(rows)


def _enrol(tx: Tx, keys: WorkKeys, envelope: bytes) -> str:
    try:
        verified, public = seal.verify_enrolment(envelope)
        message = _parsed(_open(keys, verified))
    except LinkworkError as error:
        return str(error)
    if not isinstance(message, Enrol) or message.urn != verified.header.urn:
        return joining.NOT_KNOWN
    return joining.admit(_SYSTEM, tx, message, public, keys.suites)
