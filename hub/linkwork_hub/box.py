"""The key of identifying columns: seals short texts, each bound to its place."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from linkwork.errors import LinkworkError

Random = Callable[[int], bytes]


class Box:
    """Seals short texts under one 32-byte key: AES-256-GCM, bound to their place."""

    VERSION = b"\x01"

    def __init__(self, key: bytes, random: Random) -> None:
        if len(key) != 32:
            raise ValueError("the column key has 32 bytes")
        self._key, self._aead, self._random = key, AESGCM(key), random

    def secret(self, purpose: str) -> bytes:
        """32 bytes for another purpose, from which the key cannot be worked out."""
        return hmac.new(self._key, f"linkwork/{purpose}".encode(), hashlib.sha256).digest()

    def seal(self, place: str, plain: str) -> bytes:
        """Version, nonce, ciphertext. `place` must be given again to open it."""
        nonce = self._random(12)
        bound = self.VERSION + place.encode()
        return self.VERSION + nonce + self._aead.encrypt(nonce, plain.encode(), bound)

    def open(self, place: str, data: bytes) -> str:
        """Raises LinkworkError when the key, the place or any byte is not the one it had."""
        try:
            plain = self._aead.decrypt(data[1:13], data[13:], data[:1] + place.encode())
        except (InvalidTag, ValueError) as error:
            raise LinkworkError(
                f"A sealed value of {place.partition('|')[0]} does not open. "
                "Check that the home folder's keys belong to this database."
            ) from error
        return plain.decode()


class NoBox(Box):
    """For a process that holds no column key: sealing and opening are errors."""

    def __init__(self) -> None:
        super().__init__(bytes(32), bytes)

    def secret(self, purpose: str) -> bytes:
        """Raises LinkworkError."""
        raise _no_key()

    def seal(self, place: str, plain: str) -> bytes:
        """Raises LinkworkError."""
        raise _no_key()

    def open(self, place: str, data: bytes) -> str:
        """Raises LinkworkError."""
        raise _no_key()


def _no_key() -> LinkworkError:
    return LinkworkError("This process holds no column key. Do this in serve or work.")
