"""Importing terms, days off and staff."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from linkwork_hub.access import account_store, store
from linkwork_hub.access.csv_files import CsvRow, read_csv
from linkwork_hub.access.import_plan import Plan, Step, make_plan, place_of
from linkwork_hub.access.import_schools import urn_of
from linkwork_hub.access.models import SLOTS, TERM_KINDS, Person, Term
from linkwork_hub.db import Role, Scope, Tx

TERM_COLUMNS = ("name", "first", "last", "kind", "urn")
STAFF_COLUMNS = ("email", "name", "role", "latitude", "longitude", "days")
STAFF_ROLES = (Role.OFFICER, Role.MANAGER, Role.FINANCE, Role.HUB_TEAM)


def plan_terms(scope: Scope, db: Tx, path: Path) -> Plan:
    """What importing this file of terms and days off would do. Raises BadInput."""
    rows = read_csv(path, TERM_COLUMNS)
    known = store.every_term(scope, db)
    placed = [(term, "which is known already") for term in known if term.kind == "term"]
    there = {_key(term): term for term in known}

    def one(row: CsvRow) -> list[Step]:
        term = _term(scope, db, row)
        if term.kind == "term":
            _refuse_overlap(row, term, placed)
            placed.append((term, f"row {row.number}"))
        before = there.get(_key(term))
        if before is not None and before.last == term.last:
            return []
        whose = f"URN {row.text('urn')}" if row.text("urn") else "every school"
        words = f"{term.kind} {term.name}, {term.first} to {term.last}, {whose}"
        return [Step(words, lambda scope, db: store.add_term(scope, db, term))]

    return make_plan(rows, one)


def plan_staff(scope: Scope, db: Tx, path: Path) -> Plan:
    """What importing this file of staff would do. Raises BadInput."""
    rows = read_csv(path, STAFF_COLUMNS)
    seen: dict[str, int] = {}

    def one(row: CsvRow) -> list[Step]:
        new = _staff(row)
        if new.email in seen:
            raise row.wrong(
                "email", f"{new.email} stands in row {seen[new.email]} too", "Keep one of them"
            )
        seen[new.email] = row.number
        return _staff_steps(new, store.person_by_email(scope, db, new.email))

    return make_plan(rows, one)


def _term(scope: Scope, db: Tx, row: CsvRow) -> Term:
    first, last = row.needed_day("first"), row.needed_day("last")
    if last < first:
        raise row.wrong("last", f"{last} is before {first}", "Correct one of the dates")
    school_id = None
    if row.text("urn"):
        school = store.school_by_urn(scope, db, urn_of(row, "urn"))
        if school is None:
            raise row.wrong(
                "urn",
                f"no school has URN {row.text('urn')}",
                "Import schools first; leave it empty for every school",
            )
        school_id = school.id
    name = row.needed("name", "what the term or day is called")
    return Term("", name, row.one_of("kind", TERM_KINDS), first, last, school_id)


def _key(term: Term) -> tuple[str, str, str, str | None]:
    return (term.name, term.kind, term.first.isoformat(), term.school_id)


def _refuse_overlap(row: CsvRow, term: Term, placed: list[tuple[Term, str]]) -> None:
    for other, where in placed:
        again = _key(term) == _key(other) and where == "which is known already"
        apart = term.last < other.first or other.last < term.first
        if other.school_id == term.school_id and not again and not apart:
            raise row.wrong("first", f"it overlaps {other.name}, {where}", "Correct the dates")


def _staff(row: CsvRow) -> Person:
    email = row.needed("email", "the address they sign in with").lower()
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
        raise row.wrong("email", f"{email!r} is not an e-mail address", "Correct it")
    days = row.text("days").split()
    for slot in days:
        if slot not in SLOTS:
            raise row.wrong(
                "days", f"{slot!r} is not a half day", f"Write words such as {SLOTS[0]} {SLOTS[1]}"
            )
    latitude, longitude = place_of(row)
    role = Role(row.one_of("role", [role.value for role in STAFF_ROLES]))
    name = row.needed("name", "the person's name")
    kept = tuple(slot for slot in SLOTS if slot in days)
    return Person("", email, name, role, True, frozenset(), kept, latitude, longitude)


def _staff_steps(new: Person, known: Person | None) -> list[Step]:
    if known is None:
        return [Step(f"new {new.role.value} {new.name}", _adder(new))]
    changed = replace(new, id=known.id, schools=known.schools, active=known.active)
    if changed == known:
        return []
    return [Step(f"changed {new.role.value} {new.name}", _changer(changed))]


def _adder(new: Person) -> Callable[[Scope, Tx], None]:
    def add(scope: Scope, db: Tx) -> None:
        account_store.add_person(scope, db, new, password="")

    return add


def _changer(person: Person) -> Callable[[Scope, Tx], None]:
    return lambda scope, db: account_store.change_person(scope, db, person)
