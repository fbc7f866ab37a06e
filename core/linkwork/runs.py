"""The rule of a run: so many school days, or sessions, in a row that count."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
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

#: What each day, or session, does to a run, by the number that `_numbered` gives it.
Table = bytes
_LETTERS = COUNTED + ATTENDED + OTHER + FOLLOWED + SKIPPED + UNKNOWN
#: A letter as a number: alone or as a day's morning, and as its afternoon.
_ALONE = bytes.maketrans(_LETTERS.encode("ascii"), bytes(range(len(_LETTERS))))
_AFTERNOON = bytes.maketrans(_LETTERS.encode("ascii"), bytes(range(0, 16 * len(_LETTERS), 16)))


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
    does = bytearray(256)
    for units in product(_LETTERS, repeat=1 if rule.of == "sessions" else len(HALVES)):
        number = _numbered("".join(units), len(units))[0]
        does[number] = ord(_does([unknown if x == UNKNOWN else x for x in units], rule))
    return bytes(does)


def _numbered(line: str, width: int) -> bytes:
    """Each day of a line, or each session, as one number; `width`: sessions a unit."""
    marks = line.encode("ascii")
    if width == 1:
        return marks.translate(_ALONE)
    # All days at once: mornings in the low half of each byte, afternoons in the high one.
    morning = int.from_bytes(marks[::2].translate(_ALONE), "little")
    afternoon = int.from_bytes(marks[1::2].translate(_AFTERNOON), "little")
    return (morning | afternoon).to_bytes(len(marks) // 2, "little")


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


def runs(line: str, span: Span, does: Table, width: int, least: int = 1) -> list[Run]:
    """The maximal runs of one pupil's line within `span`, in order; `width`: sessions a unit.

    Those of fewer than `least` units are left out.
    """
    done = _numbered(line[2 * span[0] : 2 * span[1]], width).translate(does).decode("ascii")
    first = 2 * span[0] // width
    found: list[Run] = []
    for match in _RUN.finditer(done):
        start, end = match.span()
        if end - start < least or done.count(COUNTS, start, end) < least:
            continue
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
            enough = self._runs(line, span, self._as_marked, self.rule.threshold)
            if enough:
                others = self._others(judged, line, span, enough)
                for run in enough:
                    yield self._evidence(line, run, others)

    def _others(
        self, judged: Judged, line: str, span: Span, found: list[Run]
    ) -> tuple[list[Run], list[Run], list[Run]]:
        """The runs without the waiting marks, and with what is unknown attended, and absent.

        Where nothing waits or is unknown, those found are the same.
        """
        forgotten = self._excused(self._lines.forgotten(judged.index), judged)
        sure = found if forgotten == line else self._runs(forgotten, span, self._as_marked)
        if line.find(UNKNOWN, 2 * span[0], 2 * span[1]) < 0:
            return sure, found, found
        attended = self._runs(line, span, self._if_attended)
        return sure, attended, self._runs(line, span, self._if_absent)

    def _runs(self, line: str, span: Span, does: Table, least: int = 1) -> list[Run]:
        """The runs that start where the rule lets them start."""
        found = runs(line, span, does, self._width, least)
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
        # Mostly nothing is unknown, and all of them are the run itself.
        least = counted if attended is run.units else self._places(line, attended, COUNTED)
        most = counted if absent is run.units else self._places(line, absent, COUNTED + UNKNOWN)
        return Evidence(
            counted=counted,
            value=value,
            threshold=self.rule.threshold,
            provisional=len(sure) < self.rule.threshold,
            at_least=len(attended),
            at_most=max(value, len(absent)),
            period=(run.units[0] * width // 2, run.units[-1] * width // 2 + 1),
            ended=None if run.ended is None else run.ended * width // 2,
            least_sessions=len(least),
            most_sessions=max(len(counted), len(most)),
        )

    def _places(self, line: str, units: Sequence[int], letters: str) -> list[int]:
        """The positions of the counted sessions of some days, or of some sessions."""
        if self._width == 1:
            return [unit for unit in units if line[unit] in letters]
        sessions = [place for unit in units for place in (2 * unit, 2 * unit + 1)]
        return [place for place in sessions if line[place] in letters]

    def _excused(self, line: str, judged: Judged) -> str:
        """The line with the days taken out which facts about the pupil excuse."""
        for first, last in excused(self.at.facts, judged.pupil.pupil_id, self.rule):
            low, high = between(self.at.sheet.days, first, last)
            line = line[: 2 * low] + SKIPPED * (2 * (high - low)) + line[2 * high :]
        return line


def _longest(run: Run, others: Iterable[Run]) -> tuple[int, ...]:
    """What is counted in the longest of the runs that overlap `run` in time."""
    first, last = run.units[0], run.units[-1]
    longest: tuple[int, ...] = ()
    for other in others:
        units = other.units
        if units[0] <= last and units[-1] >= first and len(units) > len(longest):
            longest = units
    return longest
