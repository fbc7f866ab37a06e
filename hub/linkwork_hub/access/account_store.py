"""The SQL of sign-ins: passwords, sessions, failed tries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from linkwork.errors import WrongUse
from linkwork_hub.access import rules, tables
from linkwork_hub.access.models import Person
from linkwork_hub.db import Scope, Tx


@dataclass(frozen=True, slots=True)
class Session:
    """An open session: whose, since when, last seen when."""

    person_id: str
    started: datetime
    seen: datetime


def add_person(scope: Scope, db: Tx, person: Person, *, password: str) -> str:
    """Add a person (their `id` is ignored); `password` is an argon2 hash, "" = no sign-in yet.

    The new id. Raises WrongUse when someone has this address already.
    """
    table, person_id = tables.people, db.new_id("per")
    email = person.email.strip().lower()
    if db.first(select(table.c.id).where(table.c.email == email)):
        raise WrongUse(f"{email} has a sign-in already. Choose another address.")
    values = _values(person) | {"id": person_id, "email": email, "created": db.now}
    db.execute(insert(table), values | {"password": password})
    set_schools(scope, db, person_id, person.schools)
    return person_id


def change_person(scope: Scope, db: Tx, person: Person) -> None:
    """Write a person's name, role, schools, days, place and whether they are active.

    A changed role or an ended account ends every session of theirs at once.
    """
    table = tables.people
    was = db.execute(select(table.c.role, table.c.active).where(table.c.id == person.id)).one()
    values: dict[str, Any] = {
        "name": person.name,
        "role": person.role.value,
        "active": person.active,
    }
    values |= {"days": list(person.days), "latitude": person.latitude}
    values |= {"longitude": person.longitude}
    db.execute(update(table).where(table.c.id == person.id).values(values))
    if was.role != person.role.value or not person.active:
        end_sessions(scope, db, person.id)


def set_password(scope: Scope, db: Tx, person_id: str, password: str) -> None:
    """Store a new argon2 hash; every open session of the person ends."""
    table = tables.people
    db.execute(update(table).where(table.c.id == person_id).values(password=password))
    end_sessions(scope, db, person_id)


def password_of(scope: Scope, db: Tx, email: str) -> tuple[str, str] | None:
    """The id and argon2 hash of the active person with this address; None when there is none."""
    table = tables.people
    query = select(table.c.id, table.c.password).where(
        table.c.email == email.strip().lower(), table.c.active.is_(True), table.c.password != ""
    )
    row = db.first(query)
    return (row.id, row.password) if row else None


def failures(scope: Scope, db: Tx, key: str) -> tuple[int, datetime | None]:
    """How often in a row this account and address failed, and until when it must wait."""
    table = tables.sign_in_failures
    row = db.first(select(table).where(table.c.key == key))
    return (row.failures, row.wait_until) if row else (0, None)


def add_failure(scope: Scope, db: Tx, key: str) -> None:
    """Count one more failed try, and set the wait that follows from it."""
    table = tables.sign_in_failures
    db.add_once(table, {"key": key, "failures": 0, "wait_until": db.now})
    row = db.execute(select(table).where(table.c.key == key).with_for_update()).one()
    count = row.failures + 1
    until = db.now + rules.wait_after(count)
    db.execute(update(table).where(table.c.key == key).values(failures=count, wait_until=until))


def clear_failures(scope: Scope, db: Tx, key: str) -> None:
    """Forget the failed tries of this account and address."""
    db.execute(delete(tables.sign_in_failures).where(tables.sign_in_failures.c.key == key))


def open_session(scope: Scope, db: Tx, digest: str, person_id: str) -> None:
    """Keep a new session under the digest of its secret id."""
    row = {"digest": digest, "person_id": person_id, "started": db.now, "seen": db.now}
    db.execute(insert(tables.sessions), row | {"ended": None})


def session(scope: Scope, db: Tx, digest: str) -> Session | None:
    """A session that was not ended; whether it is too old is the caller's rule."""
    table = tables.sessions
    row = db.first(select(table).where(table.c.digest == digest, table.c.ended.is_(None)))
    return Session(row.person_id, row.started, row.seen) if row else None


def touch_session(scope: Scope, db: Tx, digest: str) -> None:
    """Note that the person is still there."""
    table = tables.sessions
    db.execute(update(table).where(table.c.digest == digest).values(seen=db.now))


def end_session(scope: Scope, db: Tx, digest: str) -> None:
    """End one session."""
    table = tables.sessions
    open_now = (table.c.digest == digest) & table.c.ended.is_(None)
    db.execute(update(table).where(open_now).values(ended=db.now))


def end_sessions(scope: Scope, db: Tx, person_id: str) -> None:
    """End every session of a person."""
    table = tables.sessions
    open_now = (table.c.person_id == person_id) & table.c.ended.is_(None)
    db.execute(update(table).where(open_now).values(ended=db.now))


def set_schools(scope: Scope, db: Tx, person_id: str, school_ids: Iterable[str]) -> None:
    """Replace the schools named for a person."""
    table = tables.person_schools
    db.execute(delete(table).where(table.c.person_id == person_id))
    rows = [{"person_id": person_id, "school_id": s} for s in sorted(set(school_ids))]
    if rows:
        db.execute(insert(table), rows)


def _values(person: Person) -> dict[str, Any]:
    return {
        "name": person.name,
        "role": person.role.value,
        "active": person.active,
        "days": list(person.days),
        "latitude": person.latitude,
        "longitude": person.longitude,
    }


def forget_before(scope: Scope, db: Tx, sessions: datetime, tries: datetime) -> None:
    """Delete sessions last seen, and failed tries last made, before these moments."""
    db.execute(delete(tables.sessions).where(tables.sessions.c.seen < sessions))
    failed = tables.sign_in_failures
    db.execute(delete(failed).where(failed.c.wait_until < tries))
