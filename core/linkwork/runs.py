"""The rule of a run: so many school days in a row on which a session counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from typing import NamedTuple

from linkwork.codes import CodeClass
from linkwork.findings import Finding
from linkwork.judging import Bench, Evidence, Judged, Span, finding
from linkwork.policy import RunRule
from linkwork.sheet import Lines, Reading

# What a session is to this rule.
COUNTED, ATTENDED, AUTHORISED, SKIPPED, UNKNOWN = "c", "p", "a", ".", "?"
LETTERS = (COUNTED, ATTENDED, AUTHORISED, SKIPPED, UNKNOWN)
# What a day made of two sessions does to a run.
COUNTS, ENDS, PASSES = "counts", "ends", "passes"

Days = dict[str, str]


class Run(NamedTuple):
    """Counted school days with no day between them that ends a run; `ended` is the one after."""

    days: tuple[int, ...]
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
        if known.code in rule.counts:
            return COUNTED
        if known.present:
            return ATTENDED
        return AUTHORISED if known.absent else SKIPPED

    return read


def day_table(rule: RunRule, unknown: str = UNKNOWN) -> Days:
    """What each pair of sessions does to a run, with sessions without a mark read as `unknown`."""

    def does(pair: set[str]) -> str:
        if ATTENDED in pair:
            return ENDS
        if COUNTED in pair:
            return ENDS if AUTHORISED in pair and rule.mixed_day == "ends" else COUNTS
        if AUTHORISED in pair and rule.authorised_day == "ends":
            return ENDS
        return PASSES

    return {
        morning + afternoon: does({unknown if x == UNKNOWN else x for x in (morning, afternoon)})
        for morning, afternoon in product(LETTERS, repeat=2)
    }


def runs(line: str, span: Span, table: Days) -> list[Run]:
    """The maximal runs of one pupil's line within `span`, in order."""
    found: list[Run] = []
    days: list[int] = []
    for day in range(*span):
        does = table[line[2 * day : 2 * day + 2]]
        if does is COUNTS:
            days.append(day)
        elif does is ENDS and days:
            found.append(Run(tuple(days), day))
            days = []
    if days:
        found.append(Run(tuple(days), None))
    return found


class RunJudge:
    """A run rule over one register."""

    def __init__(self, at: Bench, rule: RunRule) -> None:
        self.at, self.rule = at, rule
        self._as_marked = day_table(rule)
        self._if_attended = day_table(rule, unknown=ATTENDED)
        self._if_absent = day_table(rule, unknown=COUNTED)
        self._lines = at.sheet.read(reading(rule))
        self._without_recent: Lines | None = None

    def findings(self, judged: Judged) -> Iterator[Finding]:
        """One finding for each run that reaches the threshold, on each stay on the roll."""
        line = self._lines.of(judged.index)
        if line.count(COUNTED) < self.rule.threshold:
            return
        for span in judged.spans:
            for run in runs(line, span, self._as_marked):
                if len(run.days) >= self.rule.threshold:
                    yield finding(
                        self.at, self.rule, judged, self._evidence(judged, line, span, run)
                    )

    def _evidence(self, judged: Judged, line: str, span: Span, run: Run) -> Evidence:
        value = len(run.days)
        forgotten = self._forgotten(judged.index)
        return Evidence(
            counted=[
                place
                for day in run.days
                for place in (2 * day, 2 * day + 1)
                if line[place] == COUNTED
            ],
            value=value,
            threshold=self.rule.threshold,
            provisional=_longest(run, runs(forgotten, span, self._as_marked)) < self.rule.threshold,
            at_least=_longest(run, runs(line, span, self._if_attended)),
            at_most=max(value, _longest(run, runs(line, span, self._if_absent))),
            period=(run.days[0], run.days[-1] + 1),
            ended=run.ended,
        )

    def _forgotten(self, pupil: int) -> str:
        """The pupil's line without the provisional marks of the last days; made when needed."""
        if self._without_recent is None:
            self._without_recent = self.at.sheet.read(reading(self.rule), without_recent=True)
        return self._without_recent.of(pupil)


def _longest(run: Run, others: Iterable[Run]) -> int:
    """The most counted days of the runs that overlap `run` in time."""
    first, last = run.days[0], run.days[-1]
    overlapping = (o for o in others if o.days[0] <= last and o.days[-1] >= first)
    return max((len(other.days) for other in overlapping), default=0)
