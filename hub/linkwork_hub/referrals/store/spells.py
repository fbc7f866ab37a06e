"""SQL of spells of absence."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, Select, bindparam, insert, select, update

from linkwork.wire import Correction, Mark, Notice, Unsettled
from linkwork_hub.db import Scope, Tx, row_id
from linkwork_hub.referrals.models import Episode, EpisodeState
from linkwork_hub.referrals.rules import state_after
from linkwork_hub.referrals.tables import episodes as table

_MARKS, _CORRECTIONS = TypeAdapter(tuple[Mark, ...]), TypeAdapter(tuple[Correction, ...])
_UNSETTLED = TypeAdapter(tuple[Unsettled, ...])
#: Statements are built once: a school tells of every spell every day.
_MINE = (table.c.school_id == bindparam("of_school"), table.c.id == bindparam("of_id"))
_ONE, _ADD, _CHANGE = select(table).where(*_MINE), insert(table), update(table).where(*_MINE)


def episode(scope: Scope, db: Tx, school_id: str, episode_id: str) -> Episode | None:
    """One spell of a school, or None."""
    scope.require(school_id)
    row = db.first(_ONE, {"of_school": school_id, "of_id": episode_id})
    return _episode(db, row) if row else None


def episodes(scope: Scope, db: Tx, candidate_id: str) -> list[Episode]:
    """Every spell a candidate rests on, the earliest first."""
    return [_episode(db, row) for row in db.all(_of(scope), {"of_candidate": candidate_id})]


@lru_cache
def _of(scope: Scope) -> Select[Any]:
    return (
        select(table)
        .where(table.c.candidate_id == bindparam("of_candidate"), scope.where(table.c.school_id))
        .order_by(table.c.first, table.c.id)
    )


def apply_notice(
    scope: Scope, db: Tx, school_id: str, candidate_id: str, notice: Notice
) -> Episode:
    """Keep a spell as this notice says it stands now."""
    scope.require(school_id)
    known = episode(scope, db, school_id, notice.episode)
    now = _from_notice(db, school_id, candidate_id, notice, known)
    values = _values(db, now)
    if known is None:
        db.change(_ADD, values)
    else:
        db.change(_CHANGE, values | {"of_school": school_id, "of_id": notice.episode})
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
        unsettled=notice.unsettled,
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
    values["marks"] = _MARKS.dump_python(one.marks, mode="json")
    values["corrections"] = _CORRECTIONS.dump_python(one.corrections, mode="json")
    values["unsettled"] = _UNSETTLED.dump_python(one.unsettled, mode="json")
    return values


def _episode(db: Tx, row: Row[Any]) -> Episode:
    values = row._asdict()
    col, ident = table.c.declared_why, row_id(row.school_id, row.id)
    values["declared_why"] = db.opened(col, ident, values["declared_why"]) or ""
    values["state"] = EpisodeState(values["state"])
    values["marks"] = _MARKS.validate_python(values["marks"])
    values["corrections"] = _CORRECTIONS.validate_python(values["corrections"] or ())
    values["unsettled"] = _UNSETTLED.validate_python(values["unsettled"] or ())
    return Episode(**values)
