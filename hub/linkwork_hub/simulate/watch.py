"""What must hold after every step, and once the faults have stopped; whoever breaks it is named."""

from __future__ import annotations

from dataclasses import dataclass, field

from linkwork_hub.simulate import ledger
from linkwork_hub.simulate.machine import Broken, Machine


@dataclass
class Watch:
    """What an onlooker who sees both ends knows of one school's messages.

    `made` gives each message its place in the order of commits. `held` are those the hub holds.
    A message in `lost` was forgotten by a machine that was put back in time before the hub had it:
    its register says it again. `unsure` are those that are neither: only the outbox has them, so
    it is these that are looked for after every step.
    """

    made: dict[str, int] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    held: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)
    effects: dict[str, int] = field(default_factory=dict)
    bodies: dict[str, str] = field(default_factory=dict)
    acknowledged: dict[str, str] = field(default_factory=dict)
    settled: ledger.Settled = field(default_factory=dict)
    last_place: int = -1

    def forget_hub(self) -> None:
        """The hub started anew, perhaps from a backup: what it holds is looked at again."""
        self.held, self.effects, self.bodies, self.acknowledged = set(), {}, {}, {}
        self.unsure = self.made.keys() - self.lost
        self.settled = {}
        self.last_place = -1

    def holds(self, message_id: str) -> None:
        """The hub holds a message."""
        self.held.add(message_id)
        self.unsure.discard(message_id)

    def machine_went_back(self, machine: Machine) -> None:
        """A machine was put back: what only it had known is forgotten."""
        there = {each.message_id for each in machine.look().outgoing}
        self.lost |= self.unsure - there
        self.unsure &= there
        self.acknowledged = {}

    def hub_went_back(self, machine: Machine) -> None:
        """The hub was put back: what a machine put back before had forgotten too is nowhere."""
        if machine.restored:
            self.machine_went_back(machine)

    def made_now(self, machine: Machine) -> None:
        """After a step of a school: what it has committed since."""
        for each in machine.look().outgoing:
            if each.message_id not in self.made:
                self.made[each.message_id] = len(self.made)
                if each.message_id not in self.held:
                    self.unsure.add(each.message_id)

    def conserved(self, machine: Machine, hub_restored: bool) -> None:
        """Nothing a school committed is gone. Raises Broken."""
        rows = machine.look().outgoing
        gone = self.unsure.difference(each.message_id for each in rows)
        if gone:
            first = min(gone, key=self.made.__getitem__)
            raise Broken(f"message {first} is neither in the outbox nor at the hub")
        for each in rows:
            if each.acked and each.message_id not in self.held and not hub_restored:
                raise Broken(f"message {each.message_id} has a receipt, and the hub has it not")

    def hub(self, machine: Machine, db: ledger.Onlooker) -> None:
        """After a step of the hub, its effects told: all in order. Raises Broken."""
        hole = ledger.hole_beyond(db, machine.school_id, self.settled)
        if hole and not ledger.alarms(db, machine.school_id):
            raise Broken(f"a gap without an alarm: {hole}")
        self._refused(machine, db)
        for item, at in ledger.items(db, machine.school_id).items():
            before = self.acknowledged.get(item)
            if at is None and before is not None and machine.restored:
                # Opened again, for a machine that was put back to before it came.
                del self.acknowledged[item]
            elif before is not None and before != at:
                raise Broken(f"item {item} was acknowledged twice: {before} and {at}")
            elif at is not None:
                self.acknowledged[item] = at

    def _refused(self, machine: Machine, db: ledger.Onlooker, *, at_all: bool = False) -> None:
        # A machine put back to before its keys changed may name new ones under a replaced key.
        besides = "rekey" if machine.restored else ""
        refused = ledger.refused(db, machine.school_id, besides, at_all=at_all)
        if refused:
            raise Broken(f"the hub refused message {refused}")

    def effect(self, effect: ledger.Effect) -> None:
        """A message took effect: once, and after what was made before it. Raises Broken."""
        message_id = effect.message_id
        if message_id in self.effects:
            raise Broken(f"message {message_id} took effect twice")
        if effect.body in self.bodies:
            other = self.bodies[effect.body]
            raise Broken(f"messages {other} and {message_id} say the same, and both took effect")
        self.effects[message_id], self.bodies[effect.body] = effect.place, message_id
        place = self.made.get(message_id)
        # Forgotten by a machine that was put back, and brought back by another snapshot: it is of
        # a past that came back, and comes when it comes (decision 0240).
        if place is not None and message_id not in self.lost:
            if place < self.last_place:
                raise Broken(f"message {message_id} took effect after one that was made later")
            self.last_place = place

    def in_the_end(self, machine: Machine, db: ledger.Onlooker, issued: list[str]) -> None:
        """Once the faults have stopped: all of it is there, here and at the hub. Raises Broken."""
        school, school_id = machine.school, machine.school_id
        missing = [one for one in self.made if one not in self.effects and one not in self.lost]
        if missing:
            raise Broken(f"{len(missing)} messages never took effect, the first {missing[0]}")
        self._all_of_it(machine, db)
        if waiting := ledger.unsettled(db, school_id):
            raise Broken(f"{waiting} messages still wait at the hub")
        if (at_hub := ledger.as_of(db, school_id)) != school.last_day():
            raise Broken(f"the hub's last collection is of {at_hub}, not of {school.last_day()}")
        if unknown := school.spells() - ledger.spells(db, school_id):
            raise Broken(f"{len(unknown)} spells stand at the school and not at the hub")
        if doubled := ledger.doubled(db, school_id):
            raise Broken(f"one spell of absence stands twice at the hub: {doubled}")
        self._items(machine, db, issued)

    def _all_of_it(self, machine: Machine, db: ledger.Onlooker) -> None:
        """Once more, over the whole history, what each step has looked at only where it is new."""
        there = {each.message_id for each in machine.look().outgoing}
        known = there | self.held | self.lost
        gone = [one for one in self.made if one not in known]
        if gone:
            raise Broken(f"message {gone[0]} is neither in the outbox nor at the hub")
        hole = ledger.hole(db, machine.school_id)
        if hole and not ledger.alarms(db, machine.school_id):
            raise Broken(f"a gap without an alarm: {hole}")
        self._refused(machine, db, at_all=True)

    def _items(self, machine: Machine, db: ledger.Onlooker, issued: list[str]) -> None:
        at_hub = ledger.items(db, machine.school_id)
        there = machine.school.in_effect()
        if len(set(there)) < len(there):
            raise Broken("an action stands twice at the school")
        for action in issued:
            if f"item-{action}" not in at_hub:
                continue
            if at_hub[f"item-{action}"] is None:
                raise Broken(f"action {action} was never acknowledged")
            if action not in there:
                raise Broken(f"action {action} was acknowledged, and the school has it not")
