"""The rule of a run: so many school days, or sessions, in a row that count."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, cached_property
from itertools import product
from typing import NamedTuple

from linkwork.codes import CodeClass
from linkwork.facts import excused
from linkwork.judging import Bench, Evidence, Judged, Reader
from linkwork.policy import RunRule
from linkwork.register import HALVES, Pupil
from linkwork.school_year import between
from linkwork.sheet import Reading, places
from linkwork.stays import Span

# What a session is to this rule: counted, attended, another absence (of which FOLLOWED may come
# right before a run), out of it, unknown.
COUNTED, ATTENDED, OTHER, FOLLOWED, SKIPPED, UNKNOWN = "c", "p", "a", "f", ".", "?"
# What a day made of two sessions, or a session by itself, does to a run.
COUNTS, ENDS, PASSES = "c", "e", "."

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

    units: Sequence[int]
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


class Ends(NamedTuple):
    """Which days end a run: with what does not count beside what counts, or alone, or unknown."""

    whole_days: bool
    mixed: bool
    authorised: bool
    unknown: bool

    @classmethod
    def of(cls, rule: RunRule) -> Ends:
        """The settings of a rule."""
        settings = (rule.mixed_day, rule.authorised_day, rule.unknown_day)
        return cls(rule.whole_days, *(each == "ends" for each in settings))


def table(rule: RunRule, unknown: str = UNKNOWN) -> Table:
    """What each day, or session, does to a run, with what is unknown read as `unknown`."""
    return _table(Ends.of(rule), 1 if rule.of == "sessions" else len(HALVES), unknown)


# Most rules have the same settings, and every evaluation asks again.
@cache
def _table(ends: Ends, width: int, unknown: str) -> Table:
    does = bytearray(256)
    for units in product(_LETTERS, repeat=width):
        number = _numbered("".join(units), width)[0]
        does[number] = ord(_does([unknown if x == UNKNOWN else x for x in units], ends))
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


def _does(unit: Sequence[str], ends: Ends) -> str:
    other = OTHER in unit or FOLLOWED in unit
    if ATTENDED in unit:
        return ENDS
    if COUNTED in unit and not ends.whole_days:
        return ENDS if other and ends.mixed else COUNTS
    if set(unit) == {COUNTED}:
        return COUNTS
    if other and ends.authorised:
        return ENDS
    return ENDS if set(unit) == {UNKNOWN} and ends.unknown else PASSES


@cache
def _at_least(units: int) -> re.Pattern[str]:
    """Finds runs of so many units or more, each as long as it goes; the many short ones never."""
    more = f"(?>[{PASSES}]*){COUNTS}" * (units - 1)
    return re.compile(f"{COUNTS}{more}[^{ENDS}]*")


def runs(line: str, span: Span, does: Table, width: int, least: int = 1) -> list[Run]:
    """The maximal runs of one pupil's line within `span`, in order; `width`: sessions a unit.

    Those of fewer than `least` units are left out.
    """
    done = _numbered(line[2 * span[0] : 2 * span[1]], width).translate(does).decode("ascii")
    first = 2 * span[0] // width
    found: list[Run] = []
    for match in _at_least(least).finditer(done):
        start, end = match.span()
        after = done.rfind(ENDS, 0, start)
        found.append(
            Run(
                places(done, COUNTS, start, end, first),
                None if after < 0 else first + after,
                None if end == len(done) else first + end,
            )
        )
    return found


class RunJudge:
    """A run rule over one register."""

    def __init__(self, at: Bench, rule: RunRule) -> None:
        self.at, self.rule = at, rule
        # Kept apart, for it is asked several times about every run.
        self.threshold, self.whole_days, self.follows = (
            rule.threshold,
            rule.whole_days,
            bool(rule.follows),
        )
        self.width = 2 if rule.of == "days" else 1
        self.as_marked = table(rule)
        self.if_attended = table(rule, unknown=ATTENDED)
        self.if_absent = table(rule, unknown=COUNTED)
        self.lines = Reader(at, reading(rule))

    def evidence(self, judged: Judged) -> Iterator[Evidence]:
        """One for each run that reaches the threshold, on each stay on the roll."""
        line = self.excused(self.lines.of(judged.index), judged)
        if line.count(COUNTED) < self.threshold:
            return
        for span in judged.spans:
            readings: _Readings | None = None
            if UNKNOWN in line or self.at.sheet.waits(judged.index):
                readings = _Readings(self, judged, line, span)
            for run in self.runs(line, span, self.as_marked, self.threshold):
                if judged.force is None or self._met(run, judged.force):
                    yield self._evidence(line, run, readings, span, judged.pupil)

    def runs(self, line: str, span: Span, does: Table, least: int = 1) -> list[Run]:
        """The runs that start where the rule lets them start."""
        found = runs(line, span, does, self.width, least)
        if not self.follows:
            return found
        return [
            run
            for run in found
            if run.after is not None and FOLLOWED in self._unit(line, run.after)
        ]

    def _unit(self, line: str, unit: int) -> str:
        return line[self.width * unit : self.width * (unit + 1)]

    def _met(self, run: Run, force: Span) -> bool:
        """Whether the run is long enough on one of these school days on which it counts."""
        reached, last = run.units[self.threshold - 1], run.units[-1]
        return reached * self.width < 2 * force[1] and last * self.width >= 2 * force[0]

    def _evidence(
        self, line: str, run: Run, readings: _Readings | None, span: Span, pupil: Pupil
    ) -> Evidence:
        value, width = len(run.units), self.width
        sure = attended = absent = run.units
        if readings is not None:
            sure, attended, absent = readings.around(run)
        counted = self._counted(line, run.units)
        # Mostly nothing is unknown, and all of them are the run itself.
        least = counted if attended is run.units else self._counted(line, attended)
        most = counted if absent is run.units else self._places(line, absent, COUNTED + UNKNOWN)
        return Evidence(
            counted=counted,
            value=value,
            threshold=self.threshold,
            provisional=len(sure) < self.threshold,
            at_least=len(attended),
            at_most=max(value, len(absent)),
            period=(run.units[0] * width // 2, run.units[-1] * width // 2 + 1),
            ended=None if run.ended is None else run.ended * width // 2,
            over=None if run.ended is not None else self._over(span, pupil),
            least=least,
            most_sessions=max(len(counted), len(most)),
        )

    def _over(self, span: Span, pupil: Pupil) -> int | None:
        """The first school day after a stay; None while it goes on, or if its end is a guess."""
        goes_on = span[1] == len(self.at.sheet.days)
        return None if goes_on or any(stay.presumed for stay in pupil.enrolments) else span[1]

    def _counted(self, line: str, units: Sequence[int]) -> Sequence[int]:
        """The positions of the counted sessions of the units of a run."""
        if not units or (self.whole_days and not isinstance(units, range)):
            return self._places(line, units, COUNTED)
        # A counted session stands in a unit that counts or in one that ends the run; only of
        # whole days, half a one is passed over.
        return places(line, COUNTED, self.width * units[0], self.width * (units[-1] + 1))

    def _places(self, line: str, units: Sequence[int], letters: str) -> list[int]:
        """The positions of the counted sessions of some days, or of some sessions."""
        if self.width == 1:
            return [unit for unit in units if line[unit] in letters]
        sessions = [place for unit in units for place in (2 * unit, 2 * unit + 1)]
        return [place for place in sessions if line[place] in letters]

    def excused(self, line: str, judged: Judged) -> str:
        """The line with the days taken out which facts about the pupil excuse.

        A run that must follow something may follow those days.
        """
        if judged.pupil.pupil_id not in self.at.facts:
            return line
        instead = FOLLOWED if self.follows else SKIPPED
        for first, last in excused(self.at.facts, judged.pupil.pupil_id, self.rule):
            low, high = between(self.at.sheet.days, first, last)
            line = line[: 2 * low] + instead * (2 * (high - low)) + line[2 * high :]
        return line


class _Readings:
    """The runs of one stay on the roll if the marks that wait, or are missing, were others.

    A run with nothing that waits or is unknown from the unit that ended the one before up to the
    unit that ended it is the same in every reading; the others are read anew, once for all.
    """

    def __init__(self, judge: RunJudge, judged: Judged, line: str, span: Span) -> None:
        self._judge, self._judged, self._line, self._span = judge, judged, line, span

    def around(self, run: Run) -> tuple[Sequence[int], Sequence[int], Sequence[int]]:
        """What is counted without the waiting marks, and with the unknown attended, and absent."""
        width, forgotten = self._judge.width, self._forgotten
        first = 2 * self._span[0] if run.after is None else width * run.after
        last = 2 * self._span[1] if run.ended is None else width * (run.ended + 1)
        sure = attended = absent = run.units
        if forgotten is not self._line and forgotten[first:last] != self._line[first:last]:
            sure = _longest(run, self._sure)
        if self._line.find(UNKNOWN, first, last) >= 0:
            attended, absent = _longest(run, self._attended), _longest(run, self._absent)
        return sure, attended, absent

    @cached_property
    def _forgotten(self) -> str:
        forgotten = self._judge.lines.forgotten(self._judged.index)
        return self._judge.excused(forgotten, self._judged)

    @cached_property
    def _sure(self) -> list[Run]:
        return self._judge.runs(self._forgotten, self._span, self._judge.as_marked)

    @cached_property
    def _attended(self) -> list[Run]:
        return self._judge.runs(self._line, self._span, self._judge.if_attended)

    @cached_property
    def _absent(self) -> list[Run]:
        return self._judge.runs(self._line, self._span, self._judge.if_absent)


def _longest(run: Run, others: Iterable[Run]) -> Sequence[int]:
    """What is counted in the longest of the runs that overlap `run` in time."""
    first, last = run.units[0], run.units[-1]
    longest: Sequence[int] = ()
    for other in others:
        units = other.units
        if units[0] <= last and units[-1] >= first and len(units) > len(longest):
            longest = units
    return longest
