"""The first page: for each role, what waits for it, and where to go on; and the audit trail."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from linkwork_hub.db import Role, Tx
from linkwork_hub.insight import audit, rules, store
from linkwork_hub.insight import panels as made
from linkwork_hub.web import EVERYONE, Context, get

_HELLO = {
    Role.OFFICER: "What waits at your schools today.",
    Role.MANAGER: "The service today: what is overdue, what is new, and who carries it.",
    Role.FINANCE: "Bills, each with the cases, days and dates behind every line.",
    Role.HUB_TEAM: "Whether every school is heard, and what to put right.",
    Role.HEALTH_NEEDS: "Children who are ill for long, so that lessons can go on.",
    Role.SCHOOL: "What the authority asks of your school, and what was agreed.",
}


def home(ctx: Context) -> Response:
    """The first page of the person's role."""
    with ctx.db.read() as db:
        values = _VALUES.get(ctx.person.role, _nothing)(ctx, db)
    return ctx.render(
        "insight/home.html",
        title="Home",
        hello=_HELLO[ctx.person.role],
        panels=ctx.panels("home"),
        **{"cards": [], "loads": []} | values,
    )


def _officer(ctx: Context, db: Tx) -> dict[str, Any]:
    return {"cards": rules.officer_cards(store.casework(ctx.scope, db))}


def _manager(ctx: Context, db: Tx) -> dict[str, Any]:
    counted, feeds = store.casework(ctx.scope, db), store.feeds(ctx.scope, db)
    needs = store.health_needs(ctx.scope, db)
    cards = rules.manager_cards(counted, feeds, needs)
    return {"cards": cards, "loads": store.loads(ctx.scope, db)}


def _school(ctx: Context, db: Tx) -> dict[str, Any]:
    return {"cards": rules.school_cards(store.casework(ctx.scope, db))}


def _hub_team(ctx: Context, db: Tx) -> dict[str, Any]:
    return {"cards": rules.hub_cards(store.feeds(ctx.scope, db))}


def _health_needs(ctx: Context, db: Tx) -> dict[str, Any]:
    return {"cards": rules.health_cards(store.health_needs(ctx.scope, db))}


def _nothing(_ctx: Context, _db: Tx) -> dict[str, Any]:
    return {}


_VALUES = {
    Role.OFFICER: _officer,
    Role.MANAGER: _manager,
    Role.SCHOOL: _school,
    Role.HUB_TEAM: _hub_team,
    Role.HEALTH_NEEDS: _health_needs,
}

routes = [
    get("/", home, roles=EVERYONE),
    get("/audit", audit.audit_page, roles={Role.MANAGER, Role.HUB_TEAM}),
]
panels = {"school-below": [made.school]}
