"""What referrals add to pages below them."""

from __future__ import annotations

from markupsafe import Markup

from linkwork_hub.access.models import School
from linkwork_hub.db import Role
from linkwork_hub.referrals import store
from linkwork_hub.referrals.models import ReferralState
from linkwork_hub.web import Context


def school(ctx: Context, *, school: School) -> Markup | None:
    """On a school's page: pupils to consider, referrals to decide, returns."""
    if ctx.person.role not in {Role.OFFICER, Role.MANAGER}:
        return None
    with ctx.db.read() as db:
        counts = {
            "consider": store.count(ctx.scope, db, store.Filter(school_id=school.id)),
            "waiting": store.count_waiting(ctx.scope, db, school.id),
            "received": store.count_referrals(ctx.scope, db, ReferralState.RECEIVED, school.id),
            "returns": store.count_returns(ctx.scope, db, school.id),
        }
    return ctx.partial("referrals/school-panel.html", counts=counts, school_id=school.id)
