"""SQL of spells of absence."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, insert, select, update

from linkwork.wire import Correction, Mark, Notice
from linkwork_hub.db import Scope, Tx, row_id
from linkwork_hub.referrals.models import Episode, EpisodeState
from linkwork_hub.referrals.rules import state_after
from linkwork_hub.referrals.tables import episodes as table


def episode(scope: Scope, db: Tx, school_id: str, episode_id: str) -> Episode | None:
    """One spell of a school, or None."""
    scope.require(school_id)
    row = db.first(select(table).where(table.c.school_id == school_id, table.c.id == episode_id))
    return _episode(db, row) if row else None


def episodes(scope: Scope, db: Tx, candidate_id: str) -> list[Episode]:
    """Every spell a candidate rests on, the earliest first."""
    rows = db.all(
        select(table)
        .where(table.c.candidate_id == candidate_id, scope.where(table.c.school_id))
        .order_by(table.c.first, table.c.id)
    )
    return [_episode(db, row) for row in rows]


def apply_notice(
    scope: Scope, db: Tx, school_id: str, candidate_id: str, notice: Notice
) -> Episode:
    """Keep a spell as this notice says it stands now."""
    scope.require(school_id)
    known = episode(scope, db, school_id, notice.episode)
    now = _from_notice(db, school_id, candidate_id, notice, known)
    values = _values(db, now)
    if known is None:
        db.execute(insert(table).values(values))
    else:
        same = (table.c.school_id == school_id, table.c.id == notice.episode)
        db.execute(update(table).where(*same).values(values))
    return now


def _from_notice(
    db: Tx, school_id: str, candidate_id: str, notice: Notice, known: Episode | None
) -> Episode:
    return Episode(
        id=notice.episode,
        school_id=school_id,
        pseudonym=notice.pseudonym,
        candidate_id=candidate_id,
        trigger=notice.trigger,
        statutory=notice.statutory,
        state=state_after(notice.event, known.state if known else None),
        status=notice.status,
        age=notice.age,
        value=notice.value,
        threshold=notice.threshold,
        unit=notice.unit,
        possible=notice.possible,
        first=notice.first,
        last=notice.last,
        ended=notice.ended,
        at_least=notice.at_least,
        at_most=notice.at_most,
        year_group=notice.year_group,
        marks=notice.why,
        corrections=_corrections(notice, known),
        updated=db.now,
        declared=notice.declared.on if notice.declared else None,
        declared_why=_declared_why(notice, known),
    )


def _declared_why(notice: Notice, known: Episode | None) -> str:
    """The school's reason, which comes with a return and stands from then on."""
    if notice.declared is None:
        return ""
    return notice.declared.why or (known.declared_why if known else "")


def _corrections(notice: Notice, known: Episode | None) -> tuple[Correction, ...]:
    """What the notice says was corrected, else what was said before; nothing of a spell anew."""
    if notice.corrected or known is None or notice.event == "opened":
        return notice.corrected
    return known.corrections


def _values(db: Tx, one: Episode) -> dict[str, Any]:
    values = {name: getattr(one, name) for name in table.c.keys()}  # noqa: SIM118 -- columns
    values["state"] = one.state.value
    col = table.c.declared_why
    values["declared_why"] = db.sealed(col, row_id(one.school_id, one.id), one.declared_why or None)
    values["marks"] = [mark.model_dump(mode="json") for mark in one.marks]
    values["corrections"] = [each.model_dump(mode="json") for each in one.corrections]
    return values


def _episode(db: Tx, row: Row[Any]) -> Episode:
    values = row._asdict()
    col, ident = table.c.declared_why, row_id(row.school_id, row.id)
    values["declared_why"] = db.opened(col, ident, values["declared_why"]) or ""
    values["state"] = EpisodeState(values["state"])
    values["marks"] = tuple(Mark.model_validate(mark) for mark in values["marks"])
    values["corrections"] = tuple(
        Correction.model_validate(each) for each in values["corrections"] or ()
    )
    return Episode(**values)
