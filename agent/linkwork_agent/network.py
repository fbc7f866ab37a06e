"""The way out of a school: what is trusted, which proxy is asked, and who signed what came back.

A school's filter may open TLS on the way. That is nothing to hide from: what the agent sends is
sealed before it. It must only be trusted by this machine, or by `ca_file`; nothing here ever goes
on without a certificate that is.
"""

from __future__ import annotations

import socket
import ssl
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx
import truststore
from cryptography import x509

from linkwork_agent.config import Network

_SECONDS = 10.0
_HEAD = 8192


class Seen(NamedTuple):
    """Who issued the certificate that answered, and whether it is trusted here.

    `public`: an authority that browsers trust everywhere. One that only this machine trusts is a
    filter that opens TLS, or an authority of the hub's own.
    """

    issuer: str
    trusted: bool
    public: bool


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
    return Seen(_issuer(host, port, network), trusted, public)


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


def _issuer(host: str, port: int, network: Network) -> str:
    # Only to read a name out of it: no byte of ours goes over this connection.
    looking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    looking.check_hostname = False
    looking.verify_mode = ssl.CERT_NONE
    with (
        _connected(host, port, network) as plain,
        looking.wrap_socket(plain, server_hostname=host) as secured,
    ):
        certificate = secured.getpeercert(binary_form=True) or b""
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
