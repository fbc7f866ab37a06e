"""What an answer other than data means for the reader. No body is ever part of a message."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from linkwork.errors import (
    CredentialsRefused,
    MisError,
    NotTheSource,
    PermissionMissing,
    ShapeChanged,
    SourceUnavailable,
)

#: A server that asks for more than an hour is asked again after an hour.
LONGEST_WAIT = 3600.0
_TITLE = re.compile(r"<title[^>]*>([^<]{1,80})", re.IGNORECASE)
#: The one thing a message of Arbor's is read for: which property of which entity is closed.
_CLOSED = re.compile(r"do not have access to [`'\"]?([A-Za-z_]{1,60}(?:\.[A-Za-z_]{1,60})?)[`'\"]?")

UPDATE = "Update the plugin"
ALLOW = "Allow the application to read it in Arbor"


def closed(field: str) -> PermissionMissing:
    """The application may not read `field`, an entity, a property of one, or a list."""
    return PermissionMissing(field, remedy=ALLOW)


def by_status(status: int, headers: Mapping[str, str], path: str, now: datetime) -> MisError | None:
    """The error a status stands for; None for one of success."""
    if 200 <= status < 300:
        return None
    if status == 401:
        return CredentialsRefused(
            "Arbor refused the application's user name or token",
            remedy="Enter both again from Arbor's list of applications",
        )
    if status == 403:
        return closed(path)
    if status == 429 or status >= 500:
        return SourceUnavailable(
            f"Arbor is busy or down (status {status})",
            remedy="It is asked again later",
            retry_after=wait(headers.get("retry-after", ""), now),
        )
    if 300 <= status < 400:
        return NotTheSource(
            "Arbor's address answered with a redirection",
            remedy="Check the subdomain, and the school's filter or sign-in page in between",
        )
    return ShapeChanged(
        f"Arbor does not know {path} or what was asked of it (status {status})", remedy=UPDATE
    )


def wait(said: str, now: datetime) -> float | None:
    """Seconds from a Retry-After of seconds or a date; nonsense leaves it to the caller."""
    if said.isascii() and said.isdigit():
        return min(float(said[:9]), LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(said)
    except (ValueError, TypeError, OverflowError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max((until - now).total_seconds(), 0.0), LONGEST_WAIT)


def by_errors(errors: Any, entity: str) -> MisError:
    """The error of a GraphQL answer that holds `errors`: what is closed by name, else a change."""
    listed = errors if isinstance(errors, list) else []
    messages = [str(each.get("message", "")) for each in listed if isinstance(each, Mapping)]
    found = [match[1] for match in map(_CLOSED.search, messages) if match]
    if found:
        return closed(", ".join(dict.fromkeys(found)))
    return ShapeChanged(f"Arbor did not answer what was asked of {entity}", remedy=UPDATE)


def is_page(body: bytes, kind: str) -> bool:
    """Whether an answer is a page for people, whatever it calls itself."""
    return body[:200].lstrip()[:1] == b"<" or "html" in kind


def not_data(body: bytes, issuer: str | None) -> NotTheSource:
    """A page instead of data: its title, and who signed the connection, say whose it is."""
    title = _TITLE.search(body[:20_000].decode("utf-8", "replace"))
    named = f' titled "{" ".join(title[1].split())}"' if title else ""
    signed = f", over a connection signed by {issuer}" if issuer else ""
    return NotTheSource(
        f"Arbor's address answered with a page{named} instead of data{signed}",
        remedy="A filter or sign-in page stands in between: let this computer reach uk.arbor.sc",
    )


def distrusted(issuer: str | None) -> NotTheSource:
    """A certificate that this computer has no reason to trust."""
    signed = f", signed by {issuer}," if issuer else ""
    return NotTheSource(
        f"the certificate at Arbor's address{signed} is not one this computer trusts",
        remedy="If the school's filter inspects traffic, name its certificate in the setting "
        "ca_file; checking cannot be switched off",
    )


def not_reached(error: httpx.TransportError) -> SourceUnavailable:
    """No whole answer came."""
    return SourceUnavailable(
        f"Arbor cannot be reached ({type(error).__name__})",
        remedy="Check the network and the subdomain; it is asked again later",
    )


def is_distrust(error: BaseException) -> bool:
    """Whether a certificate that was not accepted is the cause."""
    causes: list[BaseException] = [error]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) and len(causes) < 10:
        causes.append(cause)
    return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes)
