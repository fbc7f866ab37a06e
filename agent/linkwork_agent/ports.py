"""What the agent is given rather than fetches: the time, randomness, and where tests may cut."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from linkwork.errors import LinkworkError, WrongUse

#: The time, as an aware datetime.
Clock = Callable[[], datetime]
#: So many random bytes, unguessable.
Random = Callable[[int], bytes]
#: Called with the name of each point at which a job may be killed. Only tests pass one.
At = Callable[[str], None]


class Hub(Protocol):
    """What carries bytes to the hub and back; believes nothing."""

    def keyset(self) -> bytes:
        """The signed keyset, unverified."""

    def enrol(self, envelope: bytes) -> bytes:
        """Send an enrolment; the unverified answer."""

    def post(self, envelope: bytes) -> bytes:
        """Send one envelope; the unverified answer."""


class NotJoined(WrongUse):
    """There is no authority to speak to yet."""

    def __init__(self) -> None:
        super().__init__(
            "This school has not joined an authority yet. Run, with the join string the authority "
            'gave you: linkwork-agent join STRING --released-by "NAME OF THE HEAD"'
        )


class RefusedByHub(LinkworkError):
    """The hub would not take these bytes. The word is unsigned: a hint, never a reason to drop."""

    def __init__(self, status: int, word: str) -> None:
        self.status, self.word = status, word
        super().__init__(
            f"The hub did not take a message (HTTP {status}, {word!r}). It is kept; "
            + (_OLDER_HUB if word in _TOO_NEW else "if this stays so, tell the authority.")
        )


#: What a hub says to an agent that is newer than it.
_TOO_NEW = ("version", "algorithm")
_OLDER_HUB = (
    "this agent is newer than the hub. Tell the authority to update its hub: everything goes then."
)


def nowhere(_point: str) -> None:
    """The `At` of every real run: go on."""


def utc_now() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


def fresh_id(random: Random, prefix: str) -> str:
    """A new id: the prefix and 32 hex characters."""
    return f"{prefix}_{random(16).hex()}"


system_random: Random = os.urandom
