"""The join string: where the hub is, a one-time code, and the root key to expect there."""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from linkwork.crockford import decode, encode
from linkwork.errors import JoinRefused

PREFIX = "LW1."
CODE_BYTES = 10
_FINGERPRINT_BYTES = 15
_CHECK_BYTES = 4
_ASK = "Copy the whole join string again, or ask the authority for a new one."


@dataclass(frozen=True, slots=True)
class JoinString:
    """`code` is 16 and `root_fingerprint` 24 characters of Crockford's base32."""

    url: str
    code: str
    root_fingerprint: str

    def text(self) -> str:
        """The string a person copies: `LW1.` and base32 with a checksum inside."""
        payload = decode(self.code) + decode(self.root_fingerprint) + self.url.encode()
        return PREFIX + encode(payload + _check(payload))


def make(url: str, code: bytes, root_fingerprint: str) -> JoinString:
    """A join string from 10 random bytes. Raises JoinRefused when the URL cannot be used."""
    return JoinString(checked_url(url), encode(code), root_fingerprint)


def parse(text: str) -> JoinString:
    """The join string a person gave. Raises JoinRefused saying what is wrong with it."""
    stripped = "".join(text.split())
    if not stripped.upper().startswith(PREFIX):
        raise JoinRefused(f"This is no join string: one begins with {PREFIX} {_ASK}")
    try:
        data = decode(stripped[len(PREFIX) :])
    except ValueError as error:
        raise JoinRefused(f"The join string is mistyped: {error}. {_ASK}") from None
    payload, check = data[:-_CHECK_BYTES], data[-_CHECK_BYTES:]
    if len(payload) <= CODE_BYTES + _FINGERPRINT_BYTES or check != _check(payload):
        raise JoinRefused(
            f"The join string is mistyped or cut: its checksum does not match. {_ASK}"
        )
    code, rest = payload[:CODE_BYTES], payload[CODE_BYTES:]
    fingerprint, url = rest[:_FINGERPRINT_BYTES], rest[_FINGERPRINT_BYTES:]
    return JoinString(checked_url(url.decode(errors="replace")), encode(code), encode(fingerprint))


def checked_url(url: str) -> str:
    """`url` without a closing slash. Raises JoinRefused unless https, or http on this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port_is_whole = parts.port is None or parts.port > 0
    except ValueError:
        host, port_is_whole, parts = "", False, urlsplit("")
    if parts.scheme not in ("http", "https") or not host or not port_is_whole:
        raise JoinRefused(f"The hub's address {url!r} is not a web address. {_ASK}")
    if parts.username or parts.query or parts.fragment or not url.isprintable():
        raise JoinRefused(f"The hub's address {url!r} holds more than a host and a path. {_ASK}")
    if parts.scheme == "http" and not _is_loopback(host):
        raise JoinRefused(
            f"The hub's address {url!r} is not https; http is only for this machine itself. "
            "Ask the authority for a join string with an https address."
        )
    return url.rstrip("/")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check(payload: bytes) -> bytes:
    return hashlib.sha256(b"linkwork/join/v1\0" + payload).digest()[:_CHECK_BYTES]
