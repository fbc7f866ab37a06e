"""What a simulated school is to the hub that simulates it: given everything, fetching nothing.

The hub's `simulate` runs the agent's own code without knowing it: an installed agent offers its
school under the entry point group `linkwork.simulated_schools`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

#: The entry point group, and the name in it that `simulate` loads.
GROUP, NAME = "linkwork.simulated_schools", "agent"


class Way(Protocol):
    """The way to the hub: one request, and its status and body.

    Raises TimeoutError when no answer comes, ConnectionError when nobody is reached.
    """

    def __call__(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        """Carry one request."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """All that a simulated school is given.

    `database` is the SQLite URI of its store, `keys` the folder of its key files. `clock` is the
    machine's own clock, right or wrong; `now` the true time, by which its register grows.
    `dice` says what its pupils do; `reached` is called at each point at which a job may end.
    """

    urn: str
    pupils: int
    dice: str
    database: str
    keys: str
    clock: Callable[[], datetime]
    now: Callable[[], datetime]
    random: Callable[[int], bytes]
    way: Way
    reached: Callable[[str], None]


class Outgoing(NamedTuple):
    """One message the school has committed to its outbox."""

    message_id: str
    epoch: int
    seq: int
    acked: bool


class Look(NamedTuple):
    """What an onlooker sees of a school's store at one moment.

    `outgoing` is every message in the outbox, in order. `key_id` is the signing key in use and
    `state` what the hub last said this agent is; both "" before it has joined. `undecided`:
    changed marks wait for a person.
    """

    outgoing: tuple[Outgoing, ...]
    key_id: str
    state: str
    undecided: bool


class SimulatedSchool(Protocol):
    """One school with its agent. Each call is a process of its own.

    What one call left open the next may go on with, as long as nobody says `let_go`.
    Only what the disk, the way and `reached` raise comes out of a call; what a real agent would
    have told a person is told in the returned words.
    """

    def join(self, join_string: str) -> None:
        """Ask to join with a join string: new keys, and the enrolment prepared and sent."""

    def run(self, job: str) -> str:
        """Run "collect", "deliver" or "instruct" to its end: what it came to."""

    def renew_keys(self) -> str:
        """Begin to hand new keys of its own to the hub; `run("instruct")` goes on with it."""

    def decide(self) -> None:
        """A person accepts whatever changed marks wait."""

    def change_source(self) -> None:
        """From now on the register comes from another school system."""

    def let_go(self) -> None:
        """Keep nothing open: the machine is about to start again, or is put back."""

    def look(self) -> Look:
        """What the store holds now."""

    def in_effect(self) -> list[str]:
        """The ids of actions and requests the authority sent and the school has."""

    def spells(self) -> frozenset[str]:
        """The ids of the spells of absence that stand and of which the authority is told."""

    def last_day(self) -> str:
        """The last day with a mark in the school's own system, ISO."""


class SchoolMaker(Protocol):
    """What the entry point names."""

    def __call__(self, given: Surroundings) -> SimulatedSchool:
        """A school as it stands before it has joined."""
