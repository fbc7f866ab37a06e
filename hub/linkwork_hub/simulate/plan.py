"""The plan of faults: drawn from a seed, written as one line, and made smaller while it fails."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random
from typing import NamedTuple

from linkwork.errors import WrongUse

#: Faults of a school's machine and of its way to the hub.
AT_SCHOOL = (
    "drop",
    "lose",
    "delay",
    "duplicate",
    "reorder",
    "filter",
    "offline",
    "crash",
    "power",
    "full",
    "clock",
    "vm-restore",
    "mis-change",
    "re-enrol",
    "school-keys",
)
#: Faults of the hub.
AT_HUB = ("hub-crash", "hub-power", "hub-full", "hub-busy", "hub-keys", "hub-restore")
KINDS = AT_SCHOOL + AT_HUB

#: How often a fault happens, in thousandths of a moment of one school, or of the hub.
_OFTEN = {
    "drop": 40,
    "lose": 40,
    "delay": 30,
    "duplicate": 30,
    "reorder": 25,
    "filter": 15,
    "offline": 8,
    "crash": 60,
    "power": 50,
    "full": 15,
    "clock": 15,
    "vm-restore": 10,
    "mis-change": 6,
    "re-enrol": 6,
    "school-keys": 20,
    "hub-crash": 120,
    "hub-power": 100,
    "hub-full": 40,
    "hub-busy": 40,
    "hub-keys": 25,
    "hub-restore": 25,
}
_WRITTEN = re.compile(r"([a-z-]+)@(\d+)/(\d+):(\d+)")


class Fault(NamedTuple):
    """One fault. `moment` counts from the start; `school` from 1, and 0 is the hub.

    `number` says which call, point or write it meets, how long it lasts or how far back it goes.
    """

    moment: int
    school: int
    kind: str
    number: int

    def __str__(self) -> str:
        return f"{self.kind}@{self.moment}/{self.school}:{self.number}"


Plan = tuple[Fault, ...]


def kinds_of(text: str) -> tuple[str, ...]:
    """The kinds named in `all`, `none`, or a list with commas. Raises WrongUse."""
    if text in ("all", "none"):
        return KINDS if text == "all" else ()
    named = tuple(word.strip() for word in text.split(",") if word.strip())
    for kind in named:
        if kind not in KINDS:
            raise WrongUse(f"There is no fault {kind!r}. Choose from: {', '.join(KINDS)}, or all.")
    return named


def draw(seed: int, moments: int, schools: int, kinds: Sequence[str]) -> Plan:
    """The faults of a run. Each kind has dice of its own: leaving one out changes no other."""
    found = []
    for kind in kinds:
        dice = Random(f"plan/{seed}/{kind}")
        who = range(1, schools + 1) if kind in AT_SCHOOL else (0,)
        for moment in range(1, moments):
            for school in who:
                number = dice.randrange(1, 61)
                if dice.randrange(1000) < _OFTEN[kind]:
                    found.append(Fault(moment, school, kind, number))
    return tuple(sorted(found))


def written(plan: Plan) -> str:
    """A plan as the option --plan takes it."""
    return ",".join(map(str, plan)) or "none"


def read(text: str) -> Plan:
    """The plan of an option. Raises WrongUse naming the fault that cannot be read."""
    found = []
    for word in [] if text == "none" else text.split(","):
        match = _WRITTEN.fullmatch(word.strip())
        if match is None or match[1] not in KINDS:
            raise WrongUse(
                f"The plan's fault {word.strip()!r} cannot be read. "
                "Write KIND@MOMENT/SCHOOL:NUMBER, as simulate prints it."
            )
        found.append(Fault(int(match[2]), int(match[3]), match[1], int(match[4])))
    return tuple(sorted(found))


def shrink(plan: Plan, fails: Callable[[Plan], bool], tries: int) -> Plan:
    """The smallest plan found in so many tries that still fails: delta debugging.

    Parts of the plan are left out, first halves, in the end single faults. Source: Zeller and
    Hildebrandt, Simplifying and Isolating Failure-Inducing Input, 2002.
    """
    parts = 2
    while plan and tries > 0:
        size = max(1, -(-len(plan) // parts))
        for start in range(0, len(plan), size):
            smaller = plan[:start] + plan[start + size :]
            tries -= 1
            if fails(smaller):
                plan, parts = smaller, max(parts - 1, 2)
                break
            if tries <= 0:
                break
        else:
            if size == 1:
                break
            parts = min(parts * 2, len(plan))
    return plan
