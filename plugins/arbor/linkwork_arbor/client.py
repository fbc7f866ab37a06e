"""Asking Arbor over HTTP: one request at a time, every answer other than data in words."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Self

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

Item = dict[str, Any]
PAGE_SIZE, MOST_PAGES = 500, 10_000
MOST_BYTES = 32 << 20
#: A server that asks for more than an hour is asked again after an hour.
LONGEST_WAIT = 3600.0
#: What any object may carry; an object with nothing else must be asked for by its address.
_IDENTITY = frozenset({"entityType", "href", "displayName", "userTags", "id"})
_TIMEOUT = httpx.Timeout(10.0, read=60.0)
_TITLE = re.compile(r"<title[^>]*>([^<]{1,80})", re.IGNORECASE)


class ArborClient:
    """One school's Arbor. `base_url` is made by the plugin from a subdomain, never typed freely.

    Close it, or use it in a `with` block.
    """

    def __init__(
        self,
        base_url: str,
        user: str,
        password: str,
        *,
        tls: ssl.SSLContext | bool = True,
        timeout: httpx.Timeout = _TIMEOUT,
        page_size: int = PAGE_SIZE,
    ) -> None:
        self._page_size = page_size
        self._http = httpx.Client(
            base_url=base_url,
            auth=(user, password),
            verify=tls,
            timeout=timeout,
            follow_redirects=False,
            headers={"Accept": "application/json", "User-Agent": "Linkwork (Arbor plugin)"},
            trust_env=not base_url.startswith("http://"),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def first(self, path: str, root: str) -> list[Item]:
        """A page of one, to see whether the list can be read. Raises a MisError."""
        return _rows(self._get(path, {"page-size": "1"}), root, path)

    def every(
        self, path: str, root: str, filters: Mapping[str, str] | None = None
    ) -> Iterator[Item]:
        """Every object of a list, page after page. Raises a MisError.

        Neither the number of the first page nor the largest page size is published, so the
        first request names no page, and the end is an empty page, never a short one.
        """
        asked = {f"filters.{name}": value for name, value in (filters or {}).items()}
        asked["page-size"] = str(self._page_size)
        page = _rows(self._get(path, asked), root, path)
        met = {_href(page)}
        yield from map(self._whole, page)
        number = 1
        while page:
            if number > MOST_PAGES:
                raise PartialData(
                    f"Arbor's {path} did not end after {MOST_PAGES} pages",
                    remedy="Ask for fewer days at a time",
                )
            page = _rows(self._get(path, asked | {"page-number": str(number)}), root, path)
            number += 1
            if not page:
                return
            if _href(page) in met:
                # Where pages count from 1, the first one named is the one already seen.
                if number == 2:
                    continue
                raise PartialData(
                    f"Arbor's {path} gave a page again instead of page {number - 1}",
                    remedy="Nothing was used; update the plugin if it happens every time",
                )
            met.add(_href(page))
            yield from map(self._whole, page)

    def _whole(self, item: Item) -> Item:
        """The object itself, for a list that gives only where each one is."""
        if not item.keys() <= _IDENTITY:
            return item
        href = str(item.get("href", ""))
        if not href.startswith("/rest-v2/"):
            raise ShapeChanged(
                "Arbor listed an object without an address of its own", remedy="Update the plugin"
            )
        body = self._get(href, {})
        found = next((each for each in body.values() if isinstance(each, dict)), None)
        if found is None:
            raise PermissionMissing(
                href.rsplit("/", 1)[0], remedy="Allow the application to read it in Arbor"
            )
        return found

    def _get(self, path: str, asked: Mapping[str, str]) -> Item:
        place = path if path.startswith("/") else f"/rest-v2/{path}"
        try:
            with self._http.stream("GET", place, params={**asked, "format": "json"}) as answer:
                body = _limited(answer, path)
        except httpx.TimeoutException as error:
            raise TimedOut(
                f"Arbor did not answer for {path}", remedy="It is asked again at the next slot"
            ) from error
        except httpx.TransportError as error:
            raise _not_reached(error) from error
        return _data(answer, body, path)


def _limited(answer: httpx.Response, path: str) -> bytes:
    body = bytearray()
    for block in answer.iter_bytes():
        body += block
        if len(body) > MOST_BYTES:
            raise ShapeChanged(
                f"Arbor's answer for {path} is larger than {MOST_BYTES >> 20} MB",
                remedy="Lower the setting page_size",
            )
    return bytes(body)


def _data(answer: httpx.Response, body: bytes, path: str) -> Item:
    """The answer as JSON data, or what it says instead. No body is ever part of a message."""
    refused = _by_status(answer.status_code, answer.headers, path)
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise refused or _not_json(body) from error
    if refused is None and isinstance(data, dict):
        # Arbor's own code in the body counts more than the status around it.
        inner = data.get("response")
        said = inner.get("code") if isinstance(inner, dict) else None
        refused = _by_status(said, answer.headers, path) if isinstance(said, int) else None
    if refused is not None:
        raise refused
    if not isinstance(data, dict):
        raise ShapeChanged(f"Arbor's answer for {path} is no object", remedy="Update the plugin")
    return data


def _by_status(status: int, headers: httpx.Headers, path: str) -> MisError | None:
    if 200 <= status < 300:
        return None
    if status == 401:
        return CredentialsRefused(
            "Arbor refused the application's user name or token",
            remedy="Enter both again from Arbor's list of applications",
        )
    if status == 403:
        return PermissionMissing(path, remedy="Allow the application to read it in Arbor")
    if status == 429 or status >= 500:
        return SourceUnavailable(
            f"Arbor is busy or down (status {status})",
            remedy="It is asked again later",
            retry_after=_wait(headers.get("retry-after", "")),
        )
    if 300 <= status < 400:
        return NotTheSource(
            "Arbor's address answered with a redirection",
            remedy="Check the subdomain, and the school's filter or sign-in page in between",
        )
    return ShapeChanged(
        f"Arbor does not know {path} or what was asked of it (status {status})",
        remedy="Update the plugin",
    )


def _wait(said: str) -> float | None:
    """Seconds from a Retry-After of seconds; a date or nonsense leaves it to the caller."""
    if said.isascii() and said.isdigit():
        return min(float(said[:9]), LONGEST_WAIT)
    return None


def _not_json(body: bytes) -> NotTheSource:
    title = _TITLE.search(body[:20_000].decode("utf-8", "replace"))
    named = f' titled "{" ".join(title[1].split())}"' if title else ""
    return NotTheSource(
        f"Arbor's address answered with a page{named} instead of data",
        remedy="A filter or sign-in page stands in between: let this computer reach uk.arbor.sc",
    )


def _not_reached(error: httpx.TransportError) -> MisError:
    causes: list[BaseException] = [error]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) and len(causes) < 10:
        causes.append(cause)
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return NotTheSource(
            "the certificate at Arbor's address is not one this computer trusts",
            remedy="If the school's filter inspects traffic, name its certificate in the setting "
            "ca_file; checking cannot be switched off",
        )
    return SourceUnavailable(
        f"Arbor cannot be reached ({type(error).__name__})",
        remedy="Check the network and the subdomain; it is asked again later",
    )


def _rows(body: Item, root: str, path: str) -> list[Item]:
    """The rows of a list. Without its root Arbor says 'no permission', never 'none'."""
    rows = body.get(root)
    if rows is None:
        raise PermissionMissing(path, remedy="Allow the application to read it in Arbor")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ShapeChanged(f"Arbor's {path} is not a list of objects", remedy="Update the plugin")
    return rows


def _href(page: list[Item]) -> str:
    """What tells a page from another: its first object's address."""
    return str(page[0].get("href") or page[0]) if page else ""
