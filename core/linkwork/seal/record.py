"""The signature under a linkwork record: the same bytes in both hands."""

from __future__ import annotations

import hashlib

from linkwork.seal.keys import Signer, signature_is_good

_TAG = b"linkwork/record/v1\0"


def sign_record(body: bytes, signer: Signer) -> bytes:
    """The hub's signature of a record's canonical bytes, with its key of purpose `issue`."""
    return signer.sign(_TAG + body)


def record_is_good(public: bytes | None, signature: bytes, body: bytes) -> bool:
    """Whether `signature` is that of the record `body` under the key `public`; None is nobody's."""
    return public is not None and signature_is_good(public, signature, _TAG + body)


def record_digest(body: bytes) -> str:
    """What both sides compare: the SHA-256 of a record's bytes, as 64 hex characters."""
    return hashlib.sha256(body).hexdigest()
