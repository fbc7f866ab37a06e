"""The addresses of actions."""

from __future__ import annotations

from linkwork_hub.actions import agreeing, pages
from linkwork_hub.actions import panels as made
from linkwork_hub.db import Role
from linkwork_hub.web import get, post

_CASEWORK = {Role.OFFICER, Role.MANAGER}
_WITH_SCHOOL = _CASEWORK | {Role.SCHOOL}

routes = [
    get("/actions", pages.actions, roles=_WITH_SCHOOL),
    get("/actions/{id}", pages.action, roles=_WITH_SCHOOL),
    post("/actions/{id}/withdraw", pages.withdraw, roles=_CASEWORK),
    post("/actions/{id}/carry", pages.carry, roles=_CASEWORK),
    post("/actions/{id}/escalate", pages.escalate, roles=_CASEWORK),
    post("/actions/{id}/word", pages.say, roles=_CASEWORK),
    post("/cases/{id}/actions", agreeing.agree_on_case, roles=_CASEWORK),
]
panels = {"school": [made.school], "case": [made.case]}
