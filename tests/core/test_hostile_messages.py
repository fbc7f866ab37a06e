"""What an opened body may be: a message in its one form, or refused in a word, never worse."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from linkwork.errors import EnvelopeRefused
from linkwork.seal.padding import compress, decompress
from linkwork.wire import Heartbeat, canonical, read_item, read_message

BODY = Heartbeat(urn="900001", agent_version="0.1.0", mis="csv", next_seq=8, waiting=0).to_bytes()

#: Anything JSON can say, and a little it cannot.
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


def refused(body: bytes) -> bool:
    for read in (read_message, read_item):
        try:
            read(body)
        except (ValidationError, EnvelopeRefused):
            continue
        return False
    return True


def test_a_message_in_its_one_form_is_read() -> None:
    assert read_message(BODY).to_bytes() == BODY


@pytest.mark.parametrize(
    "body",
    [
        BODY.replace(b'"waiting":0', b'"waiting":0,"waiting":0'),
        BODY.replace(b'"waiting":0', b'"waiting":0,"waiting":9'),
        BODY.replace(b'"waiting":0', b'"waiting": 0'),
        BODY.replace(b'"waiting":0', b'"waiting":0,"name":"A Child"'),
        BODY.replace(b'"waiting":0', b'"waiting":NaN'),
        BODY.replace(b'"waiting":0', b'"waiting":Infinity'),
        BODY.replace(b'"waiting":0', b'"waiting":' + b"9" * 5000),
        BODY.replace(b'"csv"', b'"\\ud800"'),
        BODY.replace(b'"csv"', b'"\\u0063sv"'),
        BODY.replace(b'"problems":[]', b'"problems":' + b"[" * 100_000 + b"]" * 100_000),
        b"[" * 100_000,
        b'{"kind":"heartbeat"' + b',"kind":"heartbeat"' * 10_000 + b"}",
        b"\xff\xfe" + BODY,
        b"\xef\xbb\xbf" + BODY,
        BODY + b"\n",
        BODY + BODY,
        BODY[:-1],
        b"",
        b"null",
    ],
    ids=lambda body: body[:24].hex(),
)
def test_a_body_in_any_other_form_is_refused_and_quickly(body: bytes) -> None:
    began = time.perf_counter()
    assert refused(body)
    assert time.perf_counter() - began < 1


@given(JSON)
def test_no_json_does_worse_than_be_refused(value: object) -> None:
    assert refused(json.dumps(value).encode())


@given(st.dictionaries(st.sampled_from(sorted(json.loads(BODY))), JSON, min_size=1))
def test_a_heartbeat_with_anything_in_its_places_is_read_whole_or_refused(
    changes: dict[str, object],
) -> None:
    body = json.dumps(json.loads(BODY) | changes, sort_keys=True, separators=(",", ":")).encode()
    try:
        message = read_message(body)
    except (ValidationError, EnvelopeRefused):
        return
    assert canonical(json.loads(body)) == body
    assert isinstance(message, Heartbeat)


@given(st.binary(max_size=400))
def test_any_bytes_are_a_stream_within_its_limit_or_refused(data: bytes) -> None:
    outcome = ""
    try:
        size = len(decompress(data, 1000))
    except EnvelopeRefused as problem:
        size, outcome = 0, problem.reason
    assert size <= 1000
    assert outcome in {"", "compression", "too-large", "trailing"}


def test_a_bomb_costs_its_limit_and_no_more() -> None:
    bomb = compress(bytes(100 << 20))
    assert len(bomb) < 110_000
    began = time.perf_counter()
    with pytest.raises(EnvelopeRefused) as problem:
        decompress(bomb, 8 << 20)
    assert problem.value.reason == "too-large"
    assert time.perf_counter() - began < 1
