"""The rule of a rate: absent for a share of the pupil's possible sessions of some time."""

from __future__ import annotations

from collections.abc import Iterator

from linkwork.codes import CodeClass
from linkwork.judging import Bench, Evidence, Judged, Reader, Span, clipped
from linkwork.policy import ComparisonRule, RateRule
from linkwork.sheet import Reading, places

ABSENT, POSSIBLE, NEITHER, UNKNOWN = "c", "p", ".", "?"


def reading(rule: RateRule | ComparisonRule) -> Reading:
    """What the rule makes of a code."""

    def read(known: CodeClass | None) -> str:
        if known is None:
            return UNKNOWN
        if not known.possible:
            return NEITHER
        return ABSENT if rule.counted(known) else POSSIBLE

    return read


class RateJudge:
    """A rate rule over one register, judged once: at the sheet's date."""

    def __init__(self, at: Bench, rule: RateRule) -> None:
        self.at, self.rule = at, rule
        self._time = (at.time_of(rule) or [(0, 0)])[-1]
        self._lines = Reader(at, reading(rule))

    def evidence(self, judged: Judged) -> Iterator[Evidence]:
        """At most one, over the pupil's time on the roll in the time the share is taken of."""
        line = inside(self._lines.of(judged.index), judged, self._time)
        absent, possible = sums(line)
        if not self.rule.met(absent, possible):
            return
        sure = sums(inside(self._lines.forgotten(judged.index), judged, self._time))
        yield Evidence(
            counted=absences(line),
            value=absent,
            threshold=self.rule.threshold(possible),
            provisional=not self.rule.met(*sure),
            at_least=absent,
            at_most=absent + line.count(UNKNOWN),
            period=self._time,
        )


class ComparisonJudge:
    """A comparison of the last weeks with those before, judged once: at the sheet's date."""

    def __init__(self, at: Bench, rule: ComparisonRule) -> None:
        self.rule = rule
        self._now = at.last_weeks(rule.school_weeks)
        self._before = at.last_weeks(rule.before_school_weeks, before=rule.school_weeks)
        self._lines = Reader(at, reading(rule))

    def evidence(self, judged: Judged) -> Iterator[Evidence]:
        """At most one, of the absences in the last weeks."""
        whole = self._lines.of(judged.index)
        line = inside(whole, judged, self._now)
        absent, possible = sums(line)
        before = sums(inside(whole, judged, self._before))
        if not absent or not self.rule.met(absent, possible, before):
            return
        forgotten = self._lines.forgotten(judged.index)
        sure = sums(inside(forgotten, judged, self._now))
        sure_before = sums(inside(forgotten, judged, self._before))
        yield Evidence(
            counted=absences(line),
            value=absent,
            threshold=self.rule.threshold(possible, before),
            provisional=not self.rule.met(*sure, sure_before),
            at_least=absent,
            at_most=absent + line.count(UNKNOWN),
            period=self._now,
            before=before,
        )


def inside(whole: str, judged: Judged, time: Span) -> str:
    """The pupil's line with everything outside its days in this time blotted out."""
    ranges = clipped(judged.spans, time)
    if ranges == ((0, len(whole) // 2),):
        return whole
    line = [NEITHER] * len(whole)
    for first, last in ranges:
        line[2 * first : 2 * last] = whole[2 * first : 2 * last]
    return "".join(line)


def sums(line: str) -> tuple[int, int]:
    """Absent and possible sessions of a line."""
    absent = line.count(ABSENT)
    return absent, absent + line.count(POSSIBLE)


def absences(line: str) -> list[int]:
    """The positions of a line's absences."""
    return places(line, ABSENT, 0, len(line))
