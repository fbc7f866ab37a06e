"""What the whole answer in polars stands on: the frame, and what a mark is to a rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import _peers as peers

from linkwork import counts
from linkwork.codes import CodeClass
from linkwork.stays import Span

#: What a finding is here; `places` are sessions (twice the day, one more after noon).
COLUMNS = (
    "pupil", "value", "threshold", "at_least", "at_most", "provisional", "first", "last",
    "ended", "possible", "missing", "places", "marks",
)  # fmt: skip
NAME = "polars, whole answer"
Frame = Any
Letters = list[str]


class Read(NamedTuple):
    """One way to read the marks: what is unknown becomes a letter; recent waiting ones unknown."""

    unknown: str = "?"
    forget: bool = False


AS_MARKED, FORGOTTEN = Read(), Read(forget=True)
IF_ATTENDED, IF_ABSENT = Read("p"), Read("c")


class Reading:
    """The long table as a frame, with the answers that several rules need."""

    def __init__(self, asked: peers.Question, table: dict[str, Any]) -> None:
        import numpy as np
        import polars as pl

        self.pl, self.asked = pl, asked
        sheet, at = asked.at.sheet, asked.at
        pupils, days = len(sheet.register.pupils), len(sheet.days)
        own: dict[str, Any] = {name: table[name] for name in ("pupil", "day", "week", "mark")}
        own["place"] = np.tile(np.arange(2 * days, dtype=np.int16), pupils)
        for name, stays in (("on_roll", at.on_roll), ("of_age", at.of_age)):
            numbered = np.full((pupils, days), -1, dtype=np.int8)
            for place in range(pupils):
                for number, (first, last) in enumerate(stays[place]):
                    numbered[place, first:last] = number
            own[name] = np.repeat(numbered, 2, axis=1).ravel()
        self.frame = pl.DataFrame(own)
        self.provisional = [n for n, known in enumerate(asked.codes) if known and known.provisional]
        self.taken = sorted(counts.taken(sheet))

    @cached_property
    def _kept(self) -> dict[Any, Any]:
        return {}

    def kept(self, key: Any, make: Callable[[], Frame]) -> Frame:
        """A frame that several rules need, collected when the first of them asks."""
        if key not in self._kept:
            self._kept[key] = make().collect()
        return self._kept[key]

    def letters(self, reading: Callable[[CodeClass | None], str]) -> Letters:
        """The letter of each code number."""
        return [reading(known) for known in self.asked.codes]

    def marked(self, letters: Letters, wanted: str, how: Read = AS_MARKED) -> Any:
        """Whether a session's letter is one of some."""
        pl = self.pl
        found = pl.lit(value=False)
        for number, letter in enumerate(letters):
            if (how.unknown if letter == "?" else letter) in wanted:
                found |= pl.col("mark") == number
        if not how.forget:
            return found
        waits = self._waits
        return (~waits & found) | (waits & pl.lit(value=how.unknown in wanted))

    @cached_property
    def _waits(self) -> Any:
        pl = self.pl
        code = pl.lit(value=False)
        for number in self.provisional:
            code |= pl.col("mark") == number
        return code & (pl.col("day") >= self.asked.at.sheet.recent)

    def inside(self, frame: Frame, stay: str, time: Span | None = None) -> Frame:
        """The sessions of pupils while a rule may look at them, in some school days."""
        pl = self.pl
        here = frame.filter(pl.col(stay) >= 0)
        if time is None or time == (0, len(self.asked.at.sheet.days)):
            return here
        return here.filter(pl.col("day").is_between(time[0], time[1] - 1))

    def with_possible(self, found: Frame, stay: str) -> Frame:
        """Findings with the possible and the missing sessions from the first to the last day."""
        pl = self.pl
        numbered = found.with_row_index("number")
        sums = (
            numbered.select("number", "pupil", "first", "last")
            .join(self.daily(stay), on="pupil")
            .filter(pl.col("day").is_between(pl.col("first"), pl.col("last")))
            .group_by("number")
            .agg(possible=pl.col("p").sum(), missing=pl.col("u").sum())
        )
        return numbered.join(sums, on="number", how="left", maintain_order="left")

    def daily(self, stay: str) -> Frame:
        """How many sessions of each day were possible, and of how many nothing is known."""
        pl, asked = self.pl, self.asked
        unknown = [n for n, known in enumerate(asked.codes) if known is None]
        sums = (
            self.inside(self.frame.lazy(), stay)
            .group_by("pupil", "day", maintain_order=True)
            .agg(
                pl.col("week").first(),
                p=among(pl, asked.possible()).sum(),
                u=among(pl, unknown).sum(),
            )
        )
        return self.kept(("daily", stay), lambda: sums).lazy()


def among(pl: Any, codes: Sequence[int]) -> Any:
    """Whether a session's mark is one of some code numbers."""
    found = pl.lit(value=False)
    for code in codes:
        found |= pl.col("mark") == code
    return found
