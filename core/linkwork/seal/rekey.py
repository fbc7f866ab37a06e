"""Proof that who hands over new keys holds them, for one school and in place of one key alone."""

from __future__ import annotations

from linkwork.seal.keys import Signer, signature_is_good

_TAG = b"linkwork/rekey/v1\0"


def prove_rekey(new: Signer, urn: str, old_key: str, seal_public: bytes) -> bytes:
    """The new signing key's word that it follows `old_key` (an id) at a school."""
    return new.sign(_said(urn, old_key, new.public, seal_public))


def rekey_is_proven(
    proof: bytes, sign_public: bytes, urn: str, old_key: str, seal_public: bytes
) -> bool:
    """Whether `proof` is that of the new keys for this school and the key they follow."""
    return signature_is_good(sign_public, proof, _said(urn, old_key, sign_public, seal_public))


def _said(urn: str, old_key: str, sign_public: bytes, seal_public: bytes) -> bytes:
    return _TAG + urn.encode() + b"\0" + bytes.fromhex(old_key) + sign_public + seal_public
