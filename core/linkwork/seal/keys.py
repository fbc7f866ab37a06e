"""Keys as 32-byte seeds: one that signs (Ed25519), one that opens (ML-KEM-768 with X25519)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
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

from linkwork.errors import EnvelopeRefused, WrongUse

#: A source of random bytes, `os.urandom` in production.
Random = Callable[[int], bytes]

SUITE = "xwing-hkdf-sha256-aes256gcm"
SIGNATURE_SUITE = "ed25519"
SEED_BYTES = 32
SIGN_PUBLIC_BYTES = 32
SIGNATURE_BYTES = 64
KEY_ID_BYTES = 16
_MLKEM_PUBLIC_BYTES = 1184
SEAL_PUBLIC_BYTES = _MLKEM_PUBLIC_BYTES + 32

_HPKE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def key_id(public: bytes) -> str:
    """The name of a public key: the first 16 bytes of its SHA-256, as 32 hex characters."""
    return hashlib.sha256(public).digest()[:KEY_ID_BYTES].hex()


def _seed(seed: bytes) -> bytes:
    if len(seed) != SEED_BYTES:
        raise WrongUse(
            f"a key seed has {SEED_BYTES} bytes, this one has {len(seed)}. Restore the key file."
        )
    return seed


class Signer:
    """An Ed25519 key made from a 32-byte seed."""

    def __init__(self, seed: bytes) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(_seed(seed))
        self.public: bytes = self._private.public_key().public_bytes_raw()
        self.key_id: str = key_id(self.public)

    def sign(self, data: bytes) -> bytes:
        """The 64-byte signature of `data`."""
        return self._private.sign(data)


def signature_is_good(public: bytes, signature: bytes, data: bytes) -> bool:
    """Whether `signature` is that of `data` under the 32-byte Ed25519 key `public`."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


class Opener:
    """An X-Wing key made from a 32-byte seed; `public` is 1,216 bytes."""

    def __init__(self, seed: bytes) -> None:
        # X-Wing's own expansion: 64 bytes of ML-KEM seed, then the X25519 scalar.
        expanded = hashlib.shake_256(_seed(seed)).digest(96)
        mlkem = MLKEM768PrivateKey.from_seed_bytes(expanded[:64])
        x25519 = X25519PrivateKey.from_private_bytes(expanded[64:])
        self._private = MLKEM768X25519PrivateKey(mlkem, x25519)
        self.public: bytes = (
            mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()
        )
        self.key_id: str = key_id(self.public)

    def open(self, ciphertext: bytes, info: bytes) -> bytes:
        """The plaintext sealed to this key for `info`. Raises EnvelopeRefused("sealed")."""
        try:
            return _HPKE.decrypt(ciphertext, self._private, info=info)
        except InvalidTag:
            raise EnvelopeRefused(
                "sealed",
                f"Nothing could be opened with key {self.key_id}: it was sealed to another key, "
                "for another sender or purpose, or changed on the way. Ask for it once more.",
            ) from None


def encrypt_to(public: bytes, plaintext: bytes, info: bytes) -> bytes:
    """Seal `plaintext` to a 1,216-byte X-Wing key, bound to `info`; 1,136 bytes are added.

    Raises EnvelopeRefused("key") when `public` is no such key, or a weak one.
    """
    if len(public) != SEAL_PUBLIC_BYTES:
        raise _no_key(public)
    try:
        key = MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(public[:_MLKEM_PUBLIC_BYTES]),
            X25519PublicKey.from_public_bytes(public[_MLKEM_PUBLIC_BYTES:]),
        )
        return _HPKE.encrypt(plaintext, key, info=info)
    except ValueError:
        raise _no_key(public) from None


def check_seal_public(public: bytes) -> None:
    """Raises EnvelopeRefused("key") unless something can be sealed to `public`."""
    encrypt_to(public, b"", b"linkwork/check/v1\0")


def _no_key(public: bytes) -> EnvelopeRefused:
    return EnvelopeRefused(
        "key",
        f"A sealing key has {SEAL_PUBLIC_BYTES} bytes of the form {SUITE}; "
        f"these {len(public)} bytes are none. Nothing was sealed.",
    )
