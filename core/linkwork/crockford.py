"""Crockford's base32: letters and digits that survive being read aloud and typed."""

from __future__ import annotations

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_VALUES.update({"O": 0, "I": 1, "L": 1})
_IGNORED = str.maketrans("", "", "- \t\r\n")


def encode(data: bytes) -> str:
    """`data` in base32, five bits a character, filled with zero bits at the end."""
    bits = len(data) * 8
    characters = -(-bits // 5)
    number = int.from_bytes(data, "big") << (characters * 5 - bits)
    return "".join(
        ALPHABET[(number >> (5 * place)) & 31] for place in range(characters - 1, -1, -1)
    )


def decode(text: str) -> bytes:
    """The bytes of `text`; small letters, hyphens and spaces do no harm, O is 0, I and L are 1.

    Raises ValueError naming the character, or that the text is cut.
    """
    number = 0
    characters = text.upper().translate(_IGNORED)
    for character in characters:
        if character not in _VALUES:
            raise ValueError(f"{character!r} does not occur in it")
        number = (number << 5) | _VALUES[character]
    spare = len(characters) * 5 % 8
    if spare > 4 or number & ((1 << spare) - 1):
        raise ValueError("a part of it is missing")
    return (number >> spare).to_bytes(len(characters) * 5 // 8, "big")
