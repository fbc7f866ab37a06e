"""What a year with a school adds to pages below it and to the home page."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from linkwork_hub.access.models import School
from linkwork_hub.db import Role
from linkwork_hub.web import Context
from linkwork_hub.yearly import answering, rules, store
from linkwork_hub.yearly.pages import rows_of, rules_of

_SEES = frozenset({Role.OFFICER, Role.MANAGER, Role.SCHOOL})


def school(ctx: Context, *, school: School, **_: Any) -> Markup | None:
    """On a school's page: its plan, its checklist, its summaries."""
    if ctx.person.role not in _SEES or not ctx.scope.reaches(school.id):
        return None
    yearly = rules_of(ctx)
    with ctx.db.read() as db:
        year = rules.year_label(db.today)
        gaps, unanswered = answering.gaps(
            yearly.items, store.answers(ctx.scope, db, year).get(school.id, {})
        )
        standing = None
        if yearly.plan:
            plans = store.plans(ctx.scope, db, yearly.plan.meeting).get(school.id, [])
            standing = rules.plan_standing(plans, yearly.plan.review_months, db.today)
        made = store.summaries_of(ctx.scope, db, school.id)
    return ctx.partial(
        "yearly/school-panel.html",
        school_id=school.id,
        year=year,
        yearly=yearly,
        standing=standing,
        gaps=len(gaps),
        unanswered=len(unanswered),
        last=made[0] if made else None,
    )


def home(ctx: Context, **_: Any) -> Markup | None:
    """On the home page of who works with schools: how many plans and checklists press."""
    if ctx.person.role not in (Role.OFFICER, Role.MANAGER):
        return None
    yearly = rules_of(ctx)
    if yearly.plan is None and not yearly.checklist:
        return None
    with ctx.db.read() as db:
        rows = rows_of(ctx.scope, db, yearly)
    plans = [row.plan for row in rows if row.plan is not None]
    return ctx.partial(
        "yearly/home-panel.html",
        overdue=sum(plan.overdue for plan in plans),
        without=sum(plan.current is None for plan in plans),
        has_plan=yearly.plan is not None,
        gaps=sum(row.gaps > 0 for row in rows),
        has_list=bool(yearly.checklist),
    )
