"""Compress and pad a body so that its length tells little, and undo both within bounds."""

from __future__ import annotations

import struct
import zlib

from linkwork.errors import EnvelopeRefused

PADDED_FLOOR = 256
_LENGTH = struct.Struct(">I")


def padme(length: int) -> int:
    """The padded length of `length` bytes: at most about 12 % more, never under 256.

    Source: Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication
    with PURBs", 2019, section 4: round up so that only the leading bits of a length remain.
    """
    if length <= PADDED_FLOOR:
        return PADDED_FLOOR
    exponent = length.bit_length() - 1
    kept = exponent.bit_length()
    mask = (1 << (exponent - kept)) - 1
    return (length + mask) & ~mask


def pad(data: bytes) -> bytes:
    """`data` behind its length (4 bytes), filled with zeros to the Padme length."""
    framed = _LENGTH.pack(len(data)) + data
    return framed.ljust(padme(len(framed)), b"\0")


def unpad(padded: bytes) -> bytes:
    """What `pad` was given. Raises EnvelopeRefused("padding") on any other form."""
    if len(padded) >= _LENGTH.size:
        (length,) = _LENGTH.unpack_from(padded)
        data = padded[_LENGTH.size : _LENGTH.size + length]
        if len(data) == length and pad(data) == padded:
            return data
    raise EnvelopeRefused("padding", "The opened text is not padded as this version pads.")


def compress(body: bytes) -> bytes:
    """`body` as one zlib stream."""
    return zlib.compress(body, 6)


def decompress(data: bytes, limit: int) -> bytes:
    """The body of exactly one zlib stream, at most `limit` bytes.

    Stops as soon as the limit is passed, so a small bomb costs `limit` bytes and no more.
    Raises EnvelopeRefused: "too-large", "compression" (broken or cut), "trailing" (bytes after).
    """
    stream = zlib.decompressobj()
    try:
        body = stream.decompress(data, limit + 1)
    except zlib.error:
        raise EnvelopeRefused("compression", "The opened text is not compressed data.") from None
    if len(body) > limit:
        raise EnvelopeRefused("too-large", f"The opened text is larger than {limit} bytes.")
    if not stream.eof:
        raise EnvelopeRefused("compression", "The opened text breaks off in the middle.")
    if stream.unused_data:
        raise EnvelopeRefused("trailing", "The opened text has bytes after its end.")
    return body
