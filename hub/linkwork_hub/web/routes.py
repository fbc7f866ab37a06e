"""From a handler to a route: who may call it, the form it gets, the thread it runs in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from linkwork.errors import NotAllowed
from linkwork_hub.db import Role
from linkwork_hub.web import security
from linkwork_hub.web.context import Context
from linkwork_hub.web.site import Site

Handler = Callable[[Context], Response]
#: Pages that need no sign-in; every other page names its roles.
PUBLIC: Final[frozenset[Role]] = frozenset()
STAFF: Final = frozenset(
    {Role.OFFICER, Role.MANAGER, Role.FINANCE, Role.HUB_TEAM, Role.HEALTH_NEEDS}
)
EVERYONE: Final = STAFF | {Role.SCHOOL}
MAX_FORM, MAX_FIELDS = 256 * 1024, 2_000
#: Whoever sends a body slower than this, in seconds, is not waited for.
_BODY_SECONDS = 30.0
#: With the connection goes what of the body has come: a thousand of those would add up.
_COME_AGAIN = {"Retry-After": "30", "Connection": "close"}
#: So many that are sent away may finish sending first, each for so many seconds.
_LINGERING, _LINGER_SECONDS = 64, 10.0


class Page(Route):
    """A page or a form for people; `roles` empty = open to anyone."""

    def __init__(self, path: str, handler: Handler, roles: frozenset[Role], *, method: str) -> None:
        self.handler, self.roles, self.verb = handler, roles, method
        super().__init__(path, _page_endpoint(handler, roles, method), methods=[method])


@dataclass(frozen=True)
class Call:
    """One call of a machine: no cookies, no form, a body of at most the route's limit."""

    request: Request
    site: Site
    body: bytes


class Machine(Route):
    """An address for agents and monitors, without cookies."""

    def __init__(
        self,
        path: str,
        handler: Callable[[Call], Response],
        *,
        method: str,
        max_body: int,
        at_once: int,
    ) -> None:
        self.handler, self.verb = handler, method
        here = lingering = 0

        async def endpoint(request: Request) -> Response:
            nonlocal here, lingering
            if at_once and here >= at_once:
                if lingering < _LINGERING:
                    lingering += 1
                    try:
                        await _let_pass(request, max_body)
                    finally:
                        lingering -= 1
                return PlainTextResponse("busy", 503, headers=_COME_AGAIN)
            here += 1
            try:
                async with asyncio.timeout(_BODY_SECONDS):
                    body = await _body(request, max_body)
                return await run_in_threadpool(handler, Call(request, request.app.state.site, body))
            except TimeoutError:
                return PlainTextResponse("slow", 408, headers={"Connection": "close"})
            except ClientDisconnect:
                # Nobody is there to read it; raised on, every cut call would be a fault in the log.
                return PlainTextResponse("cut", 400)
            finally:
                here -= 1

        super().__init__(path, endpoint, methods=[method])


async def _let_pass(request: Request, most: int) -> None:
    """Take a body and keep nothing of it, up to `most` bytes.

    A connection that is closed while its body still comes is reset, and whoever sends it may then
    see the reset and not the answer that says when to come again.
    """
    passed = 0
    with suppress(TimeoutError, ClientDisconnect):
        async with asyncio.timeout(_LINGER_SECONDS):
            async for piece in request.stream():
                passed += len(piece)
                if passed > most:
                    return


def get(path: str, handler: Handler, *, roles: Iterable[Role]) -> Page:
    """A page these roles may open; for anyone else it does not exist."""
    return Page(path, handler, frozenset(roles), method="GET")


def post(path: str, handler: Handler, *, roles: Iterable[Role]) -> Page:
    """A form these roles may send; its token and origin are checked before the handler."""
    return Page(path, handler, frozenset(roles), method="POST")


def machine(
    path: str,
    handler: Callable[[Call], Response],
    *,
    method: str = "GET",
    max_body: int = 0,
    at_once: int = 0,
) -> Machine:
    """An address without cookies. A body above `max_body` bytes is refused with 413.

    With `at_once` so many calls are held at a time, bodies and all: of the next nothing is kept,
    and it is answered with 503.
    """
    return Machine(path, handler, method=method, max_body=max_body, at_once=at_once)


def _page_endpoint(
    handler: Handler, roles: frozenset[Role], method: str
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        lists = _form(await _body(request, MAX_FORM), request) if method == "POST" else {}
        return await run_in_threadpool(_respond, request, handler, roles, lists)

    return endpoint


def _respond(
    request: Request, handler: Handler, roles: frozenset[Role], lists: dict[str, list[str]]
) -> Response:
    site: Site = request.app.state.site
    session = security.read_cookie(request, security.SESSION, site.secure)
    visitor = site.visitors.find(site.db, session) if session else None
    visit = security.read_cookie(request, security.VISIT, site.secure)
    fresh = "" if visitor or visit else site.db.random(32).hex()
    cookie = session if visitor else visit or fresh
    ctx = Context(request, site, visitor, cookie, lists)
    request.state.context = ctx
    if roles and visitor is None:
        return _to_sign_in(request)
    if roles and ctx.person.role not in roles:
        raise NotAllowed("There is no such page for your role.")
    if request.method == "POST":
        token = lists.get("form_token", [""])[-1]
        security.check_form(request, site, "" if fresh else cookie, token)
    response = handler(ctx)
    if fresh and response.media_type == "text/html":
        security.set_cookie(response, security.VISIT, fresh, site.secure, 3600)
    return response


def _to_sign_in(request: Request) -> Response:
    back = request.url.path if request.method == "GET" else "/"
    query = "" if back == "/" else "?" + urlencode({"next": back})
    return RedirectResponse(f"/sign-in{query}", status_code=303)


async def _body(request: Request, limit: int) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise HTTPException(413, f"The body is larger than {limit} bytes.")
        parts.append(part)
    return b"".join(parts)


def _form(body: bytes, request: Request) -> dict[str, list[str]]:
    kind = request.headers.get("content-type", "application/x-www-form-urlencoded")
    if kind.partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise HTTPException(415, "This page takes a plain form.")
    try:
        return parse_qs(
            body.decode(),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError as error:
        raise HTTPException(400, "The form cannot be read.") from error
