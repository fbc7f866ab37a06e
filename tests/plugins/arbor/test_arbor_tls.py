"""A filter that opens encrypted traffic is noticed, named, and trusted only where it is told to."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from demo.fakes.arbor import FakeArbor, serving
from linkwork.errors import NotTheSource, WrongUse
from linkwork.testing import read
from linkwork_arbor.plugin import ArborMis
from tests.plugins.arbor.conftest import opened

FIRST, LAST = date(2026, 9, 7), date(2026, 9, 8)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The certificate of a made-up school filter, with its key, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Quillbury School Filter")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "filter.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def address(arbor: FakeArbor, certificate: Path) -> Iterator[str]:
    """The school's server behind that certificate."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    with serving(arbor, tls=context) as at:
        yield at


def test_an_unknown_certificate_is_refused_and_its_signer_named(
    arbor: FakeArbor, address: str
) -> None:
    with pytest.raises(NotTheSource, match=r"signed by Quillbury School Filter.*ca_file"):
        read(opened(address), FIRST, LAST)
    assert arbor.asked == []


def test_with_the_schools_own_certificate_it_is_read(address: str, certificate: Path) -> None:
    mis: ArborMis = opened(address, ca_file=str(certificate))
    assert len(read(mis, FIRST, LAST).pupils) == 60


def test_a_filters_page_is_named_with_the_signer_of_the_connection(
    arbor: FakeArbor, address: str, certificate: Path
) -> None:
    arbor.faults["*"] = "html"
    with pytest.raises(NotTheSource, match=r"Site blocked.*signed by Quillbury School Filter"):
        read(opened(address, ca_file=str(certificate)), FIRST, LAST)


@pytest.mark.parametrize("content", ["", "no certificate"])
def test_a_ca_file_that_is_none_is_named_without_its_folder(
    content: str, address: str, tmp_path: Path
) -> None:
    path = tmp_path / "filter.pem"
    path.write_text(content)
    with pytest.raises(WrongUse, match=r"ca_file filter\.pem is no certificate") as refused:
        read(opened(address, ca_file=str(path)), FIRST, LAST)
    assert str(tmp_path) not in str(refused.value)
