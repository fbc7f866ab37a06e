"""Keys against the published vectors, and a golden file that every later version opens."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PrivateKey, Suite

from linkwork import seal
from linkwork.wire import FEED_KIND, read_message

DATA = Path(__file__).parent / "data"
VECTORS = json.loads((DATA / "xwing-vectors.json").read_text())["vectors"]
FEED = json.loads((DATA / "golden-feed.json").read_text())
KEPT = json.loads((DATA / "golden-kept.json").read_text())
GOLDEN = json.loads((DATA / "golden-post.json").read_text())


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"kdf-{vector['kdf_id']}")
def test_a_key_from_a_seed_is_the_published_one_and_opens_the_published_text(
    vector: dict[str, Any],
) -> None:
    seed = bytes.fromhex(vector["skRm"])
    assert seal.Opener(seed).public.hex() == vector["pkRm"]

    expanded = hashlib.shake_256(seed).digest(96)
    private = MLKEM768X25519PrivateKey(
        MLKEM768PrivateKey.from_seed_bytes(expanded[:64]),
        X25519PrivateKey.from_private_bytes(expanded[64:]),
    )
    kdf = {1: KDF.HKDF_SHA256, 17: KDF.SHAKE256}[vector["kdf_id"]]
    suite = Suite(KEM.MLKEM768_X25519, kdf, AEAD.CHACHA20_POLY1305)
    first = vector["encryption"]
    # The vectors use associated data, which the public interface does not offer.
    opened = openssl.hpke._decrypt_with_aad(
        suite,
        bytes.fromhex(vector["enc"] + first["ct"]),
        private,
        bytes.fromhex(vector["info"]),
        bytes.fromhex(first["aad"]),
    )
    assert opened.hex() == first["pt"]


def test_the_golden_envelopes_open() -> None:
    signer = seal.Signer(bytes.fromhex(GOLDEN["school_seed"]))
    opener = seal.Opener(bytes.fromhex(GOLDEN["hub_seed"]))
    verified = seal.verify(base64.b64decode(GOLDEN["envelope"]), {signer.key_id: signer.public}.get)
    assert json.loads(verified.header.to_bytes()) == GOLDEN["header"]
    assert seal.open_verified(verified, opener).decode() == GOLDEN["body"]

    verified, public = seal.verify_enrolment(base64.b64decode(GOLDEN["enrolment"]))
    assert public == signer.public
    assert seal.open_verified(verified, opener).decode() == GOLDEN["body"]


def test_the_golden_message_of_the_feed_opens_and_its_clear_part_does_not_say_what_it_is() -> None:
    signer = seal.Signer(bytes.fromhex(FEED["school_seed"]))
    opener = seal.Opener(bytes.fromhex(FEED["hub_seed"]))
    envelope = base64.b64decode(FEED["envelope"])
    verified = seal.verify(envelope, {signer.key_id: signer.public}.get)
    assert json.loads(verified.header.to_bytes()) == FEED["header"]
    assert verified.header.kind == FEED_KIND
    assert seal.open_verified(verified, opener).decode() == FEED["body"]
    assert read_message(FEED["body"].encode()).kind == "return"
    assert b"return" not in envelope


def test_the_golden_identity_answer_and_keyset_are_read() -> None:
    opener = seal.Opener(bytes.fromhex(GOLDEN["hub_seed"]))
    receipt = seal.Signer(bytes.fromhex(GOLDEN["receipt_seed"]))
    context = seal.identity_context("900001", GOLDEN["pseudonym"])
    identity = seal.open_identity(GOLDEN["identity"], opener, context)
    assert identity.model_dump(mode="json") == GOLDEN["identity_plain"]

    answer = seal.verify_answer(
        base64.b64decode(GOLDEN["answer"]), {receipt.key_id: receipt.public}.get
    )
    # What was added since has its default; what was said then reads as it did.
    assert answer.model_dump(mode="json", exclude_unset=True) == GOLDEN["answer_plain"]

    keyset = seal.verify_keyset(base64.b64decode(GOLDEN["keyset"]), GOLDEN["root_fingerprint"])
    assert keyset.model_dump(mode="json") == GOLDEN["keyset_plain"]


def test_names_made_from_keys_stay_the_same_in_every_version() -> None:
    signer = seal.Signer(bytes.fromhex(GOLDEN["school_seed"]))
    opener = seal.Opener(bytes.fromhex(GOLDEN["hub_seed"]))
    assert seal.six_words(seal.keys_digest(signer.public, opener.public)) == GOLDEN["six_words"]
    assert seal.pseudonym(bytes(32), GOLDEN["upn"]) == GOLDEN["pseudonym"]


def test_the_golden_envelope_without_ml_kem_and_the_one_signed_twice_open() -> None:
    signer = seal.Signer(bytes.fromhex(KEPT["school_seed"]))
    second = seal.SecondSigner(bytes.fromhex(KEPT["second_seed"]))
    known = {signer.key_id: signer.public}.get
    for name, suite, twice in (("classical", seal.CLASSICAL, None), ("twice", seal.SUITE, second)):
        opener = seal.Opener(bytes.fromhex(KEPT["hub_seed"]), suite)
        public = twice.public if twice else None
        verified = seal.verify(base64.b64decode(KEPT[name]), known, {signer.key_id: public}.get)
        assert json.loads(verified.header.to_bytes()) == KEPT[f"{name}_header"]
        assert seal.open_verified(verified, opener).decode() == KEPT["body"]


def test_the_golden_files_that_are_kept_for_years_open() -> None:
    secret = bytes.fromhex(KEPT["secret"])
    locked = base64.b64decode(KEPT["locked"])
    assert seal.unlock_secret(locked, "root", KEPT["passphrase"]) == secret
    for one, other in ((0, 1), (1, 2), (2, 0)):
        assert seal.restore_secret([KEPT["shares"][one], KEPT["shares"][other]]) == secret
    opener = seal.Opener(bytes.fromhex(KEPT["hub_seed"]))
    parcel = [base64.b64decode(KEPT["parcel"])]
    assert b"".join(seal.open_parcel(parcel, opener)).decode() == KEPT["body"]
