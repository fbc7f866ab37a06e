"""Which school days a rule may look at, for all pupils at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from linkwork.judging import Span, clipped
from linkwork.register import Pupil
from linkwork.school_year import AgeRule, between, spans


@dataclass(frozen=True)
class Presence:
    """For each pupil, the school days on roll; `of_age`: those of compulsory school age too.

    Pupils who may be looked at on every day, by far the most, are not listed.
    """

    on_roll: dict[int, tuple[Span, ...]]
    of_age: dict[int, tuple[Span, ...]]

    def masks(self, first: int, last: int, days: int, *, age_bound: bool) -> list[int] | None:
        """For each school day, a 1 in the byte of each pupil from `first` to `last` that counts.

        None when all of them count every day.
        """
        listed = self.of_age if age_bound else self.on_roll
        inside = {place: listed[place] for place in range(first, last) if place in listed}
        if not inside:
            return None
        now = bytearray(b"\1" * (last - first))
        changes: dict[int, list[tuple[int, int]]] = {}
        for place, ranges in inside.items():
            now[place - first] = 0
            for start, end in ranges:
                changes.setdefault(start, []).append((place - first, 1))
                changes.setdefault(end, []).append((place - first, 0))
        return _day_by_day(now, changes, days)


def _day_by_day(now: bytearray, changes: dict[int, list[tuple[int, int]]], days: int) -> list[int]:
    masks: list[int] = []
    mask = int.from_bytes(now, "little")
    for day in range(days):
        if day in changes:
            for place, counts in changes[day]:
                now[place] = counts
            mask = int.from_bytes(now, "little")
        masks.append(mask)
    return masks


def presence(pupils: Sequence[Pupil], days: Sequence[date], ages: AgeRule) -> Presence:
    """Which of `days` each of the pupils is on roll and of compulsory school age."""
    whole: Span = (0, len(days))
    of_ages = age_spans({pupil.date_of_birth for pupil in pupils}, days, ages)
    rolls: dict[tuple[date | None, date | None], tuple[Span, ...]] = {}
    on_roll: dict[int, tuple[Span, ...]] = {}
    of_age: dict[int, tuple[Span, ...]] = {}
    for place, pupil in enumerate(pupils):
        stays = pupil.enrolments
        if len(stays) == 1:
            key = stays[0].start, stays[0].end
            ranges = rolls.get(key)
            if ranges is None:
                ranges = rolls[key] = tuple(spans(pupil, days))
        else:
            ranges = tuple(spans(pupil, days))
        if ranges != (whole,):
            on_roll[place] = ranges
        age = of_ages[pupil.date_of_birth]
        if age != whole:
            of_age[place] = clipped(ranges, age)
        elif ranges != (whole,):
            of_age[place] = ranges
    return Presence(on_roll, of_age)


def age_spans(
    born: Iterable[date | None], days: Sequence[date], ages: AgeRule
) -> dict[date | None, Span]:
    """The positions of `days` of compulsory school age, for each date of birth.

    A later birthday never starts or leaves earlier: what holds of two birthdays holds of all
    between them, so that few are worked out. An unknown birthday counts as always of age.
    """
    sorted_born = sorted(day for day in born if day is not None)
    found: dict[date | None, Span] = {None: (0, len(days))}

    def span(place: int) -> Span:
        day = sorted_born[place]
        if day not in found:
            found[day] = between(days, *ages.interval(day))
        return found[day]

    todo = [(0, len(sorted_born) - 1)] if sorted_born else []
    while todo:
        low, high = todo.pop()
        if span(low) == span(high):
            found.update(dict.fromkeys(sorted_born[low:high], span(low)))
        elif high - low > 1:
            middle = (low + high) // 2
            todo += [(low, middle), (middle, high)]
    return found
