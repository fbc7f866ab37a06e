"""Agreeing an action on a case's page."""

from __future__ import annotations

from datetime import date

from starlette.responses import Response

from linkwork.errors import Refused
from linkwork_hub.actions import store
from linkwork_hub.actions.models import NewAction
from linkwork_hub.cases import rules as case_rules
from linkwork_hub.cases import store as cases
from linkwork_hub.web import Context, found


def agree_on_case(ctx: Context) -> Response:
    """Agree who does what by when about a case, and send it to its school."""
    with ctx.db.write() as db:
        case = found(cases.case(ctx.scope, db, ctx.path["id"]))
        case_rules.must_be_open(case)
        new = NewAction(
            what=ctx.form.get("what", ""),
            who=ctx.form.get("who", ""),
            due=due_day(ctx.form.get("due", "")),
            school_id=found(case.school_id),
            cause=("case", case.id),
            agreed_on=db.today,
            pseudonym=case.pseudonym,
        )
        store.agree(ctx.scope, db, ctx.keys.issuer, new, ctx.person.name)
    return ctx.redirect(f"/cases/{case.id}", "The action is agreed and on its way to the school.")


def due_day(text: str) -> date:
    """The due date of a form. Raises Refused with the remedy."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Refused("Give the day by which it is done: an action has a due date.") from error
