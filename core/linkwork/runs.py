"""The rule of a run: so many school days, or sessions, in a row that count."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from operator import add
from typing import NamedTuple

from linkwork.codes import CodeClass
from linkwork.facts import excused
from linkwork.judging import Bench, Evidence, Judged, Reader, Span
from linkwork.policy import RunRule
from linkwork.register import HALVES
from linkwork.school_year import between
from linkwork.sheet import Reading, places

# What a session is to this rule: counted, attended, another absence (of which FOLLOWED may come
# right before a run), out of it, unknown.
COUNTED, ATTENDED, OTHER, FOLLOWED, SKIPPED, UNKNOWN = "c", "p", "a", "f", ".", "?"
# What a day made of two sessions, or a session by itself, does to a run.
COUNTS, ENDS, PASSES = "c", "e", "."
_RUN = re.compile(f"{COUNTS}[^{ENDS}]*")

Table = dict[str, str]


class Run(NamedTuple):
    """Counted days or sessions with nothing between them that ends a run.

    `units` are what is counted: school days, or positions of a line. `after` and `ended` are
    the positions of the same kind that ended the run before and this one.
    """

    units: tuple[int, ...]
    after: int | None
    ended: int | None


def reading(rule: RunRule) -> Reading:
    """What the rule makes of a code."""

    def read(known: CodeClass | None) -> str:
        if known is None:
            return UNKNOWN
        if known.code in rule.skips:
            return SKIPPED
        if rule.u_breaks_run and known.unauthorised and known.on_site:
            return ATTENDED
        if rule.counted(known):
            return COUNTED
        if known.code in rule.follows:
            return FOLLOWED
        if known.present:
            return ATTENDED
        return OTHER if known.absent else SKIPPED

    return read


def table(rule: RunRule, unknown: str = UNKNOWN) -> Table:
    """What each day, or session, does to a run, with what is unknown read as `unknown`."""
    letters = (COUNTED, ATTENDED, OTHER, FOLLOWED, SKIPPED, UNKNOWN)
    if rule.of == "sessions":
        units: Iterable[tuple[str, ...]] = ((letter,) for letter in letters)
    else:
        units = product(letters, repeat=2)
    return {
        "".join(unit): _does([unknown if x == UNKNOWN else x for x in unit], rule) for unit in units
    }


def _does(unit: Sequence[str], rule: RunRule) -> str:
    other = OTHER in unit or FOLLOWED in unit
    if ATTENDED in unit:
        return ENDS
    if COUNTED in unit and not rule.whole_days:
        return ENDS if other and rule.mixed_day == "ends" else COUNTS
    if set(unit) == {COUNTED}:
        return COUNTS
    if other and rule.authorised_day == "ends":
        return ENDS
    return ENDS if set(unit) == {UNKNOWN} and rule.unknown_day == "ends" else PASSES


def runs(line: str, span: Span, does: Table, width: int) -> list[Run]:
    """The maximal runs of one pupil's line within `span`, in order; `width`: sessions a unit."""
    inside = line[2 * span[0] : 2 * span[1]]
    units = map(add, inside[::2], inside[1::2]) if width == len(HALVES) else inside
    done = "".join(map(does.__getitem__, units))
    first = 2 * span[0] // width
    found: list[Run] = []
    for match in _RUN.finditer(done):
        start, end = match.span()
        after = done.rfind(ENDS, 0, start)
        found.append(
            Run(
                tuple([first + unit for unit in places(done, COUNTS, start, end)]),
                None if after < 0 else first + after,
                None if end == len(done) else first + end,
            )
        )
    return found


class RunJudge:
    """A run rule over one register."""

    def __init__(self, at: Bench, rule: RunRule) -> None:
        self.at, self.rule = at, rule
        self._width = 2 if rule.of == "days" else 1
        self._as_marked = table(rule)
        self._if_attended = table(rule, unknown=ATTENDED)
        self._if_absent = table(rule, unknown=COUNTED)
        self._lines = Reader(at, reading(rule))

    def evidence(self, judged: Judged) -> Iterator[Evidence]:
        """One for each run that reaches the threshold, on each stay on the roll."""
        line = self._excused(self._lines.of(judged.index), judged)
        if line.count(COUNTED) < self.rule.threshold:
            return
        for span in judged.spans:
            found = self._runs(line, span, self._as_marked)
            enough = [run for run in found if len(run.units) >= self.rule.threshold]
            if enough:
                others = self._others(judged, line, span, found)
                for run in enough:
                    yield self._evidence(line, run, others)

    def _others(
        self, judged: Judged, line: str, span: Span, found: list[Run]
    ) -> tuple[list[Run], list[Run], list[Run]]:
        """The runs without the waiting marks, and with what is unknown attended, and absent."""
        forgotten = self._excused(self._lines.forgotten(judged.index), judged)
        sure = found if forgotten == line else self._runs(forgotten, span, self._as_marked)
        if UNKNOWN not in line[2 * span[0] : 2 * span[1]]:
            return sure, found, found
        attended = self._runs(line, span, self._if_attended)
        return sure, attended, self._runs(line, span, self._if_absent)

    def _runs(self, line: str, span: Span, does: Table) -> list[Run]:
        """The runs that start where the rule lets them start."""
        found = runs(line, span, does, self._width)
        if not self.rule.follows:
            return found
        return [
            run
            for run in found
            if run.after is not None and FOLLOWED in self._unit(line, run.after)
        ]

    def _unit(self, line: str, unit: int) -> str:
        return line[self._width * unit : self._width * (unit + 1)]

    def _evidence(
        self, line: str, run: Run, others: tuple[list[Run], list[Run], list[Run]]
    ) -> Evidence:
        value, width = len(run.units), self._width
        sure, attended, absent = (_longest(run, each) for each in others)
        counted = self._places(line, run.units, COUNTED)
        return Evidence(
            counted=counted,
            value=value,
            threshold=self.rule.threshold,
            provisional=len(sure) < self.rule.threshold,
            at_least=len(attended),
            at_most=max(value, len(absent)),
            period=(run.units[0] * width // 2, run.units[-1] * width // 2 + 1),
            ended=None if run.ended is None else run.ended * width // 2,
            least_sessions=len(self._places(line, attended, COUNTED)),
            most_sessions=max(len(counted), len(self._places(line, absent, COUNTED + UNKNOWN))),
        )

    def _places(self, line: str, units: Sequence[int], letters: str) -> list[int]:
        """The positions of the counted sessions of some days, or of some sessions."""
        width = self._width
        places = (place for unit in units for place in range(width * unit, width * (unit + 1)))
        return [place for place in places if line[place] in letters]

    def _excused(self, line: str, judged: Judged) -> str:
        """The line with the days taken out which facts about the pupil excuse.

        A run that must follow something may follow those days.
        """
        instead = FOLLOWED if self.rule.follows else SKIPPED
        for first, last in excused(self.at.facts, judged.pupil.pupil_id, self.rule):
            low, high = between(self.at.sheet.days, first, last)
            line = line[: 2 * low] + instead * (2 * (high - low)) + line[2 * high :]
        return line


def _longest(run: Run, others: Iterable[Run]) -> tuple[int, ...]:
    """What is counted in the longest of the runs that overlap `run` in time."""
    first, last = run.units[0], run.units[-1]
    overlapping = (o for o in others if o.units[0] <= last and o.units[-1] >= first)
    return max((other.units for other in overlapping), key=len, default=())
