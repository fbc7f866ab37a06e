"""Runs one after another; the first that fails is made as small as it can be and still fails."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from linkwork.simulation import SchoolMaker
from linkwork_hub.simulate import plan
from linkwork_hub.simulate.clockwork import moments
from linkwork_hub.simulate.hub_node import Design
from linkwork_hub.simulate.plan import Plan
from linkwork_hub.simulate.world import Ran, Size, World

#: How many runs the search for a smaller plan may take.
TRIES = 60


@dataclass
class Failure:
    """A promise that was not kept: how it was found, and the smallest way to see it again."""

    ran: Ran
    small: Ran
    tries: int

    @property
    def command(self) -> str:
        """What to type to see it."""
        size = self.small.size
        return (
            f"linkwork-hub simulate --schools {size.schools} --weeks {size.weeks} "
            f"--pupils {size.pupils} --seed {size.seed} --plan {plan.written(self.small.plan)}"
        )


@dataclass
class Report:
    """What all runs came to. `met` counts the faults that happened, by kind."""

    runs: int = 0
    moments: int = 0
    messages: int = 0
    effects: int = 0
    items: int = 0
    forgotten: int = 0
    met: Counter[str] = field(default_factory=Counter)
    failure: Failure | None = None

    def add(self, ran: Ran) -> None:
        """Count one run."""
        self.runs += 1
        self.moments += ran.moments
        self.messages += ran.messages
        self.effects += ran.effects
        self.items += ran.items
        self.forgotten += ran.forgotten
        self.met += ran.met

    def to_json(self) -> dict[str, Any]:
        """The report as `--format json` prints it."""
        found = self.failure
        failure = (
            None
            if found is None
            else {
                "seed": found.ran.size.seed,
                "broken": found.ran.broken,
                "at": found.ran.at,
                "plan": plan.written(found.small.plan),
                "faults": len(found.small.plan),
                "command": found.command,
            }
        )
        return {
            "runs": self.runs,
            "moments": self.moments,
            "messages": self.messages,
            "effects": self.effects,
            "items": self.items,
            "forgotten": self.forgotten,
            "faults": dict(sorted(self.met.items())),
            "failure": failure,
        }


def run(
    sizes: Iterable[Size],
    kinds: tuple[str, ...],
    maker: SchoolMaker,
    *,
    given: Plan | None = None,
    design: Design | None = None,
    say: Callable[[str], None] = lambda _words: None,
) -> Report:
    """Run each size with the faults its seed draws, or those given, until one fails."""
    report = Report()
    with _seldom_collected():
        for size in sizes:
            chosen = given
            if chosen is None:
                chosen = plan.draw(size.seed, moments(size.weeks), size.schools, kinds)
            ran = World(size, chosen, maker, design, say).run()
            report.add(ran)
            if ran.broken:
                report.failure = smaller(ran, maker, design)
                break
    return report


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """What lives as long as the program is not looked through for garbage again and again."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def smaller(ran: Ran, maker: SchoolMaker, design: Design | None) -> Failure:
    """The smallest plan that breaks the same promise, in few weeks."""
    weeks = min(ran.size.weeks, -(-(ran.moments + 1) // moments(1)))
    size = replace(ran.size, weeks=weeks)
    best = ran
    tried = 0

    def fails(faults: Plan) -> bool:
        nonlocal best, tried
        tried += 1
        again = World(size, faults, maker, design).run()
        if again.broken and kind_of(again.broken) == kind_of(ran.broken):
            best = again
            return True
        return False

    if not fails(ran.plan):
        size = ran.size
    plan.shrink(ran.plan, fails, TRIES)
    return Failure(ran, best, tried)


def kind_of(broken: str) -> str:
    """A broken promise without the numbers and ids in its sentence."""
    return " ".join(word for word in broken.split() if word.isalpha())
