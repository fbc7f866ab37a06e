"""What the views over several domains add to pages below them."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from linkwork_hub.access.models import School
from linkwork_hub.db import Role
from linkwork_hub.documents.words import MONTHS
from linkwork_hub.web import Context
from linkwork_hub.yearly import gathering, over_time

#: Not the school: a case that came by another door may be unknown to it, even as a count.
_SEES = frozenset({Role.OFFICER, Role.MANAGER})


def school(ctx: Context, *, school: School, **_: Any) -> Markup | None:
    """On a school's page: persistent absence over time, beside the work that was done."""
    if ctx.person.role not in _SEES or not ctx.scope.reaches(school.id):
        return None
    with ctx.db.read() as db:
        first = over_time.earliest(db.today)
        found = gathering.months(ctx.scope, db, school.id, first, db.today)
    months = [(f"{MONTHS[one.first.month - 1]} {one.first.year}", one) for one in found]
    return ctx.partial("insight/over-time-panel.html", months=months)
