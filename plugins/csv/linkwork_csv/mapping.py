"""Rows of a canonical register to pupils and marks. The loop over rows does nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from operator import itemgetter
from typing import TYPE_CHECKING

from linkwork.register import Marker, RegisterBuilder
from linkwork_csv import values
from linkwork_csv.pupils import PupilDetails
from linkwork_csv.values import BadCell, BadValue, cell

if TYPE_CHECKING:
    from linkwork_csv.files import Rows

Row = list[str]

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
)
COLUMNS = ("pupil_id", *DETAILS, "date", "session", "code", "minutes_late", "urn")
REQUIRED = ("pupil_id", "date", "session", "code")
#: Up to this many cells a tuple, which can be a dictionary's key; more are cut out as a list.
_FEW = 2
LATE_CODES = frozenset({"L", "U"})


@dataclass
class Counts:
    """What became of a file's rows, the header left out: each is used or stands under a reason."""

    rows: int = 0
    outside: int = 0
    blank: int = 0
    other_school: int = 0
    minutes_ignored: int = 0

    @property
    def used(self) -> int:
        """Rows that gave a mark, or said that there is none."""
        return self.rows - self.outside - self.blank - self.other_school


@dataclass
class Wanted:
    """Which rows give marks: of `first`..`last`, and of school `urn` where a file names one.

    `urn` None means any, as long as it is one: the first met is then held to.
    """

    first: date
    last: date
    urn: str | None = None
    urns_met: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.named = self.urn is not None


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
        self.name, self.place, self.wanted = name, place, wanted
        self.pupils, self.into = pupils, into
        self.counts = Counts()
        self._body: Rows = iter(())

    def read(self, body: Rows) -> Counts:
        """Add every row's mark. Raises BadInput naming file, row, column and remedy."""
        place, counts = self.place, self.counts
        pupil_at, code_at, width = place["pupil_id"], place["code"], len(place)
        minutes_at, urn_at, urn = place.get("minutes_late"), place.get("urn"), self.wanted.urn
        details, session = _picker(place, DETAILS), _picker(place, ("date", "session"))
        pupils: dict[str, tuple[object, int]] = {}
        markers: dict[object, Marker | None] = {}
        codes: dict[str, int] = {}
        number = 1
        self._body = body
        try:
            for number, row in enumerate(body, 2):
                if len(row) != width or (urn_at is not None and row[urn_at] != urn):
                    if self._has_no_mark(row):
                        continue
                    urn = self.wanted.urn
                pupil = row[pupil_at]
                detail = details(row)
                known = pupils.get(pupil)
                if known is None or known[0] != detail:
                    position = self._meet(row)
                    if position is None:
                        continue
                    known = pupils[pupil] = (detail, position)
                when = session(row)
                if when not in markers:
                    markers[when] = self._marker(row)
                mark = markers[when]
                if mark is None:
                    counts.outside += 1
                    continue
                code = row[code_at]
                index = codes.get(code)
                if index is None:
                    index = codes[code] = self._code(code, number)
                mark(known[1], index, number)
                if minutes_at is not None and row[minutes_at]:
                    self._minutes(row, known[1])
        except BadCell as bad:
            raise bad.at(self.name, number) from bad
        counts.rows = number - 1
        return counts

    def _has_no_mark(self, row: Row) -> bool:
        """Whether a row is blank or another school's; refuses one of the wrong width."""
        if not any(cell.strip() for cell in row):
            self.counts.blank += 1
            return True
        width = len(self.place)
        if len(row) != width:
            raise BadCell(
                None,
                BadValue(
                    f"the row has {len(row)} cells where the header has {width}",
                    "Look for a comma inside a cell (put the cell in quotation marks) or for a "
                    "row cut short",
                ),
            )
        return "urn" in self.place and not self._is_of_this_school(row[self.place["urn"]].strip())

    def _is_of_this_school(self, urn: str) -> bool:
        wanted = self.wanted
        if not urn.isdigit():
            raise BadCell(
                "urn",
                BadValue(f"the URN looks like {values.shape(urn)}", "Write the school's URN"),
            )
        wanted.urns_met.add(urn)
        if wanted.urn is None:
            wanted.urn = urn
        if urn == wanted.urn:
            return True
        if not wanted.named:
            raise self._several_schools()
        self.counts.other_school += 1
        return False

    def _several_schools(self) -> BadCell:
        at, width = self.place["urn"], len(self.place)
        rest = {row[at].strip() for row in self._body if len(row) == width}
        found = sorted((self.wanted.urns_met | rest) - {""})
        shown = ", ".join(found[:10]) + (f" and {len(found) - 10} more" if found[10:] else "")
        return BadCell(
            "urn",
            BadValue(
                f"the file holds {len(found)} schools: {shown}",
                "Name the one to read with the option urn",
            ),
        )

    def _meet(self, row: Row) -> int | None:
        """Details not seen before: a pupil's first row, or one unlike its last. Its place.

        None for a blank row, which spreadsheets leave at the end.
        """
        pupil_id = cell("pupil_id", values.plain, row[self.place["pupil_id"]])
        if pupil_id is None:
            if self._has_no_mark(row):
                return None
            raise BadCell("pupil_id", BadValue("the cell is empty", "Every row needs one"))
        cells = {name: row[at] for name in DETAILS if (at := self.place.get(name)) is not None}
        self.pupils.add(pupil_id, cells)
        return self.into.place(pupil_id)

    def _code(self, written: str, number: int) -> int:
        code = cell("code", values.code, written.strip())
        return self.into.code_index(code, file=self.name, row=number)

    def _marker(self, row: Row) -> Marker | None:
        """What writes marks of this row's session; None when nobody asked for its date."""
        day, half = self._session(row)
        if not self.wanted.first <= day <= self.wanted.last:
            return None
        return self.into.marker(day, half, file=self.name)

    def _session(self, row: Row) -> tuple[date, str]:
        return (
            cell("date", values.day, row[self.place["date"]].strip()),
            cell("session", values.half, row[self.place["session"]].strip()),
        )

    def _minutes(self, row: Row, position: int) -> None:
        """Minutes late stand beside L or U; beside another code they are counted and left."""
        minutes = cell("minutes_late", values.minutes, row[self.place["minutes_late"]].strip())
        if not minutes:
            return
        if row[self.place["code"]].strip().upper() not in LATE_CODES:
            self.counts.minutes_ignored += 1
            return
        self.into.late(position, *self._session(row), minutes)


def _picker(place: Mapping[str, int], names: tuple[str, ...]) -> Callable[[Row], object]:
    """The named cells of a row, compared and hashed as one; columns a file lacks are left out.

    Many columns that stand together are cut out as one slice, which is twice as fast.
    """
    at = [place[name] for name in names if name in place]
    if not at:
        return lambda _row: None
    if at == list(range(at[0], at[0] + len(at))) and len(at) > _FEW:
        return itemgetter(slice(at[0], at[0] + len(at)))
    return itemgetter(*at)
