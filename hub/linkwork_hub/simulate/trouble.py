"""What a plan's faults do to machines, to the way between them, and to the hub."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta

from linkwork_hub.simulate.hub_node import Backup, HubNode
from linkwork_hub.simulate.machine import OFF, Machine, Snapshot
from linkwork_hub.simulate.plan import Fault

_ROAD = ("drop", "lose", "delay", "duplicate", "reorder", "filter")
_BACK = ("vm-restore", "hub-restore")


class Trouble:
    """The faults of one run. `met` counts those that happened.

    `went_back` is told which machine was put back to a snapshot, by its place; `hub_went_back`
    that the hub was put back to a backup; `rejoin` has a machine join anew.
    """

    def __init__(
        self,
        plan: Sequence[Fault],
        hub: HubNode,
        machines: Sequence[Machine],
        *,
        went_back: Callable[[int], None],
        hub_went_back: Callable[[], None],
        rejoin: Callable[[Machine], None],
    ) -> None:
        self.met: Counter[str] = Counter()
        self._hub, self._machines = hub, machines
        self._went_back, self._hub_went_back, self._rejoin = went_back, hub_went_back, rejoin
        self._at: dict[tuple[int, int], list[Fault]] = {}
        for fault in plan:
            self._at.setdefault((fault.moment, fault.school), []).append(fault)
        self._kept_at = {(_back(each), each.school) for each in plan if each.kind in _BACK}
        self._until: dict[tuple[int, str], int] = {}
        self._snapshots: dict[tuple[int, int], Snapshot] = {}
        self._backups: dict[int, Backup] = {}

    def keep(self, moment: int) -> None:
        """Take the snapshots and backups to which something will be put back."""
        for at, school in self._kept_at:
            if at == moment and school == 0:
                self._backups[moment] = self._hub.backup()
            elif at == moment:
                self._snapshots[moment, school] = self._machines[school - 1].snapshot()

    def calm(self) -> None:
        """No fault lasts any longer, and what was late arrives."""
        self._until.clear()
        for machine in self._machines:
            machine.road.offline = False
            machine.road.arrive(all_of_it=True)

    def at_hub(self, moment: int) -> None:
        """The faults the hub meets in a moment."""
        hub = self._hub
        hub.crash_at, hub.disk.cut_at, hub.busy, hub.point = None, None, False, ""
        hub.disk.full = self._until.get((0, "hub-full"), 0) > moment
        for fault in self._met(moment, 0):
            match fault.kind:
                case "hub-crash":
                    hub.crash_at = fault.number
                case "hub-power":
                    hub.disk.cut_at = hub.disk.writes + fault.number * 3
                case "hub-full":
                    self._until[0, "hub-full"] = moment + 1 + fault.number % 3
                    hub.disk.full = True
                case "hub-busy":
                    hub.busy = True
                case "hub-keys":
                    hub.rotate()
                case "hub-restore":
                    hub.restore(self._backups[_back(fault)])
                    self._hub_went_back()

    def at_school(self, moment: int, place: int) -> None:
        """The faults one school meets in a moment."""
        machine = self._machines[place]
        machine.road.moment()
        self._last(moment, place, machine)
        for fault in self._met(moment, place + 1):
            if fault.kind in _ROAD:
                machine.road.faults[1 + fault.number % 4] = fault.kind
            else:
                self._meet(fault, place, machine)

    def _last(self, moment: int, place: int, machine: Machine) -> None:
        """What lasts for several moments, and whether it is over."""
        mine = ((kind, end) for (who, kind), end in self._until.items() if who == place + 1)
        on = {kind for kind, end in mine if end > moment}
        machine.road.offline, machine.disk.full = "offline" in on, "full" in on
        if "clock" not in on:
            machine.offset = timedelta()

    def _meet(self, fault: Fault, place: int, machine: Machine) -> None:
        number, who = fault.number, place + 1
        match fault.kind:
            case "offline":
                self._until[who, "offline"] = fault.moment + number
                machine.road.offline = True
            case "crash":
                machine.crash_at = number % 20 + 1
            case "power":
                machine.disk.cut_at = machine.disk.writes + number * 2
            case "full":
                self._until[who, "full"] = fault.moment + 1 + number % 4
                machine.disk.full = True
            case "clock":
                self._until[who, "clock"] = fault.moment + 1 + number % 5
                machine.offset = OFF[number % len(OFF)]
            case "vm-restore":
                machine.restore(self._snapshots[_back(fault), who])
                self._went_back(place)
            case "mis-change":
                machine.school.change_source()
            case "school-keys":
                machine.renew_keys()
            case "re-enrol":
                self._rejoin(machine)

    def _met(self, moment: int, school: int) -> list[Fault]:
        found = self._at.get((moment, school), [])
        self.met.update(each.kind for each in found)
        return found


def _back(fault: Fault) -> int:
    """The moment to which something is put back."""
    return max(0, fault.moment - fault.number)
