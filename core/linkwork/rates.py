"""The rule of a rate: absent for a share of the pupil's possible sessions of some time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from linkwork.codes import CodeClass
from linkwork.judging import UNKNOWN, Bench, Evidence, Judged, Reader, counted_in, unknown_in
from linkwork.policy import ComparisonRule, RateRule
from linkwork.sheet import Reading
from linkwork.stays import Span, clipped

ABSENT, POSSIBLE, NEITHER = "c", "p", "."


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
        line, forgotten = self._lines.of(judged.index), self._lines.forgotten(judged.index)
        time = clipped(judged.spans, self._time)
        counted = self._lines.places(judged.index, ABSENT, time)
        absent = len(counted)
        possible = absent + counted_in(line, POSSIBLE, time)
        if not self.rule.met(absent, possible):
            return
        yield Evidence(
            counted=counted,
            value=absent,
            threshold=self.rule.threshold(possible),
            provisional=forgotten is not line and not self.rule.met(*sums(forgotten, time)),
            at_least=absent,
            at_most=absent + unknown_in(line, time),
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
        line, forgotten = self._lines.of(judged.index), self._lines.forgotten(judged.index)
        now, then = clipped(judged.spans, self._now), clipped(judged.spans, self._before)
        absent, possible = sums(line, now)
        before = sums(line, then)
        if not absent or not self.rule.met(absent, possible, before):
            return
        yield Evidence(
            counted=self._lines.places(judged.index, ABSENT, now),
            value=absent,
            threshold=self.rule.threshold(possible, before),
            provisional=not self.rule.met(*sums(forgotten, now), sums(forgotten, then)),
            at_least=absent,
            at_most=absent + unknown_in(line, now),
            period=self._now,
            before=before,
        )


def sums(line: str, time: Sequence[Span]) -> tuple[int, int]:
    """Absent and possible sessions of some school days of a line."""
    absent = counted_in(line, ABSENT, time)
    return absent, absent + counted_in(line, POSSIBLE, time)
