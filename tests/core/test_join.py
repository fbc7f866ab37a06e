"""The join string survives a person, and says what is wrong when it did not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkwork import crockford, join, seal
from linkwork.errors import JoinRefused

FINGERPRINT = seal.root_fingerprint(b"root")
GOOD = join.make("https://hub.example.gov.uk/post/", b"0123456789", FINGERPRINT)


def test_a_join_string_is_read_back_with_url_code_and_fingerprint() -> None:
    assert join.parse(GOOD.text()) == GOOD
    assert GOOD.url == "https://hub.example.gov.uk/post"
    assert GOOD.root_fingerprint == FINGERPRINT
    assert len(GOOD.code) == 16


def test_small_letters_hyphens_blanks_and_lookalikes_do_no_harm() -> None:
    text = GOOD.text()
    worn = text.lower().replace("0", "o").replace("1", "i").replace("lwi.", "lw1.")
    assert join.parse(f"  {worn[:20]}-{worn[20:40]}\n {worn[40:]}  ") == GOOD


def test_every_single_mistyped_character_is_caught() -> None:
    text = GOOD.text()
    for place in range(len(join.PREFIX), len(text)):
        for typed in "0ZQ":
            if typed != text[place]:
                with pytest.raises(JoinRefused, match="mistyped"):
                    join.parse(text[:place] + typed + text[place + 1 :])


def test_every_cut_string_is_caught() -> None:
    text = GOOD.text()
    for length in range(len(text)):
        with pytest.raises(JoinRefused):
            join.parse(text[:length])


def test_a_character_that_cannot_occur_is_named() -> None:
    with pytest.raises(JoinRefused, match="'U' does not occur"):
        join.parse(GOOD.text() + "U")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8420", "http://localhost:8420", "http://[::1]:8420/x"]
)
def test_plain_http_is_accepted_on_this_machine(url: str) -> None:
    assert join.parse(join.make(url, b"0123456789", FINGERPRINT).text()).url == url


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://hub.example.gov.uk", "not https"),
        ("http://127.0.0.1.example.org", "not https"),
        ("ftp://hub.example.gov.uk", "not a web address"),
        ("hub.example.gov.uk", "not a web address"),
        ("https://", "not a web address"),
        ("https://[::1", "not a web address"),
        ("https://hub.example.gov.uk:0", "not a web address"),
        ("https://hub.example.gov.uk:x", "not a web address"),
        ("https://name:word@hub.example.gov.uk", "more than a host"),
        ("https://hub.example.gov.uk?x=1", "more than a host"),
        ("https://hub.example.gov.uk/\x07", "more than a host"),
    ],
)
def test_an_address_that_cannot_be_trusted_is_refused_in_words(url: str, problem: str) -> None:
    with pytest.raises(JoinRefused, match=problem):
        join.make(url, b"0123456789", FINGERPRINT)


@given(st.binary(max_size=60))
def test_base32_gives_back_every_byte(data: bytes) -> None:
    assert crockford.decode(crockford.encode(data)) == data


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_never_worse(text: str) -> None:
    with pytest.raises(JoinRefused):
        join.parse(join.PREFIX + text)
