"""The pages of schools and of the audit trail."""

from __future__ import annotations

from starlette.responses import Response

from linkwork_hub.access import school_pages, store
from linkwork_hub.db import Role
from linkwork_hub.web import EVERYONE, Context, Page, get, post

_MANAGER = frozenset({Role.MANAGER})
_AUDIT = frozenset({Role.MANAGER, Role.HUB_TEAM})


def audit_page(ctx: Context) -> Response:
    """Who did what, newest first."""
    with ctx.db.read() as db:
        paging = ctx.paging(store.audit_size(ctx.scope, db))
        newest = paging.total - paging.offset
        entries = store.audit_part(ctx.scope, db, newest, paging.size)
        people = {person.id: person.name for person in store.people(ctx.scope, db)}
    return ctx.render(
        "access/audit.html", title="Audit trail", entries=entries, people=people, paging=paging
    )


routes: list[Page] = [
    get("/schools", school_pages.index, roles=EVERYONE),
    get("/schools/{school_id}", school_pages.one, roles=EVERYONE),
    post(
        "/schools/{school_id}/preferences",
        school_pages.set_preferences,
        roles={Role.OFFICER, Role.MANAGER, Role.SCHOOL},
    ),
    post("/schools/{school_id}/link-officer", school_pages.set_link_officer, roles=_MANAGER),
    get("/audit", audit_page, roles=_AUDIT),
]
