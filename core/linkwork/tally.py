"""How many sessions of each kind a pupil has: what totals and completeness are made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from linkwork.codes import CodeClass
from linkwork.school_year import between, spans
from linkwork.sheet import Lines, Sheet

_PRESENT, _AUTHORISED, _UNAUTHORISED, _NEITHER, _UNKNOWN, _NO_MARK = "paun?0"


@dataclass(frozen=True, slots=True)
class Tally:
    """Sessions of school days on roll. `unknown` have a code nobody knows, `unmarked` none."""

    present: int = 0
    authorised: int = 0
    unauthorised: int = 0
    not_possible: int = 0
    unknown: int = 0
    unmarked: int = 0

    @property
    def absent(self) -> int:
        """Absences, with or without permission."""
        return self.authorised + self.unauthorised

    @property
    def possible(self) -> int:
        """Sessions with a mark that the pupil could have attended."""
        return self.present + self.absent

    @property
    def expected(self) -> int:
        """Sessions that should have a mark."""
        return self.possible + self.not_possible + self.unknown + self.unmarked

    @classmethod
    def total(cls, tallies: Sequence[Tally]) -> Tally:
        """The sum of some tallies."""
        return cls(
            present=sum([each.present for each in tallies]),
            authorised=sum([each.authorised for each in tallies]),
            unauthorised=sum([each.unauthorised for each in tallies]),
            not_possible=sum([each.not_possible for each in tallies]),
            unknown=sum([each.unknown for each in tallies]),
            unmarked=sum([each.unmarked for each in tallies]),
        )


def tallies(sheet: Sheet, first: date | None = None) -> list[Tally]:
    """One tally a pupil, in the register's order, over its time on roll from `first` on."""
    lines = session_lines(sheet)
    start, end = between(sheet.days, first, None)
    found: list[Tally] = []
    for index, pupil in enumerate(sheet.register.pupils):
        line = lines.of(index)
        ranges = spans(pupil, sheet.days)
        on_roll = "".join(line[2 * max(a, start) : 2 * min(b, end)] for a, b in ranges)
        found.append(line_tally(on_roll))
    return found


def session_lines(sheet: Sheet) -> Lines:
    """Every pupil's sessions as the letters that `line_tally` counts."""
    return sheet.read(_reading, no_mark=_NO_MARK)


def unknown_codes(sheet: Sheet) -> dict[str, int]:
    """How often each code stands in the register that no code set of its day knows."""
    counts: Counter[str] = Counter()
    codes = sheet.register.codes
    known = {
        s.name: bytes(i for i, c in enumerate(codes) if not c or c in s.codes) for s in sheet.sets
    }
    for place, row in enumerate(sheet.rows):
        strange = row.translate(None, known[sheet.sets[place // 2].name])
        counts.update(codes[index] for index in strange)
    return dict(sorted(counts.items()))


def off_roll_marks(sheet: Sheet) -> int:
    """Marks of school days before a pupil's entry or after its leaving, which count for nothing."""
    return sum(off_roll_by_pupil(sheet).values())


def off_roll_by_pupil(sheet: Sheet) -> dict[str, int]:
    """How many such marks a pupil has, by id; pupils without any are left out."""
    lines = session_lines(sheet)
    outside: dict[str, int] = {}
    for index, pupil in enumerate(sheet.register.pupils):
        ranges = spans(pupil, sheet.days)
        if ranges != [(0, len(sheet.days))]:
            line = lines.of(index)
            inside = "".join(line[2 * first : 2 * last] for first, last in ranges)
            marks = _marks(line) - _marks(inside)
            if marks:
                outside[pupil.pupil_id] = marks
    return outside


def _marks(line: str) -> int:
    # A closure is entered for everyone, on roll or not, and says nothing about a pupil.
    return len(line) - line.count(_NO_MARK) - line.count(_NEITHER)


def _reading(known: CodeClass | None) -> str:
    if known is None:
        return _UNKNOWN
    if known.present:
        return _PRESENT
    if known.absent:
        return _AUTHORISED if known.authorised else _UNAUTHORISED
    return _NEITHER


def line_tally(line: str) -> Tally:
    """The tally of a line of `session_lines`, or of parts of one."""
    return Tally(
        present=line.count(_PRESENT),
        authorised=line.count(_AUTHORISED),
        unauthorised=line.count(_UNAUTHORISED),
        not_possible=line.count(_NEITHER),
        unknown=line.count(_UNKNOWN),
        unmarked=line.count(_NO_MARK),
    )
