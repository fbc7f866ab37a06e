"""Schools and a hub through weeks: every step is watched, every fault is that of the plan."""

from __future__ import annotations

import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random

from linkwork.simulation import SchoolMaker
from linkwork_hub.simulate import ledger, vfs
from linkwork_hub.simulate.clockwork import TrueTime, moments
from linkwork_hub.simulate.hub_node import Design, HubNode, forget
from linkwork_hub.simulate.machine import Broken, Given, Machine
from linkwork_hub.simulate.plan import Plan
from linkwork_hub.simulate.trouble import Trouble
from linkwork_hub.simulate.watch import Watch

#: Moments without faults after which everything must be there: a week.
CALM = 14
#: Moments that people wait for one try to join before they make another.
PATIENCE = 3
_runs = count(1)


@dataclass(frozen=True)
class Size:
    """How large a run is."""

    schools: int
    weeks: int
    seed: int
    pupils: int = 24


@dataclass
class Ran:
    """What a run came to. `broken` is the sentence of the promise that was not kept, if any.

    `forgotten` are messages that only a machine had that was put back to before it made them.
    """

    size: Size
    plan: Plan
    moments: int = 0
    messages: int = 0
    effects: int = 0
    items: int = 0
    forgotten: int = 0
    met: Counter[str] = field(default_factory=Counter)
    broken: str = ""
    at: str = ""


class World:
    """One run. `say` is told every step, for whoever looks at a failure."""

    def __init__(
        self,
        size: Size,
        plan: Plan,
        maker: SchoolMaker,
        design: Design | None = None,
        say: Callable[[str], None] = lambda _words: None,
    ) -> None:
        vfs.register()
        self._size, self._say = size, say
        self.ran = Ran(size, plan)
        self._folder = Path(tempfile.mkdtemp(prefix="linkwork-simulate-"))
        self._time, name, seed = TrueTime(), f"run{next(_runs)}", f"{size.seed}"
        keys = self._folder / "hub"
        self.hub = HubNode(f"{name}-hub", keys, self._time, seed, design or Design())
        places = [(f"{100001 + n}", f"{name}-{n}") for n in range(size.schools)]
        self.machines = [
            Machine(
                Given(urn, size.pupils, seed, place, self._folder, self._time, self.hub.call), maker
            )
            for urn, place in places
        ]
        self.watches = [Watch() for _ in self.machines]
        self._trouble = Trouble(
            [each for each in plan if each.moment < moments(size.weeks)],
            self.hub,
            self.machines,
            went_back=lambda place: self.watches[place].machine_went_back(self.machines[place]),
            hub_went_back=self._hub_went_back,
            rejoin=self._rejoin,
        )
        self._order = Random(f"order/{seed}")
        self._issued: list[list[str]] = [[] for _ in self.machines]
        self._asked: dict[str, int] = {}
        self._unknown_since: dict[int, int] = {}
        self._of_school: dict[str, Watch] = {}
        #: How far the hub's messages and its ledger were read, and at which state of its disk.
        self._row = self._effect = 0
        self._read_at = -1
        self._hub_restored = False
        self._moment = 0

    def run(self) -> Ran:
        """All of it. A promise that is not kept ends it, and is named in the result."""
        total = moments(self._size.weeks)
        try:
            self._join_all()
            for self._moment in range(total + CALM):
                self._trouble.keep(self._moment)
                if self._moment == total:
                    self._trouble.calm()
                self._step()
            self._the_end()
        except (Broken, sqlite3.Error) as problem:
            damaged = isinstance(problem, sqlite3.Error)
            self.ran.broken = f"a store cannot be used: {problem}" if damaged else str(problem)
            self.ran.at = f"moment {self._moment}"
        finally:
            self._close()
        return self.ran

    def _join_all(self) -> None:
        self._time.go(0)
        for machine, watch in zip(self.machines, self.watches, strict=True):
            machine.school_id = self.hub.add_school(machine.urn)
            self._of_school[machine.school_id] = watch
            machine.join(self.hub.join_string(machine.school_id))
            machine.run("instruct")
        self.hub.work()
        for machine in self.machines:
            machine.run("instruct")
            self.hub.confirm(machine.school_id)

    def _step(self) -> None:
        jobs = self._time.go(self._moment)
        if self.hub.down:
            self._hub_again()
        self._trouble.at_hub(self._moment)
        order = list(range(len(self.machines)))
        self._order.shuffle(order)
        for place in order:
            machine = self.machines[place]
            self._trouble.at_school(self._moment, place)
            for job in jobs:
                self._say(f"{self._moment} {machine.urn} {job}: {machine.run(job)}")
                self._watch_school(place)
            machine.calm()
        for machine in self.machines:
            machine.road.arrive()
        self._hub_works()
        self._people()

    def _hub_again(self) -> None:
        """The hub's process starts again: what it holds is looked at anew."""
        self.hub.start_again()
        self._forget_hub()

    def _forget_hub(self) -> None:
        self._row = self._effect = 0
        self._read_at = -1
        for watch in self.watches:
            watch.forget_hub()

    def _look_at_hub(self) -> None:
        """What the hub holds: what is new of it, read once for all schools."""
        if self._read_at == self.hub.disk.changes:
            # Every look takes its time, so that a seed gives the same run with it or without.
            self._time()
            return
        with self.hub.look() as db:
            self._stored(db)
        self._read_at = self.hub.disk.changes

    def _stored(self, db: ledger.Onlooker) -> None:
        for row, school_id, message_id in ledger.stored(db, self._row):
            self._row = row
            self._of_school[school_id].holds(message_id)

    def _hub_went_back(self) -> None:
        self._hub_restored = True
        self._forget_hub()
        self._look_at_hub()
        for machine, watch in zip(self.machines, self.watches, strict=True):
            watch.hub_went_back(machine)

    def _rejoin(self, machine: Machine) -> None:
        if not (self.hub.down or self.hub.disk.full):
            self._asked[machine.urn] = self._moment
            try:
                said = machine.join(self.hub.join_string(machine.school_id))
            except ConnectionError:
                said = "the hub ended before there was a join string"
            self._say(f"{self._moment} {machine.urn} join: {said}")

    def _patient(self, machine: Machine) -> bool:
        """Whether the last try to join anew has had its time."""
        return self._moment - self._asked.get(machine.urn, -PATIENCE) >= PATIENCE

    def _hub_works(self) -> None:
        self.hub.work()
        if self.hub.down:
            self._say(f"{self._moment} the hub ended at {self.hub.point or 'a write'}")
            self._hub_again()
        with self.hub.look() as db:
            self._stored(db)
            for effect in ledger.effects(db, self._effect):
                self._effect = effect.place
                self._of_school[effect.school_id].effect(effect)
            for machine, watch in zip(self.machines, self.watches, strict=True):
                watch.hub(machine, db)

    def _watch_school(self, place: int) -> None:
        if self.hub.down:
            # Whoever looks needs it to run; schools find it away until the next moment.
            self._hub_again()
            self.hub.down = True
        watch, machine = self.watches[place], self.machines[place]
        watch.made_now(machine)
        self._look_at_hub()
        watch.conserved(machine, self._hub_restored)

    def _people(self) -> None:
        """Who looks after it: the hub's team confirms and agrees actions, a school decides."""
        if self.hub.disk.full:
            return
        for place, machine in enumerate(self.machines):
            if not machine.disk.full:
                try:
                    self._person(place, machine)
                except ConnectionError:
                    # The hub ended under somebody's hands: who meant to do it does it another day.
                    self._hub_again()

    def _person(self, place: int, machine: Machine) -> None:
        if machine.look().undecided:
            machine.decide()
        self.hub.confirm(machine.school_id)
        if self._strange(place) and self._patient(machine):
            self._rejoin(machine)
        if self._moment % 11 == place % 11 and self._moment < moments(self._size.weeks):
            action = f"act-{machine.urn}-{self._moment}"
            # Before it is tried: one that was cut off may stand there all the same.
            self._issued[place].append(action)
            self.hub.issue(machine.school_id, action)

    def _strange(self, place: int) -> bool:
        """Whether a school has to join anew: it was refused, or a restore parted it from the hub.

        After a restore the keys of one side may be older than the other's: the school is not heard,
        or what comes down is sealed to keys it no longer has. Someone sees it in a while.
        """
        machine = self.machines[place]
        seen = machine.look()
        if seen.state in ("revoked", "refused"):
            return True
        known = seen.key_id == self.hub.key_of(machine.school_id)
        if known or not (machine.restored or self._hub_restored):
            self._unknown_since.pop(place, None)
            return False
        return self._moment - self._unknown_since.setdefault(place, self._moment) >= PATIENCE

    def _the_end(self) -> None:
        with self.hub.look() as db:
            for machine, watch, issued in zip(
                self.machines, self.watches, self._issued, strict=True
            ):
                watch.in_the_end(machine, db, issued)

    def _close(self) -> None:
        self.ran.moments = self._moment
        self.ran.met = self._trouble.met
        self.ran.messages = sum(len(each.made) for each in self.watches)
        self.ran.effects = sum(len(each.effects) for each in self.watches)
        self.ran.forgotten = sum(len(each.lost - each.effects.keys()) for each in self.watches)
        self.ran.items = sum(map(len, self._issued))
        for machine in self.machines:
            machine.close()
        self.hub.close()
        forget(self._folder)
