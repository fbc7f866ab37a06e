"""Cases put into a register on purpose, so that what a trigger must find is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from linkwork.sample.days import Days
from linkwork.sample.spells import Column

#: School days on the end of a register whose absences may still stand as N.
RECENT = 5
#: Runs and windows are planted within so many school days of the end.
LATEST = 60
#: From here on England's C and Y stand in parts: C1, C2 and Y1 to Y7.
SPLIT_CODES = date(2024, 8, 19)
CONTINUOUS, PENALTY = "continuous-unauthorised", "penalty-window"
PERSISTENT, SEVERE = "persistent-absence", "severe-absence"


@dataclass(frozen=True, slots=True)
class Planted:
    """One case: the trigger, the first and last session it counts, and what becomes of it.

    `kind` says in words what is special. `found` is False for a near miss: the trigger must
    not name this pupil. `ended` is the school day that broke a run. `marks` are all of its
    absences in time order, as (date, half, code).
    """

    pupil_id: str
    trigger: str
    kind: str
    first: date
    last: date
    status: str = "confirmed"
    ended: date | None = None
    found: bool = True
    marks: tuple[tuple[date, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """How to plant one: `mark` writes it into a column, or says that the days do not suffice."""

    trigger: str
    kind: str
    mark: Callable[[Column], bool]
    status: str = "confirmed"
    found: bool = True
    ends: bool = False


def cases() -> list[Case]:
    """Every case, the most telling first."""
    return [
        Case(CONTINUOUS, "running for 12 school days", _run_to_the_end(12)),
        Case(CONTINUOUS, "met only with recent N marks", _provisional, status="provisional"),
        Case(CONTINUOUS, "over and attended again", _ended_run, ends=True),
        Case(CONTINUOUS, "across a holiday", _over_a_holiday, ends=True),
        Case(CONTINUOUS, "near miss: 9 school days", _nine_days, found=False),
        Case(PENALTY, "10 sessions in five weeks", _penalty),
        Case(PENALTY, "near miss: 9 sessions", _nine_sessions, found=False),
        Case(SEVERE, "half of all sessions, illness", _share(1, 2)),
        Case(PERSISTENT, "an eighth of all sessions, illness", _share(1, 8)),
        Case(PERSISTENT, "exactly a tenth", _share(1, 10)),
        Case(PERSISTENT, "near miss: one session below a tenth", _share(1, 10, -1), found=False),
    ]


def planted(case: Case, pupil_id: str, column: Column) -> Planted:
    """What `case`, written into `column`, must be found as."""
    marks = tuple(_absences(column))
    last = marks[-1][0]
    days = [column.days.dates[place] for place in column.days.open]
    after = next((day for day in days if day > last), None)
    return Planted(
        pupil_id,
        case.trigger,
        case.kind,
        marks[0][0],
        last,
        status=case.status,
        ended=after if case.ends else None,
        found=case.found,
        marks=marks,
    )


def _absences(column: Column) -> Iterator[tuple[date, str, str]]:
    for at, code in enumerate(column.codes):
        if code in {"G", "N", "O", "U", "I"}:
            yield column.days.dates[at // 2], ("AM", "PM")[at % 2], code


def _this_year(days: Days) -> tuple[int, ...]:
    """The open days that rates are judged over."""
    return days.years[-1].open


def _latest(days: Days) -> tuple[int, ...]:
    """A term's worth of open days up to the last, over the summer in September."""
    return days.open[-LATEST:]


def _run(column: Column, start: int, codes: str) -> bool:
    """Whole days from the `start`th of the latest open days, one code each."""
    places = _latest(column.days)
    if start < 0 or start + len(codes) > len(places):
        return False
    for place, code in zip(places[start:], codes, strict=False):
        column.day(place, code)
    return True


def _run_to_the_end(length: int) -> Callable[[Column], bool]:
    return lambda column: _run(column, len(_latest(column.days)) - length, "O" * length)


def _provisional(column: Column) -> bool:
    length = 11
    codes = "O" * (length - RECENT) + "N" * RECENT
    return _run(column, len(_latest(column.days)) - length, codes)


def _ended_run(column: Column) -> bool:
    start = len(_latest(column.days)) // 4
    return start + 12 < len(_latest(column.days)) and _run(column, start, "GGG" + "O" * 8)


def _nine_days(column: Column) -> bool:
    start = len(_latest(column.days)) // 2
    return start + 10 < len(_latest(column.days)) and _run(column, start, "O" * 9)


def _over_a_holiday(column: Column) -> bool:
    """Five school days before a week or more without school, and five after it."""
    days, places = column.days.dates, _latest(column.days)
    for at in range(5, len(places) - 5):
        gap = (days[places[at]] - days[places[at - 1]]).days
        if gap > 5 and at + 5 < len(places):
            return _run(column, at - 5, "O" * 10)
    return False


def _weekly(column: Column, codes: str) -> bool:
    """One whole day a week for as many weeks as `codes`, then one session if it is short."""
    places = _latest(column.days)
    start = len(places) // 3
    at = places[start::5][: len(codes)]
    if len(at) < len(codes):
        return False
    for place, code in zip(at, codes, strict=True):
        column.put(place, 0, code.upper())
        if code.isupper():
            column.put(place, 1, code)
    return True


def _penalty(column: Column) -> bool:
    return _weekly(column, "GOOGO")


def _nine_sessions(column: Column) -> bool:
    return _weekly(column, "OOGOo")


def _share(part: int, whole: int, more: int = 0) -> Callable[[Column], bool]:
    """Absence of exactly `part` in `whole` possible sessions, and `more`, in spells of two days.

    Days without transport, which are not possible sessions, make the division come out even.
    """

    def mark(column: Column) -> bool:
        places = list(_this_year(column.days))
        spare = len(places) * 2 % whole // 2 if whole > 2 else 0
        code = "Y1" if column.days.dates[-1] >= SPLIT_CODES else "Y"
        for place in places[:spare]:
            column.day(place, code)
        wanted = (len(places) - spare) * 2 * part // whole + more
        return _illnesses(column, places[spare:], wanted)

    return mark


def _illnesses(column: Column, places: list[int], wanted: int) -> bool:
    """`wanted` sessions of illness in spells of two days, evenly over the year."""
    if wanted < 2 or len(places) < 20:
        return False
    spells = -(-wanted // 4)
    for spell in range(spells):
        start = spell * len(places) // spells
        for place in places[start : start + 2]:
            for half in (0, 1):
                if wanted:
                    wanted -= column.put(place, half, "I")
    return wanted == 0
