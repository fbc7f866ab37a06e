"""The marks of some pupils, read into planes: eight questions a byte, a byte a pupil."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from linkwork.packed.lanes import Digits, plus
from linkwork.packed.presence import Presence
from linkwork.packed.signals import Signal, Signals
from linkwork.sheet import Sheet


@dataclass(frozen=True)
class Stretch:
    """School days of one school week that are all inside, or all outside, the year judged."""

    week: int
    in_year: bool
    first: int
    last: int


@dataclass(frozen=True)
class Plane:
    """One plane of a block. `days[n]` answers for school day n: yes in either session.

    `counts` has for each stretch how many sessions of it answer yes, in binary digits.
    """

    days: list[int]
    counts: list[Digits]


@dataclass(frozen=True)
class Plan:
    """What all blocks of one register share."""

    sheet: Sheet
    signals: Signals
    presence: Presence
    year_starts: int

    @cached_property
    def stretches(self) -> list[Stretch]:
        """The register's school days in stretches."""
        keys = [(week, day >= self.year_starts) for day, week in enumerate(self.sheet.weeks)]
        found: list[Stretch] = []
        first = 0
        for (week, in_year), same in groupby(keys):
            last = first + len(list(same))
            found.append(Stretch(week, in_year, first, last))
            first = last
        return found

    @cached_property
    def tables(self) -> list[list[bytes]]:
        """For each plane and school day, what the bytes of its rows become."""
        return [
            [by_set[each.name] for each in self.sheet.sets]
            for by_set in map(self.signals.tables, range(self.signals.planes))
        ]


class Block:
    """The pupils from `first` to `last` of a register."""

    def __init__(self, plan: Plan, first: int, last: int) -> None:
        self.plan, self.first, self.last = plan, first, last
        self._planes: dict[int, Plane] = {}
        self._masks: dict[bool, list[int] | None] = {}
        self._totals: dict[int, Digits] = {}

    @property
    def pupils(self) -> int:
        """How many pupils the block holds."""
        return self.last - self.first

    def days(self, signal: Signal) -> list[int]:
        """For each school day, the plane of `signal`: whether either session answers yes."""
        return self._plane(signal.plane).days

    def counts(self, signal: Signal) -> list[Digits]:
        """For each stretch, how many sessions of it answer yes, in the plane of `signal`."""
        return self._plane(signal.plane).counts

    def year(self, signal: Signal) -> Digits:
        """How many sessions of the year answer yes, in the plane of `signal`."""
        total = self._totals.get(signal.plane)
        if total is None:
            total = []
            for stretch, count in zip(self.plan.stretches, self.counts(signal), strict=True):
                if stretch.in_year:
                    total = plus(total, count)
            self._totals[signal.plane] = total
        return total

    def masks(self, *, age_bound: bool) -> list[int] | None:
        """For each school day, a 1 for each pupil that counts; None when all always do."""
        if age_bound not in self._masks:
            self._masks[age_bound] = self.plan.presence.masks(
                self.first, self.last, len(self.plan.sheet.days), age_bound=age_bound
            )
        return self._masks[age_bound]

    def _plane(self, number: int) -> Plane:
        if number not in self._planes:
            self._planes[number] = self._read(number)
        return self._planes[number]

    def _read(self, number: int) -> Plane:
        days: list[int] = []
        counts: list[Digits] = []
        sessions = self._sessions(number)
        for stretch in self.plan.stretches:
            ones = twos = fours = eights = 0
            for _ in range(stretch.first, stretch.last):
                morning, afternoon = next(sessions)
                days.append(morning | afternoon)
                # A day adds 0, 1 or 2 to a count of at most fourteen sessions a week.
                one, two = morning ^ afternoon, morning & afternoon
                carry = ones & one
                ones ^= one
                either = twos ^ two
                more = twos & two | carry & either
                twos = either ^ carry
                carry = fours & more
                fours ^= more
                eights |= carry
            counts.append((ones, twos, fours, eights))
        return Plane(days, counts)

    def _sessions(self, number: int) -> Iterator[tuple[int, int]]:
        """Morning and afternoon of each school day, with what does not count blotted out."""
        rows, first, last = self.plan.sheet.rows, self.first, self.last
        whole = self.pupils == len(self.plan.sheet.register.pupils)
        masks = self._plane_masks(number)
        read = int.from_bytes
        for day, table in enumerate(self.plan.tables[number]):
            am, pm = rows[2 * day], rows[2 * day + 1]
            if not whole:
                am, pm = am[first:last], pm[first:last]
            morning = read(am.translate(table), "little")
            afternoon = read(pm.translate(table), "little")
            if masks is None:
                yield morning, afternoon
            else:
                yield morning & masks[day], afternoon & masks[day]

    def _plane_masks(self, number: int) -> list[int] | None:
        """For each school day, the bits that count in the bytes of each pupil."""
        bits = {bound: self.plan.signals.bits(number, age_bound=bound) for bound in (False, True)}
        masks = {bound: self.masks(age_bound=bound) if bits[bound] else None for bound in bits}
        if masks[False] is None and masks[True] is None:
            return None
        ones = int.from_bytes(b"\1" * self.pupils, "little")
        spread: dict[tuple[int, int], int] = {}
        out: list[int] = []
        for day in range(len(self.plan.sheet.days)):
            parts = [ones if each is None else each[day] for each in masks.values()]
            key = id(parts[0]), id(parts[1])
            if key not in spread:
                spread[key] = parts[0] * bits[False] | parts[1] * bits[True]
            out.append(spread[key])
        return out
