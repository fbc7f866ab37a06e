"""How alike a school codes absence as authorised or not: what it may ask itself. Pure.

What is compared are short absences whose reason the school itself accepts or does not. These are
questions and never findings: that a form differs from the others says nothing of why.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from linkwork.codes import CodeClass
from linkwork.register import Pupil
from linkwork.school_year import between, school_year, spans
from linkwork.sheet import Sheet
from linkwork.vocabulary import school_order

#: Absence with permission that rests on what the school accepts: illness, an appointment, leave.
#: Every other permission follows from a fact (exclusion, study leave, a timetable agreed).
ACCEPTED = frozenset({"I", "M", "C", "F", "H"})
#: Absence without permission, told apart from lateness: leave refused, no reason, not accepted.
NOT_ACCEPTED = frozenset({"G", "N", "O"})
#: An absence is short up to so many school days: one long illness is then one absence, not forty.
SHORT_DAYS = 3
#: A group is compared with the rest from so many short absences on, on either side.
LEAST = 20
#: It stands apart by so many percentage points, and where chance alone makes one in a hundred so.
POINTS = 15
_ONE_IN_A_HUNDRED = 6.635  # chi squared, one degree of freedom
#: A pupil coded both ways has at least so many short absences of each.
BOTH_WAYS = 2

#: Absences without permission, and those coded one way or the other.
_Sides = tuple[int, int]
Kind = Literal["authorised", "unauthorised", "mixed"]
_ATTENDED, _ACCEPTED, _NOT, _FACT, _OPEN = "paux."
_ABSENCES = re.compile("[aux][aux.]*")


@dataclass(frozen=True, slots=True)
class Absence:
    """One short absence: pupil and days, the codes in order, and how it is coded."""

    pupil_id: str
    first: date
    last: date
    codes: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Share:
    """How a group's short absences are coded; `share` in per cent without permission, `rest` of the
    other groups that do not stand apart. None where there are too few. `apart`: it differs from
    the rest by more than chance, whichever one pupil is left out.
    """

    group: str
    pupils: int
    authorised: int
    unauthorised: int
    mixed: int
    share: float | None
    rest: float | None
    apart: bool

    @property
    def absences(self) -> int:
        """Every short absence of the group."""
        return self.authorised + self.unauthorised + self.mixed


@dataclass(frozen=True, slots=True)
class BothWays:
    """A pupil whose short absences are coded one way at times and the other way at others."""

    pupil_id: str
    authorised: int
    unauthorised: int


@dataclass(frozen=True, slots=True)
class Consistency:
    """How a school year's short absences are coded, up to the sheet's day.

    `long` and `fixed` count absences left out: longer ones, and those with a permission that
    follows from a fact. `turned` are absences coded both ways without a return to school between.
    """

    first: date
    absences: tuple[Absence, ...]
    long: int
    fixed: int
    whole: Share
    by: Mapping[str, tuple[Share, ...]]
    both_ways: tuple[BothWays, ...]
    turned: tuple[Absence, ...]


#: What the absences are grouped by; a pupil or absence without it is in no group.
GROUPINGS: Mapping[str, Callable[[Pupil, Absence], str | None]] = {
    "year group": lambda pupil, _: pupil.year_group,
    "form": lambda pupil, _: pupil.form,
    "weekday": lambda _, absence: f"{absence.first:%A}",
    "sex": lambda pupil, _: pupil.sex,
    "SEN": lambda pupil, _: pupil.sen,
    "free school meals": lambda pupil, _: _yes_no(pupil.fsm),
}


def consistency(sheet: Sheet) -> Consistency:
    """How alike absence is coded in the sheet's school year so far.

    An N of the days in which it may still be replaced is not coded yet, and counts nowhere.
    """
    first = school_year(sheet.as_of)[0]
    found: list[Absence] = []
    long = fixed = 0
    for absence, days, letters in _stretches(sheet, first):
        if _FACT in letters:
            fixed += 1
        elif days > SHORT_DAYS:
            long += 1
        else:
            found.append(absence)
    people = {pupil.pupil_id: pupil for pupil in sheet.register.pupils}
    by = {name: _shares(found, people, name) for name in GROUPINGS}
    return Consistency(
        first=first,
        absences=tuple(found),
        long=long,
        fixed=fixed,
        whole=_share("", found, [], apart=False),
        by={name: shares for name, shares in by.items() if len(shares) > 1},
        both_ways=tuple(_both_ways(found)),
        turned=tuple(each for each in found if each.kind == "mixed"),
    )


def _stretches(sheet: Sheet, start: date) -> Iterator[tuple[Absence, int, str]]:
    """Every absence: how many school days it spans, and the letters of its sessions."""
    lines = sheet.read(_letter, without_recent=True)
    begin, end = between(sheet.days, start, None)
    for index, pupil in enumerate(sheet.register.pupils):
        line = lines.of(index)
        for low, high in spans(pupil, sheet.days):
            for each in _ABSENCES.finditer(line, 2 * max(low, begin), 2 * min(high, end)):
                letters = each.group().rstrip(_OPEN)
                at, last = each.start(), each.start() + len(letters) - 1
                codes = (sheet.code(index, place) for place in range(at, last + 1))
                absence = Absence(
                    pupil.pupil_id,
                    sheet.days[at // 2],
                    sheet.days[last // 2],
                    " ".join(code or "-" for code in codes),
                    _kind(letters),
                )
                yield absence, last // 2 - at // 2 + 1, letters


def _letter(known: CodeClass | None) -> str:
    if known is None or not known.possible:
        return _OPEN
    if known.present or known.late:
        return _ATTENDED
    if known.unauthorised:
        return _NOT if known.code in NOT_ACCEPTED else _FACT
    return _ACCEPTED if known.code in ACCEPTED else _FACT


def _kind(letters: str) -> Kind:
    if _NOT not in letters:
        return "authorised"
    return "mixed" if _ACCEPTED in letters else "unauthorised"


def _shares(
    found: Sequence[Absence],
    people: Mapping[str, Pupil],
    grouping: str,
) -> tuple[Share, ...]:
    of, order = GROUPINGS[grouping], school_order if grouping == "year group" else _order
    groups: dict[str, list[Absence]] = {}
    for each in found:
        name = of(people[each.pupil_id], each)
        if name:
            groups.setdefault(name, []).append(each)
    apart = _odd_ones(groups)
    alike = [name for name in groups if name not in apart] or list(groups)
    return tuple(
        _share(
            name,
            groups[name],
            [each for other in alike if other != name for each in groups[other]],
            apart=name in apart,
        )
        for name in sorted(groups, key=order)
    )


def _odd_ones(groups: Mapping[str, Sequence[Absence]]) -> set[str]:
    """The groups that stand apart: the oddest first, then those apart from what is left.

    One odd group would else make every other look odd beside it. Of two that differ nobody can
    say which is odd: both are.
    """
    left, found = dict(groups), set[str]()
    while len(left) > 1:
        odd = {name: _oddness(mine, _rest(left, name)) for name, mine in left.items()}
        most = max(odd, key=lambda name: (odd[name], name))
        if not odd[most]:
            break
        if len(left) == 2:
            return found | set(left)
        found.add(most)
        del left[most]
    return found


def _rest(groups: Mapping[str, Sequence[Absence]], name: str) -> _Sides:
    others = [_sides(mine) for other, mine in groups.items() if other != name]
    return sum(hit for hit, _ in others), sum(of for _, of in others)


def _share(name: str, mine: Sequence[Absence], rest: Sequence[Absence], *, apart: bool) -> Share:
    counts = Counter(each.kind for each in mine)
    return Share(
        group=name,
        pupils=len({each.pupil_id for each in mine}),
        authorised=counts["authorised"],
        unauthorised=counts["unauthorised"],
        mixed=counts["mixed"],
        share=_percent(_sides(mine)),
        rest=_percent(_sides(rest)),
        apart=apart,
    )


def _sides(absences: Sequence[Absence]) -> _Sides:
    counts = Counter(each.kind for each in absences)
    return counts["unauthorised"], counts["unauthorised"] + counts["authorised"]


def _percent(sides: _Sides) -> float | None:
    return round(100 * sides[0] / sides[1], 1) if sides[1] >= LEAST else None


def _oddness(mine: Sequence[Absence], rest: _Sides) -> float:
    """How far a group is from the rest (chi squared); 0 where it is not apart, or would not be with
    any one pupil left out: one child's year is no habit of a form.
    """
    inside = _sides(mine)
    own: dict[str, list[Absence]] = {}
    for each in mine:
        own.setdefault(each.pupil_id, []).append(each)
    for absences in own.values():
        hit, of = _sides(absences)
        if not _distance((inside[0] - hit, inside[1] - of), rest):
            return 0.0
    return _distance(inside, rest)


def _distance(mine: _Sides, rest: _Sides) -> float:
    """Chi squared of two shares, or 0 where they differ by fewer than POINTS, or by no more than
    chance makes one time in a hundred.
    """
    (hit, of), (others, of_others) = mine, rest
    if of < LEAST or of_others < LEAST:
        return 0.0
    difference = hit / of - others / of_others
    if 100 * abs(difference) < POINTS:
        return 0.0
    together = (hit + others) / (of + of_others)
    squared = difference**2 / (together * (1 - together) * (1 / of + 1 / of_others))
    return squared if squared >= _ONE_IN_A_HUNDRED else 0.0


def _both_ways(found: Sequence[Absence]) -> Iterator[BothWays]:
    by_pupil: dict[str, Counter[Kind]] = {}
    for each in found:
        by_pupil.setdefault(each.pupil_id, Counter())[each.kind] += 1
    both = [
        BothWays(pupil_id, counts["authorised"], counts["unauthorised"])
        for pupil_id, counts in by_pupil.items()
        if min(counts["authorised"], counts["unauthorised"]) >= BOTH_WAYS
    ]
    yield from sorted(
        both, key=lambda each: (-min(each.authorised, each.unauthorised), each.pupil_id)
    )


_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _order(name: str) -> tuple[int, int, str]:
    """Weekdays as the week has them, numbers by their size, everything else by letter."""
    if name in _WEEKDAYS:
        return 0, _WEEKDAYS.index(name), name
    return (1, int(name), name) if name.isdecimal() else (2, 0, name)


def _yes_no(value: bool | None) -> str | None:
    return None if value is None else "yes" if value else "no"
