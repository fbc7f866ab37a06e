"""The SQL of a school's year: summaries issued, answers given. Both are only ever added to."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, insert, select

from linkwork_hub.billing import ledger_store
from linkwork_hub.db import Scope, Tx, day_of
from linkwork_hub.meetings import record_store
from linkwork_hub.yearly.models import Answer, PlanVersion, Said, Stretch, Summary
from linkwork_hub.yearly.tables import checklist_answers, summaries


def issue(
    scope: Scope,
    db: Tx,
    prefix: str,
    school_id: str,
    stretch: Stretch,
    body: Mapping[str, Any],
    by: str,
) -> Summary:
    """Keep a summary as it is now, under the next number of this year: RDG-S-2026-0001."""
    scope.require(school_id)
    ident, series = db.new_id("sum"), f"{prefix}-S-{db.today.year}"
    serial = ledger_store.next_number(scope, db, series)
    text = json.dumps(dict(body), ensure_ascii=False)
    values = {
        "id": ident,
        "number": f"{series}-{serial:04d}",
        "school_id": school_id,
        "part": stretch.part,
        "name": stretch.name,
        "first": stretch.first,
        "last": stretch.last,
        "issued": db.today,
        "issued_by": by,
        "body": db.sealed(summaries.c.body, ident, text),
    }
    db.execute(insert(summaries), values)
    return _summaries(scope, db, summaries.c.id == ident)[0]


def summary(scope: Scope, db: Tx, summary_id: str) -> Summary | None:
    """One summary within reach, or None."""
    found = _summaries(scope, db, summaries.c.id == summary_id)
    return found[0] if found else None


def summaries_of(scope: Scope, db: Tx, school_id: str) -> list[Summary]:
    """The summaries of a school, the latest days first, of equal days the last issued first."""
    return _summaries(scope, db, summaries.c.school_id == school_id)


def last_summaries(scope: Scope, db: Tx) -> dict[str, str]:
    """The number of the summary issued last, by school."""
    col = summaries.c
    query = select(col.school_id, col.number).where(scope.where(col.school_id))
    rows = db.all(query.order_by(col.issued, col.number))
    return {row.school_id: row.number for row in rows}


def answer(
    scope: Scope,
    db: Tx,
    school_id: str,
    year: str,
    item: str,
    said: Said,
    on: date,
    by: str,
    evidence: str,
) -> str:
    """Keep how an item stands at a school; its id. What was answered before stays readable."""
    scope.require(school_id)
    ident = db.new_id("chk")
    values = {
        "id": ident,
        "school_id": school_id,
        "year": year,
        "item": item,
        "said": said.value,
        "on": on,
        "by": by,
        "evidence": db.sealed(checklist_answers.c.evidence, ident, evidence.strip()),
        "at": db.now,
    }
    db.execute(insert(checklist_answers), values)
    return ident


def answers(scope: Scope, db: Tx, school_id: str, year: str) -> dict[str, Answer]:
    """What stands at one school in a school year, by item."""
    col = checklist_answers.c
    rows = db.all(
        select(checklist_answers)
        .where(scope.where(col.school_id), col.school_id == school_id, col.year == year)
        .order_by(col.at, col.id)
    )
    return {
        row.item: Answer(
            id=row.id,
            item=row.item,
            said=Said(row.said),
            on=row.on,
            by=row.by,
            evidence=db.opened(col.evidence, row.id, row.evidence) or "",
            at=row.at,
        )
        for row in rows
    }


def said_in(scope: Scope, db: Tx, year: str) -> dict[str, dict[str, Said]]:
    """What stands in a school year at every school, by item; nothing sealed is opened for it."""
    col = checklist_answers.c
    query = select(col.school_id, col.item, col.said).where(scope.where(col.school_id))
    found: dict[str, dict[str, Said]] = {}
    for row in db.all(query.where(col.year == year).order_by(col.at, col.id)):
        found.setdefault(row.school_id, {})[row.item] = Said(row.said)
    return found


def schools_with_gap(scope: Scope, db: Tx, year: str, items: Collection[str]) -> int:
    """At how many schools the answer that stands to one of these items shows a gap."""
    col = checklist_answers.c
    newest = func.row_number().over(
        partition_by=(col.school_id, col.item), order_by=(col.at.desc(), col.id.desc())
    )
    mine = (scope.where(col.school_id), col.year == year, col.item.in_(items))
    ranked = select(col.school_id, col.said, newest.label("place")).where(*mine).subquery()
    gaps = (ranked.c.place == 1, ranked.c.said != Said.YES.value)
    query = select(func.count(ranked.c.school_id.distinct())).where(*gaps)
    return int(db.execute(query).scalar_one())


def plans(scope: Scope, db: Tx, kind: str) -> dict[str, list[PlanVersion]]:
    """The versions of each school's plan, the latest first; `kind` of meeting makes them."""
    return {
        school_id: [
            PlanVersion(meeting_id, day, version, day_of(both) if both else None)
            for meeting_id, day, version, both in versions
        ]
        for school_id, versions in record_store.versions_of_kind(scope, db, kind).items()
    }


def _summaries(scope: Scope, db: Tx, which: ColumnElement[bool]) -> list[Summary]:
    col = summaries.c
    rows = db.all(
        select(summaries)
        .where(scope.where(col.school_id), which)
        .order_by(col.last.desc(), col.first.desc(), col.number.desc())
    )
    return [
        Summary(
            id=row.id,
            number=row.number,
            school_id=row.school_id,
            part=row.part,
            name=row.name,
            first=row.first,
            last=row.last,
            issued=row.issued,
            issued_by=row.issued_by,
            body=json.loads(db.opened(col.body, row.id, row.body) or "{}"),
        )
        for row in rows
    ]
