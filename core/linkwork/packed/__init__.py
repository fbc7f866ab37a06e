"""Which pupils have a finding, for whole registers at once: a screen before the judges.

Every session of some two thousand pupils is one big integer with a lane of eight bits a pupil, so
that one addition moves two thousand counters. The screen says who has at least one finding of a
rule; the judges of `linkwork.runs`, `linkwork.windows` and `linkwork.rates` stay the only ones who
say which.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import compress

from linkwork.judging import Bench, Rule, bench
from linkwork.packed.block import Block, Plan
from linkwork.packed.kinds import screen_of
from linkwork.packed.presence import ages
from linkwork.packed.signals import Signals
from linkwork.policy import Policy
from linkwork.register import Register
from linkwork.school_year import between, school_year
from linkwork.sheet import lay_out

__all__ = ["BLOCK", "flags", "screen"]

#: How many pupils are looked at together: as many as keep a year's planes in the fast memory.
BLOCK = 4096


def flags(
    register: Register, policy: Policy, as_of: date, *, block: int = BLOCK
) -> dict[str, bytes]:
    """For each rule of the policy by name, one byte a pupil: 1 for at least one finding, else 0.

    In the register's order of pupils. Memory beyond the register grows with `block` and by a byte
    a pupil and rule. Raises BadInput for a school day no code set of the policy covers.
    """
    return _flags(bench(lay_out(register, policy, as_of)), policy.enabled, block)


def screen(at: Bench, rules: Sequence[Rule]) -> dict[str, Sequence[int]]:
    """For each rule by name, the positions of the pupils that have a finding of it."""
    everybody = range(len(at.sheet.register.pupils))
    found = _flags(at, rules, BLOCK)
    return {name: tuple(compress(everybody, hits)) for name, hits in found.items()}


def _flags(at: Bench, rules: Sequence[Rule], block: int) -> dict[str, bytes]:
    sheet, pupils = at.sheet, at.sheet.register.pupils
    if not sheet.days:
        return {rule.name: bytes(len(pupils)) for rule in rules}
    signals = Signals(sheet)
    screens = {rule.name: screen_of(rule, signals) for rule in rules}
    year_starts, _ = between(sheet.days, school_year(sheet.as_of)[0], sheet.as_of)
    plan = Plan(sheet, signals, ages(sheet.days, at.ages), year_starts)
    found = {name: bytearray() for name in screens}
    for first in range(0, len(pupils), block):
        some = Block(plan, first, min(first + block, len(pupils)))
        for name, hits in screens.items():
            found[name] += hits(some).to_bytes(some.pupils, "little")
    return {name: bytes(hits) for name, hits in found.items()}
