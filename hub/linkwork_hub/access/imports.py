"""Importing terms, days off and staff."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path

from linkwork import terms as calendar
from linkwork.errors import BadInput
from linkwork_hub.access import account_store, store
from linkwork_hub.access.csv_files import CsvRow, read_csv
from linkwork_hub.access.import_plan import Plan, Reading, Step, make_plan, place_of
from linkwork_hub.access.import_schools import urn_of
from linkwork_hub.access.models import SLOTS, TERM_KINDS, Person, Term
from linkwork_hub.db import Role, Scope, Tx

TERM_COLUMNS = ("name", "first", "last", "kind", "urn")
#: "yes" in a row takes the entry out that it repeats.
WITHDRAWN = "withdrawn"
STAFF_COLUMNS = ("email", "name", "role", "latitude", "longitude", "days")
STAFF_ROLES = (Role.OFFICER, Role.MANAGER, Role.FINANCE, Role.HUB_TEAM, Role.HEALTH_NEEDS)


def plan_terms(scope: Scope, db: Tx, path: Path) -> Plan:
    """What importing this file of terms and days off would do. Raises BadInput."""
    rows = read_csv(path, TERM_COLUMNS, (WITHDRAWN,))
    known = store.every_term(scope, db)
    given = _sound_terms(scope, db, rows)
    out = _withdrawn(rows, given, known)
    staying = {number: term for number, term in given.items() if number not in out}
    corrected = _corrected(staying, [old for old in known if old not in out.values()])
    gone = {old.id for wrong in (*corrected.values(), out.values()) for old in wrong}
    there = {_span(term): term for term in known if term.id not in gone}
    placed = [(term, f"known already from {term.first} to {term.last}") for term in there.values()]

    def one(row: CsvRow) -> list[Step]:
        term = _term(scope, db, row)
        if _is_withdrawn(row):
            return [_withdrawal(row, term, out.get(row.number))]
        same = there.get(_span(term))
        _refuse_overlap(row, term, [(other, at) for other, at in placed if other is not same])
        placed.append((term, f"row {row.number}"))
        return [] if same is not None else [_term_step(row, term, corrected.get(row.number, []))]

    return make_plan(rows, one)


def plan_staff(scope: Scope, db: Tx, path: Path) -> Plan:
    """What importing this file of staff would do. Raises BadInput."""
    rows = read_csv(path, STAFF_COLUMNS)
    seen: dict[str, int] = {}

    def one(row: CsvRow) -> list[Step]:
        new = _staff(row)
        if new.email in seen:
            told = f"{new.email} stands in row {seen[new.email]} too"
            raise row.wrong("email", told, "Keep one of them")
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


def _sound_terms(scope: Scope, db: Tx, rows: Iterable[CsvRow]) -> dict[int, Term]:
    """The entries of the rows without a mistake, by row number; `plan_terms` names the others."""
    found = {}
    for row in rows:
        with suppress(BadInput):
            found[row.number] = _term(scope, db, row)
    return found


def _is_withdrawn(row: CsvRow) -> bool:
    said = row.text(WITHDRAWN)
    if said not in ("", "yes"):
        remedy = "Write yes to take the entry out, or leave the cell empty"
        raise row.wrong(WITHDRAWN, f"{said!r} is not yes", remedy)
    return bool(said)


def _withdrawn(
    rows: Iterable[CsvRow], given: Mapping[int, Term], known: Iterable[Term]
) -> dict[int, Term]:
    """For each sound row that takes a known entry out, which: the one it repeats."""
    there = {_span(old): old for old in known}
    asked = [row.number for row in rows if row.text(WITHDRAWN) == "yes" and row.number in given]
    spans = {number: _span(given[number]) for number in asked}
    return {number: there[span] for number, span in spans.items() if span in there}


def _withdrawal(row: CsvRow, term: Term, known: Term | None) -> Step:
    if known is None:
        raise row.wrong(
            WITHDRAWN,
            f"no {term.kind} {term.name} from {term.first} to {term.last} is known there",
            "Repeat the entry as it was imported, or leave the row out",
        )
    words = f"takes out {term.kind} {term.name}, {term.first} to {term.last}, {_whose(row)}"
    return Step(words, lambda scope, db: store.withdraw_terms(scope, db, [known]))


def _corrected(given: Mapping[int, Term], known: Sequence[Term]) -> dict[int, list[Term]]:
    """For each row that corrects known entries, which. An entry is corrected by one row at most.

    What the file repeats as it is known stays: a second Autumn in the file is another term.
    """
    repeated = {_span(term) for term in given.values()}
    free = [old for old in known if _span(old) not in repeated]
    there = {_span(old) for old in known}
    found: dict[int, list[Term]] = {}
    for number, term in given.items():
        if _span(term) in there:
            continue
        mine = [old for old in free if old.school_id == term.school_id]
        found[number] = calendar.stands_for(term, mine)
        free = [old for old in free if old not in found[number]]
    return found


def _term_step(row: CsvRow, term: Term, wrong: Sequence[Term]) -> Step:
    whose = _whose(row)
    dates = f"{term.first} to {term.last}"
    if not wrong:
        words = f"{term.kind} {term.name}, {dates}, {whose}"
        return Step(words, lambda scope, db: store.add_term(scope, db, term))
    before = " and ".join(f"{old.first} to {old.last}" for old in wrong)
    words = f"corrects {term.kind} {term.name}, {whose}: from ({before}) to ({dates})"
    return Step(words, lambda scope, db: store.correct_term(scope, db, term, wrong))


def _whose(row: CsvRow) -> str:
    return f"URN {row.text('urn')}" if row.text("urn") else "every school"


def _span(term: Term) -> tuple[str, str, date, date, str | None]:
    return (term.name, term.kind, term.first, term.last, term.school_id)


def _refuse_overlap(row: CsvRow, term: Term, placed: Iterable[tuple[Term, str]]) -> None:
    """Two terms of the same schools share no day. Raises BadInput naming both."""
    for other, where in placed:
        if (
            term.kind == other.kind == "term"
            and other.school_id == term.school_id
            and calendar.overlap(term, other)
        ):
            raise row.wrong(
                "first",
                f"it overlaps {other.name}, {where}",
                f"Correct the dates here, or those of {other.name} in the same file",
            )


def _email(row: CsvRow) -> str:
    email = row.needed("email", "the address they sign in with").lower()
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
        raise row.wrong("email", f"{email!r} is not an e-mail address", "Correct it")
    return email


def _days(row: CsvRow) -> tuple[str, ...]:
    days = row.text("days").split()
    for slot in days:
        if slot not in SLOTS:
            raise row.wrong(
                "days", f"{slot!r} is not a half day", f"Write words such as {SLOTS[0]} {SLOTS[1]}"
            )
    return tuple(slot for slot in SLOTS if slot in days)


def _staff(row: CsvRow) -> Person:
    """The person of a row. Raises Mistakes with everything that is wrong in it."""
    reading, roles = Reading(), [role.value for role in STAFF_ROLES]
    email = reading.part(lambda: _email(row), "")
    name = reading.part(lambda: row.needed("name", "the person's name"), "")
    role = reading.part(lambda: row.one_of("role", roles), roles[0])
    latitude, longitude = reading.part(lambda: place_of(row), (None, None))
    days = reading.part(lambda: _days(row), ())
    reading.done()
    return Person("", email, name, Role(role), True, frozenset(), days, latitude, longitude)


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
