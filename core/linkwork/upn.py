"""The unique pupil number: its pattern and its check letter."""

from __future__ import annotations

import re

LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
_PATTERN = re.compile(rf"[{LETTERS}][0-9]{{11}}[0-9{LETTERS}]")


def check_letter(rest: str) -> str:
    """The first letter of a UPN, from the twelve characters after it.

    Each is weighted 2 to 13 by its place; the sum modulo 23 picks the letter (the alphabet
    without I, O and S). A letter in the last place, a temporary UPN, counts as its own index.
    """
    values = (int(sign) if sign.isdigit() else LETTERS.index(sign) for sign in rest)
    return LETTERS[sum(place * value for place, value in enumerate(values, 2)) % 23]


def is_temporary(upn: str) -> bool:
    """Whether this well-formed UPN is temporary: a letter in its last place."""
    return upn[-1:].isalpha()


def problem(upn: str) -> str | None:
    """What is wrong with a UPN, in words that do not repeat it; None when it is right."""
    if not _PATTERN.fullmatch(upn):
        return "is not a letter, eleven digits and a digit or letter"
    if check_letter(upn[1:]) != upn[0]:
        return "has the wrong check letter"
    return None
