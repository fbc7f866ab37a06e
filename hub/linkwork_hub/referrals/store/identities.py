"""SQL of names: who a pseudonym is, written only sealed and only by a basis."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import Row, Table, insert, select, tuple_, update

from linkwork.wire import Address, ContactOnReturn, Identity
from linkwork_hub.db import Scope, Tx
from linkwork_hub.referrals.models import Candidate, Name
from linkwork_hub.referrals.tables import identities, sickness_identities

RETURN, REFERRAL, SICKNESS = "statutory return", "referral", "sickness return"


def keep_identity(
    scope: Scope,
    db: Tx,
    school_id: str,
    pseudonym: str,
    identity: Identity,
    basis: tuple[str, str],
    since: date,
) -> None:
    """Keep who a pupil is. `basis` is (why the name may be held, the record's id).

    A name that came with a sickness return is kept apart: it stands in no officer's list.
    """
    scope.require(school_id)
    table = sickness_identities if basis[0] == SICKNESS else identities
    same = (table.c.school_id == school_id, table.c.pseudonym == pseudonym)
    known = db.first(select(table.c.id).where(*same))
    ident = known.id if known else db.new_id("idn")
    values = _sealed(db, table, ident, identity)
    if known:
        db.execute(update(table).where(table.c.id == ident).values(values))
        return
    values |= {"id": ident, "school_id": school_id, "pseudonym": pseudonym, "since": since}
    values |= {"basis": basis[0], "basis_id": basis[1]}
    db.execute(insert(table).values(values))


def names(scope: Scope, db: Tx, candidates: Iterable[Candidate]) -> dict[str, Name]:
    """Names by candidate id: only where a basis holds one, and only for a role that may see it."""
    wanted = {(c.school_id, c.pseudonym): c.id for c in candidates if c.has_name}
    return {wanted[key]: name for key, name in names_of(scope, db, wanted).items()}


def names_of(
    scope: Scope, db: Tx, pupils: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], Name]:
    """Names by (school id, pseudonym), as `names` gives them by candidate."""
    wanted = sorted(set(pupils))
    if not scope.may_see_names() or not wanted:
        return {}
    return _names(scope, db, identities, wanted)


def names_of_the_sick(
    scope: Scope, db: Tx, pupils: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], Name]:
    """Names that came with sickness returns, by (school id, pseudonym): for that route alone."""
    wanted = sorted(set(pupils))
    if not scope.may_see_health() or not wanted:
        return {}
    return _names(scope, db, sickness_identities, wanted)


def _names(
    scope: Scope, db: Tx, table: Table, wanted: list[tuple[str, str]]
) -> dict[tuple[str, str], Name]:
    rows = db.all(
        select(table).where(
            tuple_(table.c.school_id, table.c.pseudonym).in_(wanted),
            scope.where(table.c.school_id),
        )
    )
    return {(row.school_id, row.pseudonym): _name(db, table, row) for row in rows}


def name_of(scope: Scope, db: Tx, school_id: str, pseudonym: str) -> Name | None:
    """Who a pupil is, or None when no basis holds the name or the role may not see it."""
    key = school_id, pseudonym
    return names_of(scope, db, [key]).get(key)


def _sealed(db: Tx, table: Table, ident: str, identity: Identity) -> dict[str, Any]:
    born = identity.date_of_birth
    contacts = [contact.model_dump(mode="json") for contact in identity.contacts]
    plain = {
        "pupil_id": identity.pupil_id,
        "upn": identity.upn,
        "surname": identity.surname,
        "forename": identity.forename,
        "date_of_birth": born.isoformat() if born else None,
        "address": _address(identity.address),
        "contacts": json.dumps(contacts) if contacts else None,
    }
    sealed: dict[str, Any] = {
        column: db.sealed(table.c[column], ident, text) for column, text in plain.items()
    }
    return sealed | {"contacts_unavailable": identity.contacts_unavailable}


def _address(address: Address | None) -> str | None:
    if address is None:
        return None
    return ", ".join(part for part in (*address.lines, address.postcode) if part) or None


def _name(db: Tx, table: Table, row: Row[Any]) -> Name:
    def opened(column: str) -> str | None:
        return db.opened(table.c[column], row.id, getattr(row, column))

    born = opened("date_of_birth")
    contacts = json.loads(opened("contacts") or "[]")
    return Name(
        surname=opened("surname"),
        forename=opened("forename"),
        date_of_birth=date.fromisoformat(born) if born else None,
        upn=opened("upn"),
        address=opened("address"),
        contacts=tuple(_contact(ContactOnReturn.model_validate(one)) for one in contacts),
        contacts_unavailable=row.contacts_unavailable,
        basis=row.basis,
        since=row.since,
    )


def _contact(one: ContactOnReturn) -> str:
    """A parent or carer in one line; what forbids contact comes first."""
    parts = [one.name, one.relationship]
    if one.do_not_contact:
        parts.insert(0, "DO NOT CONTACT")
    parts.append("parental responsibility" if one.parental_responsibility else None)
    parts.append("lives with the pupil" if one.lives_with else None)
    parts.extend(one.phones)
    parts.append(one.email)
    parts.append(f"speaks {one.language}" if one.language else None)
    if one.address_confidential:
        parts.append("address confidential: do not pass it on")
    else:
        parts.append(_address(one.address))
    return ", ".join(part for part in parts if part)
