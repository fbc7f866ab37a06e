"""A parcel, LB1: any amount of bytes sealed to a key that is kept elsewhere, in pieces.

The key of the pieces is sealed once (HPKE); the pieces are ChaCha20-Poly1305 with a counter and a
mark on the last, so that none can be changed, moved, left out or cut off at the end. Source: the
STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizar, "Online Authenticated-Encryption
and its Nonce-Reuse Misuse-Resistance", 2015, in the form of the payload of age (C2SP).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from linkwork.errors import EnvelopeRefused
from linkwork.seal.keys import KEY_ID_BYTES, SEED_BYTES, Opener, Random, encrypt_to, key_id

PARCEL_MAGIC = b"LB1\0"
PIECE = 1 << 16
_TAG_BYTES = 16
_INFO = b"linkwork/parcel/v1\0"
_LENGTH = struct.Struct(">H")
#: The sealed key, with whatever suite: bounded before anything is read.
_MOST_SEALED = 4096


def seal_parcel(parts: Iterable[bytes], recipient: bytes, random: Random) -> Iterator[bytes]:
    """The parcel in parts, from its head to its marked end; holds one piece at a time."""
    key = random(SEED_BYTES)
    sealed = encrypt_to(recipient, key, _INFO)
    yield PARCEL_MAGIC + bytes.fromhex(key_id(recipient)) + _LENGTH.pack(len(sealed)) + sealed
    aead, number, held = ChaCha20Poly1305(key), 0, bytearray()
    for part in parts:
        held += part
        # The last piece is never empty, so one is held back until more has come.
        while len(held) > PIECE:
            yield aead.encrypt(_nonce(number, last=False), bytes(held[:PIECE]), None)
            del held[:PIECE]
            number += 1
    yield aead.encrypt(_nonce(number, last=True), bytes(held), None)


def parcel_recipient(head: bytes) -> str:
    """The id of the key a parcel is sealed to, from its first bytes.

    Raises EnvelopeRefused("shape").
    """
    start = len(PARCEL_MAGIC)
    if head[:start] != PARCEL_MAGIC or len(head) < start + KEY_ID_BYTES + _LENGTH.size:
        raise _no_parcel()
    return head[start : start + KEY_ID_BYTES].hex()


def open_parcel(parts: Iterable[bytes], opener: Opener) -> Iterator[bytes]:
    """What was sealed, piece by piece; each is proven before it is given.

    Only the end of the iteration proves that nothing was cut off. Raises EnvelopeRefused:
    "shape", "recipient", "sealed", "changed".
    """
    read = _Reader(parts)
    head = read.exactly(len(PARCEL_MAGIC) + KEY_ID_BYTES + _LENGTH.size)
    recipient = parcel_recipient(head)
    if recipient != opener.key_id:
        raise EnvelopeRefused(
            "recipient",
            f"It is sealed to key {recipient}, and this is key {opener.key_id}. Give the other.",
        )
    (length,) = _LENGTH.unpack(head[-_LENGTH.size :])
    if length > _MOST_SEALED:
        raise _no_parcel()
    aead = ChaCha20Poly1305(opener.open(read.exactly(length), _INFO))
    number = 0
    while True:
        piece = read.up_to(PIECE + _TAG_BYTES)
        last = read.at_end()
        try:
            yield aead.decrypt(_nonce(number, last=last), piece, None)
        except InvalidTag:
            raise EnvelopeRefused(
                "changed",
                f"Its piece {number + 1} was changed, moved, or what follows it is missing.",
            ) from None
        if last:
            return
        number += 1


class _Reader:
    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts, self._held = iter(parts), bytearray()

    def up_to(self, count: int) -> bytes:
        self._fill(count)
        taken = bytes(self._held[:count])
        del self._held[:count]
        return taken

    def exactly(self, count: int) -> bytes:
        taken = self.up_to(count)
        if len(taken) < count:
            raise _no_parcel()
        return taken

    def at_end(self) -> bool:
        self._fill(1)
        return not self._held

    def _fill(self, count: int) -> None:
        while len(self._held) < count:
            part = next(self._parts, None)
            if part is None:
                return
            self._held += part


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\1" if last else b"\0")


def _no_parcel() -> EnvelopeRefused:
    return EnvelopeRefused("shape", "This is no sealed parcel (LB1), or it is cut.")
