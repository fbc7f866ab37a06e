"""Pages: what every domain's routes and templates share."""

from linkwork_hub.web import security
from linkwork_hub.web.context import Context, found, own_path
from linkwork_hub.web.paging import Paging
from linkwork_hub.web.routes import (
    EVERYONE,
    PUBLIC,
    STAFF,
    Call,
    Handler,
    Machine,
    Page,
    get,
    machine,
    post,
)
from linkwork_hub.web.site import NavItem, Panel, Panels, ProfileView, Site, Visitor, Visitors

__all__ = [
    "EVERYONE",
    "PUBLIC",
    "STAFF",
    "Call",
    "Context",
    "Handler",
    "Machine",
    "NavItem",
    "Page",
    "Paging",
    "Panel",
    "Panels",
    "ProfileView",
    "Site",
    "Visitor",
    "Visitors",
    "found",
    "get",
    "machine",
    "own_path",
    "post",
    "security",
]
