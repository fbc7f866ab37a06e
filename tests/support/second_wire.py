"""The school's side of the wire, written from docs/wire.md alone: no line of it is ours.

It imports nothing of this project, so that what the page leaves out cannot come in from the code.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import struct
import zlib
from collections.abc import Mapping
from typing import Any

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

XWING, CLASSICAL = "xwing-hkdf-sha256-aes256gcm", "x25519-hkdf-sha256-aes256gcm"
HPKE = {
    XWING: Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM),
    CLASSICAL: Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM),
}
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Refused(Exception):
    """Something is not as the page says."""


def expect(good: bool, what: str) -> None:
    """Stop at the first thing that is wrong."""
    if not good:
        raise Refused(what)


def canonical(value: Any) -> bytes:
    """Canonical JSON."""
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode()


def key_id(public: bytes) -> bytes:
    """The first 16 bytes of the SHA-256."""
    return hashlib.sha256(public).digest()[:16]


def signing(seed: bytes) -> tuple[Ed25519PrivateKey, bytes]:
    """A signing key and its public half."""
    private = Ed25519PrivateKey.from_private_bytes(seed)
    return private, private.public_key().public_bytes_raw()


def sealing(seed: bytes, suite: str = XWING) -> tuple[Any, bytes]:
    """A sealing key and its public half."""
    if suite == CLASSICAL:
        scalar = X25519PrivateKey.from_private_bytes(seed)
        return scalar, scalar.public_key().public_bytes_raw()
    long = hashlib.shake_256(seed).digest(96)
    lattice = MLKEM768PrivateKey.from_seed_bytes(long[:64])
    curve = X25519PrivateKey.from_private_bytes(long[64:])
    public = lattice.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()
    return MLKEM768X25519PrivateKey(lattice, curve), public


def seal_to(public: bytes, text: bytes, info: bytes) -> bytes:
    """HPKE to a public key, whose suite its length tells."""
    if len(public) == 32:
        return HPKE[CLASSICAL].encrypt(text, X25519PublicKey.from_public_bytes(public), info=info)
    lattice = MLKEM768PublicKey.from_public_bytes(public[:1184])
    curve = X25519PublicKey.from_public_bytes(public[1184:])
    return HPKE[XWING].encrypt(text, MLKEM768X25519PublicKey(lattice, curve), info=info)


def padme(length: int) -> int:
    """The Padme length, 256 at least."""
    exponent = length.bit_length() - 1
    step = 1 << (exponent - exponent.bit_length())
    return max(256, -(-length // step) * step)


def padded(data: bytes) -> bytes:
    """Behind its length, filled with zeros."""
    framed = struct.pack(">I", len(data)) + data
    return framed + bytes(padme(len(framed)) - len(framed))


def unpadded(text: bytes) -> bytes:
    """What `padded` was given."""
    data = text[4 : 4 + int.from_bytes(text[:4], "big")]
    expect(padded(data) == text, "padding")
    return data


def said(tag: bytes, before: bytes) -> bytes:
    """What is signed."""
    return tag + b"\0" + hashlib.sha512(before).digest()


def envelope(
    body: bytes, header: Mapping[str, Any], seed: bytes, to: bytes, magic: bytes = b"LW1\0"
) -> bytes:
    """LW1 or LE1. The header's recipient, suite and version are filled in."""
    private, public = signing(seed)
    suite = CLASSICAL if len(to) == 32 else XWING
    head = canonical({**header, "v": 1, "recipient": key_id(to).hex(), "suite": suite})
    info = b"linkwork/info/v1\0" + key_id(public) + head
    sealed = seal_to(to, padded(zlib.compress(body)), info)
    sender = key_id(public) if magic == b"LW1\0" else public
    before = magic + sender + struct.pack(">HI", len(head), len(sealed)) + head + sealed
    return before + private.sign(said(b"linkwork/sig/v1", before))


def opened(
    data: bytes,
    known: Mapping[bytes, bytes],
    keys: Mapping[str, tuple[Any, str]],
    magic: bytes = b"LW1\0",
) -> tuple[dict[str, Any], bytes]:
    """Header and body, looked at in the page's order. `keys` are private keys and their suites."""
    expect(len(data) <= 1_048_576, "oversized")
    fixed = 20 if magic == b"LW1\0" else 36
    expect(data[:4] == magic and len(data) >= fixed + 6, "shape")
    head_bytes, sealed_bytes = struct.unpack_from(">HI", data, fixed)
    start, middle = fixed + 6, fixed + 6 + head_bytes
    end = middle + sealed_bytes
    expect(0 <= len(data) - 64 - end <= 65_536, "shape")
    sender = data[4:fixed]
    public = known.get(sender, b"") if magic == b"LW1\0" else sender
    expect(bool(public), "unknown-key")
    Ed25519PublicKey.from_public_bytes(public).verify(
        data[-64:], said(b"linkwork/sig/v1", data[:-64])
    )
    header = json.loads(data[start:middle])
    expect(header["v"] == 1, "version")
    expect(canonical(header) == data[start:middle], "header")
    expect(("also_signed" in header) == (len(data) - 64 > end), "second-signature")
    private, suite = keys[header["recipient"]]
    expect(header["suite"] == suite, "recipient")
    info = b"linkwork/info/v1\0" + key_id(public) + data[start:middle]
    stream = zlib.decompressobj()
    packed = unpadded(HPKE[suite].decrypt(data[middle:end], private, info=info))
    body = stream.decompress(packed, 8_388_609)
    expect(stream.eof and not stream.unused_data and len(body) <= 8_388_608, "compression")
    expect(canonical(json.loads(body)) == body, "not-canonical")
    return header, body


def document(data: bytes, magic: bytes, tag: bytes, public: bytes | None = None) -> dict[str, Any]:
    """An answer LR1 under a known key, or a keyset LK1 under the root that it names."""
    key_bytes = 16 if public else 32
    start = 8 + key_bytes
    length = int.from_bytes(data[4 + key_bytes : start], "big")
    expect(data[:4] == magic and len(data) == start + length + 64, "shape")
    named = data[4 : 4 + key_bytes]
    expect(public is None or key_id(public) == named, "unknown-key")
    Ed25519PublicKey.from_public_bytes(public or named).verify(data[-64:], said(tag, data[:-64]))
    found: dict[str, Any] = json.loads(data[start:-64])
    return found


def crockford(data: bytes) -> str:
    """Crockford's base32, the last digit filled with zero bits."""
    bits = "".join(f"{byte:08b}" for byte in data)
    bits += "0" * (-len(bits) % 5)
    return "".join(CROCKFORD[int(bits[at : at + 5], 2)] for at in range(0, len(bits), 5))


def from_crockford(text: str) -> bytes:
    """And back."""
    bits = "".join(f"{CROCKFORD.index(digit):05b}" for digit in text)
    return bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits) // 8 * 8, 8))


def fingerprint(root: bytes) -> str:
    """A root key as a join string has it."""
    return crockford(hashlib.sha256(root).digest()[:15])


def join_string(text: str) -> tuple[str, str, str]:
    """Code, root's fingerprint and address of a join string."""
    data = from_crockford(text.removeprefix("LW1."))
    told, check = data[:-4], data[-4:]
    expect(hashlib.sha256(b"linkwork/join/v1\0" + told).digest()[:4] == check, "checksum")
    return crockford(told[:10]), crockford(told[10:25]), told[25:].decode()


def pseudonym(key: bytes, upn: str) -> str:
    """The name a pupil bears outside the school."""
    mac = hmac.digest(key, b"linkwork/pseudonym/v1\0" + upn.upper().encode(), "sha256")
    return "p_" + base64.b32encode(mac[:16]).decode().rstrip("=").lower()


def identity_info(urn: str, name: str) -> bytes:
    """What an identity is bound to."""
    return b"linkwork/identity/v1\0" + urn.encode() + b"\0" + name.encode()


def six_words(words: list[str], *publics: bytes) -> str:
    """What two people compare."""
    each = b"".join(hashlib.sha256(public).digest() for public in publics)
    digest = hashlib.sha256(b"linkwork/words/v1\0" + each).digest()
    number = int.from_bytes(digest, "big") >> (256 - 60)
    return " ".join(words[number >> (50 - 10 * place) & 1023] for place in range(6))
