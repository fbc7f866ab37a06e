"""Who signed the certificate at an address: a filter that opens encrypted traffic signs its own."""

from __future__ import annotations

import ssl
from urllib.parse import urlsplit

import httpx
from cryptography import x509
from cryptography.x509.oid import NameOID


def issuer_of(answer: httpx.Response) -> str | None:
    """The issuer of the connection an answer came over; None for an unencrypted one."""
    stream = answer.extensions.get("network_stream")
    secured = stream.get_extra_info("ssl_object") if stream is not None else None
    if secured is None:
        return None
    der = secured.getpeercert(True)
    return _issuer(x509.load_der_x509_certificate(der)) if der else None


def issuer_at(base_url: str) -> str | None:
    """The issuer of whatever certificate stands at an address; None when it cannot be seen.

    The certificate is only looked at. Nothing is sent over that connection.
    """
    parts = urlsplit(base_url)
    try:
        pem = ssl.get_server_certificate((parts.hostname or "", parts.port or 443), timeout=5)
        return _issuer(x509.load_pem_x509_certificate(pem.encode()))
    except (OSError, ValueError):
        return None


def _issuer(certificate: x509.Certificate) -> str:
    for name in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME):
        found = certificate.issuer.get_attributes_for_oid(name)
        if found:
            return str(found[0].value)[:80]
    return "an unnamed issuer"
