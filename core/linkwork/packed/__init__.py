"""Which pupils have a finding, for whole registers at once: a screen before the judges.

Every session of some thousand pupils is one big integer with a lane of eight bits a pupil, so that
one operation answers for all of them. The screen says who has at least one finding of a rule; the
judges of `linkwork.runs`, `windows`, `rates` and `counts` stay the only ones who say which.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import compress

from linkwork.judging import Bench
from linkwork.packed.block import Block, Plan
from linkwork.packed.screens import Screen
from linkwork.packed.signals import Signals
from linkwork.policy import InForce, Rule, RunRule

__all__ = ["BLOCK", "Suspects", "everybody", "suspects"]

#: How many pupils are looked at together: as many as keep a year's planes in the fast memory.
BLOCK = 4096


#: Makes the screen of a rule and its parts, with its questions put among those of the others.
ScreenOf = Callable[[Bench, Signals, Rule, Sequence[Rule]], Screen]


@dataclass(frozen=True)
class Suspects:
    """Who has a finding of a rule: a 1 in the pupil's byte, in the register's order.

    None who has one is left out; where `exact`, no other is in.
    """

    marked: bytes
    exact: bool

    @property
    def places(self) -> Sequence[int]:
        """The positions of the pupils."""
        return tuple(compress(range(len(self.marked)), self.marked))


def suspects(
    at: Bench, rules: Sequence[InForce], screen_of: ScreenOf, *, block: int = BLOCK
) -> list[Suspects]:
    """For each of the rules, who has a finding. Memory grows with `block` and with the answer."""
    pupils = len(at.sheet.register.pupils)
    if not at.sheet.days:
        return [Suspects(bytes(pupils), exact=True) for _ in rules]
    signals = Signals(at.sheet)
    screens = [screen_of(at, signals, each.rule, each.parts) for each in rules]
    plan = Plan(at, signals)
    marked = [bytearray() for _ in rules]
    for first in range(0, pupils, block):
        some = Block(plan, first, min(first + block, pupils))
        for hits, screen in zip(marked, screens, strict=True):
            hits += screen.hits(some).to_bytes(some.pupils, "little")
    stated = _stated(at)
    found: list[Suspects] = []
    for hits, screen, each in zip(marked, screens, rules, strict=True):
        excusing = _excusing(each)
        for place in stated if excusing else ():
            hits[place] = 1
        guests = at.guests if each.rule.audience != "school" else ()
        for place in guests:
            hits[place] = 1
        always = (each.first, each.last) == (date.min, date.max)
        exact = screen.exact and always and not (excusing and stated) and not guests
        found.append(Suspects(bytes(hits), exact))
    return found


def everybody(at: Bench, rules: Sequence[InForce]) -> list[Suspects]:
    """No screen: every pupil is looked at by every rule."""
    return [Suspects(b"\1" * len(at.sheet.register.pupils), exact=False) for _ in rules]


def _excusing(each: InForce) -> bool:
    """Whether facts about a pupil can change what the rule finds."""
    return any(isinstance(rule, RunRule) and rule.excused_by for rule in (each.rule, *each.parts))


def _stated(at: Bench) -> list[int]:
    """The positions of the pupils about whom the school has stated a fact."""
    pupils = at.sheet.register.pupils
    return (
        [place for place, pupil in enumerate(pupils) if pupil.pupil_id in at.facts]
        if at.facts
        else []
    )
