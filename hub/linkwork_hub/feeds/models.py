"""The nouns of feeds: agents, what a school's feed looks like, what a handler is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol

from linkwork.seal import Signer
from linkwork.wire import Completeness, Identity
from linkwork_hub.db import Scope, Tx


class AgentState(StrEnum):
    """Where an agent's key stands. Only an active agent may send what concerns pupils."""

    PENDING = "pending"
    ACTIVE = "active"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent: a key pair at one school. `words` are the six it shows at the school."""

    id: str
    school_id: str
    urn: str
    sign_key_id: str
    sign_public: bytes
    seal_public: bytes
    state: AgentState
    words: str
    host: str
    created: datetime
    confirmed: datetime | None
    revoked: datetime | None
    revoked_why: str


@dataclass(frozen=True, slots=True)
class ApplyContext:
    """What a handler knows of a message besides its body.

    `open_identity(sealed, pseudonym)` gives the identity a message carries; it raises
    EnvelopeRefused when it was sealed for another school, pupil or hub. `overtaken` says that
    later messages of the school took effect before it: it is read again after an update, and what
    those said of the same thing stands.
    """

    school_id: str
    urn: str
    agent_id: str
    message_id: str
    received: datetime
    open_identity: Callable[[str, str], Identity]
    overtaken: bool = False


class Handler(Protocol):
    """Applies one kind of message inside the worker's transaction.

    A LinkworkError refuses the message for good: its sentence goes back to the school in an
    answer that is signed but not sealed, so it never names a pupil. Any other error undoes the
    transaction and the message is tried again.
    """

    def __call__(self, scope: Scope, db: Tx, ctx: ApplyContext, message: Any, /) -> None:
        """Write the effects of `message`."""


#: By the message's kind: "summary", "return", "referral", "action-progress".
Handlers = Mapping[str, Handler]


@dataclass(frozen=True, slots=True)
class IssueKeys:
    """The key that signs what goes down to schools (keyset purpose `issue`)."""

    signer: Signer


@dataclass(frozen=True, slots=True)
class Delivery:
    """How far one downlink item came. A moment that has not happened is None.

    Not `sealed` while the school has no confirmed agent to seal it to.
    """

    id: str
    kind: str
    issued: datetime
    delivered: datetime | None
    acknowledged: datetime | None
    expired: datetime | None
    sealed: bool = True


@dataclass(frozen=True, slots=True)
class Feed:
    """One school's feed as stored: what was heard last, and what waits or failed."""

    school_id: str
    urn: str
    name: str
    state: AgentState | None
    last_heartbeat: datetime | None = None
    last_summary: datetime | None = None
    as_of: date | None = None
    last_read: datetime | None = None
    mis: str = ""
    agent_version: str = ""
    completeness: Completeness | None = None
    waiting_here: int = 0
    applied: int = 0
    waiting_there: int = 0
    refused: int = 0
    unread: int = 0
    missing: int = 0
    missing_at: str = ""
    missing_since: datetime | None = None
    unanswered: int = 0
    stuck: str = ""
    joining: bool = False
    reported: tuple[str, ...] = ()
    alarms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lateness:
    """Whether a feed is behind: school days without a collection since `since`."""

    days: int
    since: date | None
    words: str

    @property
    def late(self) -> bool:
        """Whether anything is missing."""
        return self.days > 0


@dataclass(frozen=True, slots=True)
class DayTotals:
    """The sums of the school year up to `as_of`: pupils, and of them the persistent and severe."""

    as_of: date
    pupils: int
    possible: int
    present: int
    persistent: int
    severe: int
