"""What a year with a school adds to pages below it and to the home page."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from linkwork_hub.access import store as access
from linkwork_hub.access.models import School
from linkwork_hub.db import Role, Scope, Tx
from linkwork_hub.web import Context
from linkwork_hub.yearly import answering, rules, store
from linkwork_hub.yearly.kinds import PlanRule
from linkwork_hub.yearly.pages import rules_of

_SEES = frozenset({Role.OFFICER, Role.MANAGER, Role.SCHOOL})


def school(ctx: Context, *, school: School, **_: Any) -> Markup | None:
    """On a school's page: its plan, its checklist, its summaries."""
    if ctx.person.role not in _SEES or not ctx.scope.reaches(school.id):
        return None
    yearly = rules_of(ctx)
    with ctx.db.read() as db:
        year = rules.year_label(db.today)
        answered = store.answers(ctx.scope, db, school.id, year)
        gaps, unanswered = answering.gaps(
            yearly.items, {item: one.said for item, one in answered.items()}
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
    with ctx.db.read() as db:
        year = rules.year_label(db.today)
        gaps = store.schools_with_gap(ctx.scope, db, year, list(yearly.items))
        overdue, without = _pressing(ctx.scope, db, yearly.plan) if yearly.plan else (0, 0)
    return ctx.partial(
        "yearly/home-panel.html",
        overdue=overdue,
        without=without,
        has_plan=yearly.plan is not None,
        gaps=gaps,
        has_list=bool(yearly.checklist),
    )


def _pressing(scope: Scope, db: Tx, rule: PlanRule) -> tuple[int, int]:
    """How many plans have an overdue review, and how many schools have none that is agreed."""
    made = store.plans(scope, db, rule.meeting).values()
    standings = [rules.plan_standing(one, rule.review_months, db.today) for one in made]
    agreed = sum(one.current is not None for one in standings)
    return sum(one.overdue for one in standings), len(access.schools(scope, db)) - agreed
