"""The ways to seal, each an HPKE suite with a name. The signed keyset says which; none is agreed.

`XWING` holds against a recorder of today with a quantum computer of tomorrow. `CLASSICAL` is
RFC 9180 as published, for a computer whose cryptography lacks ML-KEM, and only where the
authority's keyset lists a key of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

XWING = "xwing-hkdf-sha256-aes256gcm"
CLASSICAL = "x25519-hkdf-sha256-aes256gcm"
_MLKEM_PUBLIC_BYTES = 1184


@dataclass(frozen=True, slots=True)
class Sealing:
    """One way to seal. `private` makes a key and its public bytes from a 32-byte seed."""

    name: str
    hpke: Suite
    public_bytes: int
    private: Callable[[bytes], tuple[Any, bytes]]
    public: Callable[[bytes], Any]


def _xwing(seed: bytes) -> tuple[MLKEM768X25519PrivateKey, bytes]:
    # X-Wing's own expansion: 64 bytes of ML-KEM seed, then the X25519 scalar.
    expanded = hashlib.shake_256(seed).digest(96)
    mlkem = MLKEM768PrivateKey.from_seed_bytes(expanded[:64])
    x25519 = X25519PrivateKey.from_private_bytes(expanded[64:])
    public = mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()
    return MLKEM768X25519PrivateKey(mlkem, x25519), public


def _xwing_public(public: bytes) -> MLKEM768X25519PublicKey:
    return MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(public[:_MLKEM_PUBLIC_BYTES]),
        X25519PublicKey.from_public_bytes(public[_MLKEM_PUBLIC_BYTES:]),
    )


def _classical(seed: bytes) -> tuple[X25519PrivateKey, bytes]:
    private = X25519PrivateKey.from_private_bytes(seed)
    return private, private.public_key().public_bytes_raw()


#: By name, the one to prefer first.
SEALINGS: Mapping[str, Sealing] = {
    one.name: one
    for one in (
        Sealing(
            XWING,
            Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM),
            _MLKEM_PUBLIC_BYTES + 32,
            _xwing,
            _xwing_public,
        ),
        Sealing(
            CLASSICAL,
            Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM),
            32,
            _classical,
            X25519PublicKey.from_public_bytes,
        ),
    )
}
SUITES = tuple(SEALINGS)


def suite_of(public: bytes) -> str | None:
    """The suite a public sealing key is of, told by its length; None when it is of none."""
    return next((one.name for one in SEALINGS.values() if one.public_bytes == len(public)), None)


@lru_cache(maxsize=256)
def public_key(public: bytes) -> tuple[Suite, Any]:
    """A public sealing key ready for use, and its suite: making it ready costs as much as sealing.

    Raises ValueError when it is of no suite, or a weak one.
    """
    name = suite_of(public)
    if name is None:
        raise ValueError("of no known suite")
    return SEALINGS[name].hpke, SEALINGS[name].public(public)


def usable_suites() -> tuple[str, ...]:
    """The suites that this computer's cryptography can do, each tried, the preferred first."""
    usable = []
    for one in SEALINGS.values():
        try:
            private, public = one.private(bytes(range(32)))
            sealed = one.hpke.encrypt(b"", one.public(public), info=b"")
            one.hpke.decrypt(sealed, private, info=b"")
        except UnsupportedAlgorithm:
            continue
        usable.append(one.name)
    return tuple(usable)
