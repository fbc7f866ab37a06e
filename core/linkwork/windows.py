"""The rule of a window: so many counted sessions within so many consecutive weeks or days."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from linkwork.codes import CodeClass
from linkwork.judging import Bench, Evidence, Judged, Reader, clipped
from linkwork.policy import WindowRule
from linkwork.school_year import calendar_weeks, good_weeks
from linkwork.sheet import Reading, Sheet

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


def windows(places: Sequence[int], numbers: Sequence[int], rule: WindowRule) -> list[list[int]]:
    """The counted positions of each window, scanning forward.

    `places` are counted positions of a line, in order; `numbers` as `numbered` gives them. The
    earliest window that reaches the threshold takes its sessions; none is used twice.
    """
    found: list[list[int]] = []
    held: list[int] = []
    for place in places:
        oldest = numbers[place // 2] - rule.length + 1
        held = [earlier for earlier in held if numbers[earlier // 2] >= oldest]
        held.append(place)
        if len(held) == rule.threshold:
            found.append(held)
            held = []
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
        if not found:
            return
        sure = len(self._windows(self._lines.forgotten(judged.index), judged))
        for number, places in enumerate(found):
            yield self._evidence(line, judged, places, number >= sure)

    def _windows(self, line: str, judged: Judged) -> list[list[int]]:
        places = [
            place
            for first, last in judged.spans
            for place in range(2 * first, 2 * last)
            if line[place] == COUNTED
        ]
        return windows(places, self._numbers, self.rule)

    def _evidence(
        self, line: str, judged: Judged, places: list[int], provisional: bool
    ) -> Evidence:
        value, numbers = len(places), self._numbers
        period = (places[0] // 2, places[-1] // 2 + 1)
        oldest = numbers[places[-1] // 2] - self.rule.length + 1
        newest = numbers[places[-1] // 2]
        near = bisect_left(numbers, oldest), bisect_right(numbers, newest)
        inside = clipped(judged.spans, near)
        unknown = sum(line[2 * a : 2 * b].count(UNKNOWN) for a, b in inside)
        return Evidence(
            counted=places,
            value=value,
            threshold=self.rule.threshold,
            provisional=provisional,
            at_least=value,
            at_most=value + unknown,
            period=period,
            window=(near[0], period[1]),
        )
