"""What carries the messages: headers, receipts, answers and the hub's public keys."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, get_args

from pydantic import field_validator

from linkwork.wire.base import WIRE_VERSION, Signed, Wire, canonical

#: The kind in the header of every message of the feed: what it is stands sealed in its body.
FEED_KIND = "message"
#: How the reason begins for which a hub refuses a message it is too old for. It keeps it, and
#: reads it when it has been updated; the reason then stands in no answer any more.
UNREAD = "The message is not of a form this hub knows"

Purpose = Literal["seal", "identity", "receipt", "issue"]
KeyStatus = Literal["active", "retiring", "retired"]


class Header(Wire):
    """The signed, unencrypted part of an envelope, bound into its ciphertext.

    `stream` is "feed" (numbered, kept, applied in order) or "control" (heartbeats; seq 0).
    `sender` and `recipient` are key ids in hex; `time` is the sender's clock, for information.
    `also_signed` names the algorithm of a second signature; without one it does not stand there.
    """

    v: int = WIRE_VERSION
    urn: str
    stream: Literal["feed", "control", "enrol", "downlink"]
    epoch: int
    seq: int
    message_id: str
    recipient: str
    suite: str
    kind: str
    time: datetime
    also_signed: str | None = None

    def to_bytes(self) -> bytes:
        """This header as canonical JSON; what an older version does not know is left out."""
        return canonical(self.model_dump(mode="json", exclude_none=True))


class Stored(Signed):
    """Receipt: these bytes are stored. Not yet: they were applied."""

    stream: str
    epoch: int
    seq: int
    message_id: str
    digest: str
    at: datetime


class RefusedMessage(Signed):
    """A stored message the hub could not apply, and why: shown at the school, never in silence."""

    epoch: int
    seq: int
    reason: str


class SealedItem(Signed):
    """A downlink item on its way: its id and kind in clear, its body sealed (base64)."""

    id: str
    kind: str
    sealed: str


class Answer(Signed):
    """The signed answer to every call. `request` is the message id it answers.

    `contiguous_through` is of `applied_epoch`, the newest epoch held. `audit_number` and
    `audit_head` are the newest entry of the hub's record of who did what: whoever keeps them can
    tell later that it was cut or changed. Schools spread their calls over `window` seconds.
    `acknowledged` is the newest item that was acknowledged and could be sent down once more; an
    agent that has it not was put back, and says with its heartbeat which items it has.
    """

    v: int = WIRE_VERSION
    request: str
    urn: str
    state: Literal["waiting", "pending", "active", "revoked", "refused"]
    reason: str = ""
    stored: Stored | None = None
    contiguous_through: int = 0
    applied_epoch: int = 0
    applied_through: int = 0
    refused: tuple[RefusedMessage, ...] = ()
    downlink: tuple[SealedItem, ...] = ()
    keyset_version: int = 0
    retry_after: int | None = None
    audit_number: int = 0
    audit_head: str = ""
    window: int = 0
    acknowledged: str = ""
    time: datetime


class HubKey(Signed):
    """One public key of the hub (`public` is base64).

    `seal` opens what agents send, `identity` opens identities, `receipt` signs answers and
    `issue` signs downlink items.
    """

    key_id: str
    purpose: Purpose
    suite: str
    public: str
    not_before: datetime
    not_after: datetime | None = None
    status: KeyStatus = "active"


class Keyset(Signed):
    """The hub's public keys, signed by the authority's offline root key."""

    v: int = WIRE_VERSION
    version: int
    authority: str
    issued: datetime
    keys: tuple[HubKey, ...]

    @field_validator("keys", mode="before")
    @classmethod
    def _of_known_use(cls, keys: Any) -> Any:
        """Passes over keys of a use that a later version knows."""
        if not isinstance(keys, list):
            return keys
        return [key for key in keys if not isinstance(key, dict) or _is_known(key)]


def _is_known(key: dict[str, Any]) -> bool:
    return key.get("purpose") in get_args(Purpose) and (
        key.get("status", "active") in get_args(KeyStatus)
    )
