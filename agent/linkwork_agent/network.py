"""The way out of a school: what is trusted, which proxy is asked, and who signed what came back.

A school's filter may open TLS on the way. That is nothing to hide from: what the agent sends is
sealed before it. It must only be trusted by this machine, or by `ca_file`; nothing here ever goes
on without a certificate that is.
"""

from __future__ import annotations

import socket
import ssl
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx
import truststore
from cryptography import x509

from linkwork_agent.config import Network

#: How long before its end a certificate is warned of.
WARNED_BEFORE = timedelta(days=21)
_SECONDS = 10.0
_HEAD = 8192


class Validity(NamedTuple):
    """From when to when a certificate is good."""

    first: datetime
    last: datetime

    def days_left(self, now: datetime) -> int | None:
        """How many days it is still good, when that is worth a warning; else None.

        Three weeks before its end; of one that is made anew more often, when two thirds are over.
        """
        left = self.last - now
        early = min(WARNED_BEFORE, (self.last - self.first) / 3)
        return max(left.days, 0) if left < early else None


def validity(certificate: bytes) -> Validity:
    """That of a certificate in DER. Raises ValueError when it is none."""
    made = x509.load_der_x509_certificate(certificate)
    return Validity(made.not_valid_before_utc, made.not_valid_after_utc)


class Seen(NamedTuple):
    """Who issued the certificate that answered, until when it is good, and if it is trusted here.

    `public`: an authority that browsers trust everywhere. One that only this machine trusts is a
    filter that opens TLS, or an authority of the hub's own.
    """

    issuer: str
    trusted: bool
    public: bool
    valid: Validity


def context(network: Network) -> ssl.SSLContext:
    """What is trusted: this machine's own store, and the file of a further authority."""
    made = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if network.ca_file:
        made.load_verify_locations(cafile=network.ca_file)
    return made


def seen(url: str, network: Network) -> Seen:
    """Look at the certificate behind an https address; nothing is sent. Raises OSError."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 443
    trusted = _verifies(host, port, network, context(network))
    public = trusted and _verifies(host, port, network, _public_alone())
    certificate = _certificate(host, port, network)
    return Seen(_issuer(certificate), trusted, public, validity(certificate))


def _verifies(host: str, port: int, network: Network, trust: ssl.SSLContext) -> bool:
    try:
        with (
            _connected(host, port, network) as plain,
            trust.wrap_socket(plain, server_hostname=host),
        ):
            return True
    except ssl.SSLCertVerificationError:
        return False


def _public_alone() -> ssl.SSLContext:
    # The list that browsers go by, which the HTTP client brings.
    return httpx.create_ssl_context(trust_env=False)


def _certificate(host: str, port: int, network: Network) -> bytes:
    # Only to read what stands in it: no byte of ours goes over this connection.
    looking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    looking.check_hostname = False
    looking.verify_mode = ssl.CERT_NONE
    with (
        _connected(host, port, network) as plain,
        looking.wrap_socket(plain, server_hostname=host) as secured,
    ):
        return secured.getpeercert(binary_form=True) or b""


def _issuer(certificate: bytes) -> str:
    issuer = x509.load_der_x509_certificate(certificate).issuer
    named = ", ".join(str(part.value) for part in issuer)
    return "".join(letter for letter in named if letter.isprintable())[:120] or "nobody named"


def _connected(host: str, port: int, network: Network) -> socket.socket:
    if network.proxy is None:
        return socket.create_connection((host, port), timeout=_SECONDS)
    proxy = urlsplit(network.proxy)
    made = socket.create_connection((proxy.hostname or "", proxy.port or 8080), timeout=_SECONDS)
    made.sendall(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
    head = b""
    while not head.endswith(b"\r\n\r\n") and len(head) < _HEAD and (part := made.recv(1)):
        head += part
    if head.endswith(b"\r\n\r\n") and head.split(b" ", 2)[1:2] == [b"200"]:
        return made
    made.close()
    line = head.split(b"\r\n", 1)[0].decode("ascii", errors="replace")
    raise OSError(f"the proxy {network.proxy} would not connect ({line[:80] or 'no answer'})")
