"""The hub's application: every domain's routes, panels and handlers in one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from argon2 import PasswordHasher
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute
from starlette.types import ExceptionHandler

from linkwork.errors import LinkworkError
from linkwork_hub.access import people_pages, sign_in
from linkwork_hub.access import routes as access
from linkwork_hub.access.accounts import Accounts
from linkwork_hub.actions import apply as actions_apply
from linkwork_hub.actions import routes as actions
from linkwork_hub.billing import routes as billing
from linkwork_hub.cases import routes as cases
from linkwork_hub.db import Database, Role
from linkwork_hub.feeds import routes as feeds
from linkwork_hub.feeds.keys import HubKeys, ReceiverKeys
from linkwork_hub.feeds.models import Handlers
from linkwork_hub.forms import routes as forms
from linkwork_hub.insight import routes as insight
from linkwork_hub.meetings import apply as meetings_apply
from linkwork_hub.meetings import routes as meetings
from linkwork_hub.referrals import apply as referrals_apply
from linkwork_hub.referrals import routes as referrals
from linkwork_hub.web import Call, NavItem, Panel, ProfileView, Site, errors, files, machine
from linkwork_hub.web.security import SecureHeaders
from linkwork_hub.web.templating import environment
from linkwork_hub.yearly import routes as yearly

#: What happens to each kind of message a school sends.
HANDLERS: Handlers = {
    "summary": referrals_apply.on_summary,
    "return": referrals_apply.on_return,
    "sickness-return": referrals_apply.on_sickness,
    "referral": referrals_apply.on_referral,
    "action-progress": actions_apply.on_progress,
    "record-confirmed": meetings_apply.on_record_confirmed,
    "meeting-list": meetings_apply.on_meeting_list,
    "same-child": meetings_apply.on_same_child,
}
#: Each domain's routes, lowest first: the order in which their panels stand on a page.
DOMAINS: Mapping[str, ModuleType] = {
    "access": access,
    "feeds": feeds,
    "referrals": referrals,
    "cases": cases,
    "actions": actions,
    "forms": forms,
    "meetings": meetings,
    "billing": billing,
    "yearly": yearly,
    "insight": insight,
}
_O, _M, _F, _H, _S = Role.OFFICER, Role.MANAGER, Role.FINANCE, Role.HUB_TEAM, Role.SCHOOL
_N = Role.HEALTH_NEEDS
NAV = (
    NavItem("Home", "/", frozenset({_O, _M, _F, _H, _N, _S})),
    NavItem("Pupils to consider", "/pupils", frozenset({_O, _M})),
    NavItem("Health needs", "/health-needs", frozenset({_M, _N})),
    NavItem("Returns", "/returns", frozenset({_O, _M, _S})),
    NavItem("Referrals", "/referrals", frozenset({_O, _M, _S})),
    NavItem("Cases", "/cases", frozenset({_O, _M})),
    NavItem("Meetings", "/meetings", frozenset({_O, _M, _S})),
    NavItem("Actions", "/actions", frozenset({_O, _M, _S})),
    NavItem("Schools", "/schools", frozenset({_O, _M, _F, _H, _N, _S})),
    NavItem("Feeds", "/feeds", frozenset({_O, _M, _H})),
    NavItem("Billing", "/billing", frozenset({_M, _F})),
    NavItem("People", "/people", frozenset({_M})),
    NavItem("Audit", "/audit", frozenset({_M, _H})),
)


@dataclass(frozen=True)
class Built:
    """An application to serve, and what it was made of."""

    asgi: SecureHeaders
    site: Site
    routes: Sequence[BaseRoute]


@dataclass(frozen=True)
class ReceiveOnly:
    """The keys of a process that takes messages in and can open none."""

    receiver: ReceiverKeys


def build(
    database: Database,
    profile: ProfileView,
    *,
    address: str,
    hasher: PasswordHasher,
    keys: HubKeys,
    schools_address: str = "",
    spread_seconds: int = 0,
) -> Built:
    """The whole application over one database: pages for people, addresses for agents."""
    accounts = Accounts(hasher)
    routes: list[BaseRoute] = [
        *_health,
        *files.routes,
        *sign_in.routes(accounts),
        *people_pages.routes(accounts),
    ]
    panels: dict[str, list[Panel]] = {}
    for domain in DOMAINS.values():
        routes += domain.routes
        for place, made in getattr(domain, "panels", {}).items():
            panels.setdefault(place, []).extend(made)
    site = Site(
        db=database,
        profile=profile,
        templates=environment(DOMAINS),
        visitors=accounts,
        address=address,
        schools_address=schools_address or address,
        spread_seconds=spread_seconds,
        keys=keys,
        panels=panels,
        nav=NAV,
    )
    return Built(_asgi(site, routes, _PAGES), site, routes)


def build_receiver(
    database: Database,
    profile: ProfileView,
    *,
    address: str,
    keys: ReceiveOnly,
    spread_seconds: int = 0,
) -> SecureHeaders:
    """Only the addresses agents call, for a process on a host name of its own."""
    site = Site(
        db=database,
        profile=profile,
        templates=environment(()),
        visitors=_Nobody(),
        address=address,
        schools_address=address,
        spread_seconds=spread_seconds,
        keys=keys,
    )
    return _asgi(site, [*_health, *feeds.api_routes], _PLAIN)


class _Nobody:
    """Where no page is served, no session is anyone's."""

    def find(self, database: Database, cookie: str) -> None:
        """Nobody."""


def _asgi(
    site: Site, routes: Sequence[BaseRoute], handlers: Mapping[Any, ExceptionHandler]
) -> SecureHeaders:
    app = Starlette(routes=routes, exception_handlers=handlers)
    app.state.site = site
    return SecureHeaders(app, site.secure)


def _alive(_call: Call) -> Response:
    return PlainTextResponse("alive")


def _ready(call: Call) -> Response:
    with call.site.db.read() as db:
        db.conn.exec_driver_sql("SELECT 1")
    return PlainTextResponse("ready")


# Where there are no pages an unknown address gets the framework's own two words.
_PLAIN: Mapping[Any, ExceptionHandler] = {
    LinkworkError: errors.known_error,
    Exception: errors.fault,
}
_PAGES = {**_PLAIN, HTTPException: errors.http_error}
_health = (machine("/healthz", _alive), machine("/readyz", _ready))
