"""The onlooker of a simulation looks at what is new, and finds what a look at all of it finds."""

from __future__ import annotations

import sqlite3
from random import Random
from typing import Any

import pytest

from linkwork.simulation import Surroundings
from linkwork_agent.simulated import AgentSchool
from linkwork_hub.db import Database
from linkwork_hub.feeds.work import work_once
from linkwork_hub.simulate import ledger, plan
from linkwork_hub.simulate.clockwork import moments
from linkwork_hub.simulate.hub_node import Design
from linkwork_hub.simulate.ledger import Effect
from linkwork_hub.simulate.machine import Broken
from linkwork_hub.simulate.plan import KINDS
from linkwork_hub.simulate.watch import Watch
from linkwork_hub.simulate.world import Size, World

TABLES = """
    CREATE TABLE agents (id TEXT, school_id TEXT);
    CREATE TABLE feed_marks (agent_id TEXT, epoch INTEGER);
    CREATE TABLE inbox (agent_id TEXT, school_id TEXT, stream TEXT, epoch INTEGER, seq INTEGER,
        applied TEXT, refused TEXT);
    INSERT INTO agents VALUES ('a1', 's'), ('a2', 's'), ('other', 't');
"""
SETTLE = "UPDATE inbox SET {} = 'now' WHERE agent_id = ? AND epoch = ? AND seq = ?"


def arrive(db: sqlite3.Connection, agent: str, epoch: int, seq: int) -> None:
    school = "t" if agent == "other" else "s"
    if not db.execute(
        "SELECT 1 FROM feed_marks WHERE (agent_id, epoch) = (?, ?)", (agent, epoch)
    ).fetchone():
        db.execute("INSERT INTO feed_marks VALUES (?, ?)", (agent, epoch))
    db.execute(
        "INSERT INTO inbox VALUES (?, ?, 'feed', ?, ?, NULL, NULL)", (agent, school, epoch, seq)
    )


@pytest.mark.parametrize("orderly", [0.5, 0.9, 1.0])
def test_a_gap_is_found_beyond_what_was_settled_as_it_is_in_the_whole_history(
    orderly: float,
) -> None:
    found = 0
    for seed in range(60):
        dice = Random(f"{seed}/{orderly}")
        db, settled = sqlite3.connect(":memory:"), ledger.Settled()
        db.executescript(TABLES)
        waiting: list[tuple[str, int, int]] = []
        newest: dict[str, tuple[int, int]] = {}
        for _ in range(40):
            agent = dice.choice(["a1", "a2", "other"])
            epoch, seq = newest.get(agent, (1, 0))
            fresh = (epoch + 1, 1) if dice.random() < 0.05 else (epoch, seq + 1)
            newest[agent] = fresh
            arrive(db, agent, *fresh)
            waiting.append((agent, *fresh))
            while waiting and dice.random() < 0.6:
                one = waiting.pop(0 if dice.random() < orderly else dice.randrange(len(waiting)))
                db.execute(SETTLE.format(dice.choice(["applied", "refused"])), one)
            step, whole = ledger.hole_beyond(db, "s", settled), ledger.hole(db, "s")
            assert bool(step) == bool(whole)
            found += bool(whole)
    # The control: out of order there are gaps to be found, and in order there is none.
    assert bool(found) == (orderly < 1)


class LookedAtWhole(World):
    """Before the last look: what each step found is what is there."""

    looked = 0

    def _the_end(self) -> None:
        with self.hub.look() as db:
            for machine, watch in zip(self.machines, self.watches, strict=True):
                mine = machine.school_id
                held = {name for _, school, name in ledger.stored(db, 0) if school == mine}
                effects = [each for each in ledger.effects(db, 0) if each.school_id == mine]
                assert watch.held == held
                assert watch.effects == {each.message_id: each.place for each in effects}
                assert watch.unsure == watch.made.keys() - watch.held - watch.lost
                self.looked += len(held)
        super()._the_end()


def test_all_that_each_step_found_is_what_the_end_finds() -> None:
    world = LookedAtWhole(Size(2, 1, 3, pupils=8), plan.draw(3, moments(1), 2, KINDS), AgentSchool)
    assert world.run().broken == ""
    assert world.looked > 20


class Forgetful(AgentSchool):
    """Wrong: a message that was committed is gone with the next job."""

    def __init__(self, given: Surroundings) -> None:
        super().__init__(given)
        self.gone, self.since = "", 0

    def run(self, job: str) -> str:
        """Run a job, and lose a message that waits."""
        waiting = [each for each in self.look().outgoing if not each.acked]
        if waiting and not self.gone:
            self.gone = waiting[-1].message_id
            with self._place.store() as store, store.write() as tx:
                tx.execute("DELETE FROM outbox WHERE message_id = ?", [self.gone])
        self.since += bool(self.gone)
        return super().run(job)


def test_a_message_that_vanishes_from_an_outbox_is_missed_after_the_same_step() -> None:
    world = World(Size(1, 1, 3, pupils=8), (), Forgetful)
    ran, school = world.run(), world.machines[0].school
    assert isinstance(school, Forgetful)
    assert ran.broken == f"message {school.gone} is neither in the outbox nor at the hub"
    assert school.since == 1


def test_a_message_that_took_effect_after_a_later_one_is_seen() -> None:
    watch = Watch(made={"first": 0, "second": 1})
    watch.effect(Effect(1, "s", "second", "b2"))
    with pytest.raises(Broken, match="took effect after one that was made later"):
        watch.effect(Effect(2, "s", "first", "b1"))


def test_what_a_second_snapshot_brings_back_takes_effect_once_and_all_is_there_in_the_end() -> None:
    # Cut off from moment 8 on; put back to moment 1, where nothing of it is known; then to
    # moment 10, where it waits. The newest collection stands at the hub when all is over.
    faults = plan.read("offline@8/1:6,vm-restore@11/1:10,vm-restore@20/1:10")
    world = World(Size(1, 2, 1, pupils=8), faults, AgentSchool)
    assert world.run().broken == ""
    (watch,) = world.watches
    back = watch.lost & watch.effects.keys()
    places = [watch.made[name] for name in watch.effects if name in watch.made]
    assert back
    assert places != sorted(places)


def test_a_message_that_vanishes_from_the_hub_is_missed_when_it_starts_again() -> None:
    gone: list[str] = []

    def work_and_lose(db: Database, *rest: Any) -> int:
        settled = work_once(db, *rest)
        with db.write() as tx:
            row = tx.conn.exec_driver_sql(
                "DELETE FROM inbox WHERE stream = 'feed' AND applied IS NOT NULL"
                " RETURNING message_id"
            ).first()
        gone.extend(row[:1] if row else ())
        return settled

    faults = plan.read("hub-crash@3/0:1")
    ran = World(Size(1, 1, 3, pupils=8), faults, AgentSchool, Design(work=work_and_lose)).run()
    assert gone
    assert "has a receipt, and the hub has it not" in ran.broken
    assert ran.at in ("moment 3", "moment 4")
