"""The addresses of bills."""

from __future__ import annotations

from linkwork_hub.billing import ledger_pages, order_pages, pages
from linkwork_hub.billing import panels as made
from linkwork_hub.db import Role
from linkwork_hub.web import get, post

_MONEY = {Role.FINANCE, Role.MANAGER}
_WITH_SCHOOL = _MONEY | {Role.SCHOOL}
_WITH_OFFICER = _WITH_SCHOOL | {Role.OFFICER}

# Addresses with a word come before those in which a school's id stands at that place.
routes = [
    get("/billing", pages.index, roles=_MONEY),
    get("/billing.csv", pages.as_csv, roles=_MONEY),
    get("/billing.xlsx", pages.as_workbook, roles=_MONEY),
    get("/billing/ledger", ledger_pages.index, roles=_MONEY),
    post("/billing/ledger", ledger_pages.issue, roles=_MONEY),
    get("/billing/statements", ledger_pages.statements, roles=_MONEY),
    get("/billing/documents/{id}.pdf", ledger_pages.as_pdf, roles=_WITH_SCHOOL),
    get("/billing/documents/{id}", ledger_pages.one, roles=_WITH_SCHOOL),
    post("/billing/documents/{id}/dispute", ledger_pages.dispute, roles=_MONEY),
    post("/billing/documents/{id}/settle", ledger_pages.settle, roles=_MONEY),
    post("/billing/documents/{id}/reissue", ledger_pages.reissue, roles=_MONEY),
    get("/billing/forecast", ledger_pages.forecast, roles=_MONEY),
    get("/billing/prices", order_pages.prices, roles=_WITH_OFFICER),
    get("/billing/days", order_pages.remaining, roles=_WITH_OFFICER),
    get("/billing/orders/new", order_pages.new, roles=_MONEY),
    post("/billing/orders/new", order_pages.add, roles=_MONEY),
    get("/billing/orders/{id}", order_pages.one, roles=_WITH_OFFICER),
    post("/billing/orders/{id}/events", order_pages.add_event, roles=_MONEY | {Role.OFFICER}),
    get("/billing/{school_id}/{year}.pdf", pages.as_pdf, roles=_WITH_SCHOOL),
    get("/billing/{school_id}/{year}", pages.one, roles=_WITH_SCHOOL),
    post("/billing/{school_id}/{year}/costs", pages.add_cost, roles=_MONEY),
]
panels = {"school": [made.school]}
