"""Which school days a rule may look at, for all pupils of a block at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from linkwork.register import Pupil
from linkwork.school_year import spans
from linkwork.stays import Ages, Span, clipped

#: Pupils of a block by the school days on which they count; those who always do are left out.
Groups = Mapping[tuple[Span, ...], Sequence[int]]


@dataclass(frozen=True)
class Presence:
    """The pupils of a block who do not count on every school day, by the days on which they do."""

    pupils: int
    days: int
    on_roll: Groups
    of_age: Groups

    def masks(self, always: int, of_age: int) -> list[int] | None:
        """For each school day, a byte a pupil: the bits that count. None: all of them, always.

        `always` are the bits asked of everybody on the roll, `of_age` those asked only of pupils
        of compulsory school age.
        """
        asked = [(bits, groups) for bits, groups in ((always, self.on_roll), (of_age, self.of_age))]
        asked = [(bits, groups) for bits, groups in asked if bits and groups]
        if not asked:
            return None
        now = bytearray(bytes([always | of_age]) * self.pupils)
        changes: dict[int, list[tuple[Sequence[int], int]]] = {}
        for bits, groups in asked:
            for ranges, places in groups.items():
                for place in places:
                    now[place] &= ~bits
                for turn in (edge for span in ranges for edge in span):
                    changes.setdefault(turn, []).append((places, bits))
        masks: list[int] = []
        # The same integer stands for as many days as nothing changes.
        for first, last in pairwise([0, *sorted(changes.keys() - {0, self.days}), self.days]):
            for places, bits in changes.get(first, ()):
                for place in places:
                    now[place] ^= bits
            masks += [int.from_bytes(now, "little")] * (last - first)
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
