"""Keys as 32-byte seeds: one that signs (Ed25519), one that opens (a suite of `suites`)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey, MLDSA65PublicKey

from linkwork.errors import EnvelopeRefused, WrongUse
from linkwork.seal.suites import SEALINGS, SUITES, XWING, public_key

#: A source of random bytes, `os.urandom` in production.
Random = Callable[[int], bytes]

#: The suite to seal with, wherever the keyset has a key of it.
SUITE = XWING
SIGNATURE_SUITE = "ed25519"
#: The second signature there is a place for; it stands beside Ed25519, never instead.
SECOND_SUITE = "ml-dsa-65"
SEED_BYTES = 32
SIGN_PUBLIC_BYTES = 32
SIGNATURE_BYTES = 64
KEY_ID_BYTES = 16


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


class SecondSigner:
    """An ML-DSA-65 key made from a 32-byte seed (FIPS 204): 1,952 bytes, signatures of 3,309."""

    def __init__(self, seed: bytes) -> None:
        self._private = MLDSA65PrivateKey.from_seed_bytes(_seed(seed))
        self.public: bytes = self._private.public_key().public_bytes_raw()

    def sign(self, data: bytes) -> bytes:
        """The signature of `data`; two of the same data differ."""
        return self._private.sign(data)


def second_is_good(public: bytes, signature: bytes, data: bytes) -> bool:
    """Whether `signature` is that of `data` under the ML-DSA-65 key `public`."""
    try:
        MLDSA65PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


class Opener:
    """A key that opens, made from a 32-byte seed; of X-Wing `public` is 1,216 bytes."""

    def __init__(self, seed: bytes, suite: str = SUITE) -> None:
        self.suite = suite
        self._sealing = SEALINGS[suite]
        self._private, self.public = self._sealing.private(_seed(seed))
        self.key_id: str = key_id(self.public)

    def open(self, ciphertext: bytes, info: bytes) -> bytes:
        """The plaintext sealed to this key for `info`. Raises EnvelopeRefused("sealed")."""
        try:
            return self._sealing.hpke.decrypt(ciphertext, self._private, info=info)
        except InvalidTag:
            raise EnvelopeRefused(
                "sealed",
                f"Nothing could be opened with key {self.key_id}: it was sealed to another key, "
                "for another sender or purpose, or changed on the way. Ask for it once more.",
            ) from None


def encrypt_to(public: bytes, plaintext: bytes, info: bytes) -> bytes:
    """Seal `plaintext` to a public key of a known suite, bound to `info`.

    X-Wing adds 1,136 bytes, X25519 alone 48. Raises EnvelopeRefused("key") when `public` is no
    such key, or a weak one.
    """
    try:
        suite, key = public_key(public)
        return suite.encrypt(plaintext, key, info=info)
    except ValueError:
        raise _no_key(public) from None


def check_seal_public(public: bytes) -> None:
    """Raises EnvelopeRefused("key") unless something can be sealed to `public`."""
    encrypt_to(public, b"", b"linkwork/check/v1\0")


def _no_key(public: bytes) -> EnvelopeRefused:
    forms = " or ".join(f"{SEALINGS[name].public_bytes:,} ({name})" for name in SUITES)
    return EnvelopeRefused(
        "key",
        f"A sealing key has {forms} bytes; these {len(public)} bytes are none. Nothing was sealed.",
    )
