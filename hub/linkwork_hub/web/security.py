"""Cookies, form tokens, the origin of a form, and the headers every answer carries."""

from __future__ import annotations

import base64
import hashlib
import hmac
from binascii import Error as NotBase64
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from linkwork.errors import LinkworkError
from linkwork_hub.box import Box
from linkwork_hub.web.site import Site

SESSION, VISIT, SAID = "linkwork-session", "linkwork-visit", "linkwork-said"
ABSOLUTE_SECONDS = 10 * 60 * 60
CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
HSTS = "max-age=31536000; includeSubDomains"


class FormRefused(LinkworkError):
    """A form was sent from elsewhere, or from a page too old: open the page and send it again."""


class SecureHeaders:
    """Puts the headers on every answer, errors and files included."""

    def __init__(self, app: ASGIApp, secure: bool) -> None:
        self.app, self._secure = app, secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on; add the headers where the answer starts."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                if self._secure:
                    headers["Strict-Transport-Security"] = HSTS
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self.app(scope, receive, send_with_headers)


def cookie_name(base: str, secure: bool) -> str:
    """Over https the name carries __Host-, which a browser accepts only for this very host."""
    return f"__Host-{base}" if secure else base


def read_cookie(request: Request, base: str, secure: bool) -> str:
    """A cookie's value, or "" when the browser sent none."""
    return request.cookies.get(cookie_name(base, secure), "")


def set_cookie(response: Response, base: str, value: str, secure: bool, seconds: int) -> None:
    """Set one cookie: whole site, this host only, out of reach of scripts."""
    response.set_cookie(
        cookie_name(base, secure),
        value,
        max_age=seconds,
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def drop_cookie(response: Response, base: str, secure: bool) -> None:
    """Make the browser forget one cookie."""
    response.delete_cookie(
        cookie_name(base, secure), path="/", secure=secure, httponly=True, samesite="lax"
    )


def form_token(box: Box, cookie: str) -> str:
    """The token a form must carry: bound to the browser's own cookie, so no page can guess it."""
    return hmac.new(box.secret("web/form"), cookie.encode(), hashlib.sha256).hexdigest()


def check_form(request: Request, site: Site, cookie: str, token: str) -> None:
    """Raises FormRefused unless the form came from one of our own pages in this browser."""
    _check_origin(request)
    if not cookie or not hmac.compare_digest(form_token(site.db.box, cookie), token):
        raise FormRefused(
            "This form is out of date, so nothing was changed. "
            "Go back, load the page again and send it once more."
        )


def _check_origin(request: Request) -> None:
    # Under our own no-referrer policy browsers send "Origin: null" with our own forms, so null
    # alone proves nothing; Sec-Fetch-Site and the token decide then.
    origin = request.headers.get("origin", "null")
    site = request.headers.get("sec-fetch-site", "none")
    foreign = origin != "null" and urlsplit(origin).netloc != request.headers.get("host", "")
    if foreign or site not in ("same-origin", "none"):
        raise FormRefused(
            "This form was sent from another site, so nothing was changed. "
            "Open the page here and send it again."
        )


def sealed_message(box: Box, cookie: str, message: str) -> str:
    """A message for the next page, unreadable on its way through the browser."""
    return base64.urlsafe_b64encode(box.seal(_said_place(cookie), message)).decode()


def open_message(box: Box, cookie: str, value: str) -> str:
    """The message left by the page before; "" when there is none or it is another session's."""
    try:
        return box.open(_said_place(cookie), base64.urlsafe_b64decode(value)) if value else ""
    except (LinkworkError, NotBase64):
        return ""


def _said_place(cookie: str) -> str:
    return f"cookie.said|{hashlib.sha256(cookie.encode()).hexdigest()}"
