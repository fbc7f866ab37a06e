"""A register laid out by school day, and read through one rule's eyes at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from linkwork.codes import CodeClass, CodeSet, choose
from linkwork.policy import Policy
from linkwork.register import HALVES, Register, Session
from linkwork.school_year import SchoolDays, school_dates, school_days, school_weeks

#: Says what a rule makes of a code: one ASCII letter. None is no mark or an unknown code.
Reading = Callable[[CodeClass | None], str]


@dataclass(frozen=True)
class Lines:
    """Every pupil's marks as letters, AM and PM of each school day in turn."""

    letters: bytes
    width: int

    def of(self, pupil: int) -> str:
        """One pupil's line: position 2n is the morning of school day n, 2n + 1 its afternoon."""
        return self.letters[pupil :: self.width].decode("ascii")


@dataclass(frozen=True)
class Sheet:
    """The marks of the school days up to `as_of`, two rows a day, in the register's bytes.

    `days` are the school days, in order; `weeks[n]` is the number of the school week of day n;
    `recent` is the first position of the school days in which an N is still provisional;
    `sets[n]` the code set in force on day n.
    """

    register: Register
    policy: Policy
    as_of: date
    days: tuple[date, ...]
    weeks: tuple[int, ...]
    recent: int
    sets: tuple[CodeSet, ...]
    rows: tuple[bytes | bytearray, ...]

    @cached_property
    def school(self) -> SchoolDays:
        """The school days with what looks wrong about them."""
        return school_days(self.register, self.as_of)

    def read(
        self, reading: Reading, *, without_recent: bool = False, no_mark: str | None = None
    ) -> Lines:
        """Every mark as the letter `reading` gives it.

        With `without_recent`, the provisional marks of the last days are read as no mark.
        `no_mark` is the letter for no mark, where that differs from an unknown code's.
        """
        tables: dict[tuple[str, bool], bytes] = {}
        letters = bytearray()
        for day, code_set in enumerate(self.sets):
            forget = without_recent and day >= self.recent
            table = tables.get((code_set.name, forget))
            if table is None:
                table = self._table(code_set, reading, forget)
                if no_mark is not None:
                    table = no_mark.encode("ascii") + table[1:]
                tables[code_set.name, forget] = table
            letters += self.rows[2 * day].translate(table)
            letters += self.rows[2 * day + 1].translate(table)
        return Lines(bytes(letters), max(1, len(self.register.pupils)))

    def code(self, pupil: int, half_day: int) -> str:
        """The code a pupil has at one position of its line; "" for no mark."""
        return self.register.codes[self.rows[half_day][pupil]]

    def session(self, half_day: int) -> Session:
        """The session at one position of a line."""
        return Session(self.days[half_day // 2], HALVES[half_day % 2])

    def _table(self, code_set: CodeSet, reading: Reading, forget: bool) -> bytes:
        def letter(code: str) -> int:
            known = code_set.classify(code)
            if forget and known is not None and known.provisional:
                known = None
            return ord(reading(known))

        codes = self.register.codes
        return bytes(letter(code) for code in codes) + bytes(256 - len(codes))


def lay_out(register: Register, policy: Policy, as_of: date) -> Sheet:
    """The register's school days up to `as_of`. Later marks are left out.

    Raises BadInput for a school day on which no code set of the policy was in force.
    """
    days = school_dates(register, as_of)
    code_sets = policy.code_sets
    rows = dict(zip(register.sessions, register.rows, strict=True))
    unmarked = bytes(len(register.pupils))
    return Sheet(
        register=register,
        policy=policy,
        as_of=as_of,
        days=days,
        weeks=school_weeks(days),
        recent=max(0, len(days) - policy.provisional.school_days),
        sets=tuple(choose(code_sets, day) for day in days),
        rows=tuple(rows.get(Session(day, half), unmarked) for day in days for half in HALVES),
    )
