"""A second implementation, written from docs/wire.md alone: it knows none of this project's code.

It opens the golden files, and a message of this version; and it writes one this version opens.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

DATA = Path(__file__).parent / "data"
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
XWING = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
X25519 = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def golden(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((DATA / f"golden-{name}.json").read_text())
    return read


def key_id(public: bytes) -> bytes:
    return hashlib.sha256(public).digest()[:16]


def sealing_key(seed: bytes) -> MLKEM768X25519PrivateKey:
    wide = hashlib.shake_256(seed).digest(96)
    return MLKEM768X25519PrivateKey(
        MLKEM768PrivateKey.from_seed_bytes(wide[:64]),
        X25519PrivateKey.from_private_bytes(wide[64:]),
    )


def padded_to(length: int) -> int:
    """Padme, at least 256."""
    if length <= 256:
        return 256
    e = length.bit_length() - 1
    s = e.bit_length()
    mask = (1 << (e - s)) - 1
    return (length + mask) & ~mask


def unpad(text: bytes) -> bytes:
    (length,) = struct.unpack(">I", text[:4])
    assert len(text) == padded_to(length + 4)
    assert not any(text[4 + length :])
    return text[4 : 4 + length]


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def read_lw1(data: bytes, sender: bytes, seed: bytes) -> tuple[dict[str, Any], bytes]:
    """Header and body of an LW1 envelope of the sender with this public key, for this seed."""
    assert data[:4] == b"LW1\0"
    assert data[4:20] == key_id(sender)
    head_length, sealed_length = struct.unpack(">HI", data[20:26])
    end = 26 + head_length + sealed_length
    head, sealed = data[26 : 26 + head_length], data[26 + head_length : end]
    signed = b"linkwork/sig/v1\0" + hashlib.sha512(data[:-64]).digest()
    Ed25519PublicKey.from_public_bytes(sender).verify(data[-64:], signed)
    header = json.loads(head)
    assert canonical(header) == head
    if header.get("also_signed") == "ml-dsa-65":
        second = MLDSA65PrivateKey.from_seed_bytes(bytes(range(96, 128))).public_key()
        once = b"linkwork/second/v1\0" + hashlib.sha512(data[:end]).digest()
        second.verify(data[end:-64], once)
    else:
        assert end == len(data) - 64
    info = b"linkwork/info/v1\0" + data[4:20] + head
    if header["suite"] == "x25519-hkdf-sha256-aes256gcm":
        text = X25519.decrypt(sealed, X25519PrivateKey.from_private_bytes(seed), info=info)
    else:
        assert header["suite"] == "xwing-hkdf-sha256-aes256gcm"
        text = XWING.decrypt(sealed, sealing_key(seed), info=info)
    stream = zlib.decompressobj()
    body = stream.decompress(unpad(text), 8_388_609)
    assert stream.eof
    assert not stream.unused_data
    assert len(body) <= 8_388_608
    assert canonical(json.loads(body)) == body
    return header, body


def base32(text: str) -> bytes:
    number = 0
    for letter in text:
        number = number << 5 | ALPHABET.index(letter)
    spare = len(text) * 5 % 8
    return (number >> spare).to_bytes(len(text) * 5 // 8, "big")


@pytest.mark.parametrize(
    ("file", "place"),
    [("post", "envelope"), ("feed", "envelope"), ("kept", "classical"), ("kept", "twice")],
)
def test_every_golden_envelope_opens_from_the_page_alone(file: str, place: str) -> None:
    kept = golden(file)
    school = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(kept["school_seed"]))
    public = school.public_key().public_bytes_raw()
    header, body = read_lw1(base64.b64decode(kept[place]), public, bytes.fromhex(kept["hub_seed"]))
    assert header["urn"] == "900001"
    assert body.decode() == kept["body"]


def test_a_changed_golden_envelope_does_not_open() -> None:
    kept = golden("feed")
    school = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(kept["school_seed"]))
    data = bytearray(base64.b64decode(kept["envelope"]))
    data[40] ^= 1
    with pytest.raises(InvalidSignature):
        read_lw1(
            bytes(data),
            school.public_key().public_bytes_raw(),
            bytes.fromhex(kept["hub_seed"]),
        )


@pytest.mark.parametrize(
    ("place", "magic", "key_bytes", "tag"),
    [("answer", b"LR1\0", 16, b"linkwork/answer/v1\0"), ("keyset", b"LK1\0", 32, b"")],
)
def test_the_golden_signed_documents_are_read_from_the_page_alone(
    place: str, magic: bytes, key_bytes: int, tag: bytes
) -> None:
    kept = golden("post")
    data = base64.b64decode(kept[place])
    assert data[:4] == magic
    start = 4 + key_bytes
    (length,) = struct.unpack(">I", data[start : start + 4])
    assert len(data) == start + 4 + length + 64
    if place == "keyset":
        root, tag = data[4:36], b"linkwork/keyset/v1\0"
        assert base32(kept["root_fingerprint"]) == hashlib.sha256(root).digest()[:15]
    else:
        receipt = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(kept["receipt_seed"]))
        root = receipt.public_key().public_bytes_raw()
        assert data[4:20] == key_id(root)
    signed = tag + hashlib.sha512(data[:-64]).digest()
    Ed25519PublicKey.from_public_bytes(root).verify(data[-64:], signed)
    assert json.loads(data[start + 4 : -64]) == kept[f"{place}_plain"]


def test_the_golden_identity_is_read_from_the_page_alone() -> None:
    kept = golden("post")
    data = base64.b64decode(kept["identity"])
    info = b"linkwork/identity/v1\0900001\0" + kept["pseudonym"].encode()
    key = sealing_key(bytes.fromhex(kept["hub_seed"]))
    assert json.loads(unpad(XWING.decrypt(data[16:], key, info=info))) == kept["identity_plain"]


def test_what_is_kept_for_years_is_read_from_the_page_alone() -> None:
    kept = golden("kept")
    locked = base64.b64decode(kept["locked"])
    assert (locked[:4], locked[4:20].rstrip(b"\0")) == (b"LP1\0", b"root")
    log_n, salt, nonce = locked[20], locked[21:37], locked[37:49]
    key = Scrypt(salt=salt, length=32, n=1 << log_n, r=8, p=1).derive(kept["passphrase"].encode())
    assert AESGCM(key).decrypt(nonce, locked[49:], locked[:49]).hex() == kept["secret"]

    shares = [base32(text.removeprefix("LS1.").replace("-", "")) for text in kept["shares"]]
    for data in shares:
        check = hashlib.sha256(b"linkwork/share/v1\0" + data[:-4]).digest()[:4]
        assert check == data[-4:]
    # Share 1 holds halves of the pairs 1-2 and 3-1, share 2 of 1-2 and 2-3.
    one, two = shares[0][5:37], shares[1][5:37]
    assert bytes(a ^ b for a, b in zip(one, two, strict=True)).hex() == kept["secret"]

    parcel = base64.b64decode(kept["parcel"])
    (length,) = struct.unpack(">H", parcel[20:22])
    hub = sealing_key(bytes.fromhex(kept["hub_seed"]))
    pieces = XWING.decrypt(parcel[22 : 22 + length], hub, info=b"linkwork/parcel/v1\0")
    text = ChaCha20Poly1305(pieces).decrypt(bytes(11) + b"\1", parcel[22 + length :], None)
    assert text.decode() == kept["body"]


def test_a_message_written_from_the_page_alone_is_taken_by_this_version(
    school_key: Any, hub_opener: Any, header_to: Callable[..., Any]
) -> None:
    from linkwork import seal
    from linkwork.wire import read_message

    school = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    public = hub_opener.public
    head = canonical(
        {
            "epoch": 1,
            "kind": "message",
            "message_id": "m-9",
            "recipient": key_id(public).hex(),
            "seq": 9,
            "stream": "feed",
            "suite": "xwing-hkdf-sha256-aes256gcm",
            "time": "2026-11-25T09:30:00Z",
            "urn": "900001",
            "v": 1,
        }
    )
    body = golden("feed")["body"].encode()
    framed = zlib.compress(body)
    framed = struct.pack(">I", len(framed)) + framed
    text = framed.ljust(padded_to(len(framed)), b"\0")
    mine = key_id(school.public_key().public_bytes_raw())
    key = MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(public[:1184]),
        X25519PublicKey.from_public_bytes(public[1184:]),
    )
    sealed = XWING.encrypt(text, key, info=b"linkwork/info/v1\0" + mine + head)
    start = b"LW1\0" + mine + struct.pack(">HI", len(head), len(sealed)) + head + sealed
    data = start + school.sign(b"linkwork/sig/v1\0" + hashlib.sha512(start).digest())

    verified = seal.verify(data, {school_key.key_id: school_key.public}.get)
    assert verified.header.seq == 9
    assert read_message(seal.open_verified(verified, hub_opener)).kind == "return"
    ours = seal.seal(body, header_to(kind="message"), school_key, public)
    assert read_lw1(ours, school_key.public, bytes(range(32, 64)))[1] == body
