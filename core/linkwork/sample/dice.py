"""Chance that falls the same on every Python: only `Random.random()` is promised to."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from itertools import accumulate
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Seeded chance. `seed` and `name` give each part of a school its own stream."""

    def __init__(self, seed: int, name: str = "") -> None:
        mixed = seed
        for sign in name.encode():
            mixed = mixed * 257 + sign
        self.roll = Random(mixed).random

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self.roll() < probability

    def below(self, end: int) -> int:
        """A whole number from 0 up to, not with, `end`."""
        return int(self.roll() * end)

    def between(self, first: int, last: int) -> int:
        """A whole number from `first` to `last`, both possible."""
        return first + self.below(last - first + 1)

    def pick(self, items: Sequence[T]) -> T:
        """One of the items."""
        return items[self.below(len(items))]

    def weighted(self, items: Sequence[T], sums: Sequence[float]) -> T:
        """One of the items; `sums` are their running sums of weights, from `running`."""
        return items[min(bisect(sums, self.roll() * sums[-1]), len(items) - 1)]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """The items in another order."""
        mixed = list(items)
        for last in range(len(mixed) - 1, 0, -1):
            other = self.below(last + 1)
            mixed[last], mixed[other] = mixed[other], mixed[last]
        return mixed


def running(weights: Sequence[float]) -> list[float]:
    """Running sums of weights, for `weighted`."""
    return list(accumulate(weights))
