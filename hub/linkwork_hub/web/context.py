"""What a page's handler is given: the request, the person, their scope, and how to answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from linkwork.errors import NotAllowed
from linkwork_hub.db import Database, Scope
from linkwork_hub.web import security
from linkwork_hub.web.paging import SIZE, Paging, paging
from linkwork_hub.web.site import ProfileView, Site, Visitor

T = TypeVar("T")


@dataclass(frozen=True)
class Context:
    """One request. `form` holds the last value of each field, `lists` every value."""

    request: Request
    site: Site
    visitor: Visitor | None
    cookie: str
    lists: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def person(self) -> Visitor:
        """Who is signed in. Only pages open to anyone may be called without a person."""
        if self.visitor is None:
            raise NotAllowed("Nobody is signed in.")
        return self.visitor

    @property
    def scope(self) -> Scope:
        """What the person may reach: the first argument of every store function."""
        return self.person.scope()

    @property
    def db(self) -> Database:
        """The database, within the person's reach: `with ctx.db.read() as db`, or `.write()`."""
        return self.site.db.within(self.visitor.scope()) if self.visitor else self.site.db

    @property
    def profile(self) -> ProfileView:
        """The authority's profile."""
        return self.site.profile

    @property
    def keys(self) -> Any:
        """The hub's keys, for the `feeds` domain's functions."""
        return self.site.keys

    @property
    def path(self) -> Mapping[str, str]:
        """The parameters of the route's path."""
        return self.request.path_params

    @property
    def query(self) -> Mapping[str, str]:
        """What stands behind the question mark of the address."""
        return self.request.query_params

    @property
    def form(self) -> dict[str, str]:
        """The sent form: each field's last value, without spaces around it."""
        return {name: values[-1].strip() for name, values in self.lists.items()}

    @property
    def csrf_field(self) -> Markup:
        """The hidden field every form needs; templates write `{{ csrf_field }}`."""
        token = security.form_token(self.db.box, self.cookie)
        return Markup('<input type="hidden" name="form_token" value="{}">').format(token)

    def paging(self, total: int, size: int = SIZE) -> Paging:
        """Which rows of a list of `total` this page shows."""
        return paging(self.request, total, size)

    def partial(self, template: str, **values: Any) -> Markup:
        """A piece of a page, for panels."""
        made = self.site.templates.get_template(template).make_module(self._base() | values)
        return made.__html__()

    def render(self, template: str, status: int = 200, **values: Any) -> Response:
        """A whole page. Templates extend "web/page.html" and set `title`."""
        said = security.read_cookie(self.request, security.SAID, self.site.secure)
        message = security.open_message(self.db.box, self.cookie, said)
        values = self._base() | {"message": message} | values
        body = self.site.templates.get_template(template).render(values)
        response = HTMLResponse(body, status_code=status)
        if said:
            security.drop_cookie(response, security.SAID, self.site.secure)
        return response

    def redirect(self, path: str, message: str | None = None) -> Response:
        """Send the browser to another of our pages, which shows `message` once."""
        response = RedirectResponse(own_path(path), status_code=303)
        if message:
            value = security.sealed_message(self.db.box, self.cookie, message)
            security.set_cookie(response, security.SAID, value, self.site.secure, 120)
        return response

    def hand_on(self, path: str) -> Response:
        """Send the browser with the same form to another of our pages.

        What a person typed may be about a child: it never stands in an address.
        """
        return RedirectResponse(own_path(path), status_code=307)

    def panels(self, place: str, **values: Any) -> list[Markup]:
        """What the domains above add to this place of a page, in their order."""
        made = [panel(self, **values) for panel in self.site.panels.get(place, ())]
        return [markup for markup in made if markup is not None]

    def _base(self) -> dict[str, Any]:
        role = self.visitor.role if self.visitor else None
        return {
            "ctx": self,
            "person": self.visitor,
            "profile": self.profile,
            "nav": [item for item in self.site.nav if role in item.roles],
            "here": self.request.url.path,
            "csrf_field": self.csrf_field,
        }


def own_path(path: str) -> str:
    """The same path when it leads to a page of ours, else the home page."""
    parts = urlsplit(path)
    # "//host" and "/\host" lead to another site in a browser.
    safe = not parts.scheme and not parts.netloc and path[:1] == "/" and path[1:2] not in "/\\"
    return path if path == "/" or (safe and len(path) > 1) else "/"


def found(value: T | None) -> T:
    """The value, or NotAllowed (shown as 'not found') when there is none."""
    if value is None:
        raise NotAllowed("There is no such record within your schools.")
    return value
