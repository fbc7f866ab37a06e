"""The hub's application: every domain's routes, panels and pages in one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from argon2 import PasswordHasher
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from linkwork.errors import LinkworkError
from linkwork_hub.access import people_pages, sign_in
from linkwork_hub.access.accounts import Accounts
from linkwork_hub.db import Database, Role
from linkwork_hub.web import Call, NavItem, Panel, ProfileView, Site, errors, files, machine
from linkwork_hub.web.security import SecureHeaders
from linkwork_hub.web.templating import environment

DOMAINS = (
    "access",
    "documents",
    "feeds",
    "referrals",
    "cases",
    "actions",
    "meetings",
    "billing",
    "insight",
)
_O, _M, _F, _H, _S = Role.OFFICER, Role.MANAGER, Role.FINANCE, Role.HUB_TEAM, Role.SCHOOL
NAV = (
    NavItem("Home", "/", frozenset({_O, _M, _F, _H, _S})),
    NavItem("Pupils to consider", "/pupils", frozenset({_O, _M})),
    NavItem("Returns", "/returns", frozenset({_O, _M, _S})),
    NavItem("Referrals", "/referrals", frozenset({_O, _M, _S})),
    NavItem("Cases", "/cases", frozenset({_O, _M})),
    NavItem("Meetings", "/meetings", frozenset({_O, _M, _S})),
    NavItem("Actions", "/actions", frozenset({_O, _M, _S})),
    NavItem("Schools", "/schools", frozenset({_O, _M, _F, _H, _S})),
    NavItem("Feeds", "/feeds", frozenset({_M, _H})),
    NavItem("Billing", "/billing", frozenset({_M, _F})),
    NavItem("People", "/people", frozenset({_M})),
)


@dataclass(frozen=True)
class Built:
    """An application to serve, and what it was made of."""

    asgi: SecureHeaders
    site: Site
    routes: Sequence[BaseRoute]


def build(
    database: Database,
    profile: ProfileView,
    *,
    address: str,
    hasher: PasswordHasher,
    keys: Any = None,
) -> Built:
    """The whole application over one database."""
    accounts = Accounts(hasher)
    modules = _landed()
    routes: list[BaseRoute] = [
        machine("/healthz", _alive),
        machine("/readyz", _ready),
        *files.routes,
        *sign_in.routes(accounts),
        *people_pages.routes(accounts),
    ]
    panels: dict[str, list[Panel]] = {}
    for module in modules:
        routes += module.routes
        for place, made in getattr(module, "panels", {}).items():
            panels.setdefault(place, []).extend(made)
    paths = {getattr(route, "path", "") for route in routes}
    site = Site(
        db=database,
        profile=profile,
        templates=environment(DOMAINS),
        visitors=accounts,
        address=address,
        keys=keys,
        panels=panels,
        nav=[item for item in NAV if item.path in paths],
    )
    return Built(SecureHeaders(_starlette(site, routes), site.secure), site, routes)


def _landed() -> list[Any]:
    names = [f"linkwork_hub.{domain}.routes" for domain in DOMAINS]
    return [import_module(name) for name in names if find_spec(name)]


def _starlette(site: Site, routes: Sequence[BaseRoute]) -> ASGIApp:
    app = Starlette(
        routes=routes,
        exception_handlers={
            LinkworkError: errors.known_error,
            HTTPException: errors.http_error,
            Exception: errors.fault,
        },
    )
    app.state.site = site
    return app


def _alive(_call: Call) -> Response:
    return PlainTextResponse("alive")


def _ready(call: Call) -> Response:
    with call.site.db.read() as db:
        db.conn.exec_driver_sql("SELECT 1")
    return PlainTextResponse("ready")
