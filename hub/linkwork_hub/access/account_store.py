"""The SQL of sign-ins: passwords, sessions, failed tries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, or_, select, update

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


@dataclass(frozen=True, slots=True)
class Trying:
    """Who tries to sign in, as keyed digests: the account at this address (`here`), the account
    anywhere (`account`), and that the account's owner is known at this address (`known`).
    """

    here: str
    account: str
    known: str


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


def must_wait(scope: Scope, db: Tx, who: Trying) -> datetime | None:
    """Until when nobody may try this account from this address; None when one may try now."""
    table = tables.sign_in_failures
    rows = db.all(select(table).where(table.c.key.in_((who.here, who.account, who.known))))
    return _must_wait(db, who, {row.key: row.wait_until for row in rows})


def begin_try(scope: Scope, db: Tx, who: Trying) -> datetime | None:
    """Count a try before its password is looked at, as a failed one until `clear_tries`.

    Or, when it must wait, count nothing and say until when. However many come at one moment,
    each sees those before it: the rows are held until the transaction ends.
    """
    counted = {
        who.here: (_held(db, who.here), rules.wait_after),
        who.account: (_held(db, who.account), rules.account_wait_after),
    }
    until = must_wait(scope, db, who)
    if until is not None:
        return until
    table = tables.sign_in_failures
    for key, (failures, wait_after) in counted.items():
        values = {"failures": failures + 1, "wait_until": db.now + wait_after(failures + 1)}
        db.execute(update(table).where(table.c.key == key).values(values))
    return None


def clear_tries(scope: Scope, db: Tx, who: Trying) -> None:
    """The password was right: forget the failed tries, and know this address for a while."""
    table = tables.sign_in_failures
    # Emptied rather than deleted: another try may hold on to the row at this moment.
    values = {"failures": 0, "wait_until": db.now}
    db.add_once(table, {"key": who.known} | values)
    # In the order in which `begin_try` takes hold of them, so that the two never block each other.
    for key in (who.here, who.account, who.known):
        db.execute(update(table).where(table.c.key == key).values(values))


def _held(db: Tx, key: str) -> int:
    table = tables.sign_in_failures
    db.add_once(table, {"key": key, "failures": 0, "wait_until": db.now})
    row = db.execute(select(table.c.failures).where(table.c.key == key).with_for_update()).one()
    return int(row.failures)


def _must_wait(db: Tx, who: Trying, waits: Mapping[str, datetime]) -> datetime | None:
    # From where its owner signed in lately a stranger's tries elsewhere do not shut an account.
    keys = [who.here] if who.known in waits else [who.here, who.account]
    until = max((waits[key] for key in keys if key in waits), default=db.now)
    return until if until > db.now else None


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
    """Delete sessions last seen, and failed tries last made, before these moments.

    That someone signed in from an address is known for as long as sessions are kept.
    """
    db.execute(delete(tables.sessions).where(tables.sessions.c.seen < sessions))
    table = tables.sign_in_failures
    failed = (table.c.failures > 0) & (table.c.wait_until < tries)
    db.execute(delete(table).where(or_(failed, table.c.wait_until < sessions)))
