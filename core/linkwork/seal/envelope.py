"""The envelope LW1: signed, then verified before one byte of it is parsed."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Callable
from dataclasses import dataclass

from pydantic import ValidationError

from linkwork.errors import EnvelopeRefused, WrongUse
from linkwork.seal.keys import (
    KEY_ID_BYTES,
    SECOND_SUITE,
    SIGN_PUBLIC_BYTES,
    SIGNATURE_BYTES,
    Opener,
    SecondSigner,
    Signer,
    encrypt_to,
    key_id,
    second_is_good,
    signature_is_good,
)
from linkwork.seal.padding import compress, decompress, pad, unpad
from linkwork.seal.suites import SUITES, suite_of
from linkwork.wire import WIRE_VERSION, Header

MAX_ENVELOPE = 1 << 20
MAX_BODY = 8 << 20

MAGIC = b"LW1\0"
ENROLMENT_MAGIC = b"LE1\0"
_LENGTHS = struct.Struct(">HI")
_INFO_TAG = b"linkwork/info/v1\0"
_SIGNATURE_TAG = b"linkwork/sig/v1\0"
_SECOND_TAG = b"linkwork/second/v1\0"
#: Room for a second signature of an algorithm to come.
MAX_SECOND = 1 << 16
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


#: The public key of a key id, or None.
PublicOf = Callable[[str], bytes | None]


def _none(_key: str) -> None:
    """No key signs twice."""


def seal(
    body: bytes,
    header: Header,
    signer: Signer,
    recipient_public: bytes,
    second: SecondSigner | None = None,
) -> bytes:
    """One LW1 envelope: `body` sealed to `recipient_public`, signed by `signer`.

    With `second` it is signed by that as well, and the header says so. Raises
    EnvelopeRefused("oversized") when the body passes 8 MiB or the envelope 1 MiB, and WrongUse
    when the header names another recipient, suite or second signature.
    """
    start = MAGIC + bytes.fromhex(signer.key_id)
    return _sealed(start, body, header, signer, recipient_public, second)


def seal_enrolment(body: bytes, header: Header, signer: Signer, recipient_public: bytes) -> bytes:
    """One LE1 envelope: as LW1, with the sender's whole public key in place of its id."""
    return _sealed(ENROLMENT_MAGIC + signer.public, body, header, signer, recipient_public)


def _sealed(
    start: bytes,
    body: bytes,
    header: Header,
    signer: Signer,
    recipient_public: bytes,
    second: SecondSigner | None = None,
) -> bytes:
    suite = suite_of(recipient_public)
    if header.recipient != key_id(recipient_public) or header.suite != suite:
        raise WrongUse(
            f"the header names key {header.recipient} and suite {header.suite}, the envelope is "
            f"sealed to {key_id(recipient_public)} with {suite}. Take both from one keyset."
        )
    if header.also_signed != (SECOND_SUITE if second else None):
        raise WrongUse("the header must name the second signature exactly when there is one.")
    if len(body) > MAX_BODY:
        raise EnvelopeRefused("oversized", f"A message may have {MAX_BODY} bytes at most.")
    head = header.to_bytes()
    plaintext = pad(compress(body))
    ciphertext = encrypt_to(recipient_public, plaintext, _info(signer.key_id, head))
    signed = start + _LENGTHS.pack(len(head), len(ciphertext)) + head + ciphertext
    if second is not None:
        signed += second.sign(_to_sign(signed, _SECOND_TAG))
    envelope = signed + signer.sign(_to_sign(signed))
    if len(envelope) > MAX_ENVELOPE:
        raise EnvelopeRefused(
            "oversized", f"An envelope may have {MAX_ENVELOPE} bytes, this has {len(envelope)}."
        )
    return envelope


def verify(envelope: bytes, public_of: PublicOf, second_of: PublicOf = _none) -> Verified:
    """Prove who sent an LW1 envelope and that nothing of it was changed.

    `public_of` gives the 32-byte key of a key id, or None. `second_of` gives the second key of a
    sender who has one: from that day on it must sign too. Raises EnvelopeRefused with reason
    "oversized", "shape", "unknown-key", "signature", "version", "header" or "algorithm", in that
    order of looking; "second-signature" where that one is missing, unasked for or wrong.
    """
    _check_size(envelope)
    _check_shape(envelope, MAGIC, KEY_ID_BYTES)
    sender = sender_of(envelope)
    public = public_of(sender)
    if public is None:
        raise EnvelopeRefused("unknown-key", f"Key {sender} belongs to no agent known here.")
    return _verified(envelope, len(MAGIC) + KEY_ID_BYTES, sender, public, second_of(sender))


def sender_of(envelope: bytes) -> str:
    """The key id that an LW1 envelope of good shape names; `verify` is what proves it."""
    return envelope[len(MAGIC) : len(MAGIC) + KEY_ID_BYTES].hex()


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
    if verified.header.suite != opener.suite:
        raise EnvelopeRefused(
            "recipient", f"Key {opener.key_id} opens {opener.suite}, not {verified.header.suite}."
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
        least = fixed + _LENGTHS.size + head + ciphertext + SIGNATURE_BYTES
        if least <= len(envelope) <= least + MAX_SECOND:
            return
    raise EnvelopeRefused("shape", f"These bytes are no {magic[:3].decode()} envelope, or are cut.")


def _verified(
    envelope: bytes, fixed: int, sender: str, public: bytes, second_public: bytes | None = None
) -> Verified:
    signed, signature = envelope[:-SIGNATURE_BYTES], envelope[-SIGNATURE_BYTES:]
    if not signature_is_good(public, signature, _to_sign(signed)):
        raise EnvelopeRefused("signature", f"The signature is not that of key {sender}.")
    head_length, sealed_length = _LENGTHS.unpack_from(envelope, fixed)
    body = fixed + _LENGTHS.size
    end = body + head_length + sealed_length
    head = signed[body : body + head_length]
    header = _read_header(head)
    _check_second(header, signed[:end], signed[end:], sender, second_public)
    return Verified(
        header=header,
        sender=sender,
        digest=hashlib.sha512(envelope).hexdigest(),
        ciphertext=signed[body + head_length : end],
        info=_info(sender, head),
    )


def _check_second(
    header: Header, once: bytes, signature: bytes, sender: str, public: bytes | None
) -> None:
    if header.also_signed not in (None, SECOND_SUITE):
        raise EnvelopeRefused(
            "algorithm",
            f"It is also signed with {header.also_signed[:40]!r}, which is not known here (known: "
            f"{SECOND_SUITE}). Update this software.",
        )
    wanted = public is not None
    if (header.also_signed is not None, bool(signature)) != (wanted, wanted) or (
        public is not None and not second_is_good(public, signature, _to_sign(once, _SECOND_TAG))
    ):
        raise EnvelopeRefused(
            "second-signature",
            f"The second signature of key {sender} is missing, wrong, or not expected here.",
        )


def _read_header(head: bytes) -> Header:
    _refuse_other_version(head)
    try:
        header = Header.model_validate_json(head)
        # One header, one form: anything that re-encodes differently (a repeated key, "7" for 7,
        # other spacing) would be read one way here and another way elsewhere.
        canonical = header.to_bytes() == head
    except (ValidationError, UnicodeEncodeError):
        canonical = False
    if not canonical:
        raise EnvelopeRefused("header", "The header is not a canonical header of this version.")
    if header.suite not in SUITES:
        raise EnvelopeRefused(
            "algorithm",
            f"It is sealed with {header.suite[:40]!r}, which is not known here (known: "
            f"{', '.join(SUITES)}). Update this software.",
        )
    if not (0 <= header.seq <= _MAX_COUNTER and 0 <= header.epoch <= _MAX_COUNTER):
        raise EnvelopeRefused("header", "The sequence or epoch is out of range.")
    return header


def _refuse_other_version(head: bytes) -> None:
    # Before the header's other fields: those of a later version are not known here.
    try:
        said = json.loads(head)
    except (ValueError, RecursionError):
        return
    version = said.get("v") if isinstance(said, dict) else None
    if isinstance(version, int) and version != WIRE_VERSION:
        raise EnvelopeRefused(
            "version",
            f"The envelope is of version {version}, this software knows {WIRE_VERSION}. Update "
            "the side that is older.",
        )


def _info(sender: str, head: bytes) -> bytes:
    # The sender is bound in: another school that strips the signature and signs the ciphertext
    # as its own gets an envelope nobody can open.
    return _INFO_TAG + bytes.fromhex(sender) + head


def _to_sign(signed: bytes, tag: bytes = _SIGNATURE_TAG) -> bytes:
    return tag + hashlib.sha512(signed).digest()
