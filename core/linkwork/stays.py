"""Which school days count of a pupil: those on the roll, and those of compulsory school age."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import overload

from linkwork.age import AgeRule
from linkwork.register import Pupil
from linkwork.school_year import between, spans

#: A half-open range of positions among the school days.
Span = tuple[int, int]


@dataclass(frozen=True)
class Ages:
    """The school days of compulsory school age: `spans[n]` for a birthday from `since[n]` on.

    A later birthday never starts or leaves earlier. So the few birthdays at which the answer
    changes answer for everybody.
    """

    since: Sequence[date]
    spans: Sequence[Span]

    def of(self, born: date) -> Span:
        """The positions of the school days on which somebody born on `born` is of age."""
        return self.spans[bisect_right(self.since, born) - 1]

    def always(self, days: int) -> tuple[date, date]:
        """The birthdays, from the first to before the second, of those always of age."""
        for place, span in enumerate(self.spans):
            if span == (0, days):
                later = self.since[place + 1 :]
                return self.since[place], later[0] if later else date.max
        return date.max, date.min


def ages(days: Sequence[date], rule: AgeRule) -> Ages:
    """The table for some school days, in order."""
    if not days:
        return Ages((date.min,), ((0, 0),))

    def span(born: date) -> Span:
        return between(days, *rule.interval(born))

    # The answer changes with the birthdays after a start day, and on which a school year starts.
    first, last = days[0].year, days[-1].year
    births = {
        date(year, *start) + timedelta(days=1)
        for year in range(first - rule.starts_at - 1, last - rule.starts_at + 1)
        for start in rule.start_days
    }
    births |= {
        date(year, *rule.year_starts)
        for year in range(first - rule.ends_at - 1, last - rule.ends_at + 1)
    }
    since, found = [date.min], [span(min(births) - timedelta(days=1))]
    for born in sorted(births):
        becomes = span(born)
        if becomes != found[-1]:
            since.append(born)
            found.append(becomes)
    return Ages(since, found)


class Stays(Sequence[tuple[Span, ...]]):
    """Each pupil's school days on the roll, in the register's order, worked out when asked for."""

    def __init__(self, pupils: Sequence[Pupil], days: Sequence[date]) -> None:
        self._pupils, self._days = pupils, days
        self._known: dict[int, tuple[Span, ...]] = {}

    def __len__(self) -> int:
        return len(self._pupils)

    @overload
    def __getitem__(self, index: int) -> tuple[Span, ...]: ...

    @overload
    def __getitem__(self, index: slice) -> list[tuple[Span, ...]]: ...

    def __getitem__(self, index: int | slice) -> tuple[Span, ...] | list[tuple[Span, ...]]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        stays = self._known.get(index)
        if stays is None:
            stays = self._known[index] = self._stays(self._pupils[index], index)
        return stays

    def _stays(self, pupil: Pupil, _: int) -> tuple[Span, ...]:
        return tuple(spans(pupil, self._days))


class StaysOfAge(Stays):
    """Of those on the roll the days of compulsory school age; all without a date of birth."""

    def __init__(
        self, pupils: Sequence[Pupil], days: Sequence[date], on_roll: Stays, of_ages: Ages
    ) -> None:
        super().__init__(pupils, days)
        self._on_roll, self._ages = on_roll, of_ages

    def _stays(self, pupil: Pupil, index: int) -> tuple[Span, ...]:
        stays, born = self._on_roll[index], pupil.date_of_birth
        return stays if born is None else clipped(stays, self._ages.of(born))


def clipped(ranges: Sequence[Span], to: Span) -> tuple[Span, ...]:
    """The parts of `ranges` that lie inside `to`."""
    low, high = to
    if len(ranges) == 1:
        [(first, last)] = ranges
        # Asked ten times for every finding, and mostly nothing is cut off.
        if first >= low and last <= high:
            return tuple(ranges)
        first, last = max(low, first), min(high, last)
        return ((first, last),) if first < last else ()
    cut = ((max(low, first), min(high, last)) for first, last in ranges)
    return tuple((first, last) for first, last in cut if first < last)
