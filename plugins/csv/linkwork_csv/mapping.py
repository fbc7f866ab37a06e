"""Rows of a canonical register to pupils and marks. The loop over rows does nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from operator import itemgetter
from typing import TYPE_CHECKING, TypeVar

from linkwork.errors import BadInput
from linkwork.register import Marker, RegisterBuilder
from linkwork_csv import values
from linkwork_csv.pupils import BadCell, PupilDetails
from linkwork_csv.values import BadValue

if TYPE_CHECKING:
    from linkwork_csv.files import Rows

T = TypeVar("T")
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
LATE_CODES = frozenset({"L", "U"})


@dataclass
class Counts:
    """What became of a file's rows. Together they are all of its rows; the rest was refused."""

    used: int = 0
    outside: int = 0
    blank: int = 0
    other_school: int = 0
    minutes_ignored: int = 0

    @property
    def rows(self) -> int:
        """Every row after the header."""
        return self.used + self.outside + self.blank + self.other_school


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
        self._number = 1
        self._body: Rows = iter(())
        self._places: dict[str, int] = {}
        self._markers: dict[object, Marker | None] = {}
        self._codes: dict[str, str] = {}

    def read(self, body: Rows) -> Counts:
        """Add every row's mark. Raises BadInput naming file, row, column and remedy."""
        place, counts = self.place, self.counts
        pupil_at, code_at = place["pupil_id"], place["code"]
        minutes_at = place.get("minutes_late")
        details = _picker(place, DETAILS)
        session = _picker(place, ("date", "session"))
        seen: dict[str, object] = {}
        places, markers, codes = self._places, self._markers, self._codes
        self._body, width = body, len(place)
        urn_at, urn = place.get("urn"), self.wanted.urn
        for self._number, row in enumerate(body, 2):
            if (
                len(row) != width
                or not row[pupil_at]
                or (urn_at is not None and row[urn_at] != urn)
            ):
                if self._has_no_mark(row):
                    continue
                urn = self.wanted.urn
            pupil = row[pupil_at]
            detail = details(row)
            if pupil not in seen or seen[pupil] != detail:
                self._meet(pupil, row)
                seen[pupil] = detail
            when = session(row)
            if when not in markers:
                markers[when] = self._marker(row)
            mark = markers[when]
            if mark is None:
                counts.outside += 1
                continue
            written = row[code_at]
            if written not in codes:
                codes[written] = self._cell("code", values.code, written)
            mark(places[pupil], codes[written], self._number)
            counts.used += 1
            if minutes_at is not None and row[minutes_at]:
                self._minutes(row)
        return counts

    def _has_no_mark(self, row: Row) -> bool:
        """Whether a row is blank or another school's; refuses one of the wrong width."""
        if not any(cell.strip() for cell in row):
            self.counts.blank += 1
            return True
        width = len(self.place)
        if len(row) != width:
            raise self._refuse(
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
            raise self._refuse(
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

    def _several_schools(self) -> BadInput:
        at, width = self.place["urn"], len(self.place)
        rest = {row[at].strip() for row in self._body if len(row) == width}
        found = sorted((self.wanted.urns_met | rest) - {""})
        shown = ", ".join(found[:10]) + (f" and {len(found) - 10} more" if found[10:] else "")
        return BadInput(
            f"the file holds {len(found)} schools: {shown}",
            remedy="Name the one to read with the option urn",
            file=self.name,
            row=self._number,
            column="urn",
        )

    def _meet(self, pupil: str, row: Row) -> None:
        """Details not seen before: a pupil's first row, or one that differs from its last."""
        pupil_id = self._cell("pupil_id", values.plain, pupil)
        if pupil_id is None:
            raise self._refuse("pupil_id", BadValue("the cell is empty", "Every row needs one"))
        cells = {name: row[at] for name in DETAILS if (at := self.place.get(name)) is not None}
        try:
            self.pupils.add(pupil_id, cells)
        except BadCell as bad:
            raise self._refuse(bad.column, bad.error) from bad
        self._places[pupil] = self.into.place(pupil_id)

    def _marker(self, row: Row) -> Marker | None:
        """What writes marks of this row's session; None when nobody asked for its date."""
        day = self._cell("date", values.day, row[self.place["date"]].strip())
        half = self._cell("session", values.half, row[self.place["session"]].strip())
        if not self.wanted.first <= day <= self.wanted.last:
            return None
        return self.into.marker(day, half, file=self.name)

    def _minutes(self, row: Row) -> None:
        """Minutes late stand beside L or U; beside another code they are counted and left."""
        minutes = self._cell(
            "minutes_late", values.minutes, row[self.place["minutes_late"]].strip()
        )
        if not minutes:
            return
        if self._codes[row[self.place["code"]]] not in LATE_CODES:
            self.counts.minutes_ignored += 1
            return
        day = values.day(row[self.place["date"]].strip())
        half = values.half(row[self.place["session"]].strip())
        self.into.late(self._places[row[self.place["pupil_id"]]], day, half, minutes)

    def _cell(self, column: str, parse: Callable[[str], T], text: str) -> T:
        try:
            return parse(text)
        except BadValue as error:
            raise self._refuse(column, error) from error

    def _refuse(self, column: str | None, error: BadValue) -> BadInput:
        return BadInput(
            str(error), remedy=error.remedy, file=self.name, row=self._number, column=column
        )


def _picker(place: Mapping[str, int], names: tuple[str, ...]) -> Callable[[Row], object]:
    """The named cells of a row, compared and hashed as one; columns a file lacks are left out.

    Columns that stand together in the file are cut out as one slice, which is twice as fast.
    """
    at = [place[name] for name in names if name in place]
    if not at:
        return lambda _row: None
    return itemgetter(*at)
