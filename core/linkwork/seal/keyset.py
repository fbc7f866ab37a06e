"""The hub's public keys, LK1: signed by the authority's root key, never older than last seen."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache

from pydantic import ValidationError

from linkwork.crockford import encode
from linkwork.errors import NotTheHub
from linkwork.seal import signed
from linkwork.seal.keys import SIGN_PUBLIC_BYTES, SIGNATURE_SUITE, Signer, key_id
from linkwork.seal.suites import SUITES
from linkwork.wire import HubKey, Keyset, Purpose

FINGERPRINT_BYTES = 15
_KNOWN = frozenset({*SUITES, SIGNATURE_SUITE})
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
    keyset = _believed(data, fingerprint)
    if keyset.version < at_least:
        raise NotTheHub(
            f"The keyset is version {keyset.version}, version {at_least} was seen before. "
            "An old one is being played again: tell the authority."
        )
    return keyset


@lru_cache(maxsize=16)
def _believed(data: bytes, fingerprint: str) -> Keyset:
    # The same bytes are held against the same root at every call to the hub.
    root = keyset_root(data)
    if root_fingerprint(root) != fingerprint:
        raise NotTheHub(
            f"The hub's root key is {root_fingerprint(root)}, the join string names {fingerprint}. "
            "Nothing was sent. Ask the authority for a new join string by telephone."
        )
    body = signed.read(_FORM, data, root)
    if body is None:
        raise NotTheHub("The keyset was changed after it was signed. Nothing was sent; try again.")
    return _parsed(body)


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
    """A `public_of` over the keyset's keys of one purpose; retired keys are not given.

    Nor are keys of a suite that is not known here: a later keyset may hold some.
    """
    found = {
        key.key_id: _public(key)
        for key in keyset.keys
        if key.purpose == purpose and key.status != "retired" and key.suite in _KNOWN
    }
    return found.get


def current_key(
    keyset: Keyset, purpose: Purpose, now: datetime, able: Sequence[str] = SUITES
) -> tuple[str, bytes]:
    """Id and public bytes of the active key to use for a purpose: of the best suite, the newest.

    `able` are the sealing suites this computer can do, the preferred first: a lesser one is used
    only where the authority's keyset holds a key of it. Raises NotTheHub when there is none.
    """
    order = (*able, SIGNATURE_SUITE)
    active = [
        key
        for key in keyset.keys
        if key.purpose == purpose
        and key.status == "active"
        and (key.not_after is None or now < key.not_after)
    ]
    usable = [key for key in active if key.suite in order]
    if not usable:
        raise NotTheHub(_why_none(keyset, purpose, sorted({key.suite for key in active}), able))
    best = min(usable, key=lambda key: (order.index(key.suite), -key.not_before.timestamp()))
    return best.key_id, _public(best)


def _why_none(keyset: Keyset, purpose: str, there: Sequence[str], able: Sequence[str]) -> str:
    if not there:
        return f"Keyset version {keyset.version} holds no active {purpose} key. Tell the authority."
    return (
        f"The authority's {purpose} key is of the form {', '.join(there)}; this computer can do "
        f"{', '.join(able)} and nothing is sealed in a weaker way. Update this software."
    )
