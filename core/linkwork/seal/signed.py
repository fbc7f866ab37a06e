"""A signed, unsealed document: magic, key, length, canonical JSON, signature."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass

from linkwork.seal.keys import SIGNATURE_BYTES, Signer, signature_is_good

_LENGTH = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Form:
    """One kind of signed document; `tag` keeps a signature of one kind from serving another."""

    magic: bytes
    tag: bytes
    key_bytes: int
    limit: int


def write(form: Form, key: bytes, body: bytes, signer: Signer) -> bytes:
    """The document of `body`, naming the signing key as `key`."""
    signed = form.magic + key + _LENGTH.pack(len(body)) + body
    return signed + signer.sign(_to_sign(form, signed))


def named_key(form: Form, data: bytes) -> bytes | None:
    """The key a document names, when its outer shape is right; nothing is proven yet."""
    start = len(form.magic) + form.key_bytes
    if len(data) > form.limit or data[: len(form.magic)] != form.magic:
        return None
    if len(data) < start + _LENGTH.size + SIGNATURE_BYTES:
        return None
    (length,) = _LENGTH.unpack_from(data, start)
    if len(data) != start + _LENGTH.size + length + SIGNATURE_BYTES:
        return None
    return data[len(form.magic) : start]


def read(form: Form, data: bytes, public: bytes) -> bytes | None:
    """The body of a document of right shape, when `public` signed it."""
    signed, signature = data[:-SIGNATURE_BYTES], data[-SIGNATURE_BYTES:]
    if not signature_is_good(public, signature, _to_sign(form, signed)):
        return None
    return signed[len(form.magic) + form.key_bytes + _LENGTH.size :]


def _to_sign(form: Form, signed: bytes) -> bytes:
    return form.tag + hashlib.sha512(signed).digest()
