"""The marks of some pupils, read into planes: eight questions a byte, a byte a pupil."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from linkwork.judging import Bench
from linkwork.packed.lanes import Digits, add_up
from linkwork.packed.presence import presence
from linkwork.packed.signals import Signal, Signals
from linkwork.stays import Span


@dataclass(frozen=True)
class Plan:
    """What all blocks of one register share."""

    at: Bench
    signals: Signals

    @cached_property
    def weeks(self) -> list[Span]:
        """The school days of each school week."""
        return groups(self.at.sheet.weeks)

    @cached_property
    def tables(self) -> list[list[bytes]]:
        """For each plane and school day, what the bytes of its rows become."""
        return [
            [by_set[each.name] for each in self.at.sheet.sets]
            for by_set in map(self.signals.tables, range(self.signals.planes))
        ]


def groups(numbers: Iterable[int]) -> list[Span]:
    """The stretches of equal numbers, as half-open ranges of positions."""
    found: list[Span] = []
    first = 0
    for _, same in groupby(numbers):
        last = first + sum(1 for _ in same)
        found.append((first, last))
        first = last
    return found


@dataclass(frozen=True)
class Plane:
    """One plane of a block, for each school day: yes in `either` session, yes in `both`."""

    either: list[int]
    both: list[int]

    def count(self, first: int, last: int) -> Digits:
        """How many sessions of at most seven days answer yes: up to fourteen, so four digits."""
        if first == last:
            return ()
        twos = self.both[first]
        ones = self.either[first] ^ twos
        fours = eights = 0
        for some, two in zip(
            self.either[first + 1 : last], self.both[first + 1 : last], strict=True
        ):
            # A day adds 0, 1 or 2.
            one = some ^ two
            carry = ones & one
            ones ^= one
            either = twos ^ two
            more = twos & two | carry & either
            twos = either ^ carry
            carry = fours & more
            fours ^= more
            eights |= carry
        return ones, twos, fours, eights


class Block:
    """The pupils from `first` to `last` of a register."""

    def __init__(self, plan: Plan, first: int, last: int) -> None:
        self.plan, self.first, self.last = plan, first, last
        sheet = plan.at.sheet
        self._presence = presence(sheet.register.pupils[first:last], sheet.days, plan.at.ages)
        self._planes: dict[int, Plane] = {}
        self._counts: dict[tuple[int, Span], Digits] = {}

    @property
    def pupils(self) -> int:
        """How many pupils the block holds."""
        return self.last - self.first

    @cached_property
    def ones(self) -> int:
        """A 1 in the byte of each pupil."""
        return int.from_bytes(b"\1" * self.pupils, "little")

    def either(self, signal: Signal) -> list[int]:
        """For each school day, the plane of `signal`: whether either session answers yes."""
        return self._plane(signal.plane).either

    def both(self, signal: Signal) -> list[int]:
        """For each school day, the plane of `signal`: whether both sessions answer yes."""
        return self._plane(signal.plane).both

    def count(self, signal: Signal, time: Span) -> Digits:
        """How many sessions of these school days answer yes, in the plane of `signal`."""
        key = signal.plane, time
        if key not in self._counts:
            first, last = time
            if last - first <= 7:
                self._counts[key] = self._plane(signal.plane).count(first, last)
            else:
                self._counts[key] = self._add_up(signal, time)
        return self._counts[key]

    def days(self, signal: Signal, time: Span, *, whole: bool) -> Digits:
        """How many of these school days answer yes, in either session or, if `whole`, in both."""
        days = (self.both if whole else self.either)(signal)[slice(*time)]
        return add_up([(day,) for day in days])

    def _add_up(self, signal: Signal, time: Span) -> Digits:
        """Week by week, since what is asked of weeks is asked of years as well."""
        parts = ((max(first, time[0]), min(last, time[1])) for first, last in self.plan.weeks)
        return add_up([self.count(signal, part) for part in parts if part[0] < part[1]])

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
        for table, mask, am, pm in zip(
            self.plan.tables[number], self._masks(number), rows[::2], rows[1::2], strict=True
        ):
            morning = read(am.translate(table), "little")
            afternoon = read(pm.translate(table), "little")
            if mask is not None:
                morning &= mask
                afternoon &= mask
            either.append(morning | afternoon)
            both.append(morning & afternoon)
        return Plane(either, both)

    def _rows(self) -> Sequence[bytes | bytearray]:
        sheet = self.plan.at.sheet
        if self.pupils == len(sheet.register.pupils):
            return sheet.rows
        return [row[self.first : self.last] for row in sheet.rows]

    def _masks(self, number: int) -> Iterable[int | None]:
        """For each school day, the bits that count in the bytes of a plane; None for all."""
        bits = self.plan.signals.bits
        always, of_age = (bits(number, age_bound=bound) for bound in (False, True))
        masks = self._presence.masks(always, of_age)
        return [None] * len(self.plan.at.sheet.days) if masks is None else masks
