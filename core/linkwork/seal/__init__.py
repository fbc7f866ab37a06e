"""Seal, sign, verify and open what crosses the network. Keys come in as arguments.

Key:      `Signer`, `Opener`, `key_id`, `keys_digest`, `six_words`, `pseudonym`
Envelope: `seal`, `verify`, `sender_of`, `open_verified`, `seal_enrolment`, `verify_enrolment`
Answer:   `sign_answer`, `verify_answer`, `answer_key`
Rekey:    `prove_rekey`, `rekey_is_proven`
Identity: `identity_context`, `seal_identity`, `open_identity`
At rest:  `lock_secret`, `unlock_secret`, `split_secret`, `restore_secret`, `seal_parcel`
Keyset:   `root_fingerprint`, `sign_keyset`, `verify_keyset`, `lookup`, `current_key`

The layouts are described in docs/wire.md; a golden file of each is opened by every version.
"""

from linkwork.seal.answer import MAX_ANSWER, answer_key, sign_answer, verify_answer
from linkwork.seal.envelope import (
    MAX_BODY,
    MAX_ENVELOPE,
    Verified,
    open_verified,
    seal,
    seal_enrolment,
    sender_of,
    verify,
    verify_enrolment,
)
from linkwork.seal.escrow import SHARES_NEEDED, Share, restore_secret, split_secret
from linkwork.seal.identity import (
    identity_context,
    identity_recipient,
    open_identity,
    pseudonym,
    seal_identity,
    spell_id,
)
from linkwork.seal.keys import (
    SECOND_SUITE,
    SUITE,
    Opener,
    Random,
    SecondSigner,
    Signer,
    check_seal_public,
    key_id,
)
from linkwork.seal.keyset import (
    current_key,
    keyset_root,
    lookup,
    root_fingerprint,
    sign_keyset,
    verify_keyset,
)
from linkwork.seal.parcel import PARCEL_MAGIC, PIECE, open_parcel, parcel_recipient, seal_parcel
from linkwork.seal.passphrase import lock_secret, unlock_secret
from linkwork.seal.rekey import prove_rekey, rekey_is_proven
from linkwork.seal.suites import CLASSICAL, SUITES, suite_of, usable_suites
from linkwork.seal.words import keys_digest, six_words

__all__ = [
    "CLASSICAL",
    "MAX_ANSWER",
    "MAX_BODY",
    "MAX_ENVELOPE",
    "PARCEL_MAGIC",
    "PIECE",
    "SECOND_SUITE",
    "SHARES_NEEDED",
    "SUITE",
    "SUITES",
    "Opener",
    "Random",
    "SecondSigner",
    "Share",
    "Signer",
    "Verified",
    "answer_key",
    "check_seal_public",
    "current_key",
    "identity_context",
    "identity_recipient",
    "key_id",
    "keys_digest",
    "keyset_root",
    "lock_secret",
    "lookup",
    "open_identity",
    "open_parcel",
    "open_verified",
    "parcel_recipient",
    "prove_rekey",
    "pseudonym",
    "rekey_is_proven",
    "restore_secret",
    "root_fingerprint",
    "seal",
    "seal_enrolment",
    "seal_identity",
    "seal_parcel",
    "sender_of",
    "sign_answer",
    "sign_keyset",
    "six_words",
    "spell_id",
    "split_secret",
    "suite_of",
    "unlock_secret",
    "usable_suites",
    "verify",
    "verify_answer",
    "verify_enrolment",
    "verify_keyset",
]
