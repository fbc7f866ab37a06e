"""The SQL of papers with a family: written, signed, ended. A version is never changed."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, insert, select, update

from linkwork_hub.cases import store as cases
from linkwork_hub.cases.models import Case
from linkwork_hub.db import Scope, Tx
from linkwork_hub.forms.models import Content, Form, Said, Signatory, Signature, Version
from linkwork_hub.forms.tables import form_signatures, form_versions
from linkwork_hub.forms.tables import forms as table
from linkwork_hub.web import found


def write(scope: Scope, db: Tx, case: Case, kind: str, said: Content, by: str) -> Form:
    """Write a new paper on a case: its first version. Its number begins with the case's."""
    found(cases.case(scope, db, case.id))
    ident = db.new_id("frm")
    of_case = select(func.count()).select_from(table).where(table.c.case_id == case.id)
    number = int(db.execute(of_case).scalar_one()) + 1
    values = {"id": ident, "number": f"{case.ref}-P{number}", "case_id": case.id, "kind": kind}
    db.execute(insert(table), values)
    return write_again(scope, db, ident, said, by)


def write_again(scope: Scope, db: Tx, form_id: str, said: Content, by: str) -> Form:
    """Write the next version of a paper; nobody has signed that one yet."""
    known = _forms(scope, db, table.c.id == form_id)
    found(known[0] if known else None)
    ident, text = db.new_id("frv"), json.dumps(_as_data(said), ensure_ascii=False, sort_keys=True)
    values = {
        "id": ident,
        "form_id": form_id,
        "number": len(known[0].versions) + 1,
        "body": db.sealed(form_versions.c.body, ident, text),
        "digest": hashlib.sha256(text.encode()).hexdigest(),
        "written_by": by,
        "written": db.now,
    }
    db.execute(insert(form_versions), values)
    return found(form(scope, db, form_id))


def sign(scope: Scope, db: Tx, one: Form, said: Signature) -> None:
    """Keep what a signatory said to the latest version; what they said before stays readable."""
    found(form(scope, db, one.id))
    col, ident = form_signatures.c, db.new_id("frs")
    values = {
        "id": ident,
        "form_id": one.id,
        "version": one.latest.number,
        "signatory": said.signatory,
        "position": db.next_place(col.position, col.form_id == one.id),
        "said": said.said.value,
        "on": said.on,
        "note": db.sealed(col.note, ident, said.note.strip()),
        "recorded_by": said.recorded_by,
        "recorded": db.now,
    }
    db.execute(insert(form_signatures), values)


def end(scope: Scope, db: Tx, one: Form, on: date, how: str) -> None:
    """End a paper, with what came of it."""
    found(form(scope, db, one.id))
    values = {"ended": on, "ended_how": db.sealed(table.c.ended_how, one.id, how.strip())}
    db.execute(update(table).where(table.c.id == one.id).values(values))


def form(scope: Scope, db: Tx, form_id: str) -> Form | None:
    """One paper of a case within reach, or None."""
    known = _forms(scope, db, table.c.id == form_id)
    return known[0] if known else None


def forms_of(scope: Scope, db: Tx, case_id: str) -> list[Form]:
    """The papers of a case, the earliest first."""
    return _forms(scope, db, table.c.case_id == case_id)


def _forms(scope: Scope, db: Tx, which: ColumnElement[bool]) -> list[Form]:
    rows = db.all(select(table).where(which).order_by(table.c.number))
    return [
        Form(
            id=row.id,
            number=row.number,
            case_id=row.case_id,
            kind=row.kind,
            versions=_versions(db, row.id),
            ended=row.ended,
            ended_how=db.opened(table.c.ended_how, row.id, row.ended_how) or "",
        )
        for row in rows
        # A case says who reaches it: also its officer, and nobody else where it has no school.
        if cases.case(scope, db, row.case_id) is not None
    ]


def _versions(db: Tx, form_id: str) -> tuple[Version, ...]:
    col = form_versions.c
    signed = _signatures(db, form_id)
    rows = db.all(select(form_versions).where(col.form_id == form_id).order_by(col.number.desc()))
    return tuple(
        Version(
            number=row.number,
            content=_content(json.loads(db.opened(col.body, row.id, row.body) or "{}")),
            written_by=row.written_by,
            written=row.written,
            digest=row.digest,
            signatures=signed.get(row.number, {}),
        )
        for row in rows
    )


def _signatures(db: Tx, form_id: str) -> dict[int, dict[int, Signature]]:
    col = form_signatures.c
    rows = db.all(select(form_signatures).where(col.form_id == form_id).order_by(col.position))
    made: dict[int, dict[int, Signature]] = {}
    for row in rows:
        note = db.opened(col.note, row.id, row.note) or ""
        said = Signature(row.signatory, Said(row.said), row.on, note, row.recorded_by)
        made.setdefault(row.version, {})[row.signatory] = said
    return made


def _as_data(said: Content) -> dict[str, Any]:
    return {
        "texts": said.texts,
        "signatories": [[one.party, one.name] for one in said.signatories],
        "review": said.review.isoformat() if said.review else None,
        "consulted": [said.consulted[0], said.consulted[1].isoformat()] if said.consulted else None,
    }


def _content(data: dict[str, Any]) -> Content:
    review, consulted = data["review"], data["consulted"]
    return Content(
        texts=data["texts"],
        signatories=tuple(Signatory(party, name) for party, name in data["signatories"]),
        review=date.fromisoformat(review) if review else None,
        consulted=(consulted[0], date.fromisoformat(consulted[1])) if consulted else None,
    )
