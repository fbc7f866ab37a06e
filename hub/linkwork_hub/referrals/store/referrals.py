"""SQL of referrals a school made, with their evidence."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, func, insert, select, update

from linkwork import wire
from linkwork_hub.db import Scope, Tx, day_of
from linkwork_hub.referrals.models import EvidenceGiven, Referral, ReferralState, Wait
from linkwork_hub.referrals.tables import candidates
from linkwork_hub.referrals.tables import referral_evidence as evidence_table
from linkwork_hub.referrals.tables import referrals as table

_MARKS = TypeAdapter(tuple[wire.Mark, ...])


def known_referral(scope: Scope, db: Tx, school_id: str, sent_id: str) -> bool:
    """Whether a referral of a school was kept before."""
    scope.require(school_id)
    same = (table.c.school_id == school_id, table.c.sent_id == sent_id)
    return db.first(select(table.c.id).where(*same)) is not None


def keep_referral(
    scope: Scope,
    db: Tx,
    school_id: str,
    candidate_id: str,
    request_id: str | None,
    told: wire.Referral,
) -> str:
    """Keep a referral as received. Its id here."""
    scope.require(school_id)
    ident = db.new_id("ref")
    db.execute(
        insert(table).values(
            id=ident,
            school_id=school_id,
            sent_id=told.referral_id,
            candidate_id=candidate_id,
            pseudonym=told.pseudonym,
            request_id=request_id,
            made_by=told.made_by,
            reason=db.sealed(table.c.reason, ident, told.reason),
            marks=[mark.model_dump(mode="json") for mark in told.extract],
            received=db.now,
            state=ReferralState.RECEIVED.value,
            decided_by="",
            door=told.door,
            counted=[mark.model_dump(mode="json") for mark in told.counted],
        )
    )
    for position, item in enumerate(told.evidence):
        row_id = db.new_id("evi")
        db.execute(
            insert(evidence_table).values(
                id=row_id,
                referral_id=ident,
                position=position,
                item=item.item,
                done=item.done,
                by=item.by,
                note=db.sealed(evidence_table.c.note, row_id, item.note or None),
            )
        )
    return ident


def referral(scope: Scope, db: Tx, referral_id: str) -> Referral | None:
    """One referral within reach, with its evidence; None when there is none."""
    row = db.first(select(table).where(table.c.id == referral_id, scope.where(table.c.school_id)))
    return _referral(db, row, _evidence(db, referral_id)) if row else None


def waits(scope: Scope, db: Tx, referral_id: str = "") -> dict[str, Wait]:
    """By referral, how long after the pupil's absence was first told it came; one on request.

    A referral that came before anything was told of its pupil has none: it began the record.
    """
    query = (
        select(table.c.id, table.c.received, candidates.c.opened)
        .join(candidates, candidates.c.id == table.c.candidate_id)
        .where(candidates.c.opened < table.c.received, scope.where(table.c.school_id))
    )
    if referral_id:
        query = query.where(table.c.id == referral_id)
    return {row.id: Wait(day_of(row.opened), day_of(row.received)) for row in db.all(query)}


def count_referrals(
    scope: Scope, db: Tx, state: ReferralState | None = None, school_id: str = ""
) -> int:
    """How many referrals there are, perhaps in one state or of one school."""
    query = select(func.count()).select_from(table).where(scope.where(table.c.school_id))
    if state:
        query = query.where(table.c.state == state.value)
    if school_id:
        query = query.where(table.c.school_id == school_id)
    return int(db.execute(query).scalar_one())


def referrals(
    scope: Scope,
    db: Tx,
    state: ReferralState | None = None,
    school_id: str = "",
    *,
    limit: int,
    offset: int = 0,
) -> list[Referral]:
    """Referrals without their evidence; those that wait longest first when one state is asked."""
    query = select(table).where(scope.where(table.c.school_id))
    if state:
        query = query.where(table.c.state == state.value)
    if school_id:
        query = query.where(table.c.school_id == school_id)
    order = table.c.received if state is ReferralState.RECEIVED else table.c.received.desc()
    rows = db.all(query.order_by(order, table.c.id).limit(limit).offset(offset))
    return [_referral(db, row, ()) for row in rows]


def referrals_of(scope: Scope, db: Tx, candidate_id: str) -> list[Referral]:
    """The referrals of one candidate, the latest first."""
    rows = db.all(
        select(table)
        .where(table.c.candidate_id == candidate_id, scope.where(table.c.school_id))
        .order_by(table.c.received.desc())
    )
    return [_referral(db, row, ()) for row in rows]


def settle_referral(
    scope: Scope, db: Tx, referral_id: str, state: ReferralState, by: str, reason: str = ""
) -> None:
    """Keep what became of a referral, who decided it and why."""
    db.execute(
        update(table)
        .where(table.c.id == referral_id, scope.where(table.c.school_id))
        .values(
            state=state.value,
            decided_on=db.today,
            decided_by=by,
            decision_reason=db.sealed(table.c.decision_reason, referral_id, reason or None),
        )
    )


def _evidence(db: Tx, referral_id: str) -> tuple[EvidenceGiven, ...]:
    col = evidence_table.c
    rows = db.all(
        select(evidence_table).where(col.referral_id == referral_id).order_by(col.position)
    )
    return tuple(
        EvidenceGiven(row.item, row.done, row.by, db.opened(col.note, row.id, row.note) or "")
        for row in rows
    )


def _referral(db: Tx, row: Row[Any], evidence: tuple[EvidenceGiven, ...]) -> Referral:
    return Referral(
        id=row.id,
        candidate_id=row.candidate_id,
        school_id=row.school_id,
        pseudonym=row.pseudonym,
        request_id=row.request_id,
        made_by=row.made_by,
        reason=db.opened(table.c.reason, row.id, row.reason) or "",
        received=row.received,
        state=ReferralState(row.state),
        decided_on=row.decided_on,
        decided_by=row.decided_by,
        decision_reason=db.opened(table.c.decision_reason, row.id, row.decision_reason) or "",
        evidence=evidence,
        door=row.door or "referral",
        counted=_MARKS.validate_python(row.counted or ()),
    )
