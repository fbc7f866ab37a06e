"""The programme of a term's meetings: which are missing, which stand, who comes at intervals."""

from __future__ import annotations

from starlette.responses import Response

from linkwork.errors import WrongUse
from linkwork_hub.access import store as access
from linkwork_hub.db import Role, Scope
from linkwork_hub.documents.words import weekday_date
from linkwork_hub.meetings.pages import may_plan, rules_of
from linkwork_hub.meetings.standing import programme_of
from linkwork_hub.web import Context

#: How often, in words.
EVERY = {"half-term": "once in each half term", "term": "once a term"}


def programme(ctx: Context) -> Response:
    """How the meetings of a term stand at every school within reach."""
    rules, problems = rules_of(ctx), {}
    name, kind_id = ctx.query.get("term", ""), ctx.query.get("kind", "")
    with ctx.db.read() as db:
        try:
            made = programme_of(ctx.scope, db, rules, name, kind_id)
        except WrongUse as error:
            problems = {"term": str(error)}
            made = programme_of(ctx.scope, db, rules, "")
        every = access.people(Scope.system(), db)
    return ctx.render(
        "meetings/programme.html",
        status=422 if problems else 200,
        title="Programme of meetings",
        made=made,
        names=[(one, one) for one in made.names],
        kinds=[(kind.id, kind.name) for kind in rules.types if kind.cadence in EVERY],
        every=EVERY,
        may_plan=may_plan(ctx),
        plannable=may_plan(ctx) and (made.kind == rules.link or made.kind.several != ""),
        path=f"gather/{{}}?type={made.kind.id}" if made.kind.several else "plan/{}",
        people={one.id: one.name for one in every if one.role is not Role.SCHOOL},
        in_full=weekday_date,
        problems=problems,
    )
