"""What billing adds to pages below it."""

from __future__ import annotations

from markupsafe import Markup

from linkwork_hub.access.models import School
from linkwork_hub.billing.pages import current_year, tariff_of
from linkwork_hub.db import Role
from linkwork_hub.web import Context

_SEES_BILLS = frozenset({Role.FINANCE, Role.MANAGER, Role.SCHOOL})


def school(ctx: Context, *, school: School) -> Markup | None:
    """On a school's page: its bill of this contract year, the price book and its days."""
    role = ctx.person.role
    if role not in _SEES_BILLS | {Role.OFFICER} or not ctx.scope.reaches(school.id):
        return None
    tariff = tariff_of(ctx)
    with ctx.db.read() as db:
        year = current_year(ctx, db) if role in _SEES_BILLS else None
    sold = bool(tariff and tariff.items)
    if year is None and not sold:
        return None
    return ctx.partial("billing/school-panel.html", school_id=school.id, year=year, sold=sold)
