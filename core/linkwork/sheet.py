"""A register laid out by school day, and read through one rule's eyes at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import islice

from linkwork.codes import CodeClass, CodeSet
from linkwork.policy import Policy, PolicySeries, as_series
from linkwork.register import HALVES, Register, Session
from linkwork.school_year import SchoolDays, coming_days, school_days, school_weeks

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

    `policy` is the one in force on `as_of`; `coming` are the school days next after it.
    `weeks[n]` is the number of the school week of day n; `recent` is the first position of the
    school days in which an N is still provisional; `sets[n]` the code set in force on day n.
    """

    register: Register
    policy: Policy
    as_of: date
    school: SchoolDays
    weeks: tuple[int, ...]
    recent: int
    sets: tuple[CodeSet, ...]
    rows: tuple[bytes, ...]
    coming: tuple[date, ...] = ()

    @property
    def days(self) -> tuple[date, ...]:
        """The school days, in order."""
        return self.school.days

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

    def due(self, day: int) -> date:
        """The day by which the reason of an N on school day `day` falls due, known or expected."""
        after = day + self.policy.provisional.school_days - len(self.days)
        return self.coming[after] if after >= 0 else self.days[after]

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


def lay_out(register: Register, policy: Policy | PolicySeries, as_of: date) -> Sheet:
    """The register's school days up to `as_of`. Later marks are left out.

    Raises BadInput for a school day on which no code set of the policy was in force.
    """
    each_day = as_series(policy)
    policy = each_day.in_force(as_of)
    school = school_days(register, as_of)
    rows = dict(zip(register.sessions, register.rows, strict=True))
    unmarked = bytes(len(register.pupils))
    return Sheet(
        register=register,
        policy=policy,
        as_of=as_of,
        school=school,
        weeks=school_weeks(school.days),
        recent=max(0, len(school.days) - policy.provisional.school_days),
        sets=tuple(each_day.codes_on(day) for day in school.days),
        rows=tuple(
            bytes(rows.get(Session(day, half), unmarked)) for day in school.days for half in HALVES
        ),
        coming=tuple(islice(coming_days(register, as_of), policy.provisional.school_days + 1)),
    )
