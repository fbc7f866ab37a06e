"""The addresses of schools."""

from __future__ import annotations

from linkwork_hub.access import school_pages
from linkwork_hub.db import Role
from linkwork_hub.web import EVERYONE, Page, get, post

_MANAGER = frozenset({Role.MANAGER})

routes: list[Page] = [
    get("/schools", school_pages.index, roles=EVERYONE),
    get("/schools/{school_id}", school_pages.one, roles=EVERYONE),
    post(
        "/schools/{school_id}/preferences",
        school_pages.set_preferences,
        roles={Role.OFFICER, Role.MANAGER, Role.SCHOOL},
    ),
    post("/schools/{school_id}/link-officer", school_pages.set_link_officer, roles=_MANAGER),
]
