"""Calendars that are read again every night, over one port that fetches them."""

from __future__ import annotations

import ipaddress
import urllib.request
from collections.abc import Callable, Iterable
from datetime import timedelta
from urllib.error import URLError
from urllib.parse import urlsplit

from linkwork.errors import BadInput, LinkworkError, WrongUse
from linkwork_hub.db import Scope, Tx
from linkwork_hub.meetings import diary_store
from linkwork_hub.meetings.diary_imports import AHEAD
from linkwork_hub.meetings.diary_store import Source
from linkwork_hub.meetings.ical_files import MAX_BYTES, read_busy

#: Gives the bytes at an address. Raises LinkworkError with the remedy.
Fetch = Callable[[str], bytes]
_SECONDS = 20


def subscribe(scope: Scope, db: Tx, person_id: str, address: str, fetch: Fetch) -> int:
    """Read a calendar now and every night; how often its owner is busy. Raises LinkworkError."""
    check(address)
    data = fetch(address)
    source = diary_store.add_source(scope, db, person_id, address)
    return _keep(scope, db, person_id, source, data)


def fetch_all(sources: Iterable[Source], fetch: Fetch) -> list[tuple[Source, bytes | str]]:
    """Each calendar with its bytes, or with what went wrong, in words."""
    found: list[tuple[Source, bytes | str]] = []
    for source in sources:
        try:
            found.append((source, fetch(source.address)))
        except LinkworkError as error:
            found.append((source, str(error)))
    return found


def keep(scope: Scope, db: Tx, source: Source, data: bytes | str) -> None:
    """Write what a calendar says now; when it cannot be read, what it said before stands."""
    try:
        if isinstance(data, str):
            diary_store.mark_read(scope, db, source.source_id, data)
        else:
            _keep(scope, db, source.person_id, source.source_id, data)
    except LinkworkError as error:
        diary_store.mark_read(scope, db, source.source_id, str(error))


def check(address: str) -> None:
    """Raises WrongUse unless an address is https; http is for this machine alone."""
    parts = urlsplit(address)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and _is_loopback(parts.hostname or ""):
        return
    raise WrongUse("A calendar's address begins with https://. Copy it from the calendar again.")


def fetch(address: str) -> bytes:
    """What stands at an address; follows no redirection to anything but https."""
    check(address)
    opener = urllib.request.build_opener(_OnlyHttps)
    try:
        with opener.open(address, timeout=_SECONDS) as answer:
            data: bytes = answer.read(MAX_BYTES + 1)
    except (URLError, OSError, ValueError) as error:
        # The address may hold a secret, so it is not repeated.
        raise BadInput(
            "the calendar could not be reached",
            remedy="Check its address, and that it is shared by link",
        ) from error
    return data


class _OnlyHttps(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, req, fp, code, msg, headers, newurl):  # type: ignore[no-untyped-def]
        """The next request, when its address may be asked."""
        check(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _keep(scope: Scope, db: Tx, person_id: str, source_id: str, data: bytes) -> int:
    last = db.today + timedelta(days=AHEAD)
    busy = read_busy(data, db.today, last, file="the calendar")
    diary_store.replace_entries(scope, db, person_id, source_id, busy)
    diary_store.mark_read(scope, db, source_id, "")
    return len(busy)
