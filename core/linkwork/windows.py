"""The rule of a window: so many counted sessions within so many consecutive school weeks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from linkwork.codes import CodeClass
from linkwork.findings import Finding
from linkwork.judging import Bench, Evidence, Judged, finding
from linkwork.policy import WindowRule
from linkwork.sheet import Lines, Reading

COUNTED, UNKNOWN, OTHER = "c", "?", "."


def reading(rule: WindowRule) -> Reading:
    """What the rule makes of a code."""

    def read(known: CodeClass | None) -> str:
        if known is None:
            return UNKNOWN
        return COUNTED if known.code in rule.counts else OTHER

    return read


def windows(places: Sequence[int], weeks: Sequence[int], rule: WindowRule) -> list[list[int]]:
    """The counted positions of each window, scanning forward.

    `places` are counted positions of a line, in order; `weeks` the school week of each school
    day. The earliest window that reaches the threshold takes its sessions; none is used twice.
    """
    found: list[list[int]] = []
    held: list[int] = []
    for place in places:
        oldest = weeks[place // 2] - rule.school_weeks + 1
        held = [earlier for earlier in held if weeks[earlier // 2] >= oldest]
        held.append(place)
        if len(held) == rule.threshold:
            found.append(held)
            held = []
    return found


class WindowJudge:
    """A window rule over one register."""

    def __init__(self, at: Bench, rule: WindowRule) -> None:
        self.at, self.rule = at, rule
        self._lines = at.sheet.read(reading(rule))
        self._without_recent: Lines | None = None

    def findings(self, judged: Judged) -> Iterator[Finding]:
        """One finding for each window, over all the pupil's time on the roll."""
        line = self._lines.of(judged.index)
        if line.count(COUNTED) < self.rule.threshold:
            return
        found = self._windows(line, judged)
        if not found:
            return
        sure = len(self._windows(self._forgotten(judged.index), judged))
        for number, places in enumerate(found):
            yield finding(
                self.at, self.rule, judged, self._evidence(line, judged, places, number >= sure)
            )

    def _windows(self, line: str, judged: Judged) -> list[list[int]]:
        places = [
            place
            for first, last in judged.spans
            for place in range(2 * first, 2 * last)
            if line[place] == COUNTED
        ]
        return windows(places, self.at.sheet.weeks, self.rule)

    def _evidence(
        self, line: str, judged: Judged, places: list[int], provisional: bool
    ) -> Evidence:
        value = len(places)
        period = (places[0] // 2, places[-1] // 2 + 1)
        weeks = self.at.sheet.weeks
        oldest = weeks[places[-1] // 2] - self.rule.school_weeks + 1
        unknown = sum(
            line[2 * day : 2 * day + 2].count(UNKNOWN)
            for first, last in judged.spans
            for day in range(first, last)
            if oldest <= weeks[day] <= weeks[period[1] - 1]
        )
        return Evidence(
            counted=places,
            value=value,
            threshold=self.rule.threshold,
            provisional=provisional,
            at_least=value,
            at_most=value + unknown,
            period=period,
        )

    def _forgotten(self, pupil: int) -> str:
        """The pupil's line without the provisional marks of the last days; made when needed."""
        if self._without_recent is None:
            self._without_recent = self.at.sheet.read(reading(self.rule), without_recent=True)
        return self._without_recent.of(pupil)
