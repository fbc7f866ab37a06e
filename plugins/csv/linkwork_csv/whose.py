"""Who a row is of: the pupil's id and details as the canonical files have them."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from linkwork.register import RegisterBuilder
from linkwork_csv import dates, values
from linkwork_csv.layout import Header, Layout
from linkwork_csv.mapping import OF_SCHOOLS, OTHER_SCHOOL, Wanted
from linkwork_csv.names import DETAILS, IDS, place_of
from linkwork_csv.pupils import DEMOGRAPHICS, PupilDetails
from linkwork_csv.values import BadCell, BadValue, cell

T = TypeVar("T")


class Whose:
    """Takes the pupil's side of a table's rows. One a table."""

    def __init__(
        self,
        header: Header,
        layout: Layout,
        wanted: Wanted,
        pupils: PupilDetails,
        into: RegisterBuilder,
        roster: Mapping[str, Sequence[Mapping[str, str]]],
    ) -> None:
        self._roster = roster
        self._place, self._style = header.place, layout.dates
        self.wanted, self._pupils, self._into = wanted, pupils, into
        self.id_of = next(name for name in IDS if name in header.place)
        self._schools = [(name, at) for name, at in header.place.items() if name in OF_SCHOOLS]
        self.columns = [
            at for name, at in header.place.items() if name in {self.id_of, *OF_SCHOOLS, *DETAILS}
        ]
        #: Details that could not be read and are left unknown: by column, with the first row.
        self.unread: Counter[str] = Counter()
        self.first_unread: dict[str, int] = {}
        self._digits: dict[int, str] = {}

    def position(self, row: list[str], number: int) -> int:
        """The pupil's place in the register, or OTHER_SCHOOL.

        Raises BadCell for a row that does not say whose it is, and Conflict where two rows say
        what no child can have both.
        """
        if not self._is_of_this_school(row):
            self.wanted.ids_elsewhere.add(row[self._place[self.id_of]].strip())
            return OTHER_SCHOOL
        pupil_id = self._id(row)
        self.wanted.ids_here.add(pupil_id)
        details = self._details(row, number)
        try:
            self._pupils.add(pupil_id, details)
            for beside in self._roster.get(pupil_id, ()):
                self._pupils.add(pupil_id, beside)
        except BadCell as bad:
            raise Conflict(bad.column, bad.error) from bad
        return self._into.place(pupil_id)

    def warn(self) -> None:
        """Say which details are left unknown."""
        for column, count in sorted(self.unread.items()):
            at = place_of(self._place[column])
            self._into.warn(
                f"{column} could not be read for {count} pupil{'' if count == 1 else 's'} (column "
                f"{at}, first in row {self.first_unread[column]}): it is left unknown"
            )

    def _id(self, row: list[str]) -> str:
        text = cell(self.id_of, values.identifier, row[self._place[self.id_of]].strip())
        if text is None:
            raise BadCell(
                self.id_of,
                BadValue(
                    "the id is empty; in a sheet with merged cells only the first row keeps it",
                    "Take the merged cells apart in the export, so that every row has its id",
                ),
            )
        if text.isascii() and text.isdigit() and self._digits.setdefault(int(text), text) != text:
            raise Conflict(
                self.id_of,
                BadValue(
                    "the same number stands here with and without leading zeros: Excel lost them",
                    "Format the column as text before the ids go in, and export again",
                ),
            )
        return text.upper() if self.id_of == "upn" else text

    def _details(self, row: list[str], number: int) -> dict[str, str]:
        def text(name: str) -> str:
            at = self._place.get(name)
            return "" if at is None else _clean(row[at])

        def known(name: str, parse: Callable[[str], str]) -> str:
            try:
                return parse(text(name))
            except BadValue:
                self.unread[name] += 1
                self.first_unread.setdefault(name, number)
                return ""

        def day(written: str) -> str:
            found = dates.optional_day(written, self._style)
            return found.isoformat() if found else ""

        cells = {
            "upn": known("upn", lambda written: values.identifier(written) or ""),
            "surname": text("surname"),
            "forename": text("forename"),
            "form": text("form"),
            "sex": known("sex", lambda written: values.sex(written) or ""),
            "mode": known("mode", lambda written: values.mode(written) or ""),
            "year_group": known("year_group", lambda written: values.year_group(written) or ""),
            **{name: known(name, _or_empty(parse)) for name, parse in DEMOGRAPHICS.items()},
            **{name: known(name, day) for name in ("date_of_birth", "entry_date", "leaving_date")},
        }
        if not cells["surname"]:
            surname, _, forename = text("full_name").partition(",")
            cells |= {"surname": surname.strip(), "forename": cells["forename"] or forename.strip()}
        return cells

    def _is_of_this_school(self, row: list[str]) -> bool:
        # Every column is looked at, also after a no, so that all schools are met.
        return not {self.wanted.takes(name, row[at]) for name, at in self._schools} - {True}


def _or_empty(parse: Callable[[str], str | None]) -> Callable[[str], str]:
    return lambda text: parse(text) or ""


class Conflict(BadCell):
    """What may not stand beside the rest of the file: nothing of it is safe to use."""


def details_of(cells: Mapping[str, str]) -> dict[str, str]:
    """Cleaned details, for sources that are no table."""
    return {name: _clean(text) for name, text in cells.items()}


def _clean(text: str) -> str:
    """One line, with accents in one form: é is one sign whoever wrote it."""
    return unicodedata.normalize("NFC", " ".join(text.split()))
