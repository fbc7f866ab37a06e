"""The SQL of schools, calendars, people and the audit trail."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, delete, insert, or_, select, update

from linkwork.errors import NotAllowed
from linkwork_hub.access import rules, tables
from linkwork_hub.access.models import AuditEntry, Person, School, SchoolFacts, Term
from linkwork_hub.db import Role, Scope, Tx

_FACTS = tuple(SchoolFacts.__dataclass_fields__)
_ENTRY = tuple(AuditEntry.__dataclass_fields__)
#: Statements are built once: every message a school sends is an entry of the trail.
_HEAD = select(tables.audit_head)
_HEAD_LOCKED = _HEAD.with_for_update()
_MOVE_HEAD = update(tables.audit_head)
_ADD_ENTRY = insert(tables.audit)
_DIGEST = select(tables.audit.c.digest).where(tables.audit.c.number == bindparam("its_number"))


def schools(scope: Scope, db: Tx, *, search: str = "") -> list[School]:
    """Every school within reach as it is today, by name; `search` is in the name or the URN."""
    facts = tables.school_facts
    rows = db.all(select(facts).where(scope.where(facts.c.school_id)).order_by(facts.c.school_id))
    links = _link_officers(scope, db)
    wanted = search.strip().casefold()
    made = []
    for school_id, group in groupby(map(_facts, rows), lambda known: known.school_id):
        current = rules.facts_in_force(list(group), db.today)
        if wanted in current.name.casefold() or wanted in current.urn:
            made.append(School(school_id, current, links.get(school_id)))
    return sorted(made, key=lambda school: (school.name.casefold(), school.id))


def school(scope: Scope, db: Tx, school_id: str) -> School:
    """One school as it is today. Raises NotAllowed when it is unknown or out of reach."""
    facts = all_facts(scope, db, school_id)
    current = rules.facts_in_force(facts, db.today)
    return School(school_id, current, _link_officers(scope, db, school_id).get(school_id))


def school_by_urn(scope: Scope, db: Tx, urn: str) -> School | None:
    """The school that has, or once had, this URN; None when unknown or out of reach."""
    facts = tables.school_facts
    row = db.first(
        select(facts.c.school_id)
        .where(facts.c.urn == urn, scope.where(facts.c.school_id))
        .order_by(facts.c.from_day.desc())
    )
    return school(scope, db, row.school_id) if row else None


def all_facts(scope: Scope, db: Tx, school_id: str) -> list[SchoolFacts]:
    """Every dated fact of a school, oldest first. Raises NotAllowed like `school`."""
    scope.require(school_id)
    facts = tables.school_facts
    rows = db.all(select(facts).where(facts.c.school_id == school_id).order_by(facts.c.from_day))
    if not rows:
        raise NotAllowed("There is no such school within your schools.")
    return [_facts(row) for row in rows]


def every_fact(scope: Scope, db: Tx) -> dict[str, list[SchoolFacts]]:
    """Every dated fact of every school within reach, each school's oldest first; by school."""
    facts = tables.school_facts
    query = select(facts).where(scope.where(facts.c.school_id))
    made: dict[str, list[SchoolFacts]] = {}
    for row in db.all(query.order_by(facts.c.school_id, facts.c.from_day)):
        made.setdefault(row.school_id, []).append(_facts(row))
    return made


def facts_on(scope: Scope, db: Tx, school_id: str, day: date) -> SchoolFacts:
    """What was true of a school on a day. Raises NotAllowed like `school`."""
    return rules.facts_in_force(all_facts(scope, db, school_id), day)


def add_school(scope: Scope, db: Tx, facts: SchoolFacts) -> str:
    """Add a school with its first facts (their `school_id` is ignored); its new id."""
    school_id = db.new_id("sch")
    db.execute(insert(tables.schools), {"id": school_id, "created": db.now})
    put_facts(scope, db, school_id, facts)
    return school_id


def put_facts(scope: Scope, db: Tx, school_id: str, facts: SchoolFacts) -> None:
    """Add facts of a school, in place of any that began on the same day."""
    scope.require(school_id)
    table = tables.school_facts
    db.execute(
        delete(table).where(table.c.school_id == school_id, table.c.from_day == facts.from_day)
    )
    values = {name: getattr(facts, name) for name in _FACTS} | {"school_id": school_id}
    db.execute(insert(table), values | {"id": db.new_id("fac")})


def link_officer(scope: Scope, db: Tx, school_id: str) -> Person | None:
    """The officer who is today's link to a school; None when nobody is."""
    scope.require(school_id)
    person_id = _link_officers(scope, db, school_id).get(school_id)
    return person(scope, db, person_id) if person_id else None


def set_link_officer(scope: Scope, db: Tx, school_id: str, person_id: str | None) -> None:
    """Make someone the link officer from today on; None leaves the school without one."""
    scope.require(school_id)
    if _link_officers(scope, db, school_id).get(school_id) == person_id:
        return
    table = tables.link_officers
    open_link = (table.c.school_id == school_id) & table.c.last.is_(None)
    # A link made today and changed today never was; an older one ends today.
    db.execute(delete(table).where(open_link, table.c.first == db.today))
    db.execute(update(table).where(open_link).values(last=db.today))
    if person_id is not None:
        row = {"id": db.new_id("lnk"), "school_id": school_id, "person_id": person_id}
        db.execute(insert(table), row | {"first": db.today, "last": None})


def officers_at(scope: Scope, db: Tx, school_id: str) -> list[Person]:
    """The officers with a sign-in who reach a school, by name: its link officer and those named."""
    scope.require(school_id)
    link = _link_officers(scope, db, school_id).get(school_id)
    officers = [one for one in people(scope, db, role=Role.OFFICER) if one.active]
    return [one for one in officers if one.id == link or school_id in one.schools]


def linked_schools(scope: Scope, db: Tx, person_id: str) -> list[str]:
    """The ids of the schools a person is today's link officer of."""
    links = _link_officers(scope, db)
    return sorted(school_id for school_id, officer in links.items() if officer == person_id)


def preferences(scope: Scope, db: Tx, school_id: str) -> frozenset[str]:
    """The half days ("tue-am") a school likes to be visited on; empty = any."""
    scope.require(school_id)
    table = tables.school_preferences
    rows = db.all(select(table.c.slot).where(table.c.school_id == school_id))
    return frozenset(row.slot for row in rows)


def set_preferences(scope: Scope, db: Tx, school_id: str, slots: Iterable[str]) -> None:
    """Replace a school's preferred half days."""
    scope.require(school_id)
    table = tables.school_preferences
    db.execute(delete(table).where(table.c.school_id == school_id))
    rows = [{"school_id": school_id, "slot": slot} for slot in sorted(set(slots))]
    if rows:
        db.execute(insert(table), rows)


def terms(scope: Scope, db: Tx, school_id: str | None) -> list[Term]:
    """The general terms and days off and, with a school, its own too; by first day."""
    table = tables.terms
    mine: ColumnElement[bool] = table.c.school_id.is_(None)
    if school_id is not None:
        scope.require(school_id)
        mine = or_(mine, table.c.school_id == school_id)
    return _terms(db, mine)


def every_term(scope: Scope, db: Tx) -> list[Term]:
    """The general terms and those of every school within reach; by first day."""
    table = tables.terms
    mine = or_(table.c.school_id.is_(None), scope.where(table.c.school_id))
    return _terms(db, mine)


def terms_in_force(scope: Scope, db: Tx, school_ids: Iterable[str]) -> dict[str, list[Term]]:
    """For each of these schools the terms and days off that hold for it; all read at once."""
    own: dict[str | None, list[Term]] = {None: []}
    for term in every_term(scope, db):
        own.setdefault(term.school_id, []).append(term)
    general = own[None]
    return {
        school_id: rules.in_force([*general, *own[school_id]], school_id)
        if school_id in own
        else general
        for school_id in school_ids
    }


def add_term(scope: Scope, db: Tx, term: Term) -> None:
    """Add a term or days off, in place of one of the same name, kind, school and first day."""
    table = tables.terms
    same = (table.c.name == term.name, table.c.kind == term.kind, table.c.first == term.first)
    db.execute(delete(table).where(*same, table.c.school_id.is_not_distinct_from(term.school_id)))
    values = {"name": term.name, "kind": term.kind, "first": term.first, "last": term.last}
    db.execute(insert(table), values | {"id": db.new_id("trm"), "school_id": term.school_id})


def correct_term(scope: Scope, db: Tx, term: Term, wrong: Iterable[Term]) -> None:
    """Put a term or days off in place of the known ones it corrects."""
    withdraw_terms(scope, db, wrong)
    add_term(scope, db, term)


def withdraw_terms(scope: Scope, db: Tx, wrong: Iterable[Term]) -> None:
    """Take known terms or days off out again: general ones, and those of schools in reach."""
    table = tables.terms
    mine = or_(table.c.school_id.is_(None), scope.where(table.c.school_id))
    db.execute(delete(table).where(mine, table.c.id.in_([old.id for old in wrong])))


def school_days(scope: Scope, db: Tx, school_id: str, first: date, last: date) -> list[date]:
    """A school's open days of `first`..`last`; empty when no term is known there."""
    return rules.school_days(terms(scope, db, school_id), first, last)


def next_school_day(scope: Scope, db: Tx, school_id: str, first: date) -> date:
    """A school's first open day from `first` on; where none is known, the first working day."""
    return rules.next_open_day(terms(scope, db, school_id), first)


def school_days_of(
    scope: Scope, db: Tx, school_ids: Iterable[str], first: date, last: date
) -> dict[str, list[date]]:
    """As `school_days` for many schools, whose terms are read at once."""
    made: dict[tuple[tuple[str, date, date], ...], list[date]] = {}
    found = {}
    for school_id, entries in terms_in_force(scope, db, school_ids).items():
        # Schools with the same dates, as most have, share what is worked out once.
        near = [term for term in entries if term.first <= last and term.last >= first]
        key = tuple((term.kind, term.first, term.last) for term in near)
        if key not in made:
            made[key] = rules.open_days(near, first, last)
        found[school_id] = made[key]
    return found


def people(scope: Scope, db: Tx, *, role: Role | None = None) -> list[Person]:
    """Everyone with a sign-in, by name; one role on request."""
    table = tables.people
    query = select(table).order_by(table.c.name, table.c.id)
    if role is not None:
        query = query.where(table.c.role == role.value)
    named = _named_schools(db)
    return [_person(row, named) for row in db.all(query)]


def person(scope: Scope, db: Tx, person_id: str) -> Person | None:
    """One person, or None."""
    row = db.first(select(tables.people).where(tables.people.c.id == person_id))
    return _person(row, _named_schools(db, row.id)) if row else None


def person_by_email(scope: Scope, db: Tx, email: str) -> Person | None:
    """The person with this address, whatever its capitals; None when unknown."""
    table = tables.people
    row = db.first(select(table).where(table.c.email == email.strip().lower()))
    return _person(row, _named_schools(db, row.id)) if row else None


def audit(scope: Scope, db: Tx, what: str, kind: str, record_id: str, why: str = "") -> None:
    """Log who did what to which record, and why; never the record itself."""
    last = db.first(_HEAD_LOCKED)
    if last is None:
        db.add_once(tables.audit_head, {"id": 1, "number": 0, "digest": ""})
        last = db.one(_HEAD_LOCKED)
    entry = AuditEntry(
        last.number + 1, db.now, scope.role.value, scope.person_id, what, kind, record_id, why, ""
    )
    values = {name: getattr(entry, name) for name in _ENTRY}
    values["digest"] = rules.audit_digest(last.digest, entry)
    db.change(_ADD_ENTRY, values)
    db.change(_MOVE_HEAD, {"number": entry.number, "digest": values["digest"]})


def audit_entries(
    scope: Scope, db: Tx, *, kind: str | None = None, record_id: str | None = None
) -> list[AuditEntry]:
    """The audit trail, oldest first, of everything or of one record."""
    table = tables.audit
    query = select(*(table.c[name] for name in _ENTRY)).order_by(table.c.number)
    if kind is not None:
        query = query.where(table.c.kind == kind)
    if record_id is not None:
        query = query.where(table.c.record_id == record_id)
    return [_entry(row) for row in db.all(query)]


def audit_size(scope: Scope, db: Tx) -> int:
    """How many entries the audit trail has."""
    head = db.first(select(tables.audit_head.c.number))
    return int(head.number) if head else 0


def audit_newest(scope: Scope, db: Tx) -> tuple[int, str]:
    """The number and digest of the newest entry; 0 and "" while there is none."""
    head = db.first(_HEAD)
    return (head.number, head.digest) if head else (0, "")


def audit_has(scope: Scope, db: Tx, number: int, digest: str) -> bool:
    """Whether the trail still has the entry that someone was once shown."""
    found = db.first(_DIGEST, {"its_number": number})
    return found is not None and found.digest == digest


def audit_part(scope: Scope, db: Tx, newest: int, size: int) -> list[AuditEntry]:
    """At most `size` entries from number `newest` backwards."""
    table = tables.audit
    columns = [table.c[name] for name in _ENTRY]
    query = select(*columns).where(table.c.number <= newest).order_by(table.c.number.desc())
    return [_entry(row) for row in db.all(query.limit(size))]


def audit_break(scope: Scope, db: Tx) -> int | None:
    """The number of the first audit entry that was changed or is missing; None = whole."""
    return rules.audit_break(audit_entries(scope, db), *audit_newest(scope, db))


def _facts(row: Row[Any]) -> SchoolFacts:
    return SchoolFacts(**{name: getattr(row, name) for name in _FACTS})


def _terms(db: Tx, condition: ColumnElement[bool]) -> list[Term]:
    table = tables.terms
    rows = db.all(select(table).where(condition).order_by(table.c.first, table.c.kind, table.c.id))
    return [Term(r.id, r.name, r.kind, r.first, r.last, r.school_id) for r in rows]


def _entry(row: Row[Any]) -> AuditEntry:
    return AuditEntry(**{name: getattr(row, name) for name in _ENTRY})


def _link_officers(scope: Scope, db: Tx, school_id: str | None = None) -> dict[str, str]:
    table = tables.link_officers
    query = select(table.c.school_id, table.c.person_id).where(
        scope.where(table.c.school_id), table.c.last.is_(None)
    )
    if school_id is not None:
        query = query.where(table.c.school_id == school_id)
    return {row.school_id: row.person_id for row in db.all(query)}


def _named_schools(db: Tx, person_id: str | None = None) -> dict[str, frozenset[str]]:
    table = tables.person_schools
    query = select(table).order_by(table.c.person_id)
    if person_id is not None:
        query = query.where(table.c.person_id == person_id)
    rows = db.all(query)
    return {
        owner: frozenset(row.school_id for row in group)
        for owner, group in groupby(rows, lambda row: str(row.person_id))
    }


def _person(row: Row[Any], named: dict[str, frozenset[str]]) -> Person:
    return Person(
        id=row.id,
        email=row.email,
        name=row.name,
        role=Role(row.role),
        active=row.active,
        schools=named.get(row.id, frozenset()),
        days=tuple(row.days),
        latitude=row.latitude,
        longitude=row.longitude,
    )
