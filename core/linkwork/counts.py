"""The rules of a count: so many sessions or days of a kind, in a time or on certain days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from linkwork.codes import CLOSED, CodeClass
from linkwork.judging import UNKNOWN, Bench, Evidence, Judged, Reader, counted_in, unknown_in
from linkwork.policy import CountRule, TermEdgeRule, WeekdayRule
from linkwork.policy.pack import WEEKDAYS
from linkwork.school_year import after_holidays
from linkwork.sheet import Reading, Sheet, places_in
from linkwork.stays import Span, clipped

COUNTED, POSSIBLE, NEITHER, BLANK = "c", "p", ".", "0"


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
    # Stripping stops at the first mark that says so: nearly always at once.
    return frozenset(place for place, row in enumerate(sheet.rows) if row.lstrip(nothing))


class Days(NamedTuple):
    """How many days count, how many might, and the positions of the sessions that do."""

    value: int
    at_most: int
    counted: Sequence[int]

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
        self.rule = rule
        self._threshold, self._no_mark, self._in_days = (
            rule.threshold,
            rule.no_mark,
            rule.of == "days",
        )
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
            perhaps = counted_in(line, COUNTED, (time,))
            if self._no_mark:
                perhaps += counted_in(line, BLANK, (time,))
            if perhaps < self._threshold:
                continue
            ranges = clipped(judged.spans, time)
            found = self._found(line, ranges, self._lines.places(judged.index, COUNTED, ranges))
            if found.value < self._threshold:
                continue
            forgotten = self._lines.forgotten(judged.index)
            sure = found
            if forgotten is not line:
                sure = self._found(forgotten, ranges, places_in(forgotten, COUNTED, ranges))
            marked = found.counted
            if self._no_mark:
                marked = [place for place in found.counted if line[place] != BLANK]
            unknown = unknown_in(line, ranges)
            yield Evidence(
                counted=found.counted,
                value=found.value,
                threshold=self._threshold,
                provisional=sure.value < self._threshold,
                at_least=found.value - (len(found.counted) - len(marked)),
                at_most=found.at_most,
                period=time,
                least=marked,
                most_sessions=len(found.counted) + unknown if self._in_days else None,
            )

    def _found(self, line: str, ranges: Sequence[Span], counted: Sequence[int]) -> Days:
        if self._in_days:
            days = [day for first, last in ranges for day in range(first, last)]
            return Days.of(line, days, whole=self.rule.whole_days)
        unknown = unknown_in(line, ranges)
        if self._no_mark:
            blanks = places_in(line, BLANK, ranges)
            held = [place for place in blanks if place in self._taken]
            counted = sorted([*counted, *held])
            unknown += len(blanks) - len(held)
        return Days(len(counted), len(counted) + unknown, counted)


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
