"""The addresses of meetings."""

from __future__ import annotations

from linkwork_hub.db import Role
from linkwork_hub.meetings import pages, record_pages
from linkwork_hub.meetings import panels as made
from linkwork_hub.web import get, post

_CASEWORK = {Role.OFFICER, Role.MANAGER}
_WITH_SCHOOL = _CASEWORK | {Role.SCHOOL}

routes = [
    get("/meetings", pages.diary, roles=_WITH_SCHOOL),
    get("/meetings/plan/{school_id}", record_pages.offer, roles=_CASEWORK),
    post("/meetings/plan/{school_id}", record_pages.choose, roles=_CASEWORK),
    get("/meetings/{id}.ics", pages.ics, roles=_WITH_SCHOOL),
    get("/meetings/{id}", pages.meeting, roles=_WITH_SCHOOL),
    post("/meetings/{id}/note", record_pages.keep_note, roles=_CASEWORK),
    post("/meetings/{id}/actions", record_pages.agree_action, roles=_CASEWORK),
    post("/meetings/{id}/cancel", record_pages.cancel, roles=_CASEWORK),
]
panels = {"school": [made.school], "home": [made.home]}
