"""Which school days a rule may look at, for all pupils of a block at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from linkwork.age import AgeRule
from linkwork.judging import Span, clipped
from linkwork.register import Pupil
from linkwork.school_year import between, spans

#: Pupils of a block by the school days on which they count; those who always do are left out.
Groups = Mapping[tuple[Span, ...], Sequence[int]]


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
    """The table for some school days, of which there is at least one."""

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


@dataclass(frozen=True)
class Presence:
    """The pupils of a block who do not count on every school day, by the days on which they do."""

    pupils: int
    days: int
    on_roll: Groups
    of_age: Groups

    def masks(self, *, age_bound: bool) -> list[int] | None:
        """For each school day, a 1 in the byte of each pupil that counts; None: always all."""
        groups = self.of_age if age_bound else self.on_roll
        if not groups:
            return None
        now = bytearray(b"\1" * self.pupils)
        changes: dict[int, list[tuple[Sequence[int], int]]] = {}
        for ranges, places in groups.items():
            for place in places:
                now[place] = 0
            for start, end in ranges:
                changes.setdefault(start, []).append((places, 1))
                changes.setdefault(end, []).append((places, 0))
        masks: list[int] = []
        mask = int.from_bytes(now, "little")
        for day in range(self.days):
            if day in changes:
                for places, counts in changes[day]:
                    for place in places:
                        now[place] = counts
                mask = int.from_bytes(now, "little")
            masks.append(mask)
        return masks


def presence(pupils: Sequence[Pupil], days: Sequence[date], of_ages: Ages) -> Presence:
    """On which of `days` each of the pupils is on roll, and of compulsory school age as well."""
    whole: Span = (0, len(days))
    first, last = days[0], days[-1]
    always_from, always_to = of_ages.always(len(days))
    on_roll: dict[tuple[Span, ...], list[int]] = {}
    # Those on roll all the time, by the stretch of birthdays that answers for them.
    born_in: list[list[int]] = [[] for _ in of_ages.since]
    of_age: dict[tuple[Span, ...], list[int]] = {}
    for place, pupil in enumerate(pupils):
        born = pupil.date_of_birth
        stays = pupil.enrolments
        if len(stays) == 1:
            start, end = stays[0].start, stays[0].end
            if (start is None or start <= first) and (end is None or end >= last):
                # Nearly everybody is of age all the time: two comparisons, nothing looked up.
                if born is not None and not always_from <= born < always_to:
                    born_in[bisect_right(of_ages.since, born) - 1].append(place)
                continue
        ranges = tuple(spans(pupil, days))
        age = whole if born is None else of_ages.of(born)
        on_roll.setdefault(ranges, []).append(place)
        of_age.setdefault(clipped(ranges, age), []).append(place)
    for span, places in zip(of_ages.spans, born_in, strict=True):
        if places:
            of_age.setdefault((span,), []).extend(places)
    return Presence(len(pupils), len(days), on_roll, of_age)
