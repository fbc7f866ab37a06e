"""What the hub says of its own running: times, kinds and counts, never anyone's record."""

from __future__ import annotations

import logging
import sys
import time
from pathlib import PurePath
from traceback import extract_tb

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.typing import EventDict, Processor, WrappedLogger

_log = structlog.get_logger("linkwork_hub.requests")


def configure(style: str) -> None:
    """Write to standard error as "text" or "json", our own lines and the libraries' alike."""
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        only_kind_and_place,
    ]
    last: Processor = structlog.processors.JSONRenderer()
    if style == "text":
        last = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
            foreign_pre_chain=shared,
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        # Said in full: what was quiet before in this process speaks again.
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )


def quiet() -> None:
    """Say nothing: for a command whose thousand requests are all made up."""
    logging.getLogger().setLevel(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def only_kind_and_place(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace a traceback by the error's kind and place: its message may hold a record."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        frames = extract_tb(error.__traceback__)
        event["error"] = type(error).__name__
        if frames:
            last = frames[-1]
            event["place"] = f"{PurePath(last.filename).name}:{last.lineno}"
    return event


class RequestLog:
    """One line a request: method, the route's pattern (never the path's ids), status, time."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on and log how it ended."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun, status = time.perf_counter(), 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noting)
        finally:
            _log.info(
                "request",
                method=scope["method"],
                route=getattr(scope.get("route"), "path", "none"),
                status=status,
                ms=round((time.perf_counter() - begun) * 1000),
            )
