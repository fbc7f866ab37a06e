"""The addresses of papers with a family."""

from __future__ import annotations

from linkwork_hub.db import Role
from linkwork_hub.forms import pages
from linkwork_hub.forms import panels as made
from linkwork_hub.web import get, post

_CASEWORK = {Role.OFFICER, Role.MANAGER}

routes = [
    get("/cases/{id}/forms/{kind}", pages.start, roles=_CASEWORK),
    post("/cases/{id}/forms/{kind}", pages.save, roles=_CASEWORK),
    get("/forms/{id}", pages.read, roles=_CASEWORK),
    get("/forms/{id}/paper.pdf", pages.as_pdf, roles=_CASEWORK),
    get("/forms/{id}/next", pages.change, roles=_CASEWORK),
    post("/forms/{id}/next", pages.save_change, roles=_CASEWORK),
    post("/forms/{id}/sign", pages.sign, roles=_CASEWORK),
    post("/forms/{id}/end", pages.end, roles=_CASEWORK),
]
panels = {"case": [made.case]}
