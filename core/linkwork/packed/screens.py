"""What a screen is, and the one that fits every rule: so many counted sessions in all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from linkwork.judging import Bench
from linkwork.packed.block import Block
from linkwork.packed.lanes import Digits, reached
from linkwork.packed.signals import Signal, Signals
from linkwork.sheet import Reading
from linkwork.stays import Span


@dataclass(frozen=True)
class Screen:
    """Says of a block, with a 1 in the byte of a pupil, who has a finding of a rule.

    It never leaves out a pupil who has one. An `exact` screen names no other; of the rest the
    rule's judge says who has.
    """

    hits: Callable[[Block], int]
    exact: bool = True


@dataclass(frozen=True)
class Ask:
    """Puts one rule's questions into the planes: is the code read as one of these letters?"""

    at: Bench
    signals: Signals
    age_bound: bool

    def __call__(self, reading: Reading, letters: str, *, no_mark: str | None = None) -> Signal:
        """Where the answer stands; `no_mark` as in `Signals.ask`."""
        return self.signals.ask(reading, letters, age_bound=self.age_bound, no_mark=no_mark)

    def any(self, reading: Reading, letters: str) -> bool:
        """Whether some code of the register is read as one of these letters."""
        return any(letter in letters for word in self.signals.letters(reading) for letter in word)


def enough(block: Block, signal: Signal, digits: Digits, threshold: int) -> int:
    """A 1 for each pupil whose number, in the signal's bit of `digits`, reaches `threshold`."""
    ones = block.ones << signal.bit
    return (reached(digits, threshold, ones) & ones) >> signal.bit


def in_all(signal: Signal, threshold: int, time: Span, *, exact: bool = False) -> Screen:
    """So many sessions of some school days that answer yes."""

    def hits(block: Block) -> int:
        return enough(block, signal, block.count(signal, time), threshold)

    return Screen(hits, exact)
