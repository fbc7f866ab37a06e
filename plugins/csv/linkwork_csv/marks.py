"""A mark as exports write it: which half, which code, and what a spreadsheet made of it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from linkwork_csv.values import BadValue, shape

#: Where an export has no mark: nothing taken yet, or not on roll then.
NO_MARK = frozenset({"", "-", "*"})
#: How a day that is no school day is filled in a string, as it is written.
SHUT = NO_MARK | {"#"}

_HALVES = {
    **dict.fromkeys(("am", "a.m.", "a", "1", "morning", "am session", "session 1"), "AM"),
    **dict.fromkeys(("pm", "p.m.", "p", "2", "afternoon", "pm session", "session 2"), "PM"),
}
_CLOCK = re.compile(r"([01]?\d|2[0-3])[:.][0-5]\d(?::[0-5]\d)?")
_CODE = re.compile(r"[A-Z0-9/\\#+@&=!*\[\].-]{1,3}")
_FORMULA_ERROR = re.compile(r"#(?:NAME\?|VALUE!|REF!|DIV/0!|N/A|NUM!|NULL!|SPILL!)|ERR:\d+")
_NUMBER = re.compile(r"\d{4,}|\d+[.,]\d+|\d+(?:[.,]\d+)?E[+-]?\d\d+")
#: A letter with a digit after it is one code of two signs, or two codes: the string cannot say.
_TWO_SIGNS = re.compile(r"[A-Za-z][0-9]")
_SEPARATORS = re.compile(r"[,;|]")


def half(text: str) -> str:
    """AM or PM, from a usual word, 1 or 2, or a time of day. Raises BadValue."""
    words = " ".join(text.lower().split())
    found = _HALVES.get(words)
    if found is None and (clock := _CLOCK.fullmatch(words)):
        found = "AM" if int(clock[1]) < 12 else "PM"
    if found is None:
        raise BadValue(f"the session looks like {shape(text)}", "Write AM or PM")
    return found


def half_or_none(text: str) -> str | None:
    """AM or PM where a heading is one of the words for it, or None."""
    words = " ".join(text.lower().split())
    return None if words in {"1", "2", "a", "p"} else _HALVES.get(words)


def code(text: str) -> str:
    """One attendance code, letters in capitals; empty where there is no mark. Raises BadValue."""
    upper = text.strip().upper()
    if upper in NO_MARK:
        return ""
    if damage := damaged(upper):
        raise BadValue(*damage)
    if not _CODE.fullmatch(upper):
        raise BadValue(
            f"the code looks like {shape(text)}",
            "Write one attendance code, or nothing for no mark",
        )
    return upper


def damaged(upper: str) -> tuple[str, str] | None:
    """What a spreadsheet made of a mark, and the remedy; None when it shows no such thing."""
    if _FORMULA_ERROR.fullmatch(upper):
        return (
            "the mark is a spreadsheet's error: a mark such as / \\ = or + was taken for a formula",
            "Export again, and do not open the file in Excel before it is read",
        )
    if upper.startswith("=") and len(upper) > 1:
        return (
            "the mark became a formula",
            "Export again, and do not open the file in Excel before it is read",
        )
    if _NUMBER.fullmatch(upper):
        return (
            "the mark became a number, as 1E2 becomes 100 in Excel",
            "Format the column as text before the marks go in, and export again",
        )
    return None


def pair(text: str) -> tuple[str, str]:
    """The morning's and the afternoon's code in one cell: `/\\`, `/ \\`, `C1,I`. Raises BadValue.

    One sign each without a space, or two codes with a space, comma or semicolon between.
    """
    bare = text.strip()
    if not bare or bare in NO_MARK:
        return "", ""
    parts = _SEPARATORS.split(bare) if _SEPARATORS.search(bare) else bare.split()
    if len(parts) == 1 and len(bare) == 2 and not _TWO_SIGNS.fullmatch(bare):
        parts = list(bare)
    if len(parts) != 2:
        raise BadValue(
            f"the cell looks like {shape(bare)}, which is not a morning and an afternoon mark",
            "Write two marks with a space between, or give each session a column of its own",
        )
    return code(parts[0]), code(parts[1])


def apart(text: str) -> Sequence[str]:
    """The codes of a marks string in order, as they are written. Raises BadValue.

    With commas, what stands between each two. Without, one sign a session, which only works where
    no code has two signs: a letter followed by a digit is refused.
    """
    if "," in text:
        return text.split(",")
    if _TWO_SIGNS.search(text):
        raise BadValue(
            "the marks have no commas, and a code of two signs among them: where one ends and the "
            "next begins cannot be told",
            "Export the marks separated by commas, as a Common Transfer File has them since 2024",
        )
    return text


def tokens(text: str) -> list[str]:
    """The codes of a marks string in order, "" for no mark. Raises BadValue."""
    return [code(part) for part in apart(text)]
