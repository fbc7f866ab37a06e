"""Answers, keysets and identities: only the right key's word counts, in the right place."""

from __future__ import annotations

import base64
from datetime import UTC, date, datetime

import pytest

from linkwork import seal
from linkwork.errors import EnvelopeRefused, NotTheHub
from linkwork.seal.words import word_list
from linkwork.wire import Answer, HubKey, Identity, Keyset

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ANSWER = Answer(request="m-1", urn="900001", state="active", time=NOW)
RECEIPT, ROOT = seal.Signer(b"r" * 32), seal.Signer(b"o" * 32)
PERSON = Identity(pupil_id="7", surname="Exampleton", date_of_birth=date(2012, 5, 1))


def a_key(signer: seal.Signer, **changes: object) -> HubKey:
    fields: dict[str, object] = {
        "key_id": signer.key_id,
        "purpose": "receipt",
        "suite": "ed25519",
        "public": base64.b64encode(signer.public).decode(),
        "not_before": NOW,
    }
    return HubKey.model_validate(fields | changes)


def a_keyset(*keys: HubKey, version: int = 3) -> Keyset:
    return Keyset(version=version, authority="Exampleshire", issued=NOW, keys=keys)


def test_every_changed_or_cut_answer_is_not_the_hubs() -> None:
    data = seal.sign_answer(ANSWER, RECEIPT)
    public = {RECEIPT.key_id: RECEIPT.public}.get
    assert seal.verify_answer(data, public) == ANSWER
    for place in range(len(data) * 8):
        changed = bytearray(data)
        changed[place // 8] ^= 1 << (place % 8)
        with pytest.raises(NotTheHub):
            seal.verify_answer(bytes(changed), public)
    for length in range(len(data)):
        with pytest.raises(NotTheHub):
            seal.verify_answer(data[:length], public)


def test_a_block_page_is_not_an_answer() -> None:
    with pytest.raises(NotTheHub, match="filter or sign-in page"):
        seal.verify_answer(b"<html>This page is blocked</html>", lambda _: None)


def test_a_signature_over_a_keyset_does_not_make_an_answer() -> None:
    body = seal.sign_keyset(a_keyset(), RECEIPT)
    moved = b"LR1\0" + bytes.fromhex(RECEIPT.key_id) + body[36:]
    with pytest.raises(NotTheHub):
        seal.verify_answer(moved, {RECEIPT.key_id: RECEIPT.public}.get)


def test_a_keyset_of_another_root_names_both_fingerprints() -> None:
    data = seal.sign_keyset(a_keyset(), ROOT)
    expected = seal.root_fingerprint(RECEIPT.public)
    with pytest.raises(NotTheHub) as refused:
        seal.verify_keyset(data, expected)
    assert expected in str(refused.value)
    assert seal.root_fingerprint(ROOT.public) in str(refused.value)


def test_an_older_keyset_is_refused_and_both_versions_are_named() -> None:
    data = seal.sign_keyset(a_keyset(version=3), ROOT)
    fingerprint = seal.root_fingerprint(ROOT.public)
    assert seal.verify_keyset(data, fingerprint, at_least=3).version == 3
    with pytest.raises(NotTheHub, match="version 3, version 4 was seen"):
        seal.verify_keyset(data, fingerprint, at_least=4)


def test_a_changed_keyset_is_refused() -> None:
    data = bytearray(seal.sign_keyset(a_keyset(), ROOT))
    data[60] ^= 1
    with pytest.raises(NotTheHub, match="changed after it was signed"):
        seal.verify_keyset(bytes(data), seal.root_fingerprint(ROOT.public))


def test_a_keyset_whose_key_is_not_what_its_id_says_is_refused() -> None:
    data = seal.sign_keyset(a_keyset(a_key(RECEIPT, key_id=ROOT.key_id)), ROOT)
    with pytest.raises(NotTheHub, match="form not known"):
        seal.verify_keyset(data, seal.root_fingerprint(ROOT.public))


def test_a_key_serves_its_purpose_only_and_the_newest_active_one_is_current() -> None:
    older, newer = seal.Signer(b"1" * 32), seal.Signer(b"2" * 32)
    keyset = a_keyset(
        a_key(older, not_before=datetime(2025, 1, 1, tzinfo=UTC)),
        a_key(newer),
        a_key(RECEIPT, status="retired"),
        a_key(ROOT, purpose="issue"),
    )
    find = seal.lookup(keyset, "receipt")
    assert find(older.key_id) == older.public
    assert find(RECEIPT.key_id) is None
    assert find(ROOT.key_id) is None
    assert seal.current_key(keyset, "receipt", NOW) == (newer.key_id, newer.public)
    with pytest.raises(NotTheHub, match="no active identity key"):
        seal.current_key(keyset, "identity", NOW)


def test_an_identity_opens_for_its_own_school_and_pseudonym_only() -> None:
    opener = seal.Opener(b"i" * 32)
    text = seal.seal_identity(PERSON, opener.public, seal.identity_context("900001", "p_a"))
    assert "Exampleton" not in text
    assert seal.open_identity(text, opener, seal.identity_context("900001", "p_a")) == PERSON
    for context in (seal.identity_context("900002", "p_a"), seal.identity_context("900001", "p_b")):
        with pytest.raises(EnvelopeRefused):
            seal.open_identity(text, opener, context)
    with pytest.raises(EnvelopeRefused):
        seal.open_identity("not base64!", opener, seal.identity_context("900001", "p_a"))


def test_identities_of_short_and_long_names_have_one_length() -> None:
    public, context = seal.Opener(b"i" * 32).public, seal.identity_context("900001", "p_a")
    lengths = {
        len(seal.seal_identity(PERSON.model_copy(update={"surname": name}), public, context))
        for name in ("Ex", "Exampleton-Featherstonehaugh")
    }
    assert len(lengths) == 1


def test_one_upn_has_one_pseudonym_under_a_key_and_another_under_another() -> None:
    here = seal.pseudonym(b"k" * 32, "z900000126001 ")
    assert here == seal.pseudonym(b"k" * 32, "Z900000126001")
    assert here != seal.pseudonym(b"l" * 32, "Z900000126001")
    assert here.startswith("p_")
    assert len(here) == 28


def test_the_word_list_is_1024_different_plain_words() -> None:
    words = word_list()
    assert len(words) == len(set(words)) == 1024
    assert len({word[:4] for word in words}) == 1024
    assert all(word.isalpha() and word.islower() and 3 <= len(word) <= 7 for word in words)


def test_six_words_differ_when_either_key_differs() -> None:
    first = seal.six_words(seal.keys_digest(b"sign", b"seal"))
    assert len(first.split()) == 6
    assert first == seal.six_words(seal.keys_digest(b"sign", b"seal"))
    assert first != seal.six_words(seal.keys_digest(b"sign", b"sea1"))
    assert first != seal.six_words(seal.keys_digest(b"seal", b"sign"))
