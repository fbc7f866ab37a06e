"""How whole a register is: which registers are missing, who has perhaps left, what changed at once.

These are questions to the school and never findings: a mark that is missing says nothing of a
child, and a child who left was not absent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from linkwork.codes import CLOSED
from linkwork.register import NO_MARK, Session
from linkwork.school_days import THIN
from linkwork.school_year import between, on_roll, school_year, spans
from linkwork.sheet import Sheet

#: A form of fewer pupils is no class whose register could be missing.
LEAST_FORM = 2
#: A pupil without a mark for this many sessions, while others of the form have them, may have left.
LEAVER_SESSIONS = 10
#: The number on roll changes at once when it changes by this many pupils and by 1 in `ROLL_SHARE`.
ROLL_PUPILS, ROLL_SHARE = 10, 10


@dataclass(frozen=True, slots=True)
class MissingRegister:
    """A form of which nobody has a mark in a session that the rest of the school has marks of."""

    form: str
    session: Session
    pupils: int


@dataclass(frozen=True, slots=True)
class SilentForm:
    """A form of which nobody has a mark in any session: a set-up to correct, not a register."""

    form: str
    pupils: int


@dataclass(frozen=True, slots=True)
class LeaverQuestion:
    """A pupil on roll without a mark since `last_marked` (None: ever), while the form has marks.

    `sessions` is how many sessions since then have marks of others of the form.
    """

    pupil_id: str
    last_marked: date | None
    sessions: int


@dataclass(frozen=True, slots=True)
class ThinSession:
    """Half a school day in which fewer than one pupil on roll in five has a mark."""

    session: Session
    marked: int
    pupils: int


@dataclass(frozen=True, slots=True)
class RollChange:
    """A school day on which the number on roll is another than on the school day before."""

    day: date
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Wholeness:
    """What is missing of a register. Units are sessions of pupils, registers of forms, pupils.

    Expected is the roll of each school day times its two sessions; the missing registers are of
    `registers_expected`, one for each form with pupils on roll in each session that was held.
    """

    sessions_expected: int
    sessions_marked: int
    last_full_day: date | None
    registers_expected: int
    registers_missing: tuple[MissingRegister, ...]
    silent_forms: tuple[SilentForm, ...]
    leaver_questions: tuple[LeaverQuestion, ...]
    thin_sessions: tuple[ThinSession, ...]
    roll_changes: tuple[RollChange, ...]


def wholeness(sheet: Sheet, first: date | None = None) -> Wholeness:
    """How whole the sheet's register is from `first` on (None: all of it)."""
    start = between(sheet.days, first, None)[0]
    roll = on_roll(sheet.register.pupils, sheet.days)
    thin = dict(_thin(sheet, roll, start))
    held = [p for p in range(2 * start, 2 * len(sheet.days)) if p not in thin]
    forms = _forms(sheet)
    taken = {name: _taken(sheet, places) for name, places in forms.items()}
    silent = {name for name, marks in taken.items() if not any(marks)}
    expected, missing = _registers(sheet, forms, taken, silent, held)
    return Wholeness(
        *_sessions(sheet, start),
        last_full_day=_last_full_day(sheet, roll),
        registers_expected=expected,
        registers_missing=tuple(missing),
        silent_forms=tuple(SilentForm(name, len(forms[name])) for name in sorted(silent)),
        leaver_questions=tuple(_leavers(sheet, forms, held)),
        thin_sessions=tuple(found for place, found in thin.items() if _says_more(sheet, place)),
        roll_changes=tuple(_roll_changes(sheet.days, roll, start)),
    )


def _sessions(sheet: Sheet, start: int) -> tuple[int, int]:
    """Sessions expected of pupils on roll, and those of them that have a mark."""
    expected = marked = 0
    rows = b"".join(sheet.rows)
    width = max(1, len(sheet.register.pupils))
    for index, pupil in enumerate(sheet.register.pupils):
        line = rows[index::width]
        for low, high in spans(pupil, sheet.days):
            part = line[2 * max(low, start) : 2 * high]
            expected += len(part)
            marked += len(part) - part.count(NO_MARK)
    return expected, marked


def _thin(sheet: Sheet, roll: Sequence[int], start: int) -> Iterator[tuple[int, ThinSession]]:
    """Sessions in which few pupils have a mark; a closure is a mark, since it is entered."""
    for place in range(2 * start, 2 * len(sheet.days)):
        row, pupils = sheet.rows[place], roll[place // 2]
        marked = len(row) - row.count(NO_MARK)
        if marked * THIN < pupils:
            yield place, ThinSession(sheet.session(place), marked, pupils)


def _says_more(sheet: Sheet, place: int) -> bool:
    """Whether the half day is thin and its day is not said to be thin or empty already."""
    day = sheet.days[place // 2]
    return day not in sheet.school.gaps and all(thin.day != day for thin in sheet.school.thin)


def _forms(sheet: Sheet) -> dict[str, list[int]]:
    """Where the pupils of each form stand in the register; forms that are no class left out."""
    forms: dict[str, list[int]] = {}
    for index, pupil in enumerate(sheet.register.pupils):
        if pupil.form and spans(pupil, sheet.days):
            forms.setdefault(pupil.form, []).append(index)
    return {name: places for name, places in sorted(forms.items()) if len(places) >= LEAST_FORM}


def _taken(sheet: Sheet, places: Sequence[int]) -> list[bool]:
    """For each session, whether any of the pupils at `places` has a mark."""
    return [any(row[place] for place in places) for row in sheet.rows]


def _registers(
    sheet: Sheet,
    forms: Mapping[str, Sequence[int]],
    taken: Mapping[str, Sequence[bool]],
    silent: set[str],
    held: Sequence[int],
) -> tuple[int, list[MissingRegister]]:
    expected = 0
    missing: list[MissingRegister] = []
    for name, places in forms.items():
        if name in silent:
            continue
        pupils = on_roll([sheet.register.pupils[place] for place in places], sheet.days)
        for place in held:
            if pupils[place // 2] >= LEAST_FORM:
                expected += 1
                if not taken[name][place]:
                    missing.append(MissingRegister(name, sheet.session(place), pupils[place // 2]))
    return expected, sorted(missing, key=lambda each: (each.session, each.form))


def _leavers(
    sheet: Sheet, forms: Mapping[str, Sequence[int]], held: Sequence[int]
) -> Iterator[LeaverQuestion]:
    """Pupils on roll to the end who have no mark any more, or none at all."""
    no_word = bytes(i for i, code in enumerate(sheet.register.codes) if code in ("", CLOSED))
    everyone = range(len(sheet.register.pupils))
    group = {place: places for places in forms.values() for place in places}
    for index, pupil in enumerate(sheet.register.pupils):
        stays = spans(pupil, sheet.days)
        if not stays or stays[-1][1] < len(sheet.days):
            continue
        first = 2 * stays[-1][0]
        marked = (p for p in range(first, len(sheet.rows)) if sheet.rows[p][index] not in no_word)
        last = max(marked, default=None)
        if last is not None and len(sheet.rows) - last <= LEAVER_SESSIONS:
            continue
        since = [place for place in held if place > (first - 1 if last is None else last)]
        others = [each for each in group.get(index, everyone) if each != index]
        missed = sum(any(sheet.rows[place][other] for other in others) for place in since)
        if missed >= LEAVER_SESSIONS:
            day = None if last is None else sheet.days[last // 2]
            yield LeaverQuestion(pupil.pupil_id, day, missed)


def _roll_changes(days: Sequence[date], roll: Sequence[int], start: int) -> Iterator[RollChange]:
    """Days on which many pupils came or went at once; a new school year is no surprise."""
    numbered = list(zip(days, roll, strict=True))[start:]
    for (earlier, before), (day, after) in pairwise(numbered):
        change = abs(after - before)
        same_year = school_year(earlier) == school_year(day)
        if same_year and change >= ROLL_PUPILS and change * ROLL_SHARE >= before:
            yield RollChange(day, before, after)


def _last_full_day(sheet: Sheet, roll: Sequence[int]) -> date | None:
    """The last school day on which every pupil on roll has both marks."""
    always = [(0, len(sheet.days))]
    stays = [(n, spans(each, sheet.days)) for n, each in enumerate(sheet.register.pupils)]
    partly = [(place, ranges) for place, ranges in stays if ranges != always]
    for day in reversed(range(len(sheet.days))):
        morning, afternoon = (bytearray(row) for row in sheet.rows[2 * day : 2 * day + 2])
        # Marks of a pupil who has left, or has not come yet, fill nobody's gap.
        for place, ranges in partly:
            if not any(first <= day < last for first, last in ranges):
                morning[place] = NO_MARK
        marked = sum(a != NO_MARK and b != NO_MARK for a, b in zip(morning, afternoon, strict=True))
        if marked and marked == roll[day]:
            return sheet.days[day]
    return None
