"""SQL of the triggers that stand in candidates whose matter is not finished."""

from __future__ import annotations

from sqlalchemy import and_, select

from linkwork_hub.db import Scope, Tx
from linkwork_hub.referrals import rules
from linkwork_hub.referrals.models import EpisodeState
from linkwork_hub.referrals.strategies import Standing, standing_triggers
from linkwork_hub.referrals.tables import candidates as table
from linkwork_hub.referrals.tables import episodes


def standing(scope: Scope, db: Tx) -> list[Standing]:
    """Every candidate within reach that is not finished, with its standing triggers."""
    spells = and_(
        episodes.c.candidate_id == table.c.id,
        episodes.c.school_id == table.c.school_id,
        episodes.c.state == EpisodeState.OPEN.value,
    )
    rows = db.all(
        select(table.c.id, table.c.school_id, table.c.trigger, episodes.c.trigger.label("spell"))
        .outerjoin(episodes, spells)
        .where(
            scope.where(table.c.school_id),
            table.c.state.not_in([state.value for state in rules.FINISHED]),
        )
        .order_by(table.c.school_id, table.c.id)
    )
    found: dict[tuple[str, str, str], list[str]] = {}
    for row in rows:
        of_one = found.setdefault((row.school_id, row.id, row.trigger), [])
        if row.spell is not None:
            of_one.append(row.spell)
    return [
        Standing(school_id, ident, standing_triggers(came_by, of_one))
        for (school_id, ident, came_by), of_one in found.items()
    ]
