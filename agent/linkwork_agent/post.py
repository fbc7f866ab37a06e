"""The sealed post: a message into the outbox, an answer believed only when its signature holds."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from linkwork import local_codes, wire
from linkwork.errors import HubUnreachable, NotTheHub, Refused
from linkwork.local_codes import LocalCodes
from linkwork.seal import (
    Opener,
    Signer,
    current_key,
    lookup,
    seal,
    suite_of,
    verify_answer,
    verify_keyset,
)
from linkwork_agent.ports import Clock, Hub, NotJoined, Random, fresh_id
from linkwork_agent.store import base, inbox, outbox, schedule
from linkwork_agent.store.base import Db, Store, Tx

#: Where the store notes new keys of ours that the hub may know before they are in force.
REKEYING = "rekeying"
#: Where the store notes the signing keys that this enrolment had before, by their ids.
FORMER_KEYS = "former_sign_keys"
#: Where the store notes an item that the hub holds as acknowledged and that is not here.
LACKING = "lacking"
#: The longest wait that a hub may ask for, in seconds, and what is kept of one at most.
LONGEST_WAIT = 3600.0
_LONGEST_KEPT = timedelta(seconds=LONGEST_WAIT * 1.2)


@dataclass(frozen=True, slots=True)
class Desk:
    """One school's end of the post: its number, store and keys, and the time and randomness.

    `codes` is what the school's own attendance codes mean, `host` this machine's name.
    """

    urn: str
    mis: str
    store: Store
    signer: Signer
    opener: Opener
    clock: Clock
    random: Random
    codes: LocalCodes = local_codes.NONE
    host: str = ""


def keyset(db: Db) -> wire.Keyset:
    """The hub's keyset as last verified. Raises NotJoined."""
    data, fingerprint = base.blob(db, "keyset"), base.text(db, "root_fingerprint")
    if data is None or fingerprint is None:
        raise NotJoined
    return verify_keyset(data, fingerprint)


def our_keys(db: Db) -> tuple[str, ...]:
    """The ids of our keys in use, and of new ones being handed over: none of them is thrown away.

    A key in use may still stand beside, when the machine went off in the moment it was accepted.
    """
    used = (base.text(db, "sign_key_id"), base.text(db, "seal_key_id"))
    coming = json.loads(base.text(db, REKEYING) or "{}").values()
    return tuple(key for key in (*used, *coming, *former_keys(db)) if key)


def former_keys(db: Db) -> list[str]:
    """The ids of the signing keys of this enrolment before the one in use, the oldest first."""
    return (base.text(db, FORMER_KEYS) or "").split()


def enqueue(
    tx: Tx, desk: Desk, message: wire.Wire, words: str, detail: Mapping[str, Any] | None = None
) -> outbox.Row:
    """Seal one message and put it at the end of the outbox, in the caller's transaction.

    The envelope is kept as made: every sending of it is the same bytes, so that the hub can
    tell a repetition from another message under the same number. `words` and `detail` say to a
    person what leaves and whom it names.
    """
    place, now = outbox.next_place(tx), desk.clock()
    body = message.to_bytes()
    kind = body_kind(message)
    message_id = fresh_id(desk.random, "m")
    envelope = _sealed(tx, desk, body, wire.FEED_KIND, "feed", place, message_id)
    row = outbox.Row(
        epoch=place.epoch,
        seq=place.seq,
        kind=kind,
        message_id=message_id,
        created=now.isoformat(),
        envelope=envelope,
        words=words,
        detail=dict(detail or {}),
        acked_at=None,
        refused=None,
    )
    outbox.add(tx, row, body)
    return row


def start_over(tx: Tx, desk: Desk, *, after: int = 0) -> int:
    """Seal every waiting message anew, in a new epoch above `after`; how many there were.

    For new keys on either side, and for a machine put back to an older state, whose numbers the
    hub already holds with other content. What a message says has its own ids, so one that the hub
    did hold after all has no second effect.
    """

    def remake(row: outbox.Row, body: bytes, place: outbox.Place) -> bytes:
        return _sealed(tx, desk, body, wire.FEED_KIND, "feed", place, row.message_id)

    return outbox.renew(tx, max(outbox.next_place(tx).epoch, after) + 1, remake)


def control(db: Db, desk: Desk, message: wire.Wire) -> tuple[bytes, str]:
    """An unnumbered message for at once, and its id: it is not kept and may be lost."""
    message_id = fresh_id(desk.random, "m")
    place = outbox.Place(outbox.next_place(db).epoch, 0)
    kind = body_kind(message)
    return _sealed(db, desk, message.to_bytes(), kind, "control", place, message_id), message_id


def body_kind(message: wire.Wire) -> str:
    """The kind a message gives itself."""
    return str(getattr(message, "kind", ""))


def _sealed(
    db: Db, desk: Desk, body: bytes, kind: str, stream: Any, place: outbox.Place, message_id: str
) -> bytes:
    ours = base.text(db, "sign_key_id")
    if ours is not None and ours != desk.signer.key_id:
        raise Refused(
            "This school joined anew while this was running: it has new keys. Nothing was lost; "
            "the next run uses them."
        )
    header, public = addressed(desk, keyset(db), stream, place, message_id, kind)
    return seal(body, header, desk.signer, public)


def addressed(
    desk: Desk, keys: wire.Keyset, stream: Any, place: outbox.Place, message_id: str, kind: str
) -> tuple[wire.Header, bytes]:
    """The header of a message to the hub of these keys, and the public key it is sealed to."""
    key_id, public = current_key(keys, "seal", desk.clock())
    header = wire.Header(
        urn=desk.urn,
        stream=stream,
        epoch=place.epoch,
        seq=place.seq,
        message_id=message_id,
        recipient=key_id,
        suite=suite_of(public) or "",
        kind=kind,
        time=desk.clock(),
    )
    return header, public


def believe(keys: wire.Keyset, urn: str, data: bytes, message_id: str) -> wire.Answer:
    """The answer of the hub of these keys to one message. Raises NotTheHub for anything else."""
    answer = verify_answer(data, lookup(keys, "receipt"))
    if (answer.request, answer.urn) != (message_id, urn):
        raise NotTheHub(
            "The hub's answer belongs to another message: something on the way repeats old "
            "answers. Everything is kept; tell the authority if this stays so."
        )
    return answer


def record(tx: Tx, desk: Desk, answer: wire.Answer) -> None:
    """Keep what an answer says: our state, what was applied or refused, and what came down.

    Items are kept sealed, as they came; `instruct` opens them. The same item twice is one row.
    """
    now = desk.clock()
    base.put(
        tx,
        state=answer.state,
        state_reason=answer.reason,
        hub_time=answer.time.isoformat(),
        clock_offset=str(round((answer.time - now).total_seconds())),
        hub_wait_until=_wait_until(desk, answer.retry_after),
        window=min(answer.window, 7200) or None,
    )
    if answer.audit_number > base.number(tx, "audit_number"):
        witness(tx, answer)
    if answer.state == "active":
        _compare(tx, desk, outbox.Place(answer.applied_epoch, answer.contiguous_through))
    refusals = [(item.epoch, item.seq, item.reason) for item in answer.refused]
    outbox.learned(tx, answer.applied_epoch, answer.applied_through, refusals, wire.UNREAD)
    for item in answer.downlink:
        sealed = from_base64(item.sealed)
        inbox.keep(tx, inbox.Item(item.id, item.kind, sealed), now.isoformat())
    if answer.state == "active":
        there = not answer.acknowledged or inbox.has(tx, answer.acknowledged)
        base.put(tx, **{LACKING: None if there else answer.acknowledged})


def witness(tx: Tx, answer: wire.Answer) -> None:
    """Keep the head of the hub's record of who did what, to be held against it later."""
    base.put(tx, audit_number=answer.audit_number, audit_head=answer.audit_head)


def _compare(tx: Tx, desk: Desk, held: outbox.Place) -> None:
    """What the hub holds of us, against what we gave it: either side may have been put back.

    When it holds numbers this store has not given yet, this store is an older copy: everything
    that waits goes in a new epoch. When it has lost what it once receipted, that goes again.
    """
    ours = outbox.next_place(tx)
    if held >= ours:
        start_over(tx, desk, after=held.epoch)
        schedule.report(tx, "post", PUT_BACK, PUT_BACK, desk.clock())
        return
    if held.epoch == ours.epoch and held.seq > 0:
        schedule.solved(tx, "post")
    here = held.epoch == ours.epoch > 1
    if here and held.seq == 0 and outbox.receipted(tx, held.epoch):
        # Put back to before this epoch: how far it holds those before it is no longer to be known.
        held = outbox.Place(0, 0)
    ours_now = bytes.fromhex(desk.signer.key_id)
    asked = outbox.ask_again(tx, held, (ours_now, *map(bytes.fromhex, former_keys(tx))))
    unclear = held.epoch == 0 or outbox.hole(tx, held)
    if asked and (unclear or outbox.waits_under_another_key(tx, ours_now)):
        # It would wait for ever for what is older than is kept here, or refuse a key of before.
        start_over(tx, desk)


#: Said at the school and, since it names nobody, to the authority.
PUT_BACK = (
    "The hub holds messages that this store has not sent: it was put back to an older state, or "
    "another machine runs with a copy of it. Nothing is lost; what waits goes in a new epoch. "
    "If two machines run as this school's agent, stop one of them."
)


def from_base64(text: str) -> bytes:
    """The bytes, or none at all when this is no base64: they then fail where they are verified."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""


#: The hub's word for a message sealed to a key it no longer opens; it comes signed.
UNKNOWN_HUB_KEY = "unknown-hub-key"
#: The hub's word for a number it holds with other content; it comes signed.
CONFLICT = "conflict"


def refresh_keyset(desk: Desk, hub: Hub, answer: wire.Answer) -> None:
    """Fetch the keyset when the hub has a newer one; never go back to an older."""
    seen = base.number(desk.store.read, "keyset_version")
    if answer.keyset_version > seen:
        # Fetched first: nobody else could write to the store for as long as a network takes.
        newer = hub.keyset()
        with desk.store.write() as tx:
            keep_keyset(tx, newer)


def keep_keyset(tx: Tx, data: bytes) -> None:
    """Keep a keyset the authority's root signed. Raises NotTheHub for another or an older one."""
    fingerprint = base.text(tx, "root_fingerprint") or ""
    newer = verify_keyset(data, fingerprint, at_least=base.number(tx, "keyset_version"))
    base.put(tx, keyset=data, keyset_version=newer.version)


def honour_wait(db: Db, now: datetime) -> None:
    """Raise HubUnreachable while the hub has asked to be left alone.

    A wait of longer than a hub can ask for was counted from a clock that has been set since.
    """
    said = base.text(db, "hub_wait_until")
    until = datetime.fromisoformat(said) if said is not None else now
    if now < until <= now + _LONGEST_KEPT:
        local = until.astimezone().strftime("%H:%M:%S")
        raise HubUnreachable(
            f"The hub is busy and asked to wait until {local}. Everything is kept until then."
        )


def note_wait(tx: Tx, problem: HubUnreachable, desk: Desk) -> None:
    """Keep the wait that a busy hub asked for."""
    base.put(tx, hub_wait_until=_wait_until(desk, problem.retry_after))


def _wait_until(desk: Desk, seconds: float | None) -> str | None:
    if not seconds:
        return None
    # Up to a fifth longer: those who were sent away together do not come back together.
    longer = 1 + int.from_bytes(desk.random(2), "big") / 0xFFFF / 5
    return (desk.clock() + timedelta(seconds=min(seconds, LONGEST_WAIT) * longer)).isoformat()
