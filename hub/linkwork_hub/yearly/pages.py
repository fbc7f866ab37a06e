"""Pages of a year with a school: how every school stands, and the plan of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from starlette.responses import Response

from linkwork.errors import NotAllowed
from linkwork.wire import LinkworkRecord
from linkwork_hub.access import store as access
from linkwork_hub.access.models import School
from linkwork_hub.db import Role, Scope, Tx
from linkwork_hub.documents.models import as_data
from linkwork_hub.documents.render import render_blocks
from linkwork_hub.meetings import record_store
from linkwork_hub.meetings import store as meetings
from linkwork_hub.meetings.models import Agreed, Meeting, Status
from linkwork_hub.meetings.pages import rules_of as meeting_rules_of
from linkwork_hub.meetings.pages import when
from linkwork_hub.web import Context, found
from linkwork_hub.yearly import answering, plan_paper, rules, store
from linkwork_hub.yearly.kinds import PlanRule, YearlyRules, read_yearly
from linkwork_hub.yearly.models import (
    PlanStanding,
    PlanVersion,
)


@dataclass(frozen=True)
class Row:
    """One school of the list: its plan, its checklist of this year, its last summary."""

    school: School
    plan: PlanStanding | None
    gaps: int
    unanswered: int
    summary: str

    @property
    def presses(self) -> bool:
        """Whether somebody has to see to it."""
        plan = self.plan
        return plan is not None and (plan.overdue or plan.current is None)


def rules_of(ctx: Context) -> YearlyRules:
    """The profile's `[yearly]` table."""
    kinds = [kind.id for kind in meeting_rules_of(ctx).types]
    return read_yearly(ctx.profile.section("yearly"), file="authority.toml", meetings=kinds)


def may_write(ctx: Context) -> bool:
    """Whether this person issues summaries and answers the checklist."""
    return ctx.person.role in (Role.OFFICER, Role.MANAGER)


def schools(ctx: Context) -> Response:
    """How the year stands at every school within reach, what presses first."""
    yearly = rules_of(ctx)
    with ctx.db.read() as db:
        rows = rows_of(ctx.scope, db, yearly)
        year = rules.year_label(db.today)
    rows.sort(key=lambda row: (not row.presses, row.school.name.casefold()))
    paging = ctx.paging(len(rows))
    return ctx.render(
        "yearly/schools.html",
        title="The year at each school",
        rows=rows[paging.offset : paging.offset + paging.size],
        pressing=sum(row.presses for row in rows),
        paging=paging,
        yearly=yearly,
        year=year,
    )


def rows_of(scope: Scope, db: Tx, yearly: YearlyRules) -> list[Row]:
    """Every school within reach, in no order."""
    answered = store.said_in(scope, db, rules.year_label(db.today))
    plans = store.plans(scope, db, yearly.plan.meeting) if yearly.plan else {}
    last = store.last_summaries(scope, db)
    made = []
    for school in access.schools(scope, db):
        gaps, open_ = answering.gaps(yearly.items, answered.get(school.id, {}))
        plan = _standing(yearly.plan, plans, school.id, db.today)
        made.append(Row(school, plan, len(gaps), len(open_), last.get(school.id, "")))
    return made


def _standing(
    rule: PlanRule | None, plans: Mapping[str, Sequence[PlanVersion]], school_id: str, today: date
) -> PlanStanding | None:
    if rule is None:
        return None
    return rules.plan_standing(plans.get(school_id, []), rule.review_months, today)


def plan(ctx: Context) -> Response:
    """The yearly action plan of one school: what was agreed, and when it is reviewed."""
    rule = rules_of(ctx).plan
    if rule is None:
        raise NotAllowed("This authority's profile has no yearly action plan.")
    school_id = ctx.path["school_id"]
    with ctx.db.read() as db:
        school = access.school(ctx.scope, db, school_id)
        every = store.plans(ctx.scope, db, rule.meeting)
        standing = rules.plan_standing(every.get(school_id, []), rule.review_months, db.today)
        shown = agreed_plan(ctx.scope, db, standing)
        coming = _coming(ctx.scope, db, rule.meeting, school_id)
        earlier = [
            one
            for one in every.get(school_id, [])
            if one.agreed and standing.current and one.meeting_id != standing.current.meeting_id
        ]
    return ctx.render(
        "yearly/plan.html",
        title=f"Yearly action plan: {school.name}",
        school=school,
        standing=standing,
        kind=rule.meeting,
        months=rule.review_months,
        blocks=[as_data(block) for block in plan_paper.blocks(shown, standing)] if shown else [],
        coming=coming,
        when=when,
        earlier=list({one.meeting_id: one for one in reversed(earlier)}.values())[::-1],
        may_write=may_write(ctx),
        is_school=ctx.person.role is Role.SCHOOL,
    )


def plan_pdf(ctx: Context) -> Response:
    """The plan that both sides agreed, as PDF. It names no pupil."""
    rule = rules_of(ctx).plan
    school_id = ctx.path["school_id"]
    with ctx.db.read() as db:
        school = access.school(ctx.scope, db, school_id)
        every = store.plans(ctx.scope, db, rule.meeting) if rule else {}
        months = rule.review_months if rule else 0
        standing = rules.plan_standing(every.get(school_id, []), months, db.today)
        shown = found(agreed_plan(ctx.scope, db, standing))
        today = db.today
    made = render_blocks(
        f"Yearly action plan: {school.name}",
        ctx.profile.name,
        plan_paper.blocks(shown, standing),
        on=today,
    )
    return as_file(made, f"plan-{school.urn}-{today.isoformat()}.pdf", "application/pdf")


def as_file(made: bytes, name: str, media_type: str) -> Response:
    """A file to keep."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(made, media_type=media_type, headers=headers)


def agreed_plan(
    scope: Scope, db: Tx, standing: PlanStanding
) -> tuple[LinkworkRecord, Agreed] | None:
    """The record that is the plan, and who confirmed it; None before both sides did."""
    if standing.current is None:
        return None
    versions = record_store.agreed(scope, db, standing.current.meeting_id)
    one = next(each for each in versions if each.version == standing.current.version)
    return LinkworkRecord.model_validate_json(one.body), one


def _coming(scope: Scope, db: Tx, kind: str, school_id: str) -> Meeting | None:
    last = db.today + timedelta(days=400)
    ahead = meetings.calendar(scope, db, db.today, last, school_id=school_id)
    mine = (one for one in ahead if one.kind == kind and one.status is Status.PLANNED)
    return next(mine, None)
