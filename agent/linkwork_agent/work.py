"""Run one job of one school to its end, and turn whatever happens into one sentence."""

from __future__ import annotations

import os
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from linkwork.errors import BadInput, LinkworkError, MisError, Refused, WrongUse
from linkwork_agent import credentials, plugins
from linkwork_agent.config import Config, Network, School
from linkwork_agent.keys import KeyFolder
from linkwork_agent.ports import At, Clock, NotJoined, Random, RefusedByHub, nowhere
from linkwork_agent.store import base, schedule, upkeep
from linkwork_agent.store.base import Store, open_store

if TYPE_CHECKING:
    from linkwork.plugin import Mis, MisSettings
    from linkwork_agent.candidacy import Candidacy
    from linkwork_agent.hub_client import HubClient
    from linkwork_agent.joining import Office
    from linkwork_agent.post import Desk


_DIRECT = Network()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended. `sentence` is for the person at the machine; `shared` may be logged.

    `waits`: it was not its turn, which is no problem and passes by itself. `partial`: it is done,
    and something of it could not be read, which stands as a problem.
    """

    job: str
    urn: str
    sentence: str
    shared: str
    exit_code: int = 0
    waits: bool = False
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """One school as a job meets it: where its store is, its hub and its system, are asked here.

    `at` is told each point at which a job may end without warning.
    """

    config: Config
    school: School
    clock: Clock
    random: Random
    at: At = nowhere

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

    def hub(self, url: str) -> HubClient:
        """The way to a hub."""
        from linkwork_agent.hub_client import HubClient

        return HubClient(url, way=self.config.network)

    def keep_room(self) -> None:
        """Have what a full disk gives back."""
        upkeep.keep_ballast(self.folder)

    def keep_copy(self, store: Store) -> None:
        """Have a whole copy of the store for each day."""
        upkeep.copy_of_the_day(store, self.clock())

    def is_sound(self) -> bool:
        """Whether nothing is wrong in the store, or there is none yet."""
        path = self.folder / "agent.db"
        return not path.exists() or upkeep.is_sound(path)

    def recover(self) -> str:
        """Put a sound store in the place of a damaged one; what was done."""
        return upkeep.recover(self.folder / "agent.db", self.clock())

    def refuse_to_read(self, store: Store) -> None:
        """Raise StoreFull when what is read now might find no room."""
        upkeep.refuse_to_read(store)

    def mis(self) -> Mis:
        """The school's system, opened through its plugin. Raises WrongUse or a MisError."""
        from linkwork_agent.own_calendar import WithCalendar

        mis = plugins.open_mis(self.school.mis, _settings(self))
        calendar = self.config.calendar(self.school)
        return WithCalendar(mis, calendar) if calendar else mis


def run_job(place: Place, job: str, slot: str | None = None) -> Outcome | None:
    """Run one job; None when its slot is done already. What fails is kept as a problem.

    A store that is found damaged is moved aside first, and the newest sound copy takes its place.
    """
    if job != "collect" or place.is_sound():
        try:
            return _run(place, job, slot)
        except (base.StoreDamaged, sqlite3.DatabaseError) as problem:
            if not _damaged(problem):
                raise
    said = place.recover()
    with place.store() as store, store.write() as tx:
        schedule.report(tx, "store", said, "the store was damaged and replaced", place.clock())
    return _run(place, job, slot)


def _damaged(problem: Exception) -> bool:
    if isinstance(problem, sqlite3.DatabaseError):
        code = getattr(problem, "sqlite_errorcode", 0) & 0xFF
        # The driver's own word, without a code, for a text whose bytes were changed on the disk.
        return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) or (
            str(problem).startswith("Could not decode to UTF-8")
        )
    return True


def _run(place: Place, job: str, slot: str | None) -> Outcome | None:
    with place.store() as store:
        place.keep_room()
        if slot is not None and not _claim(store, job, slot, place.clock()):
            return None
        outcome = _attempt(place, store, job)
        with store.write() as tx:
            if outcome.partial:
                # Done, and still something for a person: it stands until a whole read.
                schedule.report(tx, job, outcome.sentence, outcome.shared, place.clock())
            elif outcome.exit_code == 0 or outcome.waits:
                schedule.solved(tx, job)
            else:
                schedule.report(tx, job, outcome.sentence, outcome.shared, place.clock())
            # A job that ended with a named problem has had its turn: the next slot tries again.
            if slot is not None:
                schedule.finish(tx, job, slot, place.clock())
        if outcome.exit_code == 0:
            place.keep_copy(store)
    return outcome


def _claim(store: Store, job: str, slot: str, now: datetime) -> bool:
    with store.write() as tx:
        return schedule.claim(tx, job, slot, now)


def _attempt(place: Place, store: Store, job: str) -> Outcome:
    urn = place.school.urn
    try:
        said = _JOBS[job](place, store)
    except LinkworkError as problem:
        shared = f"{job}: {shared_part(problem, place.school.mis)}"
        waits = isinstance(problem, Refused | NotJoined)
        return Outcome(job, urn, str(problem), shared, problem.exit_code, waits)
    if isinstance(said, str):
        return Outcome(job, urn, said, "done")
    sentence, partial = said
    shared = f"{job}: partial: {partial} (plugin {place.school.mis})" if partial else "done"
    return Outcome(job, urn, sentence, shared, partial=bool(partial))


def shared_part(problem: LinkworkError, mis: str) -> str:
    """What of a problem may leave or be logged: its kind and place, never a value from a register.

    The whole sentence stays at the school, in `status`.
    """
    if isinstance(problem, BadInput):
        row = f"row {problem.row}" if problem.row is not None else ""
        column = f"column {problem.column}" if problem.column else ""
        # Not the file: a school may have named it after a pupil.
        place = ", ".join(part for part in (row, column) if part)
        return f"bad input from plugin {mis}{' in ' + place if place else ''}"
    if isinstance(problem, MisError | WrongUse):
        return f"{type(problem).__name__} (plugin {mis})"
    return type(problem).__name__


def office_of(place: Place, store: Store) -> Office:
    """This school's store and keys, from which it joins or opens its desk."""
    from linkwork_agent.joining import Office

    school = place.school
    codes = place.config.own_codes(school)
    return Office(school.urn, school.mis, store, place.keys, place.clock, place.random, codes)


def desk_of(place: Place, store: Store) -> Desk:
    """This school's end of the post.

    Raises NotJoined, Refused while the hub has not decided, or WrongUse for exposed keys.
    """
    from linkwork_agent.joining import open_desk

    _hub_url(store)
    return replace(open_desk(office_of(place, store)), host=socket.gethostname())


def hub_of(store: Store, way: Network = _DIRECT) -> HubClient:
    """The way to the hub this school joined. Raises NotJoined, or Refused as `desk_of` does."""
    from linkwork_agent.hub_client import HubClient

    return HubClient(_hub_url(store), way=way)


def _hub_url(store: Store) -> str:
    url = base.text(store.read, "hub_url")
    if url is None and base.text(store.read, "state") == "waiting":
        raise Refused("The hub has not decided about this school's enrolment yet.")
    if url is None:
        raise NotJoined
    return url


def mis_of(place: Place) -> Mis:
    """The school's system, opened through its plugin. Raises WrongUse or a MisError."""
    return place.mis()


def _settings(place: Place) -> MisSettings:
    from linkwork.plugin import MisSettings

    school = place.school
    secrets = credentials.values(school.urn, place.keys, os.environ)
    return MisSettings(school.urn, place.config.options(school), secrets)


def _instruct(place: Place, store: Store) -> str:
    from linkwork_agent import candidacy
    from linkwork_agent.instruct import instruct

    made = candidacy.underway(store.read)
    if made is not None:
        asked = _ask(place, store, made)
        # A first enrolment leaves nothing to call with; one that replaces what works does.
        if base.text(store.read, "hub_url") is None:
            return asked
    with place.hub(_hub_url(store)) as hub:
        desk = desk_of(place, store)
        try:
            done = instruct(desk, hub, place.at)
        except RefusedByHub as problem:
            if not _known_again(place, store, hub, problem):
                raise
            return "the hub did not know this machine's keys any more, and knows them again"
        _note_certificate(place, store, hub)
        _renew_keys(place, store, hub)
    _hand_over(place, store)
    refused = f", {done.refused} could not be read" if done.refused else ""
    return f"called the hub: {done.state}; {done.applied} new from the authority{refused}"


def _hand_over(place: Place, store: Store) -> None:
    """Show the actions in the school's own system, where its plugin can. No failure stops more."""
    from linkwork_agent.handing import hand_over

    with _told(place, store, "actions", lambda problem: shared_part(problem, place.school.mis)):
        hand_over(store, place.school.mis, lambda: _settings(place))


@contextmanager
def _told(
    place: Place, store: Store, source: str, shared: Callable[[LinkworkError], str]
) -> Iterator[None]:
    """Do what stands inside; a failure is reported and stops no more, success ends the report.

    `shared` is what the authority may learn of a failure: nothing of what was read.
    """
    try:
        yield
    except LinkworkError as problem:
        said = f"{source}: {shared(problem)}"
        with store.write() as tx:
            schedule.report(tx, source, str(problem), said, place.clock())
    else:
        with store.write() as tx:
            schedule.solved(tx, source)


def _note_certificate(place: Place, store: Store, hub: HubClient) -> None:
    """Warn, weeks ahead, that the certificate which answers comes to its end."""
    valid, source = hub.valid, "certificate"
    days = valid.days_left(place.clock()) if valid is not None else None
    with store.write() as tx:
        if valid is None or days is None:
            schedule.solved(tx, source)
            return
        ends = f"the certificate that answers at the hub's address ends on {valid.last.date()}"
        sentence = (
            f"{ends[0].upper()}{ends[1:]}. Tell the authority, or whoever looks after a filter "
            "that opens TLS: from then on nothing can be sent until it is renewed, and all waits."
        )
        schedule.report(tx, source, sentence, ends, place.clock())


def _known_again(place: Place, store: Store, hub: HubClient, problem: RefusedByHub) -> bool:
    """Whether a hub that does not know our keys knows newer ones, or took ours anew."""
    from linkwork_agent import rekeying

    office = office_of(place, store)
    return problem.word == "unknown-key" and rekeying.again(office, hub, place.at)


def _renew_keys(place: Place, store: Store, hub: HubClient) -> None:
    """Hand over new keys when those in use are old. No failure stops more: it is tried again."""
    from linkwork_agent import rekeying

    office = office_of(place, store)
    rekeying.note_age(office)
    rekeying.forget(office)
    if not rekeying.is_due(store.read, place.clock()):
        return
    with _told(place, store, "rekey", lambda problem: type(problem).__name__):
        rekeying.step(office, hub)


def _ask(place: Place, store: Store, made: Candidacy) -> str:
    """Ask what became of an enrolment; when another connection works, no failure stops that."""
    from linkwork_agent import joining

    try:
        with place.hub(made.url) as hub:
            answer = joining.ask(office_of(place, store), hub, place.at)
        if answer.state not in (*joining.CONNECTED, "waiting"):
            raise joining.refusal(answer)
    except LinkworkError as problem:
        if not joining.connected(store.read):
            raise
        sentence = f"Joining anew did not work: {problem} What was in use before goes on working."
        with store.write() as tx:
            schedule.report(tx, "join", sentence, f"join: {type(problem).__name__}", place.clock())
        return sentence
    return f"asked the hub about our enrolment: {answer.state}"


def _deliver(place: Place, store: Store) -> str:
    from linkwork_agent.deliver import deliver
    from linkwork_agent.instruct import acknowledge, apply_waiting, instruct

    with place.hub(_hub_url(store)) as hub:
        desk = desk_of(place, store)
        # Whether the hub takes anything now is asked with a sign of life, never with a message.
        if base.text(store.read, "state") != "active":
            instruct(desk, hub, place.at)
        done = deliver(desk, hub, place.at)
        apply_waiting(desk, place.at)
        acknowledge(desk, hub)
    stopped = f"; {done.stopped}" if done.stopped else ""
    return f"sent {done.sent}, {done.waiting} waiting{stopped}"


def _collect(place: Place, store: Store) -> tuple[str, str]:
    from linkwork_agent.collect import collect

    place.refuse_to_read(store)
    done = collect(desk_of(place, store), lambda: mis_of(place), place.at)
    return done.sentence, done.partial


#: Each job: what it came to in a sentence, and what of it was only a part, in words that may leave.
_JOBS: dict[str, Callable[[Place, Store], str | tuple[str, str]]] = {
    "instruct": _instruct,
    "collect": _collect,
    "deliver": _deliver,
}
