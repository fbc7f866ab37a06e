"""A school's filter: a proxy that opens TLS with an authority of its own, and may do harm."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

#: A name nobody resolves: only the proxy leads there.
HOST = "hub.linkwork.test"
ISSUER = "Ashby School Filter CA"
_PAGE = b"<html><head><title>Blocked by Ashby Filter</title></head><p>No.</p></html>"
BLOCKED = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(_PAGE)
) + _PAGE


@dataclass
class Filter:
    """A proxy at `url`. `harm` makes of an answer what is sent on; None drops the connection."""

    url: str
    ca_file: Path
    #: Everything that went over TLS, as the filter reads it.
    seen: list[bytes] = field(default_factory=list)
    harm: Callable[[bytes], bytes | None] = bytes
    #: So many answers go through unharmed first: a delivery begins with a sign of life.
    spares: int = 0
    #: How often each request is passed on, and what is made of it before.
    times: int = 1
    asks: Callable[[bytes], bytes] = bytes

    def read(self) -> bytes:
        """All that was seen."""
        return b"".join(self.seen)


@contextmanager
def school_filter(folder: Path, hub_url: str) -> Iterator[Filter]:
    """Run a filter before the hub at `hub_url` until the block ends."""
    server = _certificates(folder)
    listening = socket.create_server(("127.0.0.1", 0))
    found = Filter(f"http://127.0.0.1:{listening.getsockname()[1]}", folder / "filter-ca.pem")
    hub = urlsplit(hub_url)
    assert hub.hostname is not None
    assert hub.port is not None
    target = (hub.hostname, hub.port)

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listening.accept()
                threading.Thread(
                    target=_serve, args=(found, client, server, target), daemon=True
                ).start()

    threading.Thread(target=accept, daemon=True).start()
    yield found
    listening.close()


def cut(answer: bytes) -> bytes:
    """Half of an answer, under the length of the whole."""
    return answer[: len(answer) // 2]


def shorter(request: bytes) -> bytes:
    """A request whose body was cut, under a length that fits what is left."""
    head, _, body = request.partition(b"\r\n\r\n")
    return _under(head, body[: len(body) // 2])


def _under(head: bytes, body: bytes) -> bytes:
    """A body under a head, with its own length in the place of the one that stood there."""
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-length")]
    return b"\r\n".join([*lines, b"content-length: %d" % len(body)]) + b"\r\n\r\n" + body


def bomb(answer: bytes) -> bytes:
    """Half a gigabyte of zeros in place of the answer, compressed."""
    head, _, _body = answer.partition(b"\r\n\r\n")
    packing = zlib.compressobj(9, wbits=31)
    parts = [packing.compress(bytes(1 << 20)) for _ in range(512)]
    return _under(head + b"\r\ncontent-encoding: gzip", b"".join([*parts, packing.flush()]))


def one_bit(answer: bytes) -> bytes:
    """The last byte is another."""
    return answer[:-1] + bytes([answer[-1] ^ 1])


def zipped(answer: bytes) -> bytes:
    """Compressed on the way, as some filters do."""
    head, _, body = answer.partition(b"\r\n\r\n")
    return _under(head + b"\r\ncontent-encoding: gzip", gzip.compress(body))


def dropped(_answer: bytes) -> None:
    """The hub has answered; nobody hears of it."""


def block_page(_answer: bytes) -> bytes:
    """The filter's own page, with 200."""
    return BLOCKED


def captive(_answer: bytes) -> bytes:
    """A sign-in page elsewhere."""
    return b"HTTP/1.1 302 Found\r\nLocation: http://login.wifi/\r\nContent-Length: 0\r\n\r\n"


def _serve(
    found: Filter, client: socket.socket, server: ssl.SSLContext, hub: tuple[str, int]
) -> None:
    with suppress(OSError), client:
        asked = _head(client)
        if not asked.startswith(b"CONNECT "):
            return
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with server.wrap_socket(client, server_side=True) as opened:
            while request := _message(opened):
                found.seen.append(request)
                request = found.asks(request)
                for _ in range(found.times):
                    with socket.create_connection(hub) as upstream:
                        upstream.sendall(request)
                        answer = _message(upstream)
                found.seen.append(answer)
                found.spares -= 1
                changed = answer if found.spares >= 0 else found.harm(answer)
                if changed is None:
                    return
                opened.sendall(changed)
                if len(changed) < len(answer):
                    return


def _head(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(1)
        if not part:
            return b""
        data += part
    return data


def _message(connection: socket.socket) -> bytes:
    head = _head(connection)
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            length = int(value)
    body = b""
    while len(body) < length:
        part = connection.recv(length - len(body))
        if not part:
            break
        body += part
    return head + body


def _certificates(folder: Path) -> ssl.SSLContext:
    """Make the filter's authority and its certificate for the hub's name."""
    now = datetime.now(UTC)
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, ISSUER)])
    ca = (
        x509.CertificateBuilder()
        .subject_name(ca_name)
        .issuer_name(ca_name)
        .public_key(ca_key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False
        )
        .sign(ca_key, hashes.SHA256())
    )
    leaf = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)]))
        .issuer_name(ca_name)
        .public_key(key.public_key())
        .serial_number(2)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
        )
        .sign(ca_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "filter-ca.pem").write_bytes(ca.public_bytes(pem))
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "filter.pem").write_bytes(private + leaf.public_bytes(pem))
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(folder / "filter.pem")
    return made
