"""Many small numbers in one big integer, a lane of so many bits for each pupil of a block.

Two ways to hold them. *Digits*: the binary digits of a number, each in an integer of its own, so
that one operation works on a digit of every number there is, and a number that grows gets one more
digit. *Lanes*: each number whole, where numbers must be multiplied or compared with one another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest

#: Lane widths in bits, the narrowest first.
WIDTHS = (8, 16, 32, 64)
#: The binary digits of one number for each bit of an integer, the lowest digit first.
Digits = Sequence[int]


def plus(total: Digits, more: Digits) -> list[int]:
    """The sum, digit by digit as on paper; it grows by a digit when it must."""
    out: list[int] = []
    carry = 0
    for a, b in zip_longest(total, more, fillvalue=0):
        half = a ^ b
        out.append(half ^ carry)
        carry = a & b | half & carry
    if carry:
        out.append(carry)
    return out


def add_up(numbers: Sequence[Digits]) -> Digits:
    """The sum of many numbers, two by two, so that few additions are of long ones."""
    while len(numbers) > 1:
        pairs = zip(numbers[::2], numbers[1::2], strict=False)
        odd = numbers[-1:] if len(numbers) % 2 else ()
        numbers = [*(plus(*pair) for pair in pairs), *odd]
    return numbers[0] if numbers else ()


def reached(digits: Digits, threshold: int, every: int) -> int:
    """A 1 where the number is at least `threshold`; `every` is a 1 in each bit there is.

    From the low digit up: a number is at least the threshold when its digit is the greater, or
    when the digits are equal and the rest below is at least the threshold's rest.
    """
    enough = every
    for place in range(max(len(digits), threshold.bit_length())):
        digit = digits[place] if place < len(digits) else 0
        enough = digit & enough if threshold >> place & 1 else digit | enough
    return enough


@dataclass(frozen=True)
class Lanes:
    """Lanes of `bits` bits for the pupils of a block.

    A block's marks come as one byte a pupil. Lanes wider than a byte hold every second (fourth,
    eighth) pupil, so that `parts` integers hold all: part g has the pupils g, g + parts, ...
    `ones` is a 1 in every lane of a part; `half` is the number whose top bit is a lane's top bit.
    """

    bits: int
    parts: int
    ones: int

    @property
    def half(self) -> int:
        """The least number that has a lane's top bit; smaller ones leave it free."""
        return 1 << (self.bits - 1)

    @cached_property
    def places(self) -> list[int]:
        """For each bit of a lane, the lowest first, that bit of every lane of a part."""
        return [self.ones << place for place in range(self.bits)]

    def every(self, number: int) -> int:
        """`number` in every lane of a part."""
        return self.ones * number

    def pick(self, digits: Digits, bit: int, part: int) -> int:
        """The numbers that the `bit`th bit of each byte of `digits` spells, one a lane."""
        start = 8 * part + bit
        numbers = 0
        for place, (digit, mask) in enumerate(zip(digits, self.places, strict=False)):
            # The nth digit stands in its lane's nth bit: one shift takes it there.
            there = digit >> start - place if start >= place else digit << place - start
            numbers |= there & mask
        return numbers

    def gather(self, hits: Iterable[int]) -> int:
        """A 1 in the byte of each pupil whose lane has its top bit set, from all the parts."""
        top = self.bits - 1
        return sum((hit >> top & self.ones) << 8 * part for part, hit in enumerate(hits))


def lanes(pupils: int, most: int) -> Lanes:
    """The narrowest lanes in which numbers up to `most` leave the top bit free.

    Raises OverflowError when no lane is wide enough: nothing is ever cut off.
    """
    for bits in WIDTHS:
        if most < 1 << (bits - 1):
            parts = bits // 8
            unit = b"\1" + bytes(parts - 1)
            return Lanes(bits, parts, int.from_bytes(unit * -(-pupils // parts), "little"))
    raise OverflowError(f"no lane holds numbers up to {most}")
