"""What a school's totals were, day by day: sums over the whole school, never a group or a pupil."""

from __future__ import annotations

from datetime import date

from sqlalchemy import bindparam, delete, select

from linkwork.wire import Summary
from linkwork_hub.db import Scope, Tx
from linkwork_hub.feeds.models import DayTotals
from linkwork_hub.feeds.tables import totals_by_day as table

#: Built once: every collection of a school asks it.
_DROP = delete(table).where(
    table.c.school_id == bindparam("of_school"), table.c.as_of == bindparam("of_day")
)


def keep(scope: Scope, db: Tx, school_id: str, told: Summary, *, overtaken: bool = False) -> None:
    """Keep the totals of a day; of several collections of one day the last that came stands."""
    scope.require(school_id)
    if not overtaken:
        db.change(_DROP, {"of_school": school_id, "of_day": told.as_of})
    sums = told.totals
    db.add_once(
        table,
        {
            "school_id": school_id,
            "as_of": told.as_of,
            "pupils": sums.pupils,
            "possible": sums.possible,
            "present": sums.present,
            "persistent": sums.persistent,
            "severe": sums.severe,
        },
    )


def over_time(scope: Scope, db: Tx, school_id: str, since: date) -> list[DayTotals]:
    """A school's totals from a day on, the earliest first."""
    scope.require(school_id)
    mine = (table.c.school_id == school_id, table.c.as_of >= since)
    rows = db.all(select(table).where(*mine).order_by(table.c.as_of))
    return [
        DayTotals(r.as_of, r.pupils, r.possible, r.present, r.persistent, r.severe) for r in rows
    ]
