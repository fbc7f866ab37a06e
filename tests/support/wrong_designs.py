"""Ways of sending and taking in that are wrong on purpose: a simulation must catch each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import update

from linkwork import seal
from linkwork.errors import HubUnreachable
from linkwork.simulation import Surroundings
from linkwork_agent import post, work
from linkwork_agent.ports import Hub, fresh_id
from linkwork_agent.post import Desk
from linkwork_agent.simulated import AgentSchool, SimulatedPlace
from linkwork_agent.store import outbox
from linkwork_agent.store.base import Store
from linkwork_hub.db import Database, Scope
from linkwork_hub.feeds import inbox, tables
from linkwork_hub.feeds.agents import agent_by_key
from linkwork_hub.feeds.answers import Reply, to_agent
from linkwork_hub.feeds.keys import ReceiverKeys
from linkwork_hub.feeds.models import AgentState
from linkwork_hub.feeds.receive import receive
from linkwork_hub.feeds.work import work_once
from linkwork_hub.simulate.hub_node import Design

SYSTEM = Scope.system()


def receive_all_as_new(
    db: Database, keys: ReceiverKeys, envelope: bytes, reached: Callable[[str], None]
) -> Reply:
    """Wrong: what comes again is taken for news."""
    reply = receive(db, keys, envelope, reached)
    with db.write() as tx:
        where = tables.inbox.c.envelope == envelope
        tx.execute(update(tables.inbox).where(where).values(applied=None))
    return reply


class AcksFirst:
    """Wrong: the receipt goes out, and what it is for is stored a moment later."""

    def __init__(self) -> None:
        self.db: Database | None = None
        self.memory: list[bytes] = []
        self.keys: ReceiverKeys | None = None

    def receive(
        self,
        db: Database,
        keys: ReceiverKeys,
        envelope: bytes,
        reached: Callable[[str], None],
    ) -> Reply:
        """Sign a receipt, and keep the message in memory."""
        self._same_process(db)
        with db.read() as tx:
            known = seal.verify(envelope, lambda key: _public(tx, key))
        with db.write() as tx:
            sender = agent_by_key(SYSTEM, tx, known.sender)
            assert sender is not None
            if (
                known.header.stream != "feed"
                or sender.state is not AgentState.ACTIVE
                or inbox.stored(SYSTEM, tx, sender, known.header) is not None
            ):
                sender = None
            else:
                reply = to_agent(SYSTEM, tx, keys, sender, known.header, tx.now, known.digest)
        if sender is None:
            return receive(db, keys, envelope, reached)
        self.memory.append(envelope)
        reached("receipt signed")
        return reply

    def work(self, db: Database, *rest: Any) -> int:
        """Store what is in memory, then work."""
        self._same_process(db)
        while self.memory and self.keys is not None:
            receive(db, self.keys, self.memory[0])
            del self.memory[0]
        return work_once(db, *rest)

    def _same_process(self, db: Database) -> None:
        # A process that ended has forgotten; the one that follows opens the database anew.
        if db is not self.db:
            self.db, self.memory = db, []

    def design(self) -> Design:
        """This design of a hub."""

        def receiving(db: Database, keys: ReceiverKeys, *rest: Any) -> Reply:
            self.keys = keys
            return self.receive(db, keys, *rest)

        return Design(receiving, self.work)


def _public(tx: Any, key: str) -> bytes | None:
    known = agent_by_key(SYSTEM, tx, key)
    return known.sign_public if known else None


class WrongSchool(AgentSchool):
    """A school whose agent delivers in its own way."""

    def run(self, job: str) -> str:
        """Deliver wrongly; everything else as it should be."""
        if job != "deliver":
            return super().run(job)
        place = self._place
        with place.store() as store:
            desk = work.desk_of(place, store)
            try:
                with place.hub("https://hub.example") as hub:
                    for row in outbox.waiting(store.read):
                        self.send(desk, hub, row)
            except HubUnreachable:
                return "the hub is away"
        return "sent"

    def send(self, desk: Desk, hub: Hub, row: outbox.Row) -> None:
        """Send one message."""
        raise NotImplementedError


def _mark(desk: Desk, row: outbox.Row) -> None:
    with desk.store.write() as tx:
        outbox.acked(tx, row, desk.clock())


class MarksThenSends(WrongSchool):
    """Wrong: a message counts as delivered before it is."""

    def send(self, desk: Desk, hub: Hub, row: outbox.Row) -> None:
        """Mark, then send."""
        _mark(desk, row)
        hub.post(row.envelope)


class SendsAnew(WrongSchool):
    """Wrong: each further sending is another message, so a repetition looks like news."""

    def __init__(self, given: Surroundings) -> None:
        super().__init__(given)
        self.tried: set[str] = set()

    def send(self, desk: Desk, hub: Hub, row: outbox.Row) -> None:
        """Send, then mark; what was tried before goes under a new id and number."""
        if row.message_id in self.tried:
            with desk.store.write() as tx:
                change = "UPDATE outbox SET message_id = ? WHERE message_id = ?"
                tx.execute(change, [fresh_id(desk.random, "m"), row.message_id])
                post.start_over(tx, desk)
            row = outbox.waiting(desk.store.read)[0]
        self.tried.add(row.message_id)
        hub.post(row.envelope)
        _mark(desk, row)


class _HastyPlace(SimulatedPlace):
    """A store that never waits for its disk."""

    __slots__ = ()

    def store(self) -> Store:
        """The store, with the fastest of all settings."""
        store = SimulatedPlace.store(self)
        store.read.execute("PRAGMA synchronous=OFF")
        return store


class Hasty(AgentSchool):
    """Wrong: commits are not on the disk when they are believed."""

    def __init__(self, given: Surroundings) -> None:
        super().__init__(given)
        fields = {name: getattr(self._place, name) for name in SimulatedPlace.__dataclass_fields__}
        self._place = _HastyPlace(**fields)
