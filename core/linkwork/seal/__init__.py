"""Seal, sign, verify and open what crosses the network. Keys come in as arguments.

Key:      `Signer`, `Opener`, `key_id`, `keys_digest`, `six_words`, `pseudonym`
Envelope: `seal`, `verify`, `open_verified`, `seal_enrolment`, `verify_enrolment`
Answer:   `sign_answer`, `verify_answer`
Identity: `identity_context`, `seal_identity`, `open_identity`
Keyset:   `root_fingerprint`, `sign_keyset`, `verify_keyset`, `lookup`, `current_key`

The layouts are described in docs/wire.md; a golden file of each is opened by every version.
"""

from linkwork.seal.answer import MAX_ANSWER, sign_answer, verify_answer
from linkwork.seal.envelope import (
    MAX_BODY,
    MAX_ENVELOPE,
    Verified,
    open_verified,
    seal,
    seal_enrolment,
    verify,
    verify_enrolment,
)
from linkwork.seal.identity import (
    identity_context,
    identity_recipient,
    open_identity,
    pseudonym,
    seal_identity,
)
from linkwork.seal.keys import SUITE, Opener, Random, Signer, check_seal_public, key_id
from linkwork.seal.keyset import (
    current_key,
    keyset_root,
    lookup,
    root_fingerprint,
    sign_keyset,
    verify_keyset,
)
from linkwork.seal.words import keys_digest, six_words

__all__ = [
    "MAX_ANSWER",
    "MAX_BODY",
    "MAX_ENVELOPE",
    "SUITE",
    "Opener",
    "Random",
    "Signer",
    "Verified",
    "check_seal_public",
    "current_key",
    "identity_context",
    "identity_recipient",
    "key_id",
    "keys_digest",
    "keyset_root",
    "lookup",
    "open_identity",
    "open_verified",
    "pseudonym",
    "root_fingerprint",
    "seal",
    "seal_enrolment",
    "seal_identity",
    "sign_answer",
    "sign_keyset",
    "six_words",
    "verify",
    "verify_answer",
    "verify_enrolment",
    "verify_keyset",
]
