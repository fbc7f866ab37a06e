"""The addresses of bills."""

from __future__ import annotations

from linkwork_hub.billing import pages
from linkwork_hub.billing import panels as made
from linkwork_hub.db import Role
from linkwork_hub.web import get, post

_MONEY = {Role.FINANCE, Role.MANAGER}
_WITH_SCHOOL = _MONEY | {Role.SCHOOL}

routes = [
    get("/billing", pages.index, roles=_MONEY),
    get("/billing.csv", pages.as_csv, roles=_MONEY),
    get("/billing/{school_id}/{year}.pdf", pages.as_pdf, roles=_WITH_SCHOOL),
    get("/billing/{school_id}/{year}", pages.one, roles=_WITH_SCHOOL),
    post("/billing/{school_id}/{year}/costs", pages.add_cost, roles=_MONEY),
]
panels = {"school": [made.school]}
