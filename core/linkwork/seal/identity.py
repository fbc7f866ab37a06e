"""Who a pseudonym is: sealed apart from its message, to the authority's identity key."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from datetime import date

from pydantic import ValidationError

from linkwork.errors import EnvelopeRefused
from linkwork.seal.keys import KEY_ID_BYTES, Opener, encrypt_to, key_id
from linkwork.seal.padding import pad, unpad
from linkwork.wire import Identity

_CONTEXT_TAG = b"linkwork/identity/v1\0"
_PSEUDONYM_TAG = b"linkwork/pseudonym/v1\0"
_SPELL_TAG = b"linkwork/spell/v1\0"


def identity_context(urn: str, pseudonym: str) -> bytes:
    """What an identity is bound to: it opens for this school and pseudonym and no other."""
    return _CONTEXT_TAG + urn.encode() + b"\0" + pseudonym.encode()


def seal_identity(identity: Identity, identity_public: bytes, context: bytes) -> str:
    """The identity, padded and sealed, as base64."""
    sealed = encrypt_to(identity_public, pad(identity.to_bytes()), context)
    return base64.b64encode(bytes.fromhex(key_id(identity_public)) + sealed).decode()


def identity_recipient(text: str) -> str:
    """The id of the key an identity is sealed to. Raises EnvelopeRefused("shape")."""
    return _decoded(text)[:KEY_ID_BYTES].hex()


def open_identity(text: str, opener: Opener, context: bytes) -> Identity:
    """The identity sealed as `text` for `context`.

    Raises EnvelopeRefused: "shape", "recipient", "sealed", "padding" or "identity".
    """
    data = _decoded(text)
    recipient = data[:KEY_ID_BYTES].hex()
    if recipient != opener.key_id:
        raise EnvelopeRefused(
            "recipient", f"The identity is sealed to key {recipient}, not to {opener.key_id}."
        )
    body = unpad(opener.open(data[KEY_ID_BYTES:], context))
    try:
        return Identity.model_validate_json(body)
    except ValidationError:
        raise EnvelopeRefused("identity", "The opened identity is not of a known form.") from None


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise EnvelopeRefused("shape", "The sealed identity is not base64.") from None


def pseudonym(key: bytes, upn: str) -> str:
    """The name a pupil bears outside the school: the same for one UPN under one authority's key."""
    mac = hmac.digest(key, _PSEUDONYM_TAG + upn.strip().upper().encode(), hashlib.sha256)
    return "p_" + base64.b32encode(mac[:16]).decode().rstrip("=").lower()


def spell_id(key: bytes, urn: str, pseudonym: str, trigger: str, began: date, number: int) -> str:
    """The id of a spell of absence as it opens: a store put back opens it again under the same.

    `began` is its first counted day, or the day it was declared; `number` tells apart those of one
    school, pupil and trigger that began on one day, from 0. Without `key` nobody can work it out.
    """
    named = "\0".join((urn, pseudonym, trigger, began.isoformat(), str(number)))
    return f"ep_{hmac.digest(key, _SPELL_TAG + named.encode(), hashlib.sha256)[:16].hex()}"
