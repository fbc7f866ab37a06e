"""Six words that two people compare over the telephone before anything is trusted."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources

_TAG = b"linkwork/words/v1\0"
_BITS = 10
COUNT = 6


def keys_digest(*publics: bytes) -> bytes:
    """One digest over public keys, in the order given: the agent's signing, then sealing key."""
    digest = hashlib.sha256(_TAG)
    for public in publics:
        digest.update(hashlib.sha256(public).digest())
    return digest.digest()


def six_words(digest: bytes) -> str:
    """The first 60 bits of `digest` as six words, e.g. "apple river lamp stone quiet moon"."""
    number = int.from_bytes(digest[:8], "big") >> (64 - COUNT * _BITS)
    words = word_list()
    places = range(COUNT - 1, -1, -1)
    return " ".join(words[(number >> (_BITS * place)) & ((1 << _BITS) - 1)] for place in places)


@cache
def word_list() -> tuple[str, ...]:
    """The 1,024 words, in their order for ever: another order would show other words."""
    text = resources.files("linkwork").joinpath("words.txt").read_text(encoding="ascii")
    return tuple(text.split())
