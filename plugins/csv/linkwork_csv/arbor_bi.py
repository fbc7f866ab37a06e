"""Arbor's BI extract: marks in one table, pupils and their time on roll in two others.

Source of the table and column names: Arbor's published data-community resources (MIT licence).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import islice

from linkwork_csv import dates, values
from linkwork_csv.dates import Styles
from linkwork_csv.layout import Table
from linkwork_csv.names import plain
from linkwork_csv.pupils import DEMOGRAPHICS
from linkwork_csv.values import BadCell, BadValue, cell
from linkwork_csv.whose import details_of

_ID = {"student unique id": "pupil_id"}
#: Each table: the columns that it is known by, and what those that are read mean.
MARKS = _ID | {
    "raw mark": "code",
    "period": "session",
    "date": "date",
    "minutes late": "minutes_late",
    "application id": "application_id",
}
STUDENTS = _ID | {
    "upn": "upn",
    "legal last name": "surname",
    "legal first name": "forename",
    "date of birth": "date_of_birth",
    "sex": "sex",
    "current year group": "year_group",
    "current registration group": "form",
    "current sen status": "sen",
    "fsm": "fsm",
    "pupil premium": "pupil_premium",
    "in care": "looked_after",
}
ENROLMENTS = _ID | {"start date": "entry_date", "end date": "leaving_date"}
_KNOWN_BY: Mapping[str, frozenset[str]] = {
    "marks": frozenset({"student unique id", "raw mark", "period", "date"}),
    "students": frozenset({"student unique id", "legal last name", "upn"}),
    "enrolments": frozenset({"student unique id", "start date", "end date", "currently on roll"}),
}
_COLUMNS = {"marks": MARKS, "students": STUDENTS, "enrolments": ENROLMENTS}
_DATES = ("date_of_birth", "entry_date", "leaving_date")

#: What the tables beside the marks say of each pupil, by id: several where there are several rows.
Roster = Mapping[str, Sequence[Mapping[str, str]]]


def role_of(table: Table) -> str | None:
    """Which of the extract's tables this is: marks, students, enrolments; None when it is none."""
    with table.rows() as rows:
        titles = {plain(title) for title in next(rows, [])}
    return next((role for role, known in _KNOWN_BY.items() if known <= titles), None)


def roster(tables: Sequence[tuple[Table, str]]) -> Roster:
    """Details of pupils from the tables of students and enrolments. Raises BadInput."""
    found: defaultdict[str, list[Mapping[str, str]]] = defaultdict(list)
    for table, role in tables:
        columns = _COLUMNS[role]
        with table.rows() as rows:
            names = [columns.get(plain(title)) for title in next(rows, [])]
        style = _style(table, names)
        with table.rows() as rows:
            for number, row in enumerate(islice(rows, 1, None), 2):
                if not any(row):
                    continue
                try:
                    pupil_id, details = _row(names, row, style)
                except BadCell as bad:
                    raise table.refuse(
                        str(bad.error), bad.error.remedy, row=number, column=bad.column
                    ) from bad
                found[pupil_id].append(details)
    return found


def _style(table: Table, names: Sequence[str | None]) -> str:
    styles = Styles()
    with table.rows() as rows:
        for number, row in enumerate(islice(rows, 1, None), 2):
            styles.see_all(
                (text, number) for name, text in zip(names, row, strict=False) if name in _DATES
            )
    if styles.cells and styles.decided is None:
        raise table.refuse(
            "whether the day or the month comes first in the dates cannot be told",
            "Export the extract with dates as YYYY-MM-DD, as Arbor writes them",
        )
    return styles.decided or "iso"


def _row(names: Sequence[str | None], row: list[str], style: str) -> tuple[str, dict[str, str]]:
    if len(row) != len(names):
        problem = f"the row has {len(row)} cells where the header has {len(names)}"
        raise BadCell(None, BadValue(problem, "Export the extract again"))
    cells = {name: text for name, text in zip(names, row, strict=True) if name}
    pupil_id = cell("pupil_id", values.identifier, cells.pop("pupil_id").strip())
    if pupil_id is None:
        raise BadCell("pupil_id", BadValue("the cell is empty", "Export the extract again"))
    details = details_of(cells)
    for name in DEMOGRAPHICS.keys() & details.keys():
        try:
            details[name] = DEMOGRAPHICS[name](details[name]) or ""
        except BadValue:
            # Told of nobody, and no reason to refuse who the pupil is.
            details[name] = ""
    for name in _DATES:
        if details.get(name):
            found = cell(name, lambda text: dates.day(text, style), details[name])
            details[name] = found.isoformat()
    return pupil_id, details
