"""One sentence for every way in which a settings file is not TOML."""

from __future__ import annotations

import pytest

from linkwork import toml_text


def test_a_file_nested_without_end_is_refused_and_not_followed() -> None:
    with pytest.raises(toml_text.NotToml, match="nested without end"):
        toml_text.loads("a = " + "[" * 5000)
    # The control: lists in lists are TOML.
    assert toml_text.loads("a = [[1]]") == {"a": [[1]]}


def test_bytes_that_are_not_utf_8_are_named() -> None:
    with pytest.raises(toml_text.NotToml, match="byte 6 is not UTF-8"):
        toml_text.loads(b'a = "\xe9"')


def test_a_byte_order_mark_before_the_text_is_no_mistake() -> None:
    assert toml_text.loads(b"\xef\xbb\xbfa = 1\r\n") == {"a": 1}
