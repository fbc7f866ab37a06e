"""Rows of a canonical register to pupils and marks. The loop over rows does nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice

from linkwork.marking import Marker
from linkwork.register import RegisterBuilder
from linkwork_csv import values
from linkwork_csv.files import Opened
from linkwork_csv.pupils import PupilDetails
from linkwork_csv.splitting import MARK, Splitter, Who, unquoted
from linkwork_csv.values import BadCell, BadValue, cell, shape

DETAILS = (
    "upn",
    "surname",
    "forename",
    "date_of_birth",
    "sex",
    "year_group",
    "form",
    "entry_date",
    "leaving_date",
    "mode",
)
COLUMNS = ("pupil_id", *DETAILS, "date", "session", "code", "minutes_late", "urn")
REQUIRED = ("pupil_id", "date", "session", "code")
PARTS = 1 + len(MARK)
#: What stands instead of a pupil's place where the rows of `who` are another school's.
OTHER_SCHOOL = -1
LATE_CODES = frozenset({"L", "U"})


@dataclass
class Counts:
    """What became of a file's rows, the header left out: each is used or stands under a reason."""

    rows: int = 0
    outside: int = 0
    blank: int = 0
    other_school: int = 0
    minutes_ignored: int = 0
    #: Whether there are more rows than were to be looked at.
    stopped: bool = False

    @property
    def used(self) -> int:
        """Rows that gave a mark, or said that there is none."""
        return self.rows - self.outside - self.blank - self.other_school


#: Columns that say which school a row is of, each with the setting that names one.
OF_SCHOOLS = ("urn", "laestab", "application_id")


@dataclass
class Wanted:
    """Which rows give marks: of `first`..`last`, and of one school where a file names several.

    `urn`, `laestab`, `application_id` None mean any, as long as it is one: the first met is then
    held to. `met` holds all that were met, by column; the pupils' ids met at this school and at
    others are kept, to name those at both.
    """

    first: date
    last: date
    urn: str | None = None
    laestab: str | None = None
    application_id: str | None = None
    met: dict[str, set[str]] = field(default_factory=lambda: {name: set() for name in OF_SCHOOLS})
    ids_here: set[str] = field(default_factory=set)
    ids_elsewhere: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        given = {name: getattr(self, name) for name in OF_SCHOOLS}
        self.named = {name for name, value in given.items() if value is not None}
        if self.laestab:
            self.laestab = _digits(self.laestab)

    def takes(self, column: str, written: str) -> bool:
        """Whether a row with this in that column is wanted.

        Raises BadCell for what cannot name a school, SeveralSchools for a second where nobody
        said which is meant.
        """
        school = _SCHOOLS[column](written.strip())
        self.met[column].add(school)
        if getattr(self, column) is None:
            setattr(self, column, school)
        wanted: str = getattr(self, column)
        if school != wanted and column not in self.named:
            raise SeveralSchools(column, _several(self.met[column], column))
        return school == wanted


class SeveralSchools(BadCell):
    """A file holds several schools and nobody said which is meant."""


def _several(met: set[str], column: str) -> BadValue:
    shown = ", ".join(sorted(met)[:10])
    way = "--urn NUMBER, or urn" if column == "urn" else column
    return BadValue(
        f"the file holds more than one school: {shown}",
        f'Name the one to read: {way} = "NUMBER" in agent.toml',
    )


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign not in "/- ")


def _urn(text: str) -> str:
    if not (text.isascii() and text.isdigit()):
        raise BadCell(
            "urn", BadValue(f"the URN looks like {shape(text)}", "Write the school's URN")
        )
    return text


def _laestab(text: str) -> str:
    laestab = _digits(text)
    if len(laestab) != 7 or not laestab.isascii() or not laestab.isdigit():
        problem = BadValue(f"the LAESTAB looks like {shape(text)}", "Write its seven digits")
        raise BadCell("laestab", problem)
    return laestab


def _application(text: str) -> str:
    found = cell("application_id", values.identifier, text)
    if found is None:
        raise BadCell("application_id", BadValue("the cell is empty", "Every row needs one"))
    return found


_SCHOOLS: Mapping[str, Callable[[str], str]] = {
    "urn": _urn,
    "laestab": _laestab,
    "application_id": _application,
}


class RegisterFile:
    """One file's rows on their way into a builder. `place` says where each column stands."""

    def __init__(
        self,
        name: str,
        place: Mapping[str, int],
        wanted: Wanted,
        pupils: PupilDetails,
        into: RegisterBuilder,
    ) -> None:
        self.name, self.wanted, self.pupils, self.into = name, wanted, pupils, into
        self.splitter = Splitter(place)
        self.counts = Counts()
        self._passed: set[tuple[Who, ...]] = set()

    def read(self, file: Opened, most: int | None = None) -> Counts:
        """Add every row's mark, or the first `most`. Raises BadInput with row, column, remedy."""
        counts = self.counts
        pupils: dict[Who, int] = {}
        markers: dict[tuple[Who, Who], Marker | None] = {}
        codes: dict[Who, int] = {}
        number = 1
        rows = iter(self.splitter.parts(file))
        try:
            for number, parts in enumerate(islice(rows, most), 2):
                if len(parts) != PARTS:
                    self._refuse_unless_blank(parts)
                    continue
                who, day, half, code, minutes = parts
                position = pupils.get(who)
                if position is None:
                    position = self._meet(parts, file)
                    if position is None:
                        counts.blank += 1
                        continue
                    pupils[who] = position
                if position == OTHER_SCHOOL:
                    self._pass_over(parts)
                    continue
                when = (day, half)
                if when not in markers:
                    markers[when] = self._marker(day, half, number)
                mark = markers[when]
                index = codes.get(code)
                if index is None:
                    index = codes[code] = self._code(code, number)
                if minutes != "\n" and minutes:
                    self._late(parts, position, mark)
                if mark is None:
                    counts.outside += 1
                else:
                    mark(position, index, number)
        except BadCell as bad:
            raise bad.at(self.name, number) from bad
        counts.rows = number - 1
        counts.stopped = counts.rows == most and next(rows, None) is not None
        return counts

    def _meet(self, parts: Sequence[Who], file: Opened) -> int | None:
        """Where a pupil not met before stands, or OTHER_SCHOOL; None for a blank row."""
        cells = self.splitter.cells(parts[0])
        pupil_id = cell("pupil_id", values.identifier, cells["pupil_id"].strip())
        if pupil_id is None:
            if self.splitter.is_blank(parts):
                return None
            raise BadCell("pupil_id", BadValue("the cell is empty", "Every row needs one"))
        if "urn" in cells and not self._is_of_this_school(cells["urn"].strip(), file):
            self.wanted.ids_elsewhere.add(pupil_id)
            return OTHER_SCHOOL
        self.wanted.ids_here.add(pupil_id)
        self.pupils.add(pupil_id, cells)
        return self.into.place(pupil_id)

    def _refuse_unless_blank(self, parts: Sequence[Who]) -> None:
        if not self.splitter.is_blank(parts):
            cells = parts[0] if isinstance(parts[0], tuple) else parts
            raise self.splitter.wrong_width(len(cells))
        self.counts.blank += 1

    def _pass_over(self, parts: Sequence[Who]) -> None:
        """A row of another school gives no mark, and still may not be damaged.

        A quotation mark it never closes could swallow the rows of this school after it.
        """
        self.counts.other_school += 1
        looked_at = tuple(parts[1:])
        if looked_at not in self._passed:
            _session(parts[1], parts[2])
            cell("code", values.code, unquoted(str(parts[3])))
            cell("minutes_late", values.minutes, unquoted(str(parts[4])))
            self._passed.add(looked_at)

    def _is_of_this_school(self, urn: str, file: Opened) -> bool:
        try:
            return self.wanted.takes("urn", urn)
        except SeveralSchools as several:
            raise self._several_schools(file) from several

    def _several_schools(self, file: Opened) -> BadCell:
        found = set(self.wanted.met["urn"])
        for parts in self.splitter.parts(file):
            if len(parts) == PARTS:
                found.add(self.splitter.cells(parts[0])["urn"].strip())
        shown = ", ".join(sorted(found)[:10])
        more = f" and {len(found) - 10} more" if len(found) > 10 else ""
        return BadCell(
            "urn",
            BadValue(
                f"the file holds {len(found)} schools: {shown}{more}",
                'Name the one to read: --urn NUMBER, or urn = "NUMBER" in agent.toml',
            ),
        )

    def _marker(self, day: Who, half: Who, number: int) -> Marker | None:
        """What writes marks of this session; None when nobody asked for its date."""
        when, which = _session(day, half)
        if not self.wanted.first <= when <= self.wanted.last:
            return None
        return self.into.marker(when, which, file=self.name, row=number)

    def _code(self, written: Who, number: int) -> int:
        code = cell("code", values.code, unquoted(str(written)))
        return self.into.code_index(code, file=self.name, row=number)

    def _late(self, parts: Sequence[Who], position: int, mark: Marker | None) -> None:
        """Minutes late stand beside L or U; beside another code they are counted and left."""
        _, day, half, code, written = parts
        minutes = cell("minutes_late", values.minutes, unquoted(str(written)))
        if not minutes or mark is None:
            return
        if unquoted(str(code)).upper() not in LATE_CODES:
            self.counts.minutes_ignored += 1
            return
        self.into.late(position, *_session(day, half), minutes)


def _session(day: Who, half: Who) -> tuple[date, str]:
    return (
        cell("date", values.day, unquoted(str(day))),
        cell("session", values.half, unquoted(str(half))),
    )
