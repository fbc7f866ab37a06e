"""What the views over several domains add to pages below them."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from linkwork_hub.access.models import School
from linkwork_hub.actions import store as actions
from linkwork_hub.actions.models import ActionState
from linkwork_hub.cases import store as cases
from linkwork_hub.db import Role
from linkwork_hub.documents.words import MONTHS
from linkwork_hub.feeds import totals
from linkwork_hub.insight import over_time
from linkwork_hub.meetings import store as meetings
from linkwork_hub.meetings.models import Status
from linkwork_hub.web import Context

#: Not the school: a case that came by another door may be unknown to it, even as a count.
_SEES = frozenset({Role.OFFICER, Role.MANAGER})


def school(ctx: Context, *, school: School, **_: Any) -> Markup | None:
    """On a school's page: persistent absence over time, beside the work that was done."""
    if ctx.person.role not in _SEES or not ctx.scope.reaches(school.id):
        return None
    with ctx.db.read() as db:
        first, today = over_time.earliest(db.today), db.today
        told = totals.over_time(ctx.scope, db, school.id, first)
        opened = cases.billed_between(ctx.scope, db, first, today).get(school.id, [])
        met = meetings.calendar(ctx.scope, db, first, today, school_id=school.id)
        agreed = actions.actions(ctx.scope, db, actions.Filter("finished", school.id))
    found = over_time.by_month(
        told,
        [begun for _ref, begun, _closed, void in opened if begun >= first and not void],
        [one.half_day.day for one in met if one.status is Status.HELD],
        [one.changed.date() for one in agreed if one.state is ActionState.DONE],
    )
    months = [(f"{MONTHS[one.first.month - 1]} {one.first.year}", one) for one in found]
    return ctx.partial("insight/over-time-panel.html", months=months)
