"""One question and its answer over HTTP, asked again with patience when Arbor is busy."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http.cookiejar import DefaultCookiePolicy
from types import TracebackType
from typing import Any, Self

import httpx

from linkwork.errors import MisError, ShapeChanged, SourceUnavailable, TimedOut
from linkwork_arbor.client import payload, refusals
from linkwork_arbor.client.certificate import issuer_at, issuer_of
from linkwork_arbor.client.refusals import UPDATE
from linkwork_arbor.options import Options

Item = dict[str, Any]
#: How often one question is asked, and the seconds waited after each time that failed.
PAUSES = (2.0, 8.0, 30.0)
CONNECT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Ports:
    """What the outside gives: a way to wait, and the time of day."""

    sleep: Callable[[float], None]
    now: Callable[[], datetime]


class Exchange:
    """A conversation with one school's Arbor. Close it, or use it in a `with` block.

    One request is under way at any time. Nothing is kept from an answer but its data: no cookie,
    no address to go to instead.
    """

    def __init__(self, options: Options, ports: Ports) -> None:
        self._options, self._ports = options, ports
        self._patience = options.patience
        self._socket: socket.socket | None = None
        self._http = httpx.Client(
            base_url=options.base_url,
            auth=(options.user, options.password),
            verify=options.tls(),
            proxy=options.proxy,
            timeout=httpx.Timeout(options.timeout, connect=min(CONNECT_SECONDS, options.timeout)),
            limits=httpx.Limits(max_connections=1),
            follow_redirects=False,
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
                "User-Agent": options.user_agent,
            },
            # A server on this computer is never asked through the school's proxy.
            trust_env=not options.local and options.proxy is None,
        )
        self._http.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def get(self, path: str, asked: Mapping[str, str]) -> Item:
        """The object at `path`. Raises a MisError."""
        place = path if path.startswith("/") else f"/rest-v2/{path}"
        return self._ask("GET", place, path, params={**asked, "format": "json"})

    def query(self, text: str, about: str) -> Item:
        """The answer to a GraphQL query; `about` names what it asks of. Raises a MisError."""
        return self._ask("POST", "/graphql/query", about, json={"query": text})

    def _ask(self, method: str, place: str, about: str, **asked: Any) -> Item:
        """Ask until there is an answer, the error will not pass by itself, or patience ends."""
        for pause in (*PAUSES, None):
            try:
                return self._once(method, place, about, asked)
            except (SourceUnavailable, TimedOut) as problem:
                said = getattr(problem, "retry_after", None)
                wait = pause if said is None else said
                if pause is None or wait is None or wait > self._patience:
                    raise
                self._patience -= wait
                self._ports.sleep(wait)
        raise AssertionError("the last pause is None")

    def _once(self, method: str, place: str, about: str, asked: Mapping[str, Any]) -> Item:
        with self._within_time(about) as expired:
            try:
                with self._http.stream(
                    method, place, extensions={"trace": self._remember}, **asked
                ) as answer:
                    body = payload.unpacked(
                        answer.iter_raw(), answer.headers.get("content-encoding", "").lower()
                    )
                    is_page = refusals.is_page(body, answer.headers.get("content-type", ""))
                    signer = issuer_of(answer) if is_page else None
            except (payload.TooLarge, payload.NotJson) as problem:
                raise _unusable(problem, about) from None
            except httpx.TimeoutException:
                raise _timed_out(about) from None
            except httpx.TransportError as error:
                if expired.is_set():
                    raise _timed_out(about) from None
                raise self._named(error) from None
        if is_page:
            raise self._page(answer, body, about, signer)
        return _data(answer, body, about, self._ports.now())

    @contextmanager
    def _within_time(self, about: str) -> Iterator[threading.Event]:
        """End an answer that comes too slowly, however steadily it drips, headers and all."""
        expired = threading.Event()

        def end() -> None:
            expired.set()
            if self._socket is not None:
                try:
                    self._socket.shutdown(socket.SHUT_RDWR)
                except OSError:
                    return

        timer = threading.Timer(self._options.timeout, end)
        timer.daemon = True
        timer.start()
        try:
            yield expired
        finally:
            timer.cancel()
        if expired.is_set():
            raise _timed_out(about)

    def _remember(self, event: str, info: Mapping[str, Any]) -> None:
        if event in {"connection.connect_tcp.complete", "connection.start_tls.complete"}:
            self._socket = info["return_value"].get_extra_info("socket")

    def _page(
        self, answer: httpx.Response, body: bytes, about: str, signer: str | None
    ) -> MisError:
        """A page for people. With these statuses it may be Arbor's own; with success or "you may
        not" it is a filter's: Arbor says those as data.
        """
        status = answer.status_code
        if status in {404, 429} or status >= 500 or 300 <= status < 400:
            refused = refusals.by_status(status, answer.headers, about, self._ports.now())
            if refused is not None:
                return refused
        return refusals.not_data(body, signer)

    def _named(self, error: httpx.TransportError) -> MisError:
        if refusals.is_distrust(error):
            return refusals.distrusted(issuer_at(self._options.base_url))
        return refusals.not_reached(error)


def _data(answer: httpx.Response, body: bytes, about: str, now: datetime) -> Item:
    """The answer as JSON data, or what it says instead."""
    refused = refusals.by_status(answer.status_code, answer.headers, about, now)
    try:
        data = payload.decoded(body)
    except payload.NotJson as problem:
        raise (refused or _unusable(problem, about)) from None
    if refused is None and isinstance(data, dict):
        # Arbor's own code in the body counts more than the status around it.
        inner = data.get("response")
        said = inner.get("code") if isinstance(inner, dict) else None
        if isinstance(said, int):
            refused = refusals.by_status(said, answer.headers, about, now)
    if refused is not None:
        raise refused
    if not isinstance(data, dict):
        raise ShapeChanged(f"Arbor's answer for {about} is no object", remedy=UPDATE)
    return data


def _unusable(problem: ValueError, about: str) -> ShapeChanged:
    if isinstance(problem, payload.TooLarge):
        return ShapeChanged(
            f"Arbor's answer for {about} is larger than {payload.MOST_BYTES >> 20} MB",
            remedy="Lower the setting page_size",
        )
    return ShapeChanged(
        f"Arbor's answer for {about} cannot be used: {problem}",
        remedy="Nothing of it was used; update the plugin if it happens every time",
    )


def _timed_out(about: str) -> TimedOut:
    return TimedOut(
        f"Arbor did not answer for {about} in time",
        remedy="It is asked again at the next slot; the setting timeout gives it longer",
    )
