"""A register laid out by school day, and read through one rule's eyes at a time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import accumulate, compress, count, islice, pairwise
from operator import add

from linkwork import terms
from linkwork.codes import CodeClass, CodeSet, choose
from linkwork.policy import Policy, PolicySeries, as_series
from linkwork.register import HALVES, Register, Session
from linkwork.school_days import SchoolDays, coming_days, school_dates, school_days
from linkwork.school_year import HOLIDAY, between, school_weeks
from linkwork.stays import Span

#: A stretch of positions of a line, and what each code becomes there.
Stretch = tuple[int, int, bytes]
#: Says what a rule makes of a code: one ASCII letter. None is no mark or an unknown code.
Reading = Callable[[CodeClass | None], str]
#: From how many positions on it is quicker to look at every one than to jump from one to the next.
FEW = 30
WAITS, SETTLED = "n", "."


class Columns:
    """The rows of a register read the other way: one pupil's marks in order of time.

    A block of pupils is turned at a time, since the marks of one lie far apart in the rows.
    """

    BLOCK = 2048

    def __init__(self, rows: Sequence[bytes | bytearray]) -> None:
        self._rows = rows
        self._block, self._width, self._marks = -1, 1, b""
        self._pupil, self._line = -1, b""

    def of(self, pupil: int) -> bytes:
        """AM and PM of each school day in turn, as indexes into the register's codes."""
        if pupil != self._pupil:
            block, place = divmod(pupil, self.BLOCK)
            if block != self._block:
                first = pupil - place
                parts = [row[first : first + self.BLOCK] for row in self._rows]
                self._marks = b"".join(parts)
                self._block, self._width = block, len(parts[0]) if parts else 1
            self._pupil, self._line = pupil, self._marks[place :: self._width]
        return self._line


class Lines:
    """Every pupil's marks as letters: for each stretch of sessions, the letter of each code.

    The last pupil's line is kept, since all rules look at one pupil before the next.
    """

    def __init__(self, columns: Columns, tables: tuple[Stretch, ...]) -> None:
        self._columns, self._tables = columns, tables
        self._pupil, self._line = -1, ""
        self._asked: tuple[object, ...] = ()
        self._places: Sequence[int] = ()

    def has(self, letter: str) -> bool:
        """Whether some code of the register is read as this letter."""
        return any(ord(letter) in table for _, _, table in self._tables)

    def of(self, pupil: int) -> str:
        """One pupil's line: position 2n is the morning of school day n, 2n + 1 its afternoon."""
        if pupil != self._pupil:
            marks = self._columns.of(pupil)
            if len(self._tables) == 1:
                marks = marks.translate(self._tables[0][2])
            else:
                marks = b"".join([marks[a:b].translate(table) for a, b, table in self._tables])
            self._pupil, self._line = pupil, marks.decode("ascii")
        return self._line

    def places(self, pupil: int, letter: str, ranges: Sequence[Span]) -> Sequence[int]:
        """The positions of a letter in a pupil's line on some school days, in order.

        Rules that differ in their figure alone ask the same, and are given the very same answer.
        """
        asked = pupil, letter, ranges
        if asked != self._asked:
            self._asked, self._places = asked, places_in(self.of(pupil), letter, ranges)
        return self._places


class _Only(dict[str, bytes]):
    """For a letter, the table that turns it into 1 and every other into 0."""

    def __missing__(self, letter: str) -> bytes:
        self[letter] = bytes(chr(each) == letter for each in range(256))
        return self[letter]


_ONLY = _Only()


def places_in(line: str, letter: str, ranges: Sequence[Span]) -> Sequence[int]:
    """The positions of a letter on some school days of a line, in order."""
    if len(ranges) == 1:
        [(first, last)] = ranges
        return places(line, letter, 2 * first, 2 * last)
    return [place for first, last in ranges for place in places(line, letter, 2 * first, 2 * last)]


def places(line: str, letter: str, first: int, last: int, start: int = 0) -> Sequence[int]:
    """The positions of a letter in a line, from `first` up to and without `last`, in order.

    `start` is the number of the line's first position.
    """
    if last - first > 4 * FEW and line.count(letter, first, last) > FEW:
        ones = line[first:last].encode("ascii").translate(_ONLY[letter])
        return list(compress(range(start + first, start + last), ones))
    between = line[first:last].split(letter)
    between.pop()
    if len(between) == last - first:
        # Every one: days away are mostly whole days, and a range costs nothing to go through.
        return range(start + first, start + last)
    # Before the nth of them stand n others, and everything between them.
    return list(map(add, accumulate(map(len, between)), count(start + first)))


@dataclass(frozen=True)
class Sheet:
    """The marks of the school days up to `as_of`, two rows a day, in the register's bytes.

    `policy` is the one in force on `as_of`.
    `days` are the school days, in order; `weeks[n]` is the number of day n's school week;
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
    def coming(self) -> tuple[date, ...]:
        """The school days next after the one judged, known or expected."""
        many = self.policy.provisional.school_days + 1
        return tuple(islice(coming_days(self.register, self.as_of), many))

    @cached_property
    def school(self) -> SchoolDays:
        """The school days with what looks wrong about them."""
        return school_days(self.register, self.as_of)

    @cached_property
    def half_terms(self) -> tuple[terms.HalfTerm, ...]:
        """The half terms of the register's terms file, or else those its school days show.

        A school year goes by the file where every school day of it lies in one of its half terms.
        A week in which nobody has a mark although the source holds its sessions is no holiday.
        """
        days = sorted({*self.school.days, *self.school.gaps})
        given = terms.half_terms(self.register.terms)
        elsewhere = {day for day in self.days if not any(each.holds(day) for each in given)}
        shown = {terms.year_of(day) for day in elsewhere}
        return (
            *(each for each in terms.inferred_half_terms(days, HOLIDAY) if each.year in shown),
            *(each for each in given if each.year not in shown),
        )

    def half_terms_of(self, year: int) -> list[tuple[int, int]]:
        """The half terms of a school year, by the calendar year it starts in, in order.

        As half-open ranges of positions; those without a school day so far are left out.
        """
        mine = [each for each in self.half_terms if each.year == year]
        found = (between(self.days, each.first, each.last) for each in mine)
        return [(first, last) for first, last in found if first < last]

    @cached_property
    def columns(self) -> Columns:
        """Each pupil's marks by themselves."""
        return Columns(self.rows)

    def read(
        self, reading: Reading, *, without_recent: bool = False, no_mark: str | None = None
    ) -> Lines:
        """Every mark as the letter `reading` gives it.

        With `without_recent`, the provisional marks of the last days are read as no mark.
        `no_mark` is the letter for no mark, where that differs from an unknown code's.
        Readings that ask the same of every code share their lines.
        """
        recent = self.recent if without_recent else len(self.days)
        tables = tuple(
            (first, last, table if no_mark is None else no_mark.encode("ascii") + table[1:])
            for first, last, table in self._tables(reading, recent)
        )
        return self._lines.setdefault(tables, Lines(self.columns, tables))

    def _tables(self, reading: Reading, recent: int | None = None) -> Iterator[Stretch]:
        """What each code becomes; from school day `recent` on without the provisional ones."""
        recent = len(self.days) if recent is None else recent
        for first, last, code_set in self._periods:
            for start, end in ((first, min(last, recent)), (max(first, recent), last)):
                if start < end:
                    yield 2 * start, 2 * end, self._table(code_set, reading, start >= recent)

    @cached_property
    def _lines(self) -> dict[tuple[Stretch, ...], Lines]:
        return {}

    def waits(self, pupil: int) -> bool:
        """Whether a mark of the pupil's last days may still get another code."""
        return self._who_waits[pupil] != 0

    @cached_property
    def _who_waits(self) -> bytes:
        """A byte a pupil, which is not 0 for those with such a mark."""
        found = 0
        for first, last, table in self._tables(_waits):
            ones = bytes(letter == ord(WAITS) for letter in table)
            for row in self.rows[max(first, 2 * self.recent) : last]:
                found |= int.from_bytes(row.translate(ones), "little")
        return found.to_bytes(len(self.register.pupils), "little")

    @cached_property
    def waiting(self) -> Lines:
        """Where a mark of the last days may still get another code."""
        settled = (0, 2 * self.recent, SETTLED.encode("ascii") * 256)
        later = [
            (max(first, settled[1]), last, table)
            for first, last, table in self._tables(_waits)
            if last > settled[1]
        ]
        return Lines(self.columns, (settled, *later))

    @cached_property
    def _periods(self) -> list[tuple[int, int, CodeSet]]:
        """The school days that each code set is in force on, in order."""
        found: list[tuple[int, int, CodeSet]] = []
        for day, code_set in enumerate(self.sets):
            first = found.pop()[0] if found and found[-1][2] is code_set else day
            found.append((first, day + 1, code_set))
        return found

    def code(self, pupil: int, half_day: int) -> str:
        """The code a pupil has at one position of its line; "" for no mark."""
        return self.register.codes[self.columns.of(pupil)[half_day]]

    def due(self, day: int) -> date:
        """The day by which the reason of an N on school day `day` falls due, known or expected."""
        after = day + self.policy.provisional.school_days - len(self.days)
        return self.coming[min(after, len(self.coming) - 1)] if after >= 0 else self.days[after]

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


def _waits(known: CodeClass | None) -> str:
    return WAITS if known and known.provisional else SETTLED


def lay_out(register: Register, policy: Policy | PolicySeries, as_of: date) -> Sheet:
    """The register's school days up to `as_of`. Later marks are left out.

    Raises BadInput for a school day on which no code set of the policy was in force.
    """
    each_day = as_series(policy)
    policy = each_day.in_force(as_of)
    days = school_dates(register, as_of)
    sets: list[CodeSet] = []
    # Between two of these dates nothing changes, so that few of the days need a look.
    starts = {0, *(bisect_left(days, day) for day in each_day.changes)} if days else ()
    for first, last in pairwise([*sorted(starts), len(days)]):
        if first < last:
            now, seen = each_day.in_force(days[first]), register.days_seen.get(days[first])
            sets += [choose(now.code_sets, days[first], seen)] * (last - first)
    # A session is a pair, and a plain pair finds it.
    rows: dict[tuple[date, str], bytearray] = dict(
        zip(register.sessions, register.rows, strict=True)
    )
    unmarked = bytes(len(register.pupils))
    return Sheet(
        register=register,
        policy=policy,
        as_of=as_of,
        days=days,
        weeks=school_weeks(days),
        recent=max(0, len(days) - policy.provisional.school_days),
        sets=tuple(sets),
        rows=tuple(rows.get((day, half), unmarked) for day in days for half in HALVES),
    )
