"""The rules of a count: so many sessions or days of a kind, in a time or on certain days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from linkwork.codes import CLOSED, CodeClass
from linkwork.judging import Bench, Evidence, Judged, Reader, Span, clipped, counted_in
from linkwork.policy import CountRule, TermEdgeRule, WeekdayRule
from linkwork.policy.pack import WEEKDAYS
from linkwork.school_year import after_holidays
from linkwork.sheet import Reading, Sheet, places

COUNTED, POSSIBLE, NEITHER, UNKNOWN, BLANK = "c", "p", ".", "?", "0"


def reading(rule: CountRule | WeekdayRule | TermEdgeRule) -> Reading:
    """What the rule makes of a code."""

    def read(known: CodeClass | None) -> str:
        if known is None:
            return UNKNOWN
        if rule.counted(known):
            return COUNTED
        return POSSIBLE if known.possible else NEITHER

    return read


def taken(sheet: Sheet) -> frozenset[int]:
    """The positions of sessions in which some pupil has a mark other than a closure."""
    nothing = bytes(i for i, code in enumerate(sheet.register.codes) if code in ("", CLOSED))
    return frozenset(place for place, row in enumerate(sheet.rows) if row.translate(None, nothing))


class Days(NamedTuple):
    """How many days count, how many might, and the positions of the sessions that do."""

    value: int
    at_most: int
    counted: list[int]

    @classmethod
    def of(cls, line: str, days: Sequence[int], *, whole: bool) -> Days:
        """Of some days of a line; `whole`: both sessions must count."""

        def counts(pair: str, letters: str) -> bool:
            return (all if whole else any)(letter in letters for letter in pair)

        pairs = [(day, line[2 * day : 2 * day + 2]) for day in days]
        held = [(day, pair) for day, pair in pairs if counts(pair, COUNTED)]
        places = [
            2 * day + half
            for day, pair in held
            for half, letter in enumerate(pair)
            if letter == COUNTED
        ]
        most = sum(counts(pair, COUNTED + UNKNOWN) for _, pair in pairs)
        return cls(len(held), most, places)


class CountJudge:
    """A count over one register, in each of the stretches of time it looks at."""

    def __init__(self, at: Bench, rule: CountRule) -> None:
        self.at, self.rule = at, rule
        end = len(at.sheet.days) - rule.older_than
        self._times = [(a, min(b, end)) for a, b in at.time_of(rule) if a < min(b, end)]
        self._taken = taken(at.sheet) if rule.no_mark else frozenset()
        self._lines = Reader(at, reading(rule), BLANK if rule.no_mark else None)

    def evidence(self, judged: Judged) -> Iterator[Evidence]:
        """At most one for each stretch."""
        if not self._times:
            return
        line = self._lines.of(judged.index)
        for time in self._times:
            ranges = clipped(judged.spans, time)
            perhaps = line.count(COUNTED, 2 * time[0], 2 * time[1])
            if self.rule.no_mark:
                perhaps += line.count(BLANK, 2 * time[0], 2 * time[1])
            if perhaps < self.rule.threshold:
                continue
            found = self._found(line, ranges)
            if found.value < self.rule.threshold:
                continue
            forgotten = self._lines.forgotten(judged.index)
            sure = found if forgotten is line else self._found(forgotten, ranges)
            marked = [place for place in found.counted if line[place] != BLANK]
            in_days = self.rule.of == "days"
            unknown = counted_in(line, UNKNOWN, ranges)
            yield Evidence(
                counted=found.counted,
                value=found.value,
                threshold=self.rule.threshold,
                provisional=sure.value < self.rule.threshold,
                at_least=found.value - (len(found.counted) - len(marked)),
                at_most=found.at_most,
                period=time,
                least=marked,
                most_sessions=len(found.counted) + unknown if in_days else None,
            )

    def _found(self, line: str, ranges: Sequence[Span]) -> Days:
        if self.rule.of == "days":
            days = [day for first, last in ranges for day in range(first, last)]
            return Days.of(line, days, whole=self.rule.whole_days)
        counted: list[int] = []
        unknown = 0
        for first, last in ranges:
            sessions = 2 * first, 2 * last
            counted += places(line, COUNTED, *sessions)
            unknown += line.count(UNKNOWN, *sessions)
            if self.rule.no_mark:
                blanks = places(line, BLANK, *sessions)
                held = [place for place in blanks if place in self._taken]
                counted += held
                unknown += len(blanks) - len(held)
        return Days(len(counted), len(counted) + unknown, sorted(counted))


class DaysJudge:
    """A count over the last of certain days: Mondays, or days that touch a holiday."""

    def __init__(self, at: Bench, rule: WeekdayRule | TermEdgeRule) -> None:
        self.rule = rule
        self._sets = _days_of(at.sheet, rule)
        self._lines = Reader(at, reading(rule))

    def evidence(self, judged: Judged) -> Iterator[Evidence]:
        """At most one for each day of the week, or one for the holidays."""
        line = self._lines.of(judged.index)
        if line.count(COUNTED) < self.rule.threshold:
            return
        for days in self._sets:
            here = [day for day in days if any(a <= day < b for a, b in judged.spans)]
            asked = [day for day in here if line[2 * day : 2 * day + 2] != NEITHER * 2]
            last = asked[len(asked) - min(len(asked), self.rule.last) :]
            found = Days.of(line, last, whole=self.rule.whole_days)
            if found.value < self.rule.threshold:
                continue
            forgotten = self._lines.forgotten(judged.index)
            sure = Days.of(forgotten, last, whole=self.rule.whole_days)
            unknown = sum(line[2 * day : 2 * day + 2].count(UNKNOWN) for day in last)
            yield Evidence(
                counted=found.counted,
                value=found.value,
                threshold=self.rule.threshold,
                provisional=sure.value < self.rule.threshold,
                at_least=found.value,
                at_most=found.at_most,
                period=(last[0], last[-1] + 1),
                most_sessions=len(found.counted) + unknown,
            )


def _days_of(sheet: Sheet, rule: WeekdayRule | TermEdgeRule) -> list[list[int]]:
    if isinstance(rule, WeekdayRule):
        wanted = [WEEKDAYS.index(name) for name in rule.weekdays]
        return [
            [place for place, day in enumerate(sheet.days) if day.weekday() == each]
            for each in wanted
        ]
    after = after_holidays(sheet.days, rule.holiday_weekdays)
    before = [place - 1 for place in after]
    chosen = (before if "before" in rule.sides else []) + (after if "after" in rule.sides else [])
    return [sorted(set(chosen))]
