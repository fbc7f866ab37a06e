"""The rule of a rate: absent for a share of the pupil's possible sessions of the school year."""

from __future__ import annotations

from collections.abc import Iterator

from linkwork.codes import CodeClass
from linkwork.findings import Finding
from linkwork.judging import Bench, Evidence, Judged, clipped, finding
from linkwork.policy import RateRule
from linkwork.school_year import between, school_year
from linkwork.sheet import Lines, Reading

ABSENT, POSSIBLE, NEITHER, UNKNOWN = "c", "p", ".", "?"


def reading(rule: RateRule) -> Reading:
    """What the rule makes of a code."""

    def read(known: CodeClass | None) -> str:
        if known is None:
            return UNKNOWN
        if not known.possible:
            return NEITHER
        return ABSENT if known.category in rule.counts else POSSIBLE

    return read


class RateJudge:
    """A rate rule over one register, judged once: at the sheet's date, over its school year."""

    def __init__(self, at: Bench, rule: RateRule) -> None:
        self.at, self.rule = at, rule
        sheet = at.sheet
        self._year = between(sheet.days, school_year(sheet.as_of)[0], sheet.as_of)
        self._lines = sheet.read(reading(rule))
        self._without_recent: Lines | None = None

    def findings(self, judged: Judged) -> Iterator[Finding]:
        """At most one finding, over the pupil's time on the roll in the school year."""
        line = self._line(self._lines, judged)
        absent, possible = _sums(line)
        if not self.rule.met(absent, possible):
            return
        if self._without_recent is None:
            self._without_recent = self.at.sheet.read(reading(self.rule), without_recent=True)
        sure = self.rule.met(*_sums(self._line(self._without_recent, judged)))
        counted = [place for place, letter in enumerate(line) if letter == ABSENT]
        yield finding(
            self.at,
            self.rule,
            judged,
            Evidence(
                counted=counted,
                value=absent,
                threshold=self.rule.threshold(possible),
                provisional=not sure,
                at_least=absent,
                at_most=absent + line.count(UNKNOWN),
                period=self._year,
            ),
        )

    def _line(self, lines: Lines, judged: Judged) -> str:
        """The pupil's line with everything outside its time in this school year blotted out."""
        whole = lines.of(judged.index)
        ranges = clipped(judged.spans, self._year)
        if ranges == ((0, len(whole) // 2),):
            return whole
        line = [NEITHER] * len(whole)
        for first, last in ranges:
            line[2 * first : 2 * last] = whole[2 * first : 2 * last]
        return "".join(line)


def _sums(line: str) -> tuple[int, int]:
    absent = line.count(ABSENT)
    return absent, absent + line.count(POSSIBLE)
