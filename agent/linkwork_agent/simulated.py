"""This agent as a simulated school: its own jobs, with store, time, chance and network given."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from linkwork.episodes import Episode
from linkwork.join import parse
from linkwork.plugin import Mis
from linkwork.policy import loads
from linkwork.simulation import Look, Outgoing, Surroundings
from linkwork_agent import corrections, joining, rekeying, work
from linkwork_agent.config import DEFAULT_SCHEDULE, Config, School
from linkwork_agent.hub_client import HubClient
from linkwork_agent.keys import KeyFolder
from linkwork_agent.simulated_register import DiceMis, is_school_day
from linkwork_agent.store import base, changes, inbox, registers
from linkwork_agent.store.base import Store, open_uri

if TYPE_CHECKING:
    from linkwork.simulation import SimulatedSchool

#: The school's system, by name. It has no plugin of its own: the register is made up.
MIS = "csv"
#: The end of a process writes a log back into its database: that is not to be left out.
_MAY_BE_KEPT = base.journal(sqlite3.sqlite_version_info)[0] == "DELETE"
_RELEASE = joining.Release(("return",), "a made-up head")


class _KeptStore(Store):
    """A store that stays open for the next job: to open it costs as much as a light job.

    A job leaves nothing in it: every connection has the same settings, and no transaction is open.
    """

    def close(self) -> None:
        """It is kept."""
        if self.read.in_transaction:
            self.read.execute("ROLLBACK")


@dataclass(frozen=True, slots=True)
class SimulatedPlace(work.Place):
    """A school whose store, keys, hub and system are those of a simulation."""

    given: Surroundings | None = None
    system: Mis | None = None
    open: list[_KeptStore] = field(default_factory=list)

    @property
    def keys(self) -> KeyFolder:
        """The key files, in the folder that was given."""
        return KeyFolder(Path(_given(self).keys))

    def store(self) -> Store:
        """The store on the simulated disk."""
        if self.open:
            return self.open[0]
        where = Path(_given(self).keys).parent / "agent.db"
        store = open_uri(_given(self).database, where, lambda _folder: 1)
        if not _MAY_BE_KEPT:
            return store
        self.open.append(_KeptStore(store.read, where, lambda _folder: 1))
        return self.open[0]

    def let_go(self) -> None:
        """Close the store that was kept open."""
        while self.open:
            Store.close(self.open.pop())

    def hub(self, url: str) -> HubClient:
        """The way that was given, under the agent's own client."""
        return HubClient(url, transport=_Transport(_given(self)))

    def keep_room(self) -> None:
        """A simulated disk has no ballast."""

    def keep_copy(self, store: Store) -> None:
        """Nor copies."""

    def is_sound(self) -> bool:
        """It is looked at after every step."""
        return True

    def refuse_to_read(self, store: Store) -> None:
        """It is full at any write, not by its size."""

    def recover(self) -> str:
        """Raises sqlite3.DatabaseError: nothing that is simulated may damage a store."""
        raise sqlite3.DatabaseError("it is damaged")

    def mis(self) -> Mis:
        """The made-up school system."""
        if self.system is None:
            raise ValueError("a simulated place has a system")
        return self.system


def _given(place: SimulatedPlace) -> Surroundings:
    if place.given is None:
        raise ValueError("a simulated place has surroundings")
    return place.given


class _Transport(httpx.BaseTransport):
    """The given way, as httpx knows transports."""

    def __init__(self, given: Surroundings) -> None:
        self._given = given

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Carry one request; a way that fails fails as a network does."""
        try:
            status, body = self._given.way(request.method, request.url.path, request.read())
        except TimeoutError as problem:
            raise httpx.ReadTimeout(str(problem)) from problem
        except ConnectionError as problem:
            raise httpx.ConnectError(str(problem)) from problem
        return httpx.Response(status, content=body)


class AgentSchool:
    """One school: every call is a job, and each job a process of its own."""

    def __init__(self, given: Surroundings) -> None:
        self._given = given
        self._source = 1
        system = DiceMis(given.dice, given.pupils, lambda: f"database {self._source}", given.now)
        school = School(given.urn, f"School {given.urn}", MIS, {})
        config = Config(Path(given.keys).parent, (school,), DEFAULT_SCHEDULE)
        self._place = SimulatedPlace(
            config, school, given.clock, given.random, given.reached, given, system
        )

    def join(self, join_string: str) -> None:
        """Ask to join: new keys, and the enrolment prepared; `run("instruct")` sends it."""
        string = parse(join_string)
        with self._place.store() as store, self._place.hub(string.url) as hub:
            office = work.office_of(self._place, store)
            joining.begin(office, hub, string, "a-machine", _RELEASE, self._given.reached)

    def run(self, job: str) -> str:
        """Run one job to its end; what it came to, in the words that may be logged."""
        outcome = work.run_job(self._place, job)
        if outcome is None:
            return ""
        return (
            outcome.sentence if outcome.exit_code == 0 else f"{outcome.shared}: {outcome.sentence}"
        )

    def renew_keys(self) -> str:
        """Begin to hand new keys over, as the command `rekey` does."""
        with self._place.store() as store:
            url = base.text(store.read, "hub_url")
            if url is None:
                return "not joined"
            with self._place.hub(url) as hub:
                rekeying.step(work.office_of(self._place, store), hub, self._given.reached)
        return "handed new keys over"

    def decide(self) -> None:
        """Accept whatever changed marks wait."""
        with self._place.store() as store:
            if changes.waiting(store.read)[0]:
                corrections.decide(
                    store, self._place.school, "accept", None, "a made-up person", self._given.clock
                )

    def change_source(self) -> None:
        """Another database of the school system, with the same pupils."""
        self._source += 1

    def let_go(self) -> None:
        """The machine starts again or is put back: the store is closed."""
        self._place.let_go()

    def look(self) -> Look:
        """What the store holds now."""
        with self._place.store() as store:
            db = store.read
            rows = db.execute(
                "SELECT message_id, epoch, seq, acked_at IS NOT NULL FROM outbox"
                " ORDER BY epoch, seq"
            )
            outgoing = tuple(Outgoing(name, epoch, seq, bool(to)) for name, epoch, seq, to in rows)
            key, state = (base.text(db, each) or "" for each in ("sign_key_id", "state"))
            return Look(outgoing, key, state, bool(changes.waiting(db)[0]))

    def in_effect(self) -> list[str]:
        """Actions and requests that the school has."""
        with self._place.store() as store:
            found = [each.action_id for each in inbox.actions(store.read)]
            return found + [each.request_id for each in inbox.requests(store.read)]

    def spells(self) -> frozenset[str]:
        """The spells that stand, of the authority's audience and of what the hub is told."""
        with self._place.store() as store:
            known = [Episode.from_json(each.data) for each in registers.episodes(store.read)]
            rules = loads(base.text(store.read, "policy_toml") or "")
        # Sickness goes another way, and the hub has no use for it yet.
        health = {rule.name for rule in rules.triggers if rule.route == "health-needs"}
        return frozenset(
            each.id
            for each in known
            if each.state == "open"
            and each.finding.audience == "authority"
            and each.trigger not in health
        )

    def last_day(self) -> str:
        """The last day on which the made-up school was open."""
        day = self._given.now().date()
        while not is_school_day(day):
            day -= timedelta(days=1)
        return day.isoformat()


def school(given: Surroundings) -> SimulatedSchool:
    """The entry point: a school as it stands before it has joined."""
    return AgentSchool(given)
