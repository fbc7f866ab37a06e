"""The hub's public keys, LK1: signed by the authority's root key, never older than last seen."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Literal

from pydantic import ValidationError

from linkwork.crockford import encode
from linkwork.errors import NotTheHub
from linkwork.seal import signed
from linkwork.seal.keys import SIGN_PUBLIC_BYTES, Signer, key_id
from linkwork.wire import HubKey, Keyset

Purpose = Literal["seal", "identity", "receipt", "issue"]

FINGERPRINT_BYTES = 15
_FORM = signed.Form(b"LK1\0", b"linkwork/keyset/v1\0", SIGN_PUBLIC_BYTES, 1 << 20)


def root_fingerprint(root_public: bytes) -> str:
    """The authority's root key in 24 characters (120 bits), as the join string carries it."""
    return encode(hashlib.sha256(root_public).digest()[:FINGERPRINT_BYTES])


def sign_keyset(keyset: Keyset, root: Signer) -> bytes:
    """The keyset as bytes, signed by the authority's root key."""
    return signed.write(_FORM, root.public, keyset.to_bytes(), root)


def keyset_root(data: bytes) -> bytes:
    """The root key a keyset names; `verify_keyset` is what proves it. Raises NotTheHub."""
    root = signed.named_key(_FORM, data)
    if root is None:
        raise NotTheHub(
            "What came back is not the hub's keyset: a filter or another site may have answered. "
            "Ask for the hub's address to be let through."
        )
    return root


def verify_keyset(data: bytes, fingerprint: str, *, at_least: int = 0) -> Keyset:
    """The keyset these bytes are, when the root of `fingerprint` signed it.

    Raises NotTheHub: not a keyset, another root, a wrong signature, a key that is not what it
    says, or a version below `at_least` (an old keyset played again).
    """
    root = keyset_root(data)
    if root_fingerprint(root) != fingerprint:
        raise NotTheHub(
            f"The hub's root key is {root_fingerprint(root)}, the join string names {fingerprint}. "
            "Nothing was sent. Ask the authority for a new join string by telephone."
        )
    body = signed.read(_FORM, data, root)
    if body is None:
        raise NotTheHub("The keyset was changed after it was signed. Nothing was sent; try again.")
    keyset = _parsed(body)
    if keyset.version < at_least:
        raise NotTheHub(
            f"The keyset is version {keyset.version}, version {at_least} was seen before. "
            "An old one is being played again: tell the authority."
        )
    return keyset


def _parsed(body: bytes) -> Keyset:
    try:
        keyset = Keyset.model_validate_json(body)
        honest = all(key_id(_public(key)) == key.key_id for key in keyset.keys)
    except (ValidationError, binascii.Error, ValueError):
        honest = False
    if not honest:
        raise NotTheHub("The keyset is of a form not known here. Update this software.")
    return keyset


def _public(key: HubKey) -> bytes:
    return base64.b64decode(key.public, validate=True)


def lookup(keyset: Keyset, purpose: Purpose) -> Callable[[str], bytes | None]:
    """A `public_of` over the keyset's keys of one purpose; retired keys are not given."""
    found = {
        key.key_id: _public(key)
        for key in keyset.keys
        if key.purpose == purpose and key.status != "retired"
    }
    return found.get


def current_key(keyset: Keyset, purpose: Purpose, now: datetime) -> tuple[str, bytes]:
    """Id and public bytes of the newest active key of a purpose. Raises NotTheHub when none."""
    usable = [
        key
        for key in keyset.keys
        if key.purpose == purpose
        and key.status == "active"
        and (key.not_after is None or now < key.not_after)
    ]
    if not usable:
        raise NotTheHub(
            f"Keyset version {keyset.version} holds no active {purpose} key. Tell the authority."
        )
    newest = max(usable, key=lambda key: key.not_before)
    return newest.key_id, _public(newest)
