"""The envelope: nothing forged, changed or oversized is accepted, or even parsed."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkwork import seal
from linkwork.errors import EnvelopeRefused, WrongUse
from linkwork.seal.envelope import MAX_SECOND
from linkwork.seal.keys import encrypt_to
from linkwork.seal.padding import compress, decompress, pad, padme, unpad
from linkwork.wire import Header

Headers = Callable[..., Header]
BODY = b'{"kind":"heartbeat"}'
#: The reasons given before a header is parsed; "header" and all later ones come after it.
BEFORE_PARSING = {"oversized", "shape", "unknown-key", "signature"}


def forge(head: bytes, ciphertext: bytes, signer: seal.Signer) -> bytes:
    """An envelope rightly signed over whatever stands in it: the layout, written a second time."""
    start = b"LW1\0" + bytes.fromhex(signer.key_id)
    signed = start + struct.pack(">HI", len(head), len(ciphertext)) + head + ciphertext
    return signed + signer.sign(b"linkwork/sig/v1\0" + hashlib.sha512(signed).digest())


def reason_of(envelope: bytes, *known: seal.Signer) -> str:
    """Why `verify` refuses it, or "accepted"."""
    public = {signer.key_id: signer.public for signer in known}
    try:
        seal.verify(envelope, public.get)
    except EnvelopeRefused as refused:
        return refused.reason
    return "accepted"


@pytest.fixture(scope="module")
def envelope(school_key: seal.Signer, hub_opener: seal.Opener, header_to: Headers) -> bytes:
    return seal.seal(BODY, header_to(), school_key, hub_opener.public)


def test_what_was_sealed_is_opened_again_with_its_header(
    envelope: bytes, school_key: seal.Signer, hub_opener: seal.Opener, header_to: Headers
) -> None:
    verified = seal.verify(envelope, {school_key.key_id: school_key.public}.get)
    assert verified.header == header_to()
    assert verified.sender == school_key.key_id
    assert verified.digest == hashlib.sha512(envelope).hexdigest()
    assert seal.open_verified(verified, hub_opener) == BODY


def test_no_envelope_with_one_bit_changed_is_accepted_or_parsed(
    envelope: bytes, school_key: seal.Signer, other_school_key: seal.Signer
) -> None:
    reasons = set()
    for place in range(len(envelope) * 8):
        changed = bytearray(envelope)
        changed[place // 8] ^= 1 << (place % 8)
        reasons.add(reason_of(bytes(changed), school_key, other_school_key))
    assert reasons <= BEFORE_PARSING


def test_no_cut_envelope_is_accepted_or_parsed(envelope: bytes, school_key: seal.Signer) -> None:
    reasons = {reason_of(envelope[:length], school_key) for length in range(len(envelope))}
    assert reasons <= BEFORE_PARSING
    assert {reason_of(envelope + more, school_key) for more in (b"\0", bytes(3309))} == {
        "signature"
    }
    assert reason_of(envelope + bytes(MAX_SECOND + 1), school_key) == "shape"


def test_a_header_that_is_no_json_is_parsed_only_when_its_sender_signed_it(
    school_key: seal.Signer, other_school_key: seal.Signer
) -> None:
    envelope = forge(b"{broken", b"x" * 32, school_key)
    assert reason_of(envelope, school_key) == "header"
    assert reason_of(envelope, other_school_key) == "unknown-key"


@pytest.mark.parametrize(
    "change",
    [
        lambda head: head.replace(b'"seq":7', b'"seq": 7'),
        lambda head: head.replace(b'"seq":7', b'"seq":7,"seq":7'),
        lambda head: head.replace(b'"seq":7', b'"seq":"7"'),
        lambda head: head.replace(b'"seq":7', b'"seq":-7'),
        lambda head: head.replace(b'"seq":7', b'"seq":9007199254740993'),
        lambda head: head.replace(b'"urn":"900001"', b'"urn":"\\ud800"'),
        lambda head: b'{"also_signed":null,' + head[1:],
        lambda head: head[:-1] + b',"extra":1}',
        lambda head: head + b" ",
        lambda head: b"[" * 60_000,
    ],
)
def test_a_header_in_any_other_form_is_refused_though_it_is_signed(
    change: Callable[[bytes], bytes], school_key: seal.Signer, header_to: Headers
) -> None:
    head = header_to().to_bytes()
    assert change(head) != head
    assert reason_of(forge(change(head), b"x" * 32, school_key), school_key) == "header"


@pytest.mark.parametrize(
    "change",
    [
        lambda head: head.replace(b'"v":1', b'"v":2'),
        lambda head: head.replace(b'"v":1', b'"v":2,"weather":"fair"'),
    ],
)
def test_a_header_of_another_version_is_named_as_that_whatever_else_it_says(
    change: Callable[[bytes], bytes], school_key: seal.Signer, header_to: Headers
) -> None:
    head = change(header_to().to_bytes())
    assert reason_of(forge(head, b"x" * 32, school_key), school_key) == "version"


def test_an_algorithm_that_is_not_known_is_refused_by_its_name(
    school_key: seal.Signer, header_to: Headers
) -> None:
    for changes in ({"suite": "rot13-sha1"}, {"also_signed": "slh-dsa-128s"}):
        head = header_to(**changes).to_bytes()
        with pytest.raises(EnvelopeRefused, match=next(iter(changes.values()))) as refused:
            seal.verify(
                forge(head, b"x" * 32, school_key), {school_key.key_id: school_key.public}.get
            )
        assert refused.value.reason == "algorithm"


def test_a_ciphertext_under_another_signed_header_does_not_open(
    envelope: bytes, school_key: seal.Signer, hub_opener: seal.Opener, header_to: Headers
) -> None:
    verified = seal.verify(envelope, {school_key.key_id: school_key.public}.get)
    swapped = forge(header_to(seq=8).to_bytes(), verified.ciphertext, school_key)
    taken = seal.verify(swapped, {school_key.key_id: school_key.public}.get)
    with pytest.raises(EnvelopeRefused) as refused:
        seal.open_verified(taken, hub_opener)
    assert refused.value.reason == "sealed"


def test_a_ciphertext_stolen_and_signed_by_another_school_does_not_open(
    envelope: bytes,
    school_key: seal.Signer,
    other_school_key: seal.Signer,
    hub_opener: seal.Opener,
) -> None:
    verified = seal.verify(envelope, {school_key.key_id: school_key.public}.get)
    stolen = forge(verified.header.to_bytes(), verified.ciphertext, other_school_key)
    taken = seal.verify(stolen, {other_school_key.key_id: other_school_key.public}.get)
    with pytest.raises(EnvelopeRefused) as refused:
        seal.open_verified(taken, hub_opener)
    assert refused.value.reason == "sealed"


def test_another_hub_cannot_open_it(envelope: bytes, school_key: seal.Signer) -> None:
    verified = seal.verify(envelope, {school_key.key_id: school_key.public}.get)
    with pytest.raises(EnvelopeRefused) as refused:
        seal.open_verified(verified, seal.Opener(bytes(32)))
    assert refused.value.reason == "recipient"


def test_an_oversized_envelope_is_refused_before_anything_is_looked_at() -> None:
    assert reason_of(b"\0" * (seal.MAX_ENVELOPE + 1)) == "oversized"


def test_a_body_too_large_is_not_sealed(
    school_key: seal.Signer, hub_opener: seal.Opener, header_to: Headers
) -> None:
    with pytest.raises(EnvelopeRefused, match="8388608 bytes at most"):
        seal.seal(bytes(seal.MAX_BODY + 1), header_to(), school_key, hub_opener.public)


def test_an_envelope_to_one_key_with_a_header_to_another_is_not_made(
    school_key: seal.Signer, header_to: Headers
) -> None:
    with pytest.raises(WrongUse, match="Take both from one keyset"):
        seal.seal(BODY, header_to(), school_key, seal.Opener(bytes(32)).public)


@pytest.mark.parametrize(
    ("plaintext", "reason"),
    [
        (pad(zlib.compress(bytes(200 << 20), 9)), "too-large"),
        (pad(compress(BODY) + b"more"), "trailing"),
        (pad(compress(BODY)[:-1]), "compression"),
        (pad(b"not zlib"), "compression"),
        (pad(compress(BODY)) + b"\0", "padding"),
        (pad(compress(BODY))[:-1] + b"\1", "padding"),
        (b"\xff\xff\xff\xff" + bytes(252), "padding"),
        (b"", "padding"),
    ],
    ids=["bomb", "trailing", "cut", "garbage", "long", "dirty", "overlong", "empty"],
)
def test_a_dishonest_plaintext_from_a_known_school_is_refused(
    plaintext: bytes,
    reason: str,
    school_key: seal.Signer,
    hub_opener: seal.Opener,
    header_to: Headers,
) -> None:
    head = header_to().to_bytes()
    info = b"linkwork/info/v1\0" + bytes.fromhex(school_key.key_id) + head
    made = forge(head, encrypt_to(hub_opener.public, plaintext, info), school_key)
    verified = seal.verify(made, {school_key.key_id: school_key.public}.get)
    with pytest.raises(EnvelopeRefused) as refused:
        seal.open_verified(verified, hub_opener)
    assert refused.value.reason == reason


@given(st.binary(max_size=2000))
def test_padding_and_compression_give_back_what_they_were_given(body: bytes) -> None:
    padded = pad(compress(body))
    assert len(padded) == padme(len(padded))
    assert decompress(unpad(padded), 2000) == body


@given(st.integers(min_value=257, max_value=1 << 24))
def test_padding_adds_an_eighth_at_most_and_hides_the_last_bytes(length: int) -> None:
    assert length <= padme(length) <= length * 1.125


def test_an_enrolment_proves_the_key_it_carries(
    school_key: seal.Signer, hub_opener: seal.Opener, header_to: Headers
) -> None:
    sealed = seal.seal_enrolment(BODY, header_to(stream="enrol"), school_key, hub_opener.public)
    verified, public = seal.verify_enrolment(sealed)
    assert public == school_key.public
    assert seal.open_verified(verified, hub_opener) == BODY
    for place in range(0, len(sealed) * 8, 7):
        changed = bytearray(sealed)
        changed[place // 8] ^= 1 << (place % 8)
        with pytest.raises(EnvelopeRefused) as refused:
            seal.verify_enrolment(bytes(changed))
        assert refused.value.reason in BEFORE_PARSING


def test_an_enrolment_is_no_envelope_and_an_envelope_no_enrolment(
    envelope: bytes, school_key: seal.Signer, hub_opener: seal.Opener, header_to: Headers
) -> None:
    sealed = seal.seal_enrolment(BODY, header_to(stream="enrol"), school_key, hub_opener.public)
    assert reason_of(sealed, school_key) == "shape"
    with pytest.raises(EnvelopeRefused):
        seal.verify_enrolment(envelope)


@pytest.mark.parametrize("public", [b"", bytes(1216), b"\xff" * 1216, bytes(1215)])
def test_nothing_is_sealed_to_bytes_that_are_no_good_key(public: bytes) -> None:
    with pytest.raises(EnvelopeRefused) as refused:
        encrypt_to(public, BODY, b"info")
    assert refused.value.reason == "key"


def test_an_envelope_to_an_older_kind_of_key_says_so_and_opens(
    school_key: seal.Signer, header_to: Headers
) -> None:
    opener = seal.Opener(b"c" * 32, seal.CLASSICAL)
    header = header_to(recipient=opener.key_id, suite=seal.CLASSICAL)
    made = seal.seal(BODY, header, school_key, opener.public)
    verified = seal.verify(made, {school_key.key_id: school_key.public}.get)
    assert seal.open_verified(verified, opener) == BODY
    with pytest.raises(WrongUse, match="Take both from one keyset"):
        seal.seal(BODY, header_to(recipient=opener.key_id), school_key, opener.public)


def test_a_header_that_names_a_weaker_suite_than_its_key_is_refused(
    envelope: bytes, school_key: seal.Signer, hub_opener: seal.Opener, header_to: Headers
) -> None:
    known = {school_key.key_id: school_key.public}.get
    weaker = forge(
        header_to(suite=seal.CLASSICAL).to_bytes(),
        seal.verify(envelope, known).ciphertext,
        school_key,
    )
    with pytest.raises(EnvelopeRefused, match="opens xwing"):
        seal.open_verified(seal.verify(weaker, known), hub_opener)


SECOND = seal.SecondSigner(b"2" * 32)


@pytest.fixture(scope="module")
def twice(school_key: seal.Signer, hub_opener: seal.Opener, header_to: Headers) -> bytes:
    header = header_to(also_signed=seal.SECOND_SUITE)
    return seal.seal(BODY, header, school_key, hub_opener.public, SECOND)


def second_reason(envelope: bytes, school_key: seal.Signer, second: bytes | None) -> str:
    try:
        seal.verify(
            envelope, {school_key.key_id: school_key.public}.get, {school_key.key_id: second}.get
        )
    except EnvelopeRefused as refused:
        return refused.reason
    return "accepted"


def test_a_second_signature_is_verified_beside_the_first(
    twice: bytes, school_key: seal.Signer, hub_opener: seal.Opener
) -> None:
    assert second_reason(twice, school_key, SECOND.public) == "accepted"
    verified = seal.verify(
        twice,
        {school_key.key_id: school_key.public}.get,
        {school_key.key_id: SECOND.public}.get,
    )
    assert seal.open_verified(verified, hub_opener) == BODY


def test_a_second_signature_cannot_be_taken_off_put_on_or_be_anothers(
    twice: bytes, envelope: bytes, school_key: seal.Signer, hub_opener: seal.Opener
) -> None:
    other = seal.SecondSigner(b"3" * 32).public
    assert second_reason(twice, school_key, other) == "second-signature"
    assert second_reason(twice, school_key, None) == "second-signature"
    # Who has a second key must use it: a thief of the first alone gets nowhere.
    assert second_reason(envelope, school_key, SECOND.public) == "second-signature"
    once = twice[: -64 - 3309]
    resigned = once + school_key.sign(b"linkwork/sig/v1\0" + hashlib.sha512(once).digest())
    assert second_reason(resigned, school_key, SECOND.public) == "second-signature"
    assert second_reason(once + twice[-64:], school_key, SECOND.public) == "signature"


def test_no_flipped_bit_of_a_second_signature_is_accepted(
    twice: bytes, school_key: seal.Signer
) -> None:
    for place in range(len(twice) - 64 - 3309, len(twice), 97):
        changed = bytearray(twice)
        changed[place] ^= 1
        assert second_reason(bytes(changed), school_key, SECOND.public) == "signature"


def test_this_computer_can_do_every_suite() -> None:
    assert seal.usable_suites() == seal.SUITES


@given(body=st.binary(max_size=3000), name=st.text(max_size=30))
def test_any_body_under_any_header_is_opened_as_it_was_sealed(body: bytes, name: str) -> None:
    signer, opener = seal.Signer(b"p" * 32), seal.Opener(b"q" * 32, seal.CLASSICAL)
    header = Header(
        urn="900001",
        stream="feed",
        epoch=1,
        seq=1,
        message_id="".join(c for c in name if not 0xD800 <= ord(c) < 0xE000),
        recipient=opener.key_id,
        suite=opener.suite,
        kind="message",
        time=datetime(2026, 3, 2, tzinfo=UTC),
    )
    verified = seal.verify(
        seal.seal(body, header, signer, opener.public), {signer.key_id: signer.public}.get
    )
    assert verified.header == header
    assert seal.open_verified(verified, opener) == body
