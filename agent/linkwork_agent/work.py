"""Run one job of one school to its end, and turn whatever happens into one sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from linkwork.errors import BadInput, LinkworkError, MisError, Refused, WrongUse
from linkwork_agent import plugins
from linkwork_agent.config import Config, School
from linkwork_agent.keys import KeyFolder
from linkwork_agent.ports import Clock, NotJoined, Random
from linkwork_agent.store import base, schedule
from linkwork_agent.store.base import Store, open_store

if TYPE_CHECKING:
    from linkwork.plugin import Mis
    from linkwork_agent.hub_client import HubClient
    from linkwork_agent.post import Desk


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended. `sentence` is for the person at the machine; `shared` may be logged.

    `waits`: it was not its turn, which is no problem and passes by itself.
    """

    job: str
    urn: str
    sentence: str
    shared: str
    exit_code: int = 0
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """One school as a job meets it."""

    config: Config
    school: School
    clock: Clock
    random: Random

    @property
    def folder(self) -> Path:
        """Where the school's store and keys are."""
        return self.config.folder(self.school)

    @property
    def keys(self) -> KeyFolder:
        """The school's keys."""
        return KeyFolder(self.folder / "keys")

    def store(self) -> Store:
        """The school's store, made when there is none."""
        return open_store(self.folder / "agent.db")


def run_job(place: Place, job: str, slot: str | None = None) -> Outcome | None:
    """Run one job; None when its slot is done already. What fails is kept as a problem."""
    with place.store() as store:
        if slot is not None and not _claim(store, job, slot, place.clock()):
            return None
        outcome = _attempt(place, store, job)
        with store.write() as tx:
            if outcome.exit_code == 0 or outcome.waits:
                schedule.solved(tx, job)
            else:
                schedule.report(tx, job, outcome.sentence, outcome.shared, place.clock())
            # A job that ended with a named problem has had its turn: the next slot tries again.
            if slot is not None:
                schedule.finish(tx, job, slot, place.clock())
    return outcome


def _claim(store: Store, job: str, slot: str, now: datetime) -> bool:
    with store.write() as tx:
        return schedule.claim(tx, job, slot, now)


def _attempt(place: Place, store: Store, job: str) -> Outcome:
    urn = place.school.urn
    try:
        sentence = _JOBS[job](place, store)
    except LinkworkError as problem:
        shared = f"{job}: {shared_part(problem, place.school.mis)}"
        waits = isinstance(problem, Refused | NotJoined)
        return Outcome(job, urn, str(problem), shared, problem.exit_code, waits)
    return Outcome(job, urn, sentence, "done")


def shared_part(problem: LinkworkError, mis: str) -> str:
    """What of a problem may leave or be logged: its kind and place, never a value from a register.

    The whole sentence stays at the school, in `status`.
    """
    if isinstance(problem, BadInput):
        row = f"row {problem.row}" if problem.row is not None else ""
        column = f"column {problem.column}" if problem.column else ""
        file = Path(problem.file).name if problem.file else ""
        place = ", ".join(part for part in (file, row, column) if part)
        return f"bad input from plugin {mis}{' in ' + place if place else ''}"
    if isinstance(problem, MisError | WrongUse):
        return f"{type(problem).__name__} (plugin {mis})"
    return type(problem).__name__


def desk_of(place: Place, store: Store) -> Desk:
    """This school's end of the post. Raises NotJoined, or WrongUse for exposed keys."""
    from linkwork_agent.joining import open_desk

    if base.text(store.read, "hub_url") is None:
        raise NotJoined
    school = place.school
    return open_desk(school.urn, school.mis, store, place.keys, place.clock, place.random)


def hub_of(store: Store) -> HubClient:
    """The way to the hub this school joined. Raises NotJoined."""
    from linkwork_agent.hub_client import HubClient

    url = base.text(store.read, "hub_url")
    if url is None:
        raise NotJoined
    return HubClient(url)


def mis_of(place: Place) -> Mis:
    """The school's system, opened through its plugin. Raises WrongUse or a MisError."""
    from linkwork.plugin import MisSettings

    school = place.school
    settings = MisSettings(school.urn, place.config.options(school), place.keys.secrets())
    return plugins.open_mis(school.mis, settings)


def _instruct(place: Place, store: Store) -> str:
    from linkwork_agent import joining
    from linkwork_agent.instruct import instruct

    with hub_of(store) as hub:
        desk = desk_of(place, store)
        if base.text(store.read, "state") == "waiting":
            return f"asked the hub about our enrolment: {joining.ask(desk, hub).state}"
        done = instruct(desk, hub)
    refused = f", {done.refused} could not be read" if done.refused else ""
    return f"called the hub: {done.state}; {done.applied} new from the authority{refused}"


def _deliver(place: Place, store: Store) -> str:
    from linkwork_agent.deliver import deliver
    from linkwork_agent.instruct import acknowledge, apply_waiting

    with hub_of(store) as hub:
        desk = desk_of(place, store)
        done = deliver(desk, hub)
        apply_waiting(desk)
        acknowledge(desk, hub)
    stopped = f"; {done.stopped}" if done.stopped else ""
    return f"sent {done.sent}, {done.waiting} waiting{stopped}"


def _collect(place: Place, store: Store) -> str:
    from linkwork_agent.collect import collect

    done = collect(desk_of(place, store), lambda: mis_of(place))
    return done.sentence


_JOBS: dict[str, Callable[[Place, Store], str]] = {
    "instruct": _instruct,
    "collect": _collect,
    "deliver": _deliver,
}
