"""What the agent is given rather than fetches: the time, randomness, and where tests may cut."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime

#: The time, as an aware datetime.
Clock = Callable[[], datetime]
#: So many random bytes, unguessable.
Random = Callable[[int], bytes]
#: Called with the name of each point at which a job may be killed. Only tests pass one.
At = Callable[[str], None]


def nowhere(_point: str) -> None:
    """The `At` of every real run: go on."""


def utc_now() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


def fresh_id(random: Random, prefix: str) -> str:
    """A new id: the prefix and 32 hex characters."""
    return f"{prefix}_{random(16).hex()}"


system_random: Random = os.urandom
