"""Importing cases an authority worked on before Linkwork: planned first, whole or not at all."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from linkwork_hub.access import store as access
from linkwork_hub.access.csv_files import CsvRow, read_csv
from linkwork_hub.access.import_plan import Plan, Reading, Step, make_plan
from linkwork_hub.access.import_schools import urn_of
from linkwork_hub.cases import store
from linkwork_hub.cases.models import Case, Door, ImportedCase
from linkwork_hub.db import Scope, Tx

CASE_COLUMNS = ("case_ref", "urn", "opened", "closed")


def plan_cases(scope: Scope, db: Tx, path: Path) -> Plan:
    """What importing this file of cases would do. Raises BadInput for a file that is no CSV."""
    rows = read_csv(path, CASE_COLUMNS)
    seen: dict[str, int] = {}
    schools: dict[str, str] = {}

    def one(row: CsvRow) -> list[Step]:
        given = _case(row, db.today)
        if given.ref in seen:
            problem = f"{given.ref} stands in row {seen[given.ref]} too"
            raise row.wrong("case_ref", problem, "Keep one of them")
        seen[given.ref] = row.number
        school_id = schools.get(given.urn) or _school_of(scope, db, row, given.urn)
        schools[given.urn] = school_id
        known = store.case_by_ref(scope, db, given.ref)
        return _steps(row, given, school_id, known)

    return make_plan(rows, one)


def _case(row: CsvRow, today: date) -> ImportedCase:
    reading = Reading()
    ref = reading.part(lambda: row.needed("case_ref", "the reference the case is known by"), "")
    urn = reading.part(lambda: urn_of(row, "urn"), "")
    opened = reading.part(lambda: _opened(row, today), date.min)
    closed = reading.part(lambda: _closed(row, opened, today), None)
    reading.done()
    return ImportedCase(row.number, ref, urn, opened, closed)


def _opened(row: CsvRow, today: date) -> date:
    opened = row.needed_day("opened")
    if opened > today:
        raise row.wrong("opened", f"{opened} is in the future", "Correct the date")
    return opened


def _closed(row: CsvRow, opened: date, today: date) -> date | None:
    closed = row.day("closed")
    if closed is not None and closed < opened:
        raise row.wrong("closed", f"{closed} is before {opened}", "Correct one of the dates")
    if closed is not None and closed > today:
        raise row.wrong("closed", f"{closed} is in the future", "Leave it empty until it is closed")
    return closed


def _school_of(scope: Scope, db: Tx, row: CsvRow, urn: str) -> str:
    school = access.school_by_urn(scope, db, urn)
    if school is None:
        raise row.wrong("urn", f"no school has URN {urn}", "Import schools first")
    return school.id


def _steps(row: CsvRow, given: ImportedCase, school_id: str, known: Case | None) -> list[Step]:
    ref, opened, closed = given.ref, given.opened, given.closed
    if known is None:
        until = f"to {closed}" if closed else "still open"
        return [
            Step(
                f"case {ref}, URN {given.urn}, {opened} {until}",
                lambda scope, db: store.add_imported(scope, db, school_id, ref, opened, closed),
            )
        ]
    _refuse_other(row, given, school_id, known)
    if closed is None or known.closed == closed:
        return []
    close = closed
    return [
        Step(
            f"case {ref} closed {close}",
            lambda scope, db: store.close_imported(scope, db, known.id, close),
        )
    ]


def _refuse_other(row: CsvRow, given: ImportedCase, school_id: str, known: Case) -> None:
    """A reference that is known must be the same case, and one that came by import."""
    if known.door is not Door.IMPORTED:
        problem, remedy = f"{given.ref} was opened in Linkwork", "Remove the row"
        raise row.wrong("case_ref", problem, remedy)
    if known.school_id != school_id:
        problem = f"{given.ref} is known at another school"
        raise row.wrong("urn", problem, "Correct the URN or the reference")
    if known.opened != given.opened:
        problem = f"{given.ref} is known as opened on {known.opened}"
        raise row.wrong("opened", problem, "Correct the date or the reference")
    if known.closed is not None and given.closed is not None and known.closed != given.closed:
        problem = f"{given.ref} is known as closed on {known.closed}"
        raise row.wrong("closed", problem, "Correct the date; a closing is not changed by import")
