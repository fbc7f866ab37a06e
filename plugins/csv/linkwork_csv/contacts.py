"""contacts.csv: read when somebody is asked for, and only for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from linkwork.plugin import Contact, PupilContacts
from linkwork_csv import files, values
from linkwork_csv.values import BadCell, BadValue, cell

COLUMNS = (
    *("pupil_id", "contact_id", "title", "forename", "surname", "relationship"),
    *("parental_responsibility", "lives_with", "address1", "address2", "address3", "town"),
    *("postcode", "phone1", "phone2", "email", "language", "priority"),
    *("do_not_contact", "address_confidential"),
)
REQUIRED = ("pupil_id", "contact_id")
T = TypeVar("T")


def read(path: Path, pupil_ids: Sequence[str]) -> list[PupilContacts]:
    """Contacts of these pupils, in the order asked; a pupil without any has none.

    Siblings are the other pupils of the file who share a contact. Raises BadInput.
    """
    asked = set(pupil_ids)
    contacts: defaultdict[str, list[Contact]] = defaultdict(list)
    sharing: defaultdict[str, set[str]] = defaultdict(set)
    with files.opened(path) as file:
        place = files.columns(file.header, COLUMNS, REQUIRED, path)
        for number, row in enumerate(file.rows, 2):
            if not any(row):
                continue
            try:
                cells = _Cells(row, place)
                pupil_id, contact_id = cells.needed("pupil_id"), cells.needed("contact_id")
                sharing[contact_id].add(pupil_id)
                if pupil_id in asked:
                    contacts[pupil_id].append(_contact(contact_id, cells))
            except BadCell as bad:
                raise bad.at(str(path), number) from bad
    return [_of_one(pupil_id, contacts[pupil_id], sharing) for pupil_id in pupil_ids]


class _Cells:
    """One row by column name. Raises BadCell, which never says what the cell holds."""

    def __init__(self, row: list[str], place: dict[str, int]) -> None:
        self._row, self._place = row, place
        if len(row) != len(place):
            raise BadCell(
                None,
                BadValue(
                    f"the row has {len(row)} cells where the header has {len(place)}",
                    "Put a cell with a comma in it in quotation marks",
                ),
            )

    def parsed(self, column: str, parse: Callable[[str], T]) -> T:
        """The cell through `parse`; a column the file lacks is an empty cell."""
        at = self._place.get(column)
        return cell(column, parse, "" if at is None else self._row[at].strip())

    def text(self, column: str) -> str | None:
        """The cell's text; None when it is empty."""
        return self.parsed(column, values.plain)

    def needed(self, column: str) -> str:
        """The id in a cell that may not be empty."""
        text = self.parsed(column, values.identifier)
        if text is None:
            raise BadCell(column, BadValue("the cell is empty", "Every row needs one"))
        return text


def _contact(contact_id: str, cells: _Cells) -> Contact:
    lines = (cells.text(name) for name in ("address1", "address2", "address3", "town"))
    phones = (cells.text(name) for name in ("phone1", "phone2"))
    return Contact(
        contact_id,
        title=cells.text("title"),
        forename=cells.text("forename"),
        surname=cells.text("surname"),
        relationship=cells.text("relationship"),
        parental_responsibility=cells.parsed("parental_responsibility", values.yes_or_no),
        lives_with=cells.parsed("lives_with", values.yes_or_no),
        address=tuple(line for line in lines if line),
        postcode=cells.text("postcode"),
        phones=tuple(phone for phone in phones if phone),
        email=cells.text("email"),
        language=cells.text("language"),
        priority=cells.parsed("priority", values.minutes),
        do_not_contact=cells.parsed("do_not_contact", values.yes_or_no),
        address_confidential=cells.parsed("address_confidential", values.yes_or_no),
    )


def _of_one(
    pupil_id: str, contacts: list[Contact], sharing: defaultdict[str, set[str]]
) -> PupilContacts:
    in_order = sorted(contacts, key=lambda one: (one.priority is None, one.priority or 0))
    siblings = {other for one in in_order for other in sharing[one.contact_id]} - {pupil_id}
    # The pupil lives where a contact says so. A confidential address stays with its contact,
    # whose flag goes with it everywhere; it is never copied to a place that has no flag.
    home = next((one for one in in_order if one.lives_with and one.address), None)
    if home is not None and home.address_confidential:
        home = None
    return PupilContacts(
        pupil_id,
        tuple(in_order),
        address=home.address if home else (),
        postcode=home.postcode if home else None,
        siblings=tuple(sorted(siblings)),
    )
