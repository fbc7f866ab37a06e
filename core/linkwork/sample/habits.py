"""How often pupils of a phase are away, and why: shares near England's published rates."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from linkwork.sample.dice import Dice

# Share of pupils (0 to 1) against the share of sessions such a pupil misses. Straight lines
# between give a mean of 5 % (primary) and 8 % (secondary) of sessions, 13 % and 23 % of pupils
# at 10 % or more, 1 % and 3 % at half or more.
RATES = {
    "primary": (
        *((0.0, 0.0), (0.08, 0.003), (0.25, 0.012), (0.5, 0.028), (0.7, 0.045)),
        *((0.875, 0.095), (0.875, 0.105), (0.95, 0.14), (0.99, 0.36), (0.99, 0.52), (1.0, 0.7)),
    ),
    "secondary": (
        *((0.0, 0.0), (0.08, 0.004), (0.3, 0.018), (0.5, 0.036), (0.775, 0.095)),
        *((0.775, 0.105), (0.9, 0.16), (0.97, 0.38), (0.97, 0.52), (1.0, 0.75)),
    ),
}
#: Absences by kind: for pupils rarely, often and mostly away. Kinds are those of `spells`.
KINDS = ("illness", "appointment", "leave", "unauthorised", "holiday", "late", "suspended")
WEIGHTS = {
    "rarely": (5.0, 3.0, 0.6, 0.5, 0.30, 0.5, 0.0),
    "often": (5.0, 1.6, 0.4, 4.0, 0.5, 1.8, 0.2),
    "mostly": (3.0, 0.3, 0.2, 4.0, 0.05, 0.4, 0.1),
}
OFTEN, MOSTLY = 0.06, 0.3
#: Days of an illness, and how often it lasts so long.
ILL_DAYS, ILL_WEIGHTS = (1, 2, 3, 4, 5, 8), (45, 25, 14, 6, 7, 3)
LONG_ILL_DAYS, LONG_ILL_WEIGHTS = (1, 3, 5, 10, 20), (20, 25, 25, 20, 10)


@dataclass(frozen=True, slots=True)
class Habits:
    """One pupil's: the share of sessions missed, the likely kinds, and how often late."""

    rate: float
    late: float

    @property
    def kinds(self) -> tuple[float, ...]:
        """The weights of `KINDS` for this pupil."""
        if self.rate >= MOSTLY:
            return WEIGHTS["mostly"]
        return WEIGHTS["often" if self.rate >= OFTEN else "rarely"]


def habits(dice: Dice, phase: str, pupils: int) -> list[Habits]:
    """Habits of that many pupils, spread evenly over the rates so that small schools fit too."""
    shares = [(place + dice.roll()) / pupils for place in range(pupils)]
    lateness = 0.012 if phase == "primary" else 0.02
    return [
        Habits(_between(RATES[phase], share), lateness * (0.2 + 3 * dice.roll() ** 3))
        for share in dice.shuffled(shares)
    ]


def _between(knots: tuple[tuple[float, float], ...], share: float) -> float:
    for (left, low), (right, high) in pairwise(knots):
        if left <= share < right:
            return low + (high - low) * (share - left) / (right - left)
    return knots[-1][1]
