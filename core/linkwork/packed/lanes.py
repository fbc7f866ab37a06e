"""Many small numbers in one big integer: a lane of so many bits for each pupil of a block."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

#: Lane widths in bits, the narrowest first.
WIDTHS = (8, 16, 32, 64)
#: A number of at most 2 ** len(it) - 1 in each bit of an integer: its binary digits, low first.
Digits = Sequence[int]


@dataclass(frozen=True)
class Lanes:
    """Lanes of `bits` bits for `pupils` pupils.

    A block's marks come as one byte a pupil. Lanes wider than a byte hold every second (fourth,
    eighth) pupil, so that `parts` integers hold all: part g has the pupils g, g + parts, ...
    `ones` is a 1 in every lane of a part.
    """

    pupils: int
    bits: int
    parts: int
    ones: int

    def every(self, number: int) -> int:
        """`number` in every lane of a part."""
        return self.ones * number

    def pick(self, digits: Digits, bit: int, part: int) -> int:
        """The numbers that the `bit`th bit of each byte of `digits` spells, one a lane."""
        start = 8 * part + bit
        return sum((digit >> start & self.ones) << n for n, digit in enumerate(digits))

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
            count = -(-pupils // parts)
            return Lanes(pupils, bits, parts, int.from_bytes(unit * count, "little"))
    raise OverflowError(f"no lane holds numbers up to {most}")


def plus(total: Digits, more: Digits) -> list[int]:
    """The sum, digit by digit as on paper; it grows by a digit when it must."""
    out: list[int] = []
    carry = 0
    for place in range(max(len(total), len(more))):
        a = total[place] if place < len(total) else 0
        b = more[place] if place < len(more) else 0
        half = a ^ b
        out.append(half ^ carry)
        carry = a & b | half & carry
    if carry:
        out.append(carry)
    return out
