"""Errors as pages: the status, a plain sentence, and never a word of anyone's record in a log."""

from __future__ import annotations

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from linkwork.errors import BadInput, LinkworkError, NotAllowed, Refused, WrongUse
from linkwork_hub.web.context import Context
from linkwork_hub.web.gate import Busy
from linkwork_hub.web.routes import Machine
from linkwork_hub.web.security import FormRefused

_log = structlog.get_logger("linkwork_hub.web")

_STATUS: tuple[tuple[type[LinkworkError], int], ...] = (
    (NotAllowed, 404),
    (FormRefused, 403),
    (Refused, 409),
    (WrongUse, 400),
    (BadInput, 400),
    (Busy, 503),
)
_TITLES = {
    400: "That cannot be used",
    403: "Nothing was changed",
    404: "Page not found",
    405: "Page not found",
    409: "This cannot be done now",
    413: "That is too large",
    415: "That cannot be used",
    500: "Something went wrong here",
    503: "Busy just now",
}
_NOT_FOUND = "There is no page here for you. Check the address, or start from the home page."
_FAULT = "The hub could not finish this. Nothing was half done. Try again, or tell the hub team."


def known_error(request: Request, error: Exception) -> Response:
    """A page for an error raised on purpose."""
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
    page = _page(request, status, _NOT_FOUND if status == 404 else str(error))
    if isinstance(error, Busy):
        page.headers["Retry-After"] = str(error.retry_after)
    return page


def http_error(request: Request, error: Exception) -> Response:
    """A page for what the web framework refused."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    said = error.detail if isinstance(error, HTTPException) else _FAULT
    return _page(request, status, _NOT_FOUND if status in (404, 405) else said)


def fault(request: Request, error: Exception) -> Response:
    """A page for a mistake of ours. The log gets the kind and place of the error, no values."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_qualname}:{trace.tb_lineno}" if trace else "unknown"
    _log.error("fault", error=type(error).__name__, place=place, method=request.method)
    return _page(request, 500, _FAULT)


def _page(request: Request, status: int, sentence: str) -> Response:
    if isinstance(request.scope.get("route"), Machine):
        return PlainTextResponse(sentence, status_code=status)
    ctx = getattr(request.state, "context", None)
    if not isinstance(ctx, Context):
        ctx = Context(request, request.app.state.site, None, "")
    title = _TITLES.get(status, "That did not work")
    return ctx.render("web/error.html", status=status, title=title, sentence=sentence)
