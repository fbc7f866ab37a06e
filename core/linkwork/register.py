"""A school's register: pupils, sessions and one byte a mark."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from linkwork.errors import BadInput, Rejected, place_of
from linkwork.marking import YEARS, Filler, Marker, Place, refuse_other_years
from linkwork.roll import (
    GUEST_MODES,
    HALVES,
    MODES,
    Enrolment,
    KeptBack,
    Pupil,
    Session,
)
from linkwork.terms import Entry, of_school

__all__ = [
    "GUEST_MODES",
    "HALVES",
    "MODES",
    "NO_MARK",
    "YEARS",
    "Enrolment",
    "KeptBack",
    "Pupil",
    "Register",
    "RegisterBuilder",
    "Session",
]

NO_MARK = 0
#: How many rejected rows a register describes one by one; the others are counted.
MOST_REJECTED = 100
#: How many pupils more a filler makes room for at a time.
_ROOM = 256


@dataclass
class Register:
    """Pupils in a fixed order, sessions in time order, and a row of bytes a session.

    `rows[s][p]` is an index into `codes`; `codes[0]` is "" and means no mark: unknown,
    never present and never absent. `calendar` holds the school days the source declared,
    or None when it has no calendar and school days are to be inferred from the marks; `terms`
    are the entries of a terms file that hold for this school. `calendar_from` says in words
    where either comes from. `kept_back` are pupils who are not judged, and why.
    `first_seen` is where each code first stood in its source, for naming a code nobody knows;
    `days_seen` the same of each date.
    `rejected` are rows and cells that could not be read (the first of them, `rejected_count` in
    all): what they would have said is unknown, and the register is partial. So it is where
    `set_aside` names files of the source that could not be read at all, while the others were.
    `database` tells one database of a school system from another, where the system says.
    """

    pupils: tuple[Pupil, ...]
    sessions: tuple[Session, ...]
    codes: tuple[str, ...]
    rows: list[bytearray]
    calendar: frozenset[date] | None = None
    minutes_late: Mapping[tuple[int, int], int] = field(default_factory=dict)
    urn: str | None = None
    source: str = ""
    warnings: tuple[str, ...] = ()
    first_seen: Mapping[str, Place] = field(default_factory=dict)
    days_seen: Mapping[date, Place] = field(default_factory=dict)
    rejected: tuple[Rejected, ...] = ()
    rejected_count: int = 0
    set_aside: tuple[Rejected, ...] = ()
    database: str | None = None
    terms: tuple[Entry, ...] = ()
    calendar_from: str = ""
    kept_back: tuple[KeptBack, ...] = ()

    def __post_init__(self) -> None:
        self._pupil_index = {pupil.pupil_id: i for i, pupil in enumerate(self.pupils)}
        self._session_index = {session: i for i, session in enumerate(self.sessions)}

    def only(self, places: Sequence[int]) -> Register:
        """The register of just the pupils at these places, in this order."""
        new = {old: place for place, old in enumerate(places)}
        return replace(
            self,
            pupils=tuple(self.pupils[place] for place in places),
            rows=[bytearray(row[place] for place in places) for row in self.rows],
            minutes_late={(s, new[p]): m for (s, p), m in self.minutes_late.items() if p in new},
        )

    def pupil_index(self, pupil_id: str) -> int:
        """The position of a pupil. KeyError when the register does not hold it."""
        return self._pupil_index[pupil_id]

    def mark(self, pupil: int | str, session: Session) -> str | None:
        """The code one pupil (position or id) has in one session; None = no mark."""
        position = pupil if isinstance(pupil, int) else self._pupil_index[pupil]
        row = self._session_index.get(session)
        if row is None:
            return None
        return self.codes[self.rows[row][position]] or None

    def marks(self, pupil: int) -> Iterator[tuple[Session, str | None]]:
        """Every session of the register with this pupil's code (None = no mark), in order."""
        codes = self.codes
        for session, row in zip(self.sessions, self.rows, strict=True):
            yield session, codes[row[pupil]] or None

    @property
    def partial(self) -> str:
        """How much of the source could not be read, in words that name nobody; empty: none.

        Of a file that is set aside it says where it is damaged, never what the file is called.
        """
        said = []
        if self.set_aside:
            count = len(self.set_aside)
            at = place_of(self.set_aside[0]._replace(file=None, sheet=None)).removesuffix(": ")
            files = "1 file is" if count == 1 else f"{count:,} files are"
            said.append(f"{files} damaged and set aside" + (f" ({at})" if at else ""))
        if self.rejected_count:
            count = self.rejected_count
            said.append(f"{count:,} row{'' if count == 1 else 's'} could not be read")
        return " and ".join(said)

    @property
    def first_unread(self) -> Rejected | None:
        """The first of what could not be read, a file before a row; None for a whole read."""
        return next(iter((*self.set_aside, *self.rejected)), None)

    def with_rows(self, rows: Mapping[Session, bytearray], codes: tuple[str, ...]) -> Register:
        """This register with other marks, of the same pupils; sessions may be added.

        `codes` continues this register's: an index keeps its code.
        """
        sessions = tuple(sorted(rows))
        at = {session: i for i, session in enumerate(sessions)}
        late = {(at[self.sessions[s]], p): m for (s, p), m in self.minutes_late.items()}
        ordered = [rows[session] for session in sessions]
        return replace(self, codes=codes, sessions=sessions, rows=ordered, minutes_late=late)

    def last_marked_day(self) -> date | None:
        """The last date on which any pupil has a mark; None for a register without marks."""
        for session, row in zip(reversed(self.sessions), reversed(self.rows), strict=True):
            if any(row):
                return session.date
        return None


class RegisterBuilder:
    """What a plugin streams into. Memory grows with pupils x sessions, never with rows read."""

    def __init__(self, source: str = "") -> None:
        self.source = source
        self.begin_again()

    def begin_again(self) -> None:
        """Forget all that was added: for a source that is read anew without a damaged part."""
        self.urn: str | None = None
        self.database: str | None = None
        self._pupils: dict[str, Pupil] = {}
        self._position: dict[str, int] = {}
        # Some systems export "-" where no register was taken yet: no mark, like an empty code.
        self._codes: dict[str, int] = {"": NO_MARK, "-": NO_MARK}
        self._names: list[str] = [""]
        self._first_seen: dict[str, Place] = {}
        self._days_seen: dict[date, Place] = {}
        self._rows: dict[Session, bytearray] = {}
        self._minutes: dict[tuple[Session, int], int] = {}
        self._calendar: set[date] | None = None
        self._calendar_from = ""
        self._terms: list[Entry] = []
        self._warnings: list[str] = []
        self._rejected: list[Rejected] = []
        self._rejected_count = 0
        self._set_aside: list[Rejected] = []

    def add_pupil(self, pupil: Pupil) -> None:
        """Add or replace one pupil's details; the first call fixes its place in the order."""
        self._position.setdefault(pupil.pupil_id, len(self._position))
        self._pupils[pupil.pupil_id] = pupil

    def has_pupil(self, pupil_id: str) -> bool:
        """Whether `add_pupil` was called for this id."""
        return pupil_id in self._pupils

    def pupil(self, pupil_id: str) -> Pupil:
        """The details added so far. KeyError when there are none."""
        return self._pupils[pupil_id]

    def add(
        self,
        pupil_id: str,
        day: date,
        half: str,
        code: str,
        minutes_late: int | None = None,
        *,
        row: int | None = None,
    ) -> None:
        """Add one mark; an empty code is 'no mark'.

        `row` is the source's row number, for the message. Raises BadInput when the pupil
        already has a different mark in that session: a register cannot say both.
        """
        position = self.place(pupil_id)
        self._see(day, None, row)
        marks = self._row_for(Session(day, half), position)
        index = self.code_index(code, row=row)
        if not index:
            return
        already = marks[position]
        if already not in (NO_MARK, index):
            self._refuse_at(position, Session(day, half), already, index, row, "")
        marks[position] = index
        if minutes_late is not None:
            self._minutes[(Session(day, half), position)] = minutes_late

    def place(self, pupil_id: str) -> int:
        """The pupil's place in the order, for a `marker`; an unknown pupil is added by its id."""
        if pupil_id not in self._position:
            self.add_pupil(Pupil(pupil_id))
        return self._position[pupil_id]

    def code_index(self, code: str, *, file: str | None = None, row: int | None = None) -> int:
        """The code's place in the code table, for a `marker`; 0 for no mark.

        `file` and `row` say where it stands, should nobody know it.
        """
        index = self._codes.get(code)
        return self._intern(code, file, row) if index is None else index

    def marker(
        self, day: date, half: str, *, file: str | None = None, row: int | None = None
    ) -> Marker:
        """`add` for one session, with everything that a session's rows share done once.

        For plugins that read hundreds of thousands of rows: keep one marker a session, one
        `place` a pupil and one `code_index` a code. `file` is named when a second, different
        mark is refused, `file` and `row`, where the date first stands, when the date is (BadInput).
        """
        self._see(day, file, row)
        session, refuse = Session(day, half), self._refuse_at
        marks = self._row_for(session, len(self._position) - 1)

        def mark(position: int, index: int, row: int) -> None:
            if position >= len(marks):
                # By and by, not pupil by pupil; what is too much is cut off in the end.
                marks.extend(bytes(position + _ROOM - len(marks)))
            already = marks[position]
            if not already:
                marks[position] = index
            elif index and index != already:
                refuse(position, session, already, index, row, file or "")

        return mark

    def filler(self, sessions: Iterable[tuple[date, str]], *, file: str | None = None) -> Filler:
        """`marker` for several sessions at once: for sources that have a pupil's marks in a row."""
        order, refuse = [Session(*one) for one in sessions], self._refuse_at
        for session in order:
            self._see(session.date, file, None)
        rows = [self._row_for(session, len(self._position) - 1) for session in order]
        wide = min((len(marks) for marks in rows), default=0)

        def fill(position: int, indexes: Iterable[int], row: int) -> None:
            nonlocal wide
            if position >= wide:
                wide = position + _ROOM
                for marks in rows:
                    marks.extend(bytes(max(0, wide - len(marks))))
            for marks, index in zip(rows, indexes, strict=True):
                if index:
                    already = marks[position]
                    if not already:
                        marks[position] = index
                    elif already != index:
                        session = order[next(n for n, one in enumerate(rows) if one is marks)]
                        refuse(position, session, already, index, row, file or "")

        return fill

    def late(self, position: int, day: date, half: str, minutes: int) -> None:
        """How many minutes late the pupil at `position` was in a session marked late."""
        self._minutes[(Session(day, half), position)] = minutes

    def calendar(self, days: Iterable[date], source: str = "") -> None:
        """Declare the school days, when the source knows them; `source` says whence, in words."""
        self._calendar = (self._calendar or set()) | set(days)
        self._calendar_from = source or self._calendar_from

    def terms(self, entries: Iterable[Entry], source: str = "") -> None:
        """Add terms, holidays, staff days and closures; those of other schools are left out."""
        self._terms.extend(entries)
        self._calendar_from = source or self._calendar_from

    def forget_calendar(self) -> None:
        """Take back the school days and terms: the school's own file stands for the source's."""
        self._calendar, self._terms, self._calendar_from = None, [], ""

    def warn(self, message: str) -> None:
        """Something the reader should know that does not stop the read."""
        self._warnings.append(message)

    def reject(self, rejected: Rejected) -> None:
        """A row or cell that could not be read. What it would have said stays unknown."""
        self._rejected_count += 1
        if len(self._rejected) < MOST_REJECTED:
            self._rejected.append(rejected)

    def set_aside(self, file: Rejected) -> None:
        """A whole file that could not be read, while others of the school were."""
        self._set_aside.append(file)

    def build(self) -> Register:
        """The finished register: sessions in time order, every row of full width."""
        width = len(self._position)
        sessions = tuple(sorted(self._rows))
        rows = [self._rows[session] for session in sessions]
        for marks in rows:
            marks.extend(bytes(max(0, width - len(marks))))
            del marks[width:]
        place = {session: i for i, session in enumerate(sessions)}
        return Register(
            pupils=tuple(self._pupils[pupil_id] for pupil_id in self._position),
            sessions=sessions,
            codes=tuple(self._names),
            rows=rows,
            calendar=None if self._calendar is None else frozenset(self._calendar),
            minutes_late={(place[s], p): m for (s, p), m in self._minutes.items()},
            urn=self.urn,
            source=self.source,
            warnings=tuple(self._warnings),
            first_seen=dict(self._first_seen),
            days_seen=dict(self._days_seen),
            rejected=tuple(self._rejected),
            rejected_count=self._rejected_count,
            set_aside=tuple(self._set_aside),
            database=self.database,
            terms=of_school(self._terms, self.urn),
            calendar_from=self._calendar_from,
        )

    def _see(self, day: date, file: str | None, row: int | None) -> None:
        """Keep where a date stood first. Raises BadInput for one that no mark can be of."""
        if day in self._days_seen:
            return
        place = self._days_seen[day] = Place(file or self.source or None, row)
        refuse_other_years(day, place)

    def _row_for(self, session: Session, position: int) -> bytearray:
        marks = self._rows.get(session)
        if marks is None:
            if session.half not in HALVES:
                raise BadInput(
                    f"session {session.half!r} is neither AM nor PM",
                    remedy="Write AM or PM",
                    file=self.source or None,
                    column="session",
                )
            marks = self._rows[session] = bytearray(len(self._position))
        if len(marks) <= position:
            marks.extend(bytes(len(self._position) - len(marks)))
        return marks

    def _intern(self, code: str, file: str | None, row: int | None) -> int:
        """The index of a code not met before."""
        place = Place(file or self.source or None, row)
        if len(self._names) > 255:
            raise BadInput(
                "more than 255 different codes in one register",
                remedy="Check that the code column really holds attendance codes",
                file=place.file,
                row=row,
                column="code",
            )
        self._codes[code] = len(self._names)
        self._names.append(code)
        self._first_seen[code] = place
        return self._codes[code]

    def _refuse_at(
        self, position: int, session: Session, already: int, index: int, row: int | None, file: str
    ) -> None:
        names, pupil_id = self._names, tuple(self._position)[position]
        raise BadInput(
            f"pupil {pupil_id} has two marks on {session.date.isoformat()} {session.half}: "
            f"{names[already]} and {names[index]}",
            remedy="Keep the right one in the school system and export again",
            file=file or self.source or None,
            row=row,
            column="code",
        )
