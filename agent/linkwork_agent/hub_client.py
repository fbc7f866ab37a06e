"""HTTP to the hub, and nothing else: what comes back is bytes that nobody has believed yet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Self

import httpx

from linkwork.errors import HubUnreachable, NotTheHub
from linkwork_agent import network
from linkwork_agent.config import Network
from linkwork_agent.ports import RefusedByHub

#: The largest answer that is read; a signed answer may have 4 MiB.
MAX_REPLY = (4 << 20) + 1024
#: Bounds on how long a hub may ask to be left alone, in seconds.
LEAST_WAIT, LONGEST_WAIT = 1.0, 3600.0

TIMEOUT = httpx.Timeout(30.0, connect=10.0)
_DIRECT = Network()
_TITLE = re.compile(rb"<title[^>]*>([^<]{1,200})", re.IGNORECASE)
_KEPT = "Everything is kept and will be sent again."


@dataclass(frozen=True, slots=True)
class Reply:
    """The status and bytes of one answer."""

    status: int
    body: bytes


class HubClient:
    """One hub, at `url`. Follows no redirect and reads no more than MAX_REPLY bytes.

    `way` is how a school's network lets it out; `transport` carries the requests where no network
    does, as in a simulation.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout: httpx.Timeout = TIMEOUT,
        way: Network = _DIRECT,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.url, self._way = url.rstrip("/"), way
        #: From when to when the certificate that answered last is good; None without one.
        self.valid: network.Validity | None = None
        secure = self.url.startswith("https://") and transport is None
        # On loopback a proxy would only be in the way; one that is named stands for those of the
        # environment, which a service does not have.
        self._http = httpx.Client(
            verify=network.context(way) if secure else False,
            timeout=timeout,
            follow_redirects=False,
            proxy=way.proxy if secure else None,
            trust_env=secure and way.proxy is None,
            transport=transport,
        )

    def keyset(self) -> bytes:
        """The hub's signed keyset, unverified. Raises HubUnreachable or NotTheHub."""
        reply = self._call("GET", "/v1/keyset")
        if reply.status != 200:
            raise NotTheHub(
                f"{self.url} gave no keyset (HTTP {reply.status}). Check the join string, "
                "and that the school's filter lets this address through."
            )
        return reply.body

    def enrol(self, envelope: bytes) -> bytes:
        """Send an enrolment; the unverified answer."""
        return self._send("/v1/enrol", envelope)

    def post(self, envelope: bytes) -> bytes:
        """Send one envelope; the unverified answer.

        Raises HubUnreachable (away or busy), RefusedByHub (a refusal in clear), NotTheHub.
        """
        return self._send("/v1/post", envelope)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _send(self, path: str, envelope: bytes) -> bytes:
        reply = self._call("POST", path, envelope)
        if reply.body.lstrip()[:1] == b"<" and reply.status in (200, 202, 409):
            raise NotTheHub(
                f"A filter or sign-in page answered in the place of {self.url}{_title(reply.body)}."
                f" Ask for this address to be let through. {_KEPT}"
            )
        if reply.status in (200, 202, 409):
            return reply.body
        if reply.status in (400, 413):
            raise RefusedByHub(reply.status, _word(reply.body))
        raise NotTheHub(
            f"{self.url} answered with HTTP {reply.status}, which the hub never does: a filter or "
            f"sign-in page may stand in between. {_KEPT}"
        )

    def _why(self, problem: httpx.TransportError) -> str:
        """Why nothing came back; of a certificate that is not trusted here, who issued it."""
        if "CERTIFICATE_VERIFY_FAILED" in str(problem):
            try:
                issuer = network.seen(self.url, self._way).issuer
            except (OSError, ValueError):
                issuer = "an issuer that could not be read"
            return (
                f"The certificate of {self.url} was issued by {issuer}, which this machine does "
                "not trust. If that is the school's filter, give its certificate as ca_file under "
                f"[network] in agent.toml. Nothing was sent. {_KEPT}"
            )
        return (
            f"The hub at {self.url} cannot be reached ({_cause(problem)}). "
            f"{_KEPT} Run linkwork-agent doctor to see where it stops."
        )

    def _call(self, method: str, path: str, content: bytes | None = None) -> Reply:
        headers = {"content-type": "application/octet-stream"} if content is not None else None
        try:
            with self._http.stream(
                method, self.url + path, content=content, headers=headers
            ) as response:
                self.valid = _validity(response)
                if response.status_code in (429, 502, 503, 504):
                    raise _busy(self.url, response)
                return Reply(response.status_code, _bounded(response))
        except httpx.TimeoutException as problem:
            raise HubUnreachable(f"The hub at {self.url} did not answer in time. {_KEPT}") from (
                problem
            )
        except httpx.TransportError as problem:
            raise HubUnreachable(self._why(problem)) from problem
        except httpx.DecodingError as problem:
            raise NotTheHub(f"{self.url} answered with broken data. {_KEPT}") from problem


def _validity(response: httpx.Response) -> network.Validity | None:
    stream = response.extensions.get("network_stream")
    secured = stream.get_extra_info("ssl_object") if stream is not None else None
    # By place: through a proxy it is another kind of object, that knows no name for it.
    certificate = secured.getpeercert(True) if secured is not None else None
    try:
        return network.validity(certificate) if certificate else None
    except ValueError:
        # It was trusted all the same, and nothing more hangs on it here.
        return None


def _title(page: bytes) -> str:
    found = _TITLE.search(page[:20_000])
    return f" (its page is titled {_word(found[1])!r})" if found else ""


def _bounded(response: httpx.Response) -> bytes:
    body = bytearray()
    for piece in response.iter_bytes():
        body += piece
        if len(body) > MAX_REPLY:
            raise NotTheHub(
                f"The answer is larger than the {MAX_REPLY} bytes the hub may send: something "
                f"else answered. {_KEPT}"
            )
    return bytes(body)


def _busy(url: str, response: httpx.Response) -> HubUnreachable:
    wait = retry_after(response.headers.get("retry-after"), datetime.now(UTC))
    asked = f" and asks to wait {wait:.0f} seconds" if wait is not None else ""
    return HubUnreachable(
        f"The hub at {url} is busy (HTTP {response.status_code}){asked}. {_KEPT}", retry_after=wait
    )


def retry_after(header: str | None, now: datetime) -> float | None:
    """The wait a Retry-After header asks for, in seconds, kept within bounds; None: no sense in it.

    Both of its forms are read: a number of seconds, and a date. Source: RFC 9110, 10.2.3.
    """
    if not header:
        return None
    try:
        if header.strip().isdigit():
            wait = float(header)
        else:
            when = parsedate_to_datetime(header)
            wait = (when.replace(tzinfo=when.tzinfo or UTC) - now).total_seconds()
    except (ValueError, OverflowError):
        return None
    return min(max(wait, LEAST_WAIT), LONGEST_WAIT)


def _cause(problem: httpx.TransportError) -> str:
    return str(problem) or type(problem).__name__


def _word(body: bytes) -> str:
    # From an unproven sender, and shown to a person: a few short printable words of it, no more.
    text = " ".join(body[:60].decode("ascii", errors="replace").split())
    return "".join(letter for letter in text if letter.isalnum() or letter in " -_.") or "no reason"
