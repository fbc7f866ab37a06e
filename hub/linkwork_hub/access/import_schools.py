"""Importing schools: new ones, new facts of known ones, conversions, link officers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

from linkwork_hub.access import store
from linkwork_hub.access.csv_files import CsvRow, read_csv
from linkwork_hub.access.import_plan import Plan, Reading, Step, make_plan, place_of
from linkwork_hub.access.models import SCHOOL_TYPES, Person, School, SchoolFacts
from linkwork_hub.db import Role, Scope, Tx

COLUMNS = (
    "urn",
    "name",
    "school_type",
    "phase",
    "roll",
    "roll_date",
    "link_officer",
    "latitude",
    "longitude",
)
#: The optional column that says why a school goes from one link officer to another.
WHY = "link_officer_why"
PHASES = ("nursery", "primary", "secondary", "all-through", "special", "pru", "16-plus")


def plan_schools(scope: Scope, db: Tx, path: Path) -> Plan:
    """What importing this file of schools would do. Raises BadInput when it cannot be read."""
    rows = read_csv(path, COLUMNS, ("predecessor_urn", "from", WHY))
    seen: dict[str, int] = {}

    def one(row: CsvRow) -> list[Step]:
        reading = Reading()
        urn = reading.part(lambda: _urn_once(row, seen), "")
        facts = _facts(row, urn, db.today, reading)
        officer = reading.part(lambda: _officer(scope, db, row), None)
        reading.done()
        return _steps(scope, db, row, facts, officer)

    return make_plan(rows, one)


def _urn_once(row: CsvRow, seen: dict[str, int]) -> str:
    urn = urn_of(row, "urn")
    if seen.setdefault(urn, row.number) != row.number:
        told = f"URN {urn} stands in row {seen[urn]} too"
        raise row.wrong("urn", told, "Give each school its own URN")
    return urn


def urn_of(row: CsvRow, column: str) -> str:
    """A school's number from a cell. Raises BadInput when it cannot be one."""
    urn = row.needed(column, "the school's number")
    if not re.fullmatch(r"\d{5,7}", urn, re.ASCII):
        raise row.wrong(column, f"{urn!r} is not a URN", "Write its six digits")
    return urn


def _roll(row: CsvRow) -> int | None:
    roll = row.text("roll")
    if roll and not (roll.isascii() and roll.isdigit() and len(roll) < 6):
        raise row.wrong(
            "roll", f"{roll!r} is not a number of pupils", "Write a whole number, 0 or more"
        )
    return int(roll) if roll else None


def _counted_on(row: CsvRow) -> date | None:
    counted = row.day("roll_date")
    if row.text("roll") and counted is None:
        raise row.wrong("roll_date", "the roll has no date", "Write the day it was counted")
    return counted


def _facts(row: CsvRow, urn: str, today: date, reading: Reading) -> SchoolFacts:
    """What a row says of a school; its mistakes are kept in `reading`."""
    part = reading.part
    roll_date = part(lambda: _counted_on(row), None)
    latitude, longitude = part(lambda: place_of(row), (None, None))
    return SchoolFacts(
        school_id="",
        from_day=part(lambda: row.day("from"), None) or roll_date or today,
        urn=urn,
        name=part(lambda: row.needed("name", "the school's name"), ""),
        school_type=part(lambda: row.one_of("school_type", SCHOOL_TYPES), ""),
        phase=part(lambda: row.one_of("phase", PHASES), ""),
        roll=part(lambda: _roll(row), None),
        roll_date=roll_date,
        latitude=latitude,
        longitude=longitude,
    )


def _steps(
    scope: Scope, db: Tx, row: CsvRow, facts: SchoolFacts, officer: Person | None
) -> list[Step]:
    known = store.school_by_urn(scope, db, facts.urn) or _predecessor(scope, db, row)
    title = f"{facts.urn} {facts.name}"
    if known is None:
        return [Step(f"new school {title}", _adder(facts, officer))]
    newest = store.all_facts(scope, db, known.id)[-1]
    steps = []
    following = _following(row, facts, newest, db.today)
    if following is not None:
        words = f"{title}: new facts from {following.from_day.isoformat()}"
        steps.append(Step(words, _changer(known.id, following)))
    if officer is not None and officer.id != known.link_officer:
        link = _linker(known.id, officer.id, _why(row, known))
        steps.append(Step(f"{title}: link officer {officer.name}", link))
    return steps


def _why(row: CsvRow, known: School) -> str:
    """Why a school that has a link officer gets another."""
    why = row.text(WHY)
    if known.link_officer is not None and not why:
        raise row.wrong(
            WHY,
            f"{known.name} gets another link officer without a reason",
            f"Write the reason in the column {WHY}",
        )
    return why


def _predecessor(scope: Scope, db: Tx, row: CsvRow) -> School | None:
    if not row.text("predecessor_urn"):
        return None
    before = urn_of(row, "predecessor_urn")
    known = store.school_by_urn(scope, db, before)
    if known is None:
        raise row.wrong(
            "predecessor_urn", f"no school has URN {before}", "Import that school first"
        )
    if row.day("from") is None:
        raise row.wrong("from", "the new URN has no first day", "Write the day it began")
    return known


def _following(row: CsvRow, new: SchoolFacts, old: SchoolFacts, today: date) -> SchoolFacts | None:
    """The facts to add after `old`, the newest known; None when nothing changed."""
    if new.urn != old.urn and not row.text("predecessor_urn"):
        raise row.wrong("urn", f"this school is now URN {old.urn}", "Use its present URN")
    if new.urn == old.urn and new.school_type != old.school_type:
        raise row.wrong(
            "school_type",
            f"URN {new.urn} is {old.school_type} until now",
            "A conversion has a new URN: give it, with predecessor_urn and from",
        )
    kept = replace(new, laestab=old.laestab, trust=old.trust, payer=old.payer)
    before = replace(old, school_id="", from_day=new.from_day)
    if kept == before:
        return None
    # A new count holds from the day it was counted; anything else from the day it was told.
    counted = replace(kept, roll=old.roll, roll_date=old.roll_date) == before
    from_day = row.day("from") or (kept.roll_date if counted else None) or today
    return replace(kept, from_day=from_day)


def _officer(scope: Scope, db: Tx, row: CsvRow) -> Person | None:
    email = row.text("link_officer")
    if not email:
        return None
    person = store.person_by_email(scope, db, email)
    if person is None or person.role != Role.OFFICER or not person.active:
        raise row.wrong(
            "link_officer",
            f"{email!r} is not an officer with a sign-in",
            "Import staff first, or leave it empty",
        )
    return person


def _adder(facts: SchoolFacts, officer: Person | None) -> Callable[[Scope, Tx], None]:
    def add(scope: Scope, db: Tx) -> None:
        school_id = store.add_school(scope, db, facts)
        if officer is not None:
            store.set_link_officer(scope, db, school_id, officer.id)

    return add


def _changer(school_id: str, facts: SchoolFacts) -> Callable[[Scope, Tx], None]:
    return lambda scope, db: store.put_facts(scope, db, school_id, facts)


def _linker(school_id: str, person_id: str, why: str) -> Callable[[Scope, Tx], None]:
    def link(scope: Scope, db: Tx) -> None:
        store.set_link_officer(scope, db, school_id, person_id)
        said = f"{person_id}: {why}" if why else person_id
        store.audit(scope, db, "changed link officer", "school", school_id, why=said)

    return link
