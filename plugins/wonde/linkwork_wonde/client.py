"""Wonde over HTTP: every answer whole, or an error that says what to do."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn
from urllib.parse import urlencode, urlsplit

import httpx

from linkwork.errors import (
    CredentialsRefused,
    MisError,
    NotTheSource,
    PartialData,
    PermissionMissing,
    ShapeChanged,
    SourceUnavailable,
    TimedOut,
)

#: How long one answer may take, in seconds, and how large it may be, in bytes.
SECONDS, MOST_BYTES = 60.0, 32 << 20
#: A year of a large school has a tenth of these pages.
MOST_PAGES = 10_000
PER_PAGE = 200
_WAIT = "Wait; it is tried again by itself. If it stays so, ask whoever runs the system"
_LOOK = "Open the address in a browser on this machine and see what answers there"


class Client:
    """One connection to the system, closed by `close`. Reads only, one question at a time."""

    def __init__(self, address: str, token: str, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._http = httpx.Client(
            base_url=address,
            headers={"authorization": f"Bearer {token}", "accept": "application/json"},
            timeout=seconds,
            # A token is for the address it was made for, and for no other.
            follow_redirects=False,
        )

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def rows(self, what: str, **asked: Any) -> Iterator[Mapping[str, Any]]:
        """Every row of a list, page after page. Raises a MisError; a page is whole or an error."""
        question: str | None = f"{what}?{urlencode({**asked, 'per_page': PER_PAGE})}"
        met: set[str] = set()
        while question is not None:
            if question in met or len(met) >= MOST_PAGES:
                raise PartialData(f"{what}: a page came again instead of the next", remedy=_WAIT)
            met.add(question)
            page = self._page(what, question)
            data = page.get("data")
            if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
                raise ShapeChanged(
                    f"{what}: the answer has no list of rows",
                    remedy="Check what the token may read; then update the plugin",
                )
            yield from data
            question = self._next(page, what)

    def _next(self, page: Mapping[str, Any], what: str) -> str | None:
        """The next page's question; None after the last. Never one for another server."""
        meta = page.get("meta")
        pages = meta.get("pagination") if isinstance(meta, dict) else None
        # A small school's answer may have no pages at all; one that says more must say where.
        after = pages.get("next") if isinstance(pages, dict) else None
        if after is None:
            if isinstance(pages, dict) and pages.get("more"):
                raise PartialData(f"{what}: there is more, and no way to it", remedy=_WAIT)
            return None
        parts, here = urlsplit(str(after)), urlsplit(str(self._http.base_url))
        if parts.hostname not in {None, here.hostname} or not parts.query:
            raise NotTheSource(f"{what}: the next page is said to be elsewhere", remedy=_LOOK)
        return f"{what}?{parts.query}"

    def _page(self, what: str, question: str) -> Mapping[str, Any]:
        try:
            with self._http.stream("GET", question) as answer:
                _refuse(answer, what)
                body = self._whole(answer, what)
        except httpx.TimeoutException as problem:
            raise TimedOut(
                f"{what}: no answer within {self._seconds:g} s", remedy=_WAIT
            ) from problem
        except (httpx.RemoteProtocolError, httpx.DecodingError) as problem:
            raise PartialData(f"{what}: the answer ended half way", remedy=_WAIT) from problem
        except httpx.HTTPError as problem:
            raise SourceUnavailable(
                f"{what}: the system cannot be reached", remedy=_WAIT
            ) from problem
        return _object(body, what)

    def _whole(self, answer: httpx.Response, what: str) -> bytes:
        """The body, within its bounds of size and time."""
        body, until = bytearray(), time.monotonic() + self._seconds
        for piece in answer.iter_bytes():
            body += piece
            if len(body) > MOST_BYTES:
                raise ShapeChanged(f"{what}: more than {MOST_BYTES:,} bytes", remedy=_LOOK)
            if time.monotonic() > until:
                raise TimedOut(f"{what}: not whole within {self._seconds:g} s", remedy=_WAIT)
        return bytes(body)


def _refuse(answer: httpx.Response, what: str) -> None:
    """Raise what a status, or a page instead of data, means."""
    status = answer.status_code
    errors: dict[int, MisError] = {
        401: CredentialsRefused("the token was refused", remedy="Enter a new one"),
        403: PermissionMissing(what, remedy="Have the school approve it for this token in Wonde"),
        404: NotTheSource(f"{what} is not there", remedy="Correct the settings school and region"),
    }
    if status in errors:
        raise errors[status]
    if status == 429 or status >= 500:
        after = answer.headers.get("retry-after", "")
        raise SourceUnavailable(
            f"{what}: the system answered {status}",
            remedy=_WAIT,
            retry_after=float(after) if after.isdigit() else None,
        )
    if 300 <= status < 400:
        raise NotTheSource(f"{what}: another address was given instead", remedy=_LOOK)
    if status != 200:
        raise ShapeChanged(f"{what}: the system answered {status}", remedy="Update the plugin")
    if "json" not in answer.headers.get("content-type", ""):
        raise NotTheSource(f"{what}: a page answered instead of the system", remedy=_LOOK)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose properties stand once: of two, json would take the last in silence."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def _no_number(_word: str) -> NoReturn:
    raise ValueError


def _object(body: bytes, what: str) -> Mapping[str, Any]:
    try:
        found = json.loads(body, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as problem:
        raise NotTheSource(f"{what}: the answer is not JSON", remedy=_LOOK) from problem
    if not isinstance(found, dict):
        raise ShapeChanged(f"{what}: the answer is not an object", remedy="Update the plugin")
    return found
