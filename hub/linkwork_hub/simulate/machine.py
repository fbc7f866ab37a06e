"""One school's machine: its disk, its clock, its agent, and what happens to them."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import entry_points
from pathlib import Path
from random import Random

from linkwork.errors import LinkworkError, WrongUse
from linkwork.simulation import GROUP, NAME, Look, SchoolMaker, SimulatedSchool, Surroundings
from linkwork_hub.simulate import vfs
from linkwork_hub.simulate.disk import Disk
from linkwork_hub.simulate.hub_node import Ended
from linkwork_hub.simulate.way import Carry, Road

#: How far a machine's clock may be off.
OFF = (
    timedelta(hours=1),
    timedelta(hours=-1),
    timedelta(days=1, hours=2),
    timedelta(days=-2),
    timedelta(days=3652),
    timedelta(days=-3652),
)


class Broken(Exception):
    """A promise that was not kept, in a sentence."""


def installed(group: str = GROUP) -> SchoolMaker:
    """The simulated school of the agent that is installed beside this hub. Raises WrongUse."""
    for found in entry_points(group=group, name=NAME):
        maker: SchoolMaker = found.load()
        return maker
    raise WrongUse(
        "simulate runs the agent's own code, and no agent is installed here. Install "
        "linkwork-agent into this Python first."
    )


@dataclass(frozen=True)
class Snapshot:
    """A virtual machine's snapshot: the disk and the key files."""

    image: dict[str, bytes]
    keys: dict[str, bytes]


@dataclass(frozen=True)
class Given:
    """What a machine is made of: `place` names its disk, `folder` holds its key files."""

    urn: str
    pupils: int
    seed: str
    place: str
    folder: Path
    now: Callable[[], datetime]
    carry: Carry


class Machine:
    """One school. `offset` is how far its clock is off; `restored`: it was once put back."""

    def __init__(self, given: Given, maker: SchoolMaker) -> None:
        self.urn, self.school_id = given.urn, ""
        own = f"{given.seed}/{given.urn}"
        self.disk = Disk(Random(f"{own}/disk"))
        self.road = Road(given.carry, Random(f"{own}/way"))
        self.keys, self._given = given.folder / given.urn / "keys", given
        self.offset = timedelta()
        self.restored = False
        self._seen: Look | None = None
        self._seen_at = 0
        self.crash_at: int | None = None
        self.point = ""
        vfs.disks[given.place] = self.disk
        self.disk.restore(_empty_store(maker))
        self.school: SimulatedSchool = maker(
            Surroundings(
                urn=given.urn,
                pupils=given.pupils,
                dice=own,
                database=_uri(given.place),
                keys=str(self.keys),
                clock=lambda: given.now() + self.offset,
                now=given.now,
                random=Random(f"{own}/random").randbytes,
                way=self.road,
                reached=self._reached,
            )
        )

    def run(self, job: str) -> str:
        """Run one job as a process that may end; what it came to."""
        return self._process(lambda: self.school.run(job))

    def join(self, join_string: str) -> str:
        """Ask to join, as a process that may end."""

        def ask() -> str:
            self.school.join(join_string)
            return "asked to join"

        return self._process(ask)

    def renew_keys(self) -> str:
        """Begin to hand over new keys, as a process that may end."""
        return self._process(self.school.renew_keys)

    def look(self) -> Look:
        """What the store holds: read anew after every change of its disk."""
        if self._seen is None or self._seen_at != self.disk.changes:
            self._seen = self.school.look()
            self._seen_at = self.disk.changes
        return self._seen

    def decide(self) -> str:
        """A person accepts what waits."""

        def accept() -> str:
            self.school.decide()
            return ""

        return self._process(accept)

    def _process(self, do: Callable[[], str]) -> str:
        try:
            said = do()
        except (Ended, sqlite3.Error) as problem:
            self.school.let_go()
            if not (self.disk.stopped or self.disk.full):
                raise Broken(f"the store of school {self.urn} cannot be used: {problem}") from None
            said = f"ended ({problem})" if self.disk.stopped else f"the disk is full ({problem})"
        except LinkworkError as problem:
            said = str(problem)
        if self.disk.stopped:
            self.school.let_go()
            self.disk.start()
        return said

    def _reached(self, point: str) -> None:
        if self.crash_at is not None:
            self.crash_at -= 1
            if self.crash_at <= 0:
                self.crash_at, self.point = None, point
                self.disk.stop(power=False)
                raise Ended(point)

    def calm(self) -> None:
        """The faults of a moment are over."""
        self.crash_at, self.disk.cut_at = None, None

    def snapshot(self) -> Snapshot:
        """The machine as it is."""
        found = self.keys.iterdir() if self.keys.exists() else ()
        return Snapshot(self.disk.image(), {path.name: path.read_bytes() for path in found})

    def restore(self, kept: Snapshot) -> None:
        """Put the machine back to a snapshot."""
        self.school.let_go()
        self.disk.restore(kept.image)
        shutil.rmtree(self.keys, ignore_errors=True)
        self.keys.mkdir(parents=True, mode=0o700)
        for name, data in kept.keys.items():
            path = self.keys / name
            path.touch(mode=0o600)
            path.write_bytes(data)
        self.restored = True

    def close(self) -> None:
        """The machine is gone."""
        self.school.let_go()
        vfs.disks.pop(self._given.place, None)


def _uri(place: str) -> str:
    return f"file:/{place}/agent.db?vfs={vfs.NAME}"


_stores: dict[int, dict[str, bytes]] = {}


def _empty_store(maker: SchoolMaker) -> dict[str, bytes]:
    """The disk of an agent whose store is made and empty: made once for each kind of school."""
    if id(maker) not in _stores:
        _stores[id(maker)] = _made_store(maker)
    return _stores[id(maker)]


def _made_store(maker: SchoolMaker) -> dict[str, bytes]:
    vfs.register()
    disk = vfs.disks["empty-store"] = Disk(Random(0))
    given = Surroundings(
        urn="100000",
        pupils=0,
        dice="",
        database=_uri("empty-store"),
        keys="",
        clock=datetime.now,
        now=datetime.now,
        random=bytes,
        way=_nobody,
        reached=_nowhere,
    )
    school = maker(given)
    school.look()
    school.let_go()
    del vfs.disks["empty-store"]
    return disk.image()


def _nobody(method: str, path: str, body: bytes) -> tuple[int, bytes]:
    raise ConnectionError(f"{method} {path}: {len(body)} bytes go nowhere")


def _nowhere(_point: str) -> None:
    """On it goes."""
