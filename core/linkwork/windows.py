"""The rule of a window: so many counted sessions within so many consecutive weeks or days."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from linkwork.codes import CodeClass
from linkwork.judging import UNKNOWN, Bench, Evidence, Judged, Reader, unknown_in
from linkwork.policy import WindowRule
from linkwork.school_year import calendar_weeks, good_weeks
from linkwork.sheet import Reading, Sheet, places_in
from linkwork.stays import Span, clipped

COUNTED, OTHER = "c", "."


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
    places: Sequence[int],
    numbers: Sequence[int],
    enough: int,
    length: int,
    force: Span | None = None,
) -> list[Sequence[int]]:
    """The counted positions of each window of `enough` sessions in `length`, scanning forward.

    `places` are counted positions of a line, in order; `numbers` as `numbered` gives them. The
    earliest window that reaches the threshold takes its sessions; none is used twice. One that is
    full on none of the school days of `force` is none, and takes nothing.
    """
    found: list[Sequence[int]] = []
    when = [numbers[place // 2] for place in places]
    low, high = (0, len(places)) if force is None else [bisect_left(places, 2 * n) for n in force]
    last = max(enough - 1, low)
    while last < high:
        start = last - enough + 1
        near = when[last] - when[start] < length
        if near:
            found.append(places[start : last + 1])
        # None of the next few can end a window, for its first would be used already.
        last += enough if near else 1
    return found


def around(numbers: Sequence[int], length: int) -> list[Span]:
    """For each school day, the days of a window that its week or day is the last of."""
    return [
        (bisect_left(numbers, newest - length + 1), bisect_right(numbers, newest))
        for newest in numbers
    ]


class WindowJudge:
    """A window rule over one register."""

    def __init__(self, at: Bench, rule: WindowRule) -> None:
        self._enough, self._length = rule.threshold, rule.length
        self._numbers = numbered(at.sheet, rule)
        self._around = around(self._numbers, rule.length)
        self._lines = Reader(at, reading(rule))

    def evidence(self, judged: Judged) -> Iterator[Evidence]:
        """One for each window, over all the pupil's time on the roll."""
        line = self._lines.of(judged.index)
        if line.count(COUNTED) < self._enough:
            return
        found = self._windows(line, judged)
        forgotten = self._lines.forgotten(judged.index)
        sure = len(found) if forgotten is line else len(self._windows(forgotten, judged))
        for number, counted in enumerate(found):
            yield self._evidence(line, judged, counted, number >= sure)

    def _windows(self, line: str, judged: Judged) -> list[Sequence[int]]:
        counted = places_in(line, COUNTED, judged.spans)
        return windows(counted, self._numbers, self._enough, self._length, judged.force)

    def _evidence(
        self, line: str, judged: Judged, counted: Sequence[int], provisional: bool
    ) -> Evidence:
        value = len(counted)
        period = (counted[0] // 2, counted[-1] // 2 + 1)
        around = self._around[counted[-1] // 2]
        unknown = unknown_in(line, clipped(judged.spans, around))
        return Evidence(
            counted=counted,
            value=value,
            threshold=self._enough,
            provisional=provisional,
            at_least=value,
            at_most=value + unknown,
            period=period,
            window=(around[0], period[1]),
        )
