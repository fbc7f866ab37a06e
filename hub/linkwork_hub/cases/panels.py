"""What cases add to pages below them."""

from __future__ import annotations

from markupsafe import Markup

from linkwork_hub.access.models import School
from linkwork_hub.cases import store
from linkwork_hub.cases.pages import is_casework
from linkwork_hub.referrals.models import Candidate, Referral
from linkwork_hub.web import Context


def school(ctx: Context, *, school: School) -> Markup | None:
    """On a school's page: its open and overdue cases."""
    if not is_casework(ctx.person.role):
        return None
    with ctx.db.read() as db:
        counts = {
            group: store.count(ctx.scope, db, store.Filter(group, school.id))
            for group in ("open", "overdue", "closed")
        }
    return ctx.partial("cases/school-panel.html", counts=counts, school_id=school.id)


def candidate(ctx: Context, *, candidate: Candidate) -> Markup | None:
    """On a pupil's page: the case opened for them."""
    return _link(ctx, candidate.id)


def referral(ctx: Context, *, referral: Referral) -> Markup | None:
    """On a referral's page: the case it led to."""
    return _link(ctx, referral.candidate_id)


def _link(ctx: Context, candidate_id: str) -> Markup | None:
    if not is_casework(ctx.person.role):
        return None
    with ctx.db.read() as db:
        known = store.case_of_candidate(ctx.scope, db, candidate_id)
    return ctx.partial("cases/case-panel.html", case=known) if known else None
