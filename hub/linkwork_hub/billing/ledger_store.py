"""The SQL of the ledger: charges, the documents they stand on, their numbers and history."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import Row, insert, select, update

from linkwork_hub.billing.demands import vat_pence
from linkwork_hub.billing.ledger import Charge, Customer, Document, DocumentKind, Draft, Event
from linkwork_hub.billing.models import Cause, Kind
from linkwork_hub.billing.tables import charges as table
from linkwork_hub.billing.tables import document_events, document_numbers, documents
from linkwork_hub.db import Scope, Tx, row_id
from linkwork_hub.web import found


def lock(scope: Scope, db: Tx, series: Iterable[str]) -> None:
    """Let nobody else issue until this transaction ends: what is read next stays true."""
    for letters in sorted(series):
        db.add_once(document_numbers, {"series": letters, "last": 0})
        # An update locks the row on PostgreSQL; SQLite has one writer anyway.
        same = document_numbers.c.series == letters
        db.execute(update(document_numbers).where(same).values(last=document_numbers.c.last))


def booked(scope: Scope, db: Tx, year: str) -> dict[str, list[Charge]]:
    """Every charge of a contract year within reach, by school, the earliest document first."""
    col = table.c
    rows = db.all(
        select(table)
        .join(documents, documents.c.id == col.document_id)
        .where(col.year == year, scope.where(col.school_id))
        .order_by(documents.c.at, documents.c.series, documents.c.number, col.position)
    )
    made: dict[str, list[Charge]] = {}
    for row in rows:
        made.setdefault(row.school_id, []).append(_charge(db, row))
    return made


def add_document(scope: Scope, db: Tx, draft: Draft, letters: str, by: str) -> Document:
    """Issue a document: the next number of its series, its charges, all in this transaction."""
    ident, serial = db.new_id("doc"), next_number(scope, db, letters)
    document = Document(
        id=ident,
        letters=letters,
        serial=serial,
        kind=draft.kind,
        customer=draft.customer,
        year=draft.year,
        part=draft.part,
        what=draft.what,
        issued=draft.issued,
        due=draft.due,
        corrects=draft.corrects,
        reason=draft.reason,
        net_pence=draft.net_pence,
        vat_pence=vat_pence(draft.charges),
    )
    db.execute(
        insert(documents),
        {
            "id": ident,
            "series": letters,
            "number": serial,
            "kind": draft.kind.value,
            "year": draft.year,
            "part": draft.part,
            "what": draft.what,
            "payer": draft.customer.ref,
            "customer": asdict(draft.customer),
            "issued": draft.issued,
            "due": draft.due,
            "corrects": draft.corrects,
            "reason": db.sealed(documents.c.reason, ident, draft.reason or None),
            "net_pence": document.net_pence,
            "vat_pence": document.vat_pence,
            "issued_by": by,
            "at": db.now,
        },
    )
    rows = [_row(db, ident, n, charge) for n, charge in enumerate(draft.charges)]
    db.execute(insert(table), rows)
    return document


def every_document(
    scope: Scope, db: Tx, *, year: str | None = None, payer: str | None = None
) -> list[Document]:
    """Documents all of whose schools are within reach, the newest first."""
    query = select(documents)
    if year is not None:
        query = query.where(documents.c.year == year)
    if payer is not None:
        query = query.where(documents.c.payer == payer)
    rows = db.all(
        query.order_by(documents.c.at.desc(), documents.c.series, documents.c.number.desc())
    )
    reach = _within_reach(scope, db)
    return [_document(db, row) for row in rows if reach is None or row.id in reach]


def of_school(scope: Scope, db: Tx, school_id: str, year: str) -> list[Document]:
    """A school's documents of a contract year that hold no other school's, the newest first.

    A document that also charges a school out of reach is left out.
    """
    scope.require(school_id)
    ids = {
        row.document_id
        for row in db.all(
            select(table.c.document_id).where(table.c.school_id == school_id, table.c.year == year)
        )
    }
    return [one for one in every_document(scope, db, year=year) if one.id in ids]


def document(scope: Scope, db: Tx, document_id: str) -> tuple[Document, list[Charge]]:
    """One document and its charges. Raises NotAllowed when a school of it is out of reach."""
    row = found(db.first(select(documents).where(documents.c.id == document_id)))
    mine = select(table).where(table.c.document_id == document_id)
    charges = [_charge(db, one) for one in db.all(mine.order_by(table.c.position))]
    # The database may have kept charges of other schools back: what is not whole is out of reach.
    whole = sum(each.amount_pence for each in charges) == row.net_pence and bool(charges)
    reached = whole and all(scope.reaches(charge.school_id) for charge in charges)
    return found(_document(db, row) if reached else None), charges


def events(scope: Scope, db: Tx, document_id: str) -> list[Event]:
    """What befell a document, the earliest first."""
    col = document_events.c
    rows = db.all(
        select(document_events).where(col.document_id == document_id).order_by(col.position)
    )
    return [Event(r.day, r.kind, db.opened(col.note, r.id, r.note) or "", r.who) for r in rows]


def add_event(scope: Scope, db: Tx, document_id: str, event: Event) -> None:
    """Log what befell a document; the document itself never changes."""
    ident, before = db.new_id("dce"), events(scope, db, document_id)
    db.execute(
        insert(document_events),
        {
            "id": ident,
            "document_id": document_id,
            "position": len(before),
            "day": event.day,
            "kind": event.kind,
            "note": db.sealed(document_events.c.note, ident, event.note or None),
            "who": event.who,
            "at": db.now,
        },
    )


def disputed(scope: Scope, db: Tx) -> frozenset[str]:
    """The ids of documents whose latest event is a dispute."""
    col = document_events.c
    latest: dict[str, str] = {}
    for row in db.all(select(col.document_id, col.kind).order_by(col.document_id, col.position)):
        latest[row.document_id] = row.kind
    return frozenset(one for one, kind in latest.items() if kind == "disputed")


def _within_reach(scope: Scope, db: Tx) -> set[str] | None:
    if scope.schools is None:
        return None
    col = table.c
    inside = {
        r.document_id for r in db.all(select(col.document_id).where(scope.where(col.school_id)))
    }
    outside = {
        r.document_id for r in db.all(select(col.document_id).where(~scope.where(col.school_id)))
    }
    return inside - outside


def next_number(scope: Scope, db: Tx, letters: str) -> int:
    """The next number of a series, without a gap: it is taken in this transaction or not at all."""
    col = document_numbers.c
    db.add_once(document_numbers, {"series": letters, "last": 0})
    db.execute(update(document_numbers).where(col.series == letters).values(last=col.last + 1))
    return int(db.execute(select(col.last).where(col.series == letters)).scalar_one())


def _row(db: Tx, document_id: str, position: int, charge: Charge) -> dict[str, Any]:
    return {
        "document_id": document_id,
        "position": position,
        "school_id": charge.school_id,
        "year": charge.year,
        "part": charge.part,
        "unit": charge.unit,
        "payer": charge.payer,
        "kind": charge.kind.value,
        "item": charge.item,
        "what": db.sealed(table.c.what, row_id(document_id, position), charge.what),
        "cause": [[one.what, one.detail] for one in charge.cause],
        "amount_pence": charge.amount_pence,
        "vat_code": charge.vat_code or "",
        "vat_rate": charge.vat_rate,
    }


def _charge(db: Tx, row: Row[Any]) -> Charge:
    return Charge(
        school_id=row.school_id,
        year=row.year,
        part=row.part,
        unit=row.unit,
        payer=row.payer,
        kind=Kind(row.kind),
        item=row.item,
        what=db.opened(table.c.what, row_id(row.document_id, row.position), row.what) or "",
        cause=tuple(Cause(what, detail) for what, detail in row.cause),
        amount_pence=row.amount_pence,
        vat_code=row.vat_code,
        vat_rate=row.vat_rate,
        document_id=row.document_id,
    )


def _document(db: Tx, row: Row[Any]) -> Document:
    issued: date = row.issued
    return Document(
        id=row.id,
        letters=row.series,
        serial=row.number,
        kind=DocumentKind(row.kind),
        customer=Customer(**row.customer),
        year=row.year,
        part=row.part,
        what=row.what,
        issued=issued,
        due=row.due,
        corrects=row.corrects,
        reason=db.opened(documents.c.reason, row.id, row.reason) or "",
        net_pence=row.net_pence,
        vat_pence=row.vat_pence,
    )


def charges_of(scope: Scope, db: Tx, document_ids: Sequence[str]) -> dict[str, list[Charge]]:
    """The charges of these documents, by document, in their order."""
    made: dict[str, list[Charge]] = {one: [] for one in document_ids}
    query = select(table).where(table.c.document_id.in_(document_ids))
    for row in db.all(query.order_by(table.c.document_id, table.c.position)):
        made[row.document_id].append(_charge(db, row))
    return made
