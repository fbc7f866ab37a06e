"""Roll-call records to marks: which code, which half of the day, and every row accounted for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from linkwork import codes as code_sets
from linkwork.codes import Category
from linkwork.errors import ShapeChanged
from linkwork.register import HALVES
from linkwork_arbor.mapping.values import Item, day, label, reference

LONGEST_CODE, MOST_MINUTES = 3, 1000
#: Reasons a row is left out, as a technician reads them.
NO_PUPIL, NO_DAY = "without a pupil", "without a date that can be read"
NO_CALL, NO_SIGN = "a roll call", "an attendance mark"


class Mark(NamedTuple):
    """One roll-call record: who, when, which code, and how late."""

    pupil_id: str
    day: date
    half: str
    code: str
    minutes_late: int | None


@dataclass(frozen=True, slots=True)
class Lookup:
    """What records point to, by id: the code of each mark, AM, PM or "" of each roll call."""

    codes: Mapping[str, str]
    halves: Mapping[str, str]


def codes(marks: Iterable[Item]) -> dict[str, str]:
    """The code of each attendance mark, by id.

    The sign in the register stands in `attendanceMark`; `code` is Arbor's own key, such as
    PRESENT, and serves only where it is itself as short as a code.
    """
    found = {}
    for mark in marks:
        at = reference(mark)
        signs = (mark.get("attendanceMark"), mark.get("code"))
        words = (sign.strip() for sign in signs if isinstance(sign, str))
        sign = next((word for word in words if 0 < len(word) <= LONGEST_CODE), None)
        if at and sign:
            found[at] = sign.upper()
    return found


def halves(roll_calls: Iterable[Item], types: Iterable[Item]) -> dict[str, str]:
    """AM or PM of each roll call, by id: from its register type, else from its own code.

    "" for a roll call that is of neither half, such as one at a boarding house.
    """
    by_type = {
        reference(each): "AM" if each.get("isMorning") is True else "PM"
        for each in types
        if (each.get("isMorning") is True) != (each.get("isAfternoon") is True)
    }
    found = {}
    for call in roll_calls:
        at = reference(call)
        half = by_type.get(reference(call.get("attendanceRegisterType")))
        names = (str(call.get(name, "")).upper() for name in ("code", "shortName"))
        if at:
            found[at] = half or next((name for name in names if name in HALVES), "")
    return found


_FLAGS: Mapping[str, Category] = {
    "isStatisticalPresent": Category.PRESENT,
    "isStatisticalAuthorizedAbsent": Category.AUTHORISED,
    "isStatisticalUnauthorizedAbsent": Category.UNAUTHORISED,
    "isStatisticalApprovedEducationalActivity": Category.ACTIVITY,
}
_ATTENDED = frozenset({Category.PRESENT, Category.ACTIVITY})
_NOT_COUNTED = frozenset({Category.NOT_POSSIBLE, Category.ADMINISTRATIVE})


def disagreements(marks: Iterable[Item], on: date) -> list[str]:
    """Where Arbor counts a mark otherwise than every code set in force on `on`, in words.

    Only a cross-check: what counts is the code set, and a person should know.
    """
    sets = [code_sets.builtin(name) for name in code_sets.names()]
    in_force = [each for each in sets if each.in_force(on)]
    by_id = codes(marks := list(marks))
    found = []
    for mark in marks:
        code, theirs = by_id.get(reference(mark) or ""), _counted(mark)
        ours = [each.classify(code) for each in in_force] if code else []
        known = {one.category for one in ours if one}
        if theirs is None or not known or any(_alike(theirs, one) for one in known):
            continue
        words = " or ".join(sorted(known))
        found.append(f"the mark {code} counts as {words} by law, and in Arbor as {theirs.value}")
    return found


def _counted(mark: Item) -> Category | None:
    """What Arbor's own flags say; None where it does not say it plainly."""
    if mark.get("isStatisticalPossibleAttendance") is False:
        return Category.NOT_POSSIBLE
    said = {category for flag, category in _FLAGS.items() if mark.get(flag) is True}
    # An approved activity is also an attendance, and may be flagged as both.
    if said == _ATTENDED:
        return Category.ACTIVITY
    return said.pop() if len(said) == 1 else None


def _alike(theirs: Category, ours: Category) -> bool:
    return any(theirs in group and ours in group for group in (_ATTENDED, _NOT_COUNTED, {ours}))


@dataclass
class Sorter:
    """Pages of records to marks. Rows in = marks out + blank + outside + held + rejected.

    `key` names what a reference holds in this interface, "id" or "href": only for speed.
    """

    lookup: Lookup
    first: date
    last: date
    key: str = "id"
    rows: int = 0
    marks: int = 0
    blank: int = 0
    outside: int = 0
    held: int = 0
    rejected: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        # What a reference or date was found to mean, by its own text: worked out once.
        self._codes: dict[str, str] = {}
        self._halves: dict[str, str] = {}
        self._pupils: dict[str, str] = {}
        self._days: dict[str, date] = {}

    def page(self, rows: Sequence[Item]) -> list[Mark]:
        """The marks of one page, in order."""
        found: list[Mark] = []
        add, key, new = found.append, self.key, tuple.__new__
        codes, halves, pupils, days = self._codes, self._halves, self._pupils, self._days
        for row in rows:
            try:
                when = row["recordDate"]
                on = days[when if type(when) is str else when["date"]]
                half = halves[row["attendanceRollCall"][key]]
                code = codes[row["attendanceMark"][key]]
                who = pupils[row["student"][key]]
                if row["minutesLate"] is None:
                    add(new(Mark, (who, on, half, code, None)))
                    continue
            except (KeyError, TypeError):
                pass
            self._slowly(row, found)
        self.rows += len(rows)
        self.marks += len(found)
        return found

    def _slowly(self, row: Item, found: list[Mark]) -> None:
        """A row that is not of the usual shape, or is left out: one case after the other."""
        try:
            on = day(row.get("recordDate"))
        except ShapeChanged:
            on = None
        who, call = reference(row.get("student")), reference(row.get("attendanceRollCall"))
        mark = reference(row.get("attendanceMark"))
        half = self.lookup.halves.get(call or "")
        if on is None:
            self.rejected[NO_DAY] += 1
        elif not self.first <= on <= self.last:
            self.outside += 1
        elif who is None:
            self.rejected[NO_PUPIL] += 1
        elif half is None:
            self.rejected[NO_CALL] += 1
        elif not half:
            self.held += 1
        elif mark is None and row.get("attendanceMark") is None:
            self.blank += 1
        elif (code := self.lookup.codes.get(mark or "")) is None:
            self.rejected[NO_SIGN] += 1
        else:
            found.append(Mark(who, on, half, code, _minutes(row.get("minutesLate"))))
            self._learn(row, found[-1])

    def _learn(self, row: Item, mark: Mark) -> None:
        """Keep what this row's texts mean, for the next row that has them."""
        when = row["recordDate"]
        self._days[when if isinstance(when, str) else when["date"]] = mark.day
        for known, link, meaning in (
            (self._halves, "attendanceRollCall", mark.half),
            (self._codes, "attendanceMark", mark.code),
            (self._pupils, "student", mark.pupil_id),
        ):
            value = row[link]
            at = value.get(self.key) if isinstance(value, Mapping) else None
            if isinstance(at, str):
                known[at] = meaning

    @property
    def unlisted(self) -> str | None:
        """What records point to that Arbor did not list: a roll call or mark; None when all is."""
        return next((what for what in (NO_SIGN, NO_CALL) if self.rejected[what]), None)


def _minutes(value: Any) -> int | None:
    """Minutes late, where they can be true: a number from 1 to under a day's."""
    usable = isinstance(value, int) and not isinstance(value, bool) and 0 < value < MOST_MINUTES
    return value if usable else None


def calendar(dates: Iterable[Item], first: date, last: date) -> frozenset[date]:
    """The days of `first`..`last` that Arbor calls good school days; empty when it says none."""
    good = (day(each.get("startDate")) for each in dates if each.get("isGoodSchoolDay") is True)
    return frozenset(each for each in good if each is not None and first <= each <= last)


def of_neither_half(roll_calls: Iterable[Item], halves: Mapping[str, str]) -> list[str]:
    """The short names of roll calls that are of neither half."""
    return sorted(
        label(call, "shortName", "code") or "unnamed"
        for call in roll_calls
        if halves.get(reference(call) or "") == ""
    )
