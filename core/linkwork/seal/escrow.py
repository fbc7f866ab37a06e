"""Two of three: a secret in three shares, of which any two restore it and one tells nothing.

No field arithmetic: for each pair of shares the secret is written as two halves, of which one is
random and the other differs from it by the secret. Each share holds two halves of different
pairs, so that alone it is random bytes, and with any other one it holds both halves of a pair.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from linkwork.crockford import decode, encode
from linkwork.errors import WrongUse
from linkwork.seal.keys import Random

SHARES_NEEDED = 2
PREFIX = "LS1."
_TAG = b"linkwork/share/v1\0"
_CHECK_BYTES = 4
_GROUP = 5
#: Each share holds a half of the pairs it is named in.
_PAIRS = ((1, 2), (2, 3), (3, 1))


@dataclass(frozen=True, slots=True)
class Share:
    """One of three. `split` names the splitting, 4 bytes: shares of two splittings do not mix."""

    number: int
    split: bytes
    halves: Mapping[tuple[int, int], bytes]

    def text(self) -> str:
        """What is printed: base32 in groups of five, with the number and a check inside."""
        body = bytes([self.number]) + self.split
        body += b"".join(self.halves[pair] for pair in _PAIRS if self.number in pair)
        letters = encode(body + _check(body))
        groups = (letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))
        return PREFIX + "-".join(groups)


def split_secret(secret: bytes, random: Random) -> tuple[Share, Share, Share]:
    """Three shares of a secret of any length."""
    split = random(4)
    halves: dict[int, dict[tuple[int, int], bytes]] = {1: {}, 2: {}, 3: {}}
    for pair in _PAIRS:
        one = random(len(secret))
        halves[pair[0]][pair] = one
        halves[pair[1]][pair] = _xor(one, secret)
    return Share(1, split, halves[1]), Share(2, split, halves[2]), Share(3, split, halves[3])


def restore_secret(texts: Sequence[str]) -> bytes:
    """The secret of any two shares as printed.

    Raises WrongUse for a mistyped share, the same one twice, or shares of two splittings.
    """
    if len(texts) != SHARES_NEEDED:
        raise WrongUse(f"Give two of the three shares, not {len(texts)}.")
    one, other = (_read(text) for text in texts)
    if one.number == other.number:
        raise WrongUse(f"Both are share {one.number}. Give another of the three shares.")
    if one.split != other.split or set(map(len, one.halves.values())) != set(
        map(len, other.halves.values())
    ):
        raise WrongUse("The two shares are of different splittings. Give two of the same one.")
    (pair,) = one.halves.keys() & other.halves.keys()
    return _xor(one.halves[pair], other.halves[pair])


def _read(text: str) -> Share:
    stripped = "".join(text.split()).upper()
    if not stripped.startswith(PREFIX):
        raise WrongUse(f"This is no share: one begins with {PREFIX} Copy it again.")
    try:
        data = decode(stripped[len(PREFIX) :])
    except ValueError as error:
        raise WrongUse(f"The share is mistyped: {error}. Copy it again.") from None
    body, check = data[:-_CHECK_BYTES], data[-_CHECK_BYTES:]
    halves, odd = divmod(len(body) - 5, 2)
    if check != _check(body) or body[:1] not in (b"\1", b"\2", b"\3") or halves < 1 or odd:
        raise WrongUse("The share is mistyped or cut: its check does not match. Copy it again.")
    pairs = [pair for pair in _PAIRS if body[0] in pair]
    kept = {pair: body[5 + halves * at : 5 + halves * (at + 1)] for at, pair in enumerate(pairs)}
    return Share(body[0], body[1:5], kept)


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def _check(body: bytes) -> bytes:
    return hashlib.sha256(_TAG + body).digest()[:_CHECK_BYTES]
