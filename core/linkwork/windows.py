"""The rule of a window: so many counted sessions within so many consecutive weeks or days."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from linkwork.codes import CodeClass
from linkwork.judging import Bench, Evidence, Judged, Reader, Span, clipped, counted_in
from linkwork.policy import WindowRule
from linkwork.school_year import calendar_weeks, good_weeks
from linkwork.sheet import Reading, Sheet, places

COUNTED, UNKNOWN, OTHER = "c", "?", "."


def reading(rule: WindowRule) -> Reading:
    """What the rule makes of a code."""

    def read(known: CodeClass | None) -> str:
        if known is None:
            return UNKNOWN
        return COUNTED if rule.counted(known) else OTHER

    return read


def numbered(sheet: Sheet, rule: WindowRule) -> Sequence[int]:
    """For each school day, the running number of the week or day a window is measured in."""
    if rule.school_days is not None:
        return range(len(sheet.days))
    if rule.calendar_weeks is not None:
        return calendar_weeks(sheet.days)
    if rule.good_week_sessions > 1:
        return good_weeks(sheet.days, rule.good_week_sessions)
    return sheet.weeks


def windows(
    places: Sequence[int], numbers: Sequence[int], rule: WindowRule, force: Span | None = None
) -> list[list[int]]:
    """The counted positions of each window, scanning forward.

    `places` are counted positions of a line, in order; `numbers` as `numbered` gives them. The
    earliest window that reaches the threshold takes its sessions; none is used twice. One that is
    full on none of the school days of `force` is none, and takes nothing.
    """
    found: list[list[int]] = []
    length, enough = rule.length, rule.threshold
    when = [numbers[place // 2] for place in places]
    first = 0
    low, high = (0, len(places)) if force is None else [bisect_left(places, 2 * n) for n in force]
    for last in range(max(enough - 1, low), high):
        start = last - enough + 1
        if start >= first and when[last] - when[start] < length:
            first = last + 1
            found.append(list(places[start:first]))
    return found


class WindowJudge:
    """A window rule over one register."""

    def __init__(self, at: Bench, rule: WindowRule) -> None:
        self.rule = rule
        self._numbers = numbered(at.sheet, rule)
        self._lines = Reader(at, reading(rule))

    def evidence(self, judged: Judged) -> Iterator[Evidence]:
        """One for each window, over all the pupil's time on the roll."""
        line = self._lines.of(judged.index)
        if line.count(COUNTED) < self.rule.threshold:
            return
        found = self._windows(line, judged)
        forgotten = self._lines.forgotten(judged.index)
        sure = len(found) if forgotten is line else len(self._windows(forgotten, judged))
        for number, counted in enumerate(found):
            yield self._evidence(line, judged, counted, number >= sure)

    def _windows(self, line: str, judged: Judged) -> list[list[int]]:
        counted = [
            place
            for first, last in judged.spans
            for place in places(line, COUNTED, 2 * first, 2 * last)
        ]
        return windows(counted, self._numbers, self.rule, judged.force)

    def _evidence(
        self, line: str, judged: Judged, counted: list[int], provisional: bool
    ) -> Evidence:
        value, numbers = len(counted), self._numbers
        period = (counted[0] // 2, counted[-1] // 2 + 1)
        newest = numbers[counted[-1] // 2]
        oldest = newest - self.rule.length + 1
        around = bisect_left(numbers, oldest), bisect_right(numbers, newest)
        unknown = counted_in(line, UNKNOWN, clipped(judged.spans, around))
        return Evidence(
            counted=counted,
            value=value,
            threshold=self.rule.threshold,
            provisional=provisional,
            at_least=value,
            at_most=value + unknown,
            period=period,
            window=(around[0], period[1]),
        )
