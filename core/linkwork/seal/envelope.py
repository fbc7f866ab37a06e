"""The envelope LW1: signed, then verified before one byte of it is parsed."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from dataclasses import dataclass

from pydantic import ValidationError

from linkwork.errors import EnvelopeRefused, WrongUse
from linkwork.seal.keys import (
    KEY_ID_BYTES,
    SIGN_PUBLIC_BYTES,
    SIGNATURE_BYTES,
    SUITE,
    Opener,
    Signer,
    encrypt_to,
    key_id,
    signature_is_good,
)
from linkwork.seal.padding import compress, decompress, pad, unpad
from linkwork.wire import WIRE_VERSION, Header

MAX_ENVELOPE = 1 << 20
MAX_BODY = 8 << 20

MAGIC = b"LW1\0"
ENROLMENT_MAGIC = b"LE1\0"
_LENGTHS = struct.Struct(">HI")
_INFO_TAG = b"linkwork/info/v1\0"
_SIGNATURE_TAG = b"linkwork/sig/v1\0"
#: Both counters stay exact in every JSON reader and database.
_MAX_COUNTER = (1 << 53) - 1


@dataclass(frozen=True, slots=True)
class Verified:
    """An envelope whose sender is proven. `digest` is the SHA-512 of all its bytes, in hex."""

    header: Header
    sender: str
    digest: str
    ciphertext: bytes
    info: bytes


def seal(body: bytes, header: Header, signer: Signer, recipient_public: bytes) -> bytes:
    """One LW1 envelope: `body` sealed to `recipient_public`, signed by `signer`.

    Raises EnvelopeRefused("oversized") when the body passes 8 MiB or the envelope 1 MiB, and
    WrongUse when the header names another recipient or suite.
    """
    start = MAGIC + bytes.fromhex(signer.key_id)
    return _sealed(start, body, header, signer, recipient_public)


def seal_enrolment(body: bytes, header: Header, signer: Signer, recipient_public: bytes) -> bytes:
    """One LE1 envelope: as LW1, with the sender's whole public key in place of its id."""
    return _sealed(ENROLMENT_MAGIC + signer.public, body, header, signer, recipient_public)


def _sealed(
    start: bytes, body: bytes, header: Header, signer: Signer, recipient_public: bytes
) -> bytes:
    if header.recipient != key_id(recipient_public) or header.suite != SUITE:
        raise WrongUse(
            f"the header names key {header.recipient} and suite {header.suite}, the envelope is "
            f"sealed to {key_id(recipient_public)} with {SUITE}. Take both from one keyset."
        )
    if len(body) > MAX_BODY:
        raise EnvelopeRefused("oversized", f"A message may have {MAX_BODY} bytes at most.")
    head = header.to_bytes()
    plaintext = pad(compress(body))
    ciphertext = encrypt_to(recipient_public, plaintext, _info(signer.key_id, head))
    signed = start + _LENGTHS.pack(len(head), len(ciphertext)) + head + ciphertext
    envelope = signed + signer.sign(_to_sign(signed))
    if len(envelope) > MAX_ENVELOPE:
        raise EnvelopeRefused(
            "oversized", f"An envelope may have {MAX_ENVELOPE} bytes, this has {len(envelope)}."
        )
    return envelope


def verify(envelope: bytes, public_of: Callable[[str], bytes | None]) -> Verified:
    """Prove who sent an LW1 envelope and that nothing of it was changed.

    `public_of` gives the 32-byte key of a key id, or None. Raises EnvelopeRefused with reason
    "oversized", "shape", "unknown-key", "signature" or "header", in that order of looking.
    """
    _check_size(envelope)
    _check_shape(envelope, MAGIC, KEY_ID_BYTES)
    sender = envelope[len(MAGIC) : len(MAGIC) + KEY_ID_BYTES].hex()
    public = public_of(sender)
    if public is None:
        raise EnvelopeRefused("unknown-key", f"Key {sender} belongs to no agent known here.")
    return _verified(envelope, len(MAGIC) + KEY_ID_BYTES, sender, public)


def verify_enrolment(envelope: bytes) -> tuple[Verified, bytes]:
    """As `verify`, for an LE1 envelope: proves possession of the key it carries, which is given."""
    _check_size(envelope)
    _check_shape(envelope, ENROLMENT_MAGIC, SIGN_PUBLIC_BYTES)
    end = len(ENROLMENT_MAGIC) + SIGN_PUBLIC_BYTES
    public = envelope[len(ENROLMENT_MAGIC) : end]
    return _verified(envelope, end, key_id(public), public), public


def open_verified(verified: Verified, opener: Opener) -> bytes:
    """The body of a verified envelope, at most 8 MiB.

    Raises EnvelopeRefused: "recipient" (sealed to another key), "sealed", "padding",
    "compression", "too-large" or "trailing".
    """
    if verified.header.recipient != opener.key_id:
        raise EnvelopeRefused(
            "recipient",
            f"The envelope is for key {verified.header.recipient}, not {opener.key_id}.",
        )
    plaintext = opener.open(verified.ciphertext, verified.info)
    return decompress(unpad(plaintext), MAX_BODY)


def _check_size(envelope: bytes) -> None:
    if len(envelope) > MAX_ENVELOPE:
        raise EnvelopeRefused("oversized", f"An envelope has {MAX_ENVELOPE} bytes at most.")


def _check_shape(envelope: bytes, magic: bytes, key_bytes: int) -> None:
    fixed = len(magic) + key_bytes
    if envelope[: len(magic)] == magic and len(envelope) >= fixed + _LENGTHS.size:
        head, ciphertext = _LENGTHS.unpack_from(envelope, fixed)
        if len(envelope) == fixed + _LENGTHS.size + head + ciphertext + SIGNATURE_BYTES:
            return
    raise EnvelopeRefused("shape", f"These bytes are no {magic[:3].decode()} envelope, or are cut.")


def _verified(envelope: bytes, fixed: int, sender: str, public: bytes) -> Verified:
    signed, signature = envelope[:-SIGNATURE_BYTES], envelope[-SIGNATURE_BYTES:]
    if not signature_is_good(public, signature, _to_sign(signed)):
        raise EnvelopeRefused("signature", f"The signature is not that of key {sender}.")
    head_length, _ = _LENGTHS.unpack_from(envelope, fixed)
    body = fixed + _LENGTHS.size
    head = signed[body : body + head_length]
    return Verified(
        header=_read_header(head),
        sender=sender,
        digest=hashlib.sha512(envelope).hexdigest(),
        ciphertext=signed[body + head_length :],
        info=_info(sender, head),
    )


def _read_header(head: bytes) -> Header:
    try:
        header = Header.model_validate_json(head)
        # One header, one form: anything that re-encodes differently (a repeated key, "7" for 7,
        # other spacing) would be read one way here and another way elsewhere.
        canonical = header.to_bytes() == head
    except (ValidationError, UnicodeEncodeError):
        canonical = False
    if not canonical:
        raise EnvelopeRefused("header", "The header is not a canonical header of this version.")
    if header.v != WIRE_VERSION or header.suite != SUITE:
        raise EnvelopeRefused("header", f"Version {header.v} or its suite is not known here.")
    if not (0 <= header.seq <= _MAX_COUNTER and 0 <= header.epoch <= _MAX_COUNTER):
        raise EnvelopeRefused("header", "The sequence or epoch is out of range.")
    return header


def _info(sender: str, head: bytes) -> bytes:
    # The sender is bound in: another school that strips the signature and signs the ciphertext
    # as its own gets an envelope nobody can open.
    return _INFO_TAG + bytes.fromhex(sender) + head


def _to_sign(signed: bytes) -> bytes:
    return _SIGNATURE_TAG + hashlib.sha512(signed).digest()
