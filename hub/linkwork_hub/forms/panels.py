"""What papers with a family add to a case's page."""

from __future__ import annotations

from markupsafe import Markup

from linkwork_hub.cases.models import Case
from linkwork_hub.forms import store
from linkwork_hub.forms.pages import rules_of
from linkwork_hub.web import Context


def case(ctx: Context, *, case: Case) -> Markup | None:
    """On a case's page: its papers, and the kinds that can be written."""
    kinds = rules_of(ctx).kinds
    with ctx.db.read() as db:
        written = store.forms_of(ctx.scope, db, case.id)
        today = db.today
    if not kinds and not written:
        return None
    names = {kind.id: kind.name for kind in kinds}
    return ctx.partial(
        "forms/case-panel.html",
        case=case,
        kinds=kinds,
        rows=[(one, names.get(one.kind, one.kind), one.overdue(today)) for one in written],
    )
