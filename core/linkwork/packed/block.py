"""The marks of some pupils, read into planes: eight questions a byte, a byte a pupil."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from linkwork.packed.lanes import Digits, plus
from linkwork.packed.presence import Ages, presence
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
    """One plane of a block, for each school day: yes in `either` session, yes in `both`."""

    either: list[int]
    both: list[int]

    def count(self, stretch: Stretch) -> Digits:
        """How many sessions of a stretch answer yes: of fourteen a week, four binary digits."""
        ones = twos = fours = eights = 0
        for day in range(stretch.first, stretch.last):
            # A day adds 0, 1 or 2.
            two = self.both[day]
            one = self.either[day] ^ two
            carry = ones & one
            ones ^= one
            either = twos ^ two
            more = twos & two | carry & either
            twos = either ^ carry
            carry = fours & more
            fours ^= more
            eights |= carry
        return ones, twos, fours, eights


@dataclass(frozen=True)
class Plan:
    """What all blocks of one register share."""

    sheet: Sheet
    signals: Signals
    of_ages: Ages
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
        pupils = plan.sheet.register.pupils[first:last]
        self._presence = presence(pupils, plan.sheet.days, plan.of_ages)
        self._planes: dict[int, Plane] = {}
        self._counts: dict[int, list[Digits]] = {}
        self._totals: dict[int, Digits] = {}

    @property
    def pupils(self) -> int:
        """How many pupils the block holds."""
        return self.last - self.first

    def either(self, signal: Signal) -> list[int]:
        """For each school day, the plane of `signal`: whether either session answers yes."""
        return self._plane(signal.plane).either

    def both(self, signal: Signal) -> list[int]:
        """For each school day, the plane of `signal`: whether both sessions answer yes."""
        return self._plane(signal.plane).both

    def counts(self, signal: Signal) -> list[Digits]:
        """For each stretch, how many sessions of it answer yes, in the plane of `signal`."""
        if signal.plane not in self._counts:
            plane = self._plane(signal.plane)
            self._counts[signal.plane] = [plane.count(each) for each in self.plan.stretches]
        return self._counts[signal.plane]

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

    def _plane(self, number: int) -> Plane:
        if number not in self._planes:
            self._planes[number] = self._read(number)
        return self._planes[number]

    def _read(self, number: int) -> Plane:
        """Both sessions of each school day, with what does not count blotted out."""
        rows = self._rows()
        either: list[int] = []
        both: list[int] = []
        read = int.from_bytes
        tables, masks = self.plan.tables[number], self._masks(number)
        for table, mask in zip(tables, masks, strict=True):
            morning = read(next(rows).translate(table), "little")
            afternoon = read(next(rows).translate(table), "little")
            if mask is not None:
                morning &= mask
            either.append((morning | afternoon) if mask is None else morning | afternoon & mask)
            both.append(morning & afternoon)
        return Plane(either, both)

    def _rows(self) -> Iterator[bytes | bytearray]:
        rows = self.plan.sheet.rows
        if self.pupils == len(self.plan.sheet.register.pupils):
            return iter(rows)
        return (row[self.first : self.last] for row in rows)

    def _masks(self, number: int) -> Iterable[int | None]:
        """For each school day, the bits that count in the bytes of a plane; None for all."""
        bits = {bound: self.plan.signals.bits(number, age_bound=bound) for bound in (False, True)}
        masks = {
            bound: self._presence.masks(age_bound=bound) if bits[bound] else None for bound in bits
        }
        if masks[False] is None and masks[True] is None:
            return [None] * len(self.plan.sheet.days)
        everybody = [int.from_bytes(b"\1" * self.pupils, "little")] * len(self.plan.sheet.days)
        out: list[int] = []
        before: tuple[int, int] | None = None
        for now in zip(masks[False] or everybody, masks[True] or everybody, strict=True):
            # The same integer stands for as many days as nothing changes.
            if before is not None and now[0] is before[0] and now[1] is before[1]:
                out.append(out[-1])
            else:
                out.append(now[0] * bits[False] | now[1] * bits[True])
            before = now
        return out
