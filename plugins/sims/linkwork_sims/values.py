"""One field of a report at a time: what it must look like. ValueError says what is wrong."""

from __future__ import annotations

import re
from datetime import date

from linkwork import vocabulary
from linkwork.register import HALVES

_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ][\d:.]+)?")
_ENGLISH = re.compile(r"(\d\d?)/(\d\d?)/(\d{4})(?: [\d:.]+)?")
_CODE = re.compile(r"[A-Z0-9/\\#+@&=!*\[\].-]{1,3}")
_MODES = {"single": "C", "current": "C", "main": "M", "subsidiary": "S", "guest": "G", "fe": "F"}


def day(text: str) -> date:
    """`2026-11-16T00:00:00` or `16/11/2026`, day first, with or without a time of day."""
    if match := _ISO.fullmatch(text):
        year, month, number = match.groups()
    elif match := _ENGLISH.fullmatch(text):
        number, month, year = match.groups()
    else:
        raise ValueError("the date is neither YYYY-MM-DD nor DD/MM/YYYY")
    try:
        return date(int(year), int(month), int(number))
    except ValueError as error:
        raise ValueError("there is no such date") from error


def year_group(text: str) -> str:
    """`Year  7` is 7, `Reception` is R; anything else as it stands, its spaces made single.

    What is no year group is for the school's eyes: it leaves as "other".
    """
    return vocabulary.year_group(text) or " ".join(text.split())


def half(text: str) -> str:
    """AM or PM."""
    upper = text.upper()
    if upper not in HALVES:
        raise ValueError("the session is neither AM nor PM")
    return upper


def code(text: str) -> str:
    """A mark of one to three signs, letters in capitals; `-` (no mark) is left to the register."""
    upper = text.upper()
    if not _CODE.fullmatch(upper):
        raise ValueError("the mark is not one attendance code")
    return upper


def minutes(text: str) -> int:
    """Whole minutes late."""
    if not (text.isascii() and text.isdigit() and len(text) <= 3):
        raise ValueError("minutes late is not a whole number")
    return int(text)


def mode(text: str) -> str:
    """An enrolment status as its letter: C single, M main, S subsidiary, G guest, F college."""
    if text.upper() in set(_MODES.values()):
        return text.upper()
    return _MODES.get(text.split(maxsplit=1)[0].lower() if text else "", "C")


def yes_or_no(text: str) -> bool:
    """Yes or no, in the ways reports write it."""
    lower = text.lower()
    if lower in {"yes", "y", "true", "t", "1"}:
        return True
    if lower in {"no", "n", "false", "f", "0"}:
        return False
    raise ValueError("the field is neither yes nor no")
