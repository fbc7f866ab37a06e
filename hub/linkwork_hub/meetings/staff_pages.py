"""Who may chair: marks of staff with their dates, set by a manager."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from starlette.responses import Response

from linkwork.errors import Refused
from linkwork_hub.access import staff_store
from linkwork_hub.access import store as access
from linkwork_hub.db import Role
from linkwork_hub.meetings import chairing
from linkwork_hub.meetings.pages import rules_of
from linkwork_hub.web import Context, found


def chairs(ctx: Context) -> Response:
    """Which marks there are, who holds which, and which meetings ask for one."""
    return _page(ctx, {})


def give(ctx: Context) -> Response:
    """Give somebody a mark from a day on."""
    form, person_id, mark = ctx.form, ctx.form.get("person", ""), ctx.form.get("mark", "")
    problems, first = {}, _day(form.get("first", ""))
    with ctx.db.read() as db:
        officers = {one.id for one in access.people(ctx.scope, db, role=Role.OFFICER)}
    if person_id not in officers:
        problems["person"] = "Choose the officer."
    if mark not in {one.id for one in rules_of(ctx).marks}:
        problems["mark"] = "Choose the mark."
    if first is None:
        problems["first"] = "Write the first day like 2026-03-31."
    if problems or first is None:
        return _page(ctx, problems)
    try:
        with ctx.db.write() as db:
            staff_store.set_mark(ctx.scope, db, person_id, mark, first, ctx.person.name)
            access.audit(ctx.scope, db, "marked", "person", person_id, mark)
    except Refused as error:
        return _page(ctx, {"mark": str(error)})
    return ctx.redirect("/meetings/chairs", "The mark holds from that day on.")


def end(ctx: Context) -> Response:
    """End a mark today."""
    try:
        with ctx.db.write() as db:
            mark_id = ctx.form.get("id", "")
            every = {one.id: one for one in staff_store.marks(ctx.scope, db)}
            known = found(every.get(mark_id))
            staff_store.end_mark(ctx.scope, db, mark_id, db.today)
            access.audit(ctx.scope, db, "mark ended", "person", known.person_id, known.mark)
    except Refused as error:
        return _page(ctx, {"marks": str(error)})
    return ctx.redirect("/meetings/chairs", "Today is the last day of that mark.")


def _page(ctx: Context, problems: Mapping[str, str]) -> Response:
    rules = rules_of(ctx)
    with ctx.db.read() as db:
        people = {one.id: one for one in access.people(ctx.scope, db)}
        held = staff_store.marks(ctx.scope, db)
        today = db.today
    officers = [one for one in people.values() if one.role is Role.OFFICER and one.active]
    return ctx.render(
        "meetings/chairs.html",
        status=422 if problems else 200,
        title="Who may chair",
        kinds=[(kind, chairing.who_may(rules, kind)) for kind in rules.types if kind.chair],
        held=held,
        names={ident: one.name for ident, one in people.items()},
        mark_names={mark.id: mark.name for mark in rules.marks},
        marks=[("", "Choose"), *((mark.id, mark.name) for mark in rules.marks)],
        people=[("", "Choose"), *((one.id, one.name) for one in officers)],
        today=today,
        form=ctx.form,
        problems=problems,
    )


def _day(words: str) -> date | None:
    try:
        return date.fromisoformat(words)
    except ValueError:
        return None
