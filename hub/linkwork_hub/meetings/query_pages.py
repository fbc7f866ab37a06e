"""What schools ask the service, and who answers: their link officer, or the duty officer."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from linkwork.errors import Refused
from linkwork_hub.access import store as access
from linkwork_hub.db import Role, Scope
from linkwork_hub.meetings import duty, query_store
from linkwork_hub.meetings.pages import may_plan, rules_of
from linkwork_hub.web import Context


def page(ctx: Context) -> Response:
    """The questions within reach, those that wait first, and the form to ask one."""
    return _page(ctx, {})


def ask(ctx: Context) -> Response:
    """Ask a question for a school; whoever has it is said at once."""
    school_id = ctx.form.get("school", "")
    try:
        with ctx.db.write() as db:
            schools = {one.id: one for one in access.schools(ctx.scope, db)}
            if school_id not in schools:
                return _page(ctx, {"school": "Choose the school."})
            owner = duty.owner_of(ctx.scope, db, rules_of(ctx), schools[school_id])
            asked = ctx.form.get("text", "")
            ident = query_store.ask(ctx.scope, db, school_id, asked, ctx.person.name, owner)
            access.audit(ctx.scope, db, "asked the service", "query", ident, owner[1])
    except Refused as error:
        return _page(ctx, {"text": str(error)})
    return ctx.redirect("/queries", f"It is asked. {owner[1]}")


def answer(ctx: Context) -> Response:
    """Answer a question."""
    query_id = ctx.path["id"]
    try:
        with ctx.db.write() as db:
            said = ctx.form.get("answer", "")
            query_store.answer(ctx.scope, db, query_id, said, ctx.person.name)
            access.audit(ctx.scope, db, "answered a school", "query", query_id)
    except Refused as error:
        return _page(ctx, {f"answer-{query_id}": str(error)})
    return ctx.redirect("/queries", "The school can read your answer.")


def _page(ctx: Context, problems: Mapping[str, str]) -> Response:
    with ctx.db.read() as db:
        paging = ctx.paging(query_store.count(ctx.scope, db), 20)
        listed = query_store.queries(ctx.scope, db, limit=paging.size, offset=paging.offset)
        schools = access.schools(ctx.scope, db)
        on_duty = duty.today(ctx.scope, db, rules_of(ctx))
        people = {one.id: one for one in access.people(Scope.system(), db)}
        today = db.today
    reached = [(one.id, one.name) for one in schools]
    return ctx.render(
        "meetings/queries.html",
        status=422 if problems else 200,
        title="Questions to the service",
        queries=listed,
        paging=paging,
        schools=reached if len(reached) == 1 else [("", "Choose"), *reached],
        school_names=dict(reached),
        names={ident: one.name for ident, one in people.items() if one.role is not Role.SCHOOL},
        duty=people.get(on_duty.officer_id or "") if on_duty and not on_duty.gap else None,
        has_rota=rules_of(ctx).duty is not None,
        may_answer=may_plan(ctx),
        today=today,
        form=ctx.form,
        problems=problems,
    )
