"""The library under the seal against the vectors published with its standards."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM1024PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from linkwork import seal
from linkwork.errors import EnvelopeRefused
from linkwork.seal.suites import SEALINGS

DATA = Path(__file__).parent / "data"
RFC = json.loads((DATA / "hpke-rfc9180.json").read_text())["vectors"]
PQ = json.loads((DATA / "hpke-pq.json").read_text())["vectors"]

AEADS = {1: AEAD.AES_128_GCM, 2: AEAD.AES_256_GCM, 3: AEAD.CHACHA20_POLY1305}
KDFS = {
    1: KDF.HKDF_SHA256,
    2: KDF.HKDF_SHA384,
    3: KDF.HKDF_SHA512,
    16: KDF.SHAKE128,
    17: KDF.SHAKE256,
}


def nist(curve: ec.EllipticCurve) -> Callable[[bytes], Any]:
    return lambda data: ec.derive_private_key(int.from_bytes(data, "big"), curve)


KEMS: dict[int, tuple[Any, Callable[[bytes], Any]]] = {
    16: (KEM.P256, nist(ec.SECP256R1())),
    17: (KEM.P384, nist(ec.SECP384R1())),
    18: (KEM.P521, nist(ec.SECP521R1())),
    32: (KEM.X25519, X25519PrivateKey.from_private_bytes),
    65: (KEM.MLKEM768, MLKEM768PrivateKey.from_seed_bytes),
    66: (KEM.MLKEM1024, MLKEM1024PrivateKey.from_seed_bytes),
}


def named(vector: dict[str, Any]) -> str:
    return f"kem-{vector['kem_id']}-kdf-{vector['kdf_id']}-aead-{vector['aead_id']}"


def opened(vector: dict[str, Any], suite: Suite, private: Any) -> str:
    # The vectors use associated data, which the public interface does not offer.
    parts = {name: bytes.fromhex(vector[name]) for name in ("enc", "ct", "info", "aad")}
    return openssl.hpke._decrypt_with_aad(
        suite, parts["enc"] + parts["ct"], private, parts["info"], parts["aad"]
    ).hex()


@pytest.mark.parametrize("vector", [*RFC, *PQ], ids=named)
def test_what_the_published_vectors_sealed_is_opened(vector: dict[str, Any]) -> None:
    kem, private = KEMS[vector["kem_id"]]
    suite = Suite(kem, KDFS[vector["kdf_id"]], AEADS[vector["aead_id"]])
    assert opened(vector, suite, private(bytes.fromhex(vector["skRm"]))) == vector["pt"]


def test_the_suite_without_ml_kem_is_the_published_one() -> None:
    """X25519, HKDF-SHA256, AES-256-GCM, through the same objects that seal a message."""
    [vector] = [one for one in RFC if (one["kem_id"], one["kdf_id"], one["aead_id"]) == (32, 1, 2)]
    sealing = SEALINGS[seal.CLASSICAL]
    private, public = sealing.private(bytes.fromhex(vector["skRm"]))
    assert public.hex() == vector["pkRm"]
    assert opened(vector, sealing.hpke, private) == vector["pt"]


def test_a_changed_vector_does_not_open() -> None:
    [vector] = [one for one in RFC if (one["kem_id"], one["kdf_id"], one["aead_id"]) == (32, 1, 2)]
    opener = seal.Opener(bytes.fromhex(vector["skRm"]), seal.CLASSICAL)
    with pytest.raises(EnvelopeRefused):
        opener.open(bytes.fromhex(vector["enc"] + vector["ct"]), bytes.fromhex(vector["info"]))
