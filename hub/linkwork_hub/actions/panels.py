"""What actions add to pages below them, and a list of them for a page above."""

from __future__ import annotations

from markupsafe import Markup

from linkwork_hub.access.models import School
from linkwork_hub.actions import rules, store
from linkwork_hub.actions.models import Action
from linkwork_hub.cases.models import Case
from linkwork_hub.db import Role
from linkwork_hub.web import Context


def school(ctx: Context, *, school: School) -> Markup | None:
    """On a school's page: what is still to be done."""
    if ctx.person.role not in {Role.OFFICER, Role.MANAGER, Role.SCHOOL}:
        return None
    with ctx.db.read() as db:
        counts = {
            group: store.count(ctx.scope, db, store.Filter(group, school.id))
            for group in ("waiting", "overdue")
        }
    return ctx.partial("actions/school-panel.html", counts=counts, school_id=school.id)


def case(ctx: Context, *, case: Case) -> Markup | None:
    """On a case: the actions it led to, and the form that agrees one more."""
    if case.school_id is None:
        return None
    with ctx.db.read() as db:
        agreed = store.actions_of_cause(ctx.scope, db, "case", case.id)
    return ctx.partial(
        "actions/case-panel.html",
        case=case,
        listed=listed(ctx, agreed),
        whos=list(rules.WHO_WORDS.items()),
    )


def listed(ctx: Context, actions: list[Action]) -> Markup:
    """These actions as a table, for any page; in words when there is none."""
    return ctx.partial(
        "actions/listed.html", actions=actions, words=rules.WORDS, who=rules.who_words
    )
