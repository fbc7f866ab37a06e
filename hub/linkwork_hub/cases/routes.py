"""The addresses of cases."""

from __future__ import annotations

from linkwork_hub.cases import notice_pages, opening_pages, pages
from linkwork_hub.cases import panels as made
from linkwork_hub.db import Role
from linkwork_hub.web import get, post

_CASEWORK = {Role.OFFICER, Role.MANAGER}

routes = [
    get("/cases", pages.cases, roles=_CASEWORK),
    get("/cases/{id}", pages.case, roles=_CASEWORK),
    post("/cases/{id}/work", pages.record_work, roles=_CASEWORK),
    post("/cases/{id}/move", pages.move, roles=_CASEWORK),
    post("/cases/{id}/officer", pages.give, roles=_CASEWORK),
    post("/cases/{id}/close", pages.close, roles=_CASEWORK),
    post("/cases/{id}/notice", notice_pages.give, roles=_CASEWORK),
    post("/cases/{id}/notice/became", notice_pages.became, roles=_CASEWORK),
    post("/cases/{id}/void", pages.void, roles=_CASEWORK),
    post("/referrals/{id}/accept", opening_pages.accept, roles=_CASEWORK),
    get("/pupils/{id}/open", opening_pages.ask_why, roles=_CASEWORK),
    post("/pupils/{id}/open", opening_pages.open_directly, roles=_CASEWORK),
]
panels = {
    "school": [made.school],
    "candidate": [made.candidate],
    "referral": [made.referral],
    "case": [notice_pages.panel],
}
