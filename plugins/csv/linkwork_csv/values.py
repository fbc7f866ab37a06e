"""One cell at a time: what it must look like, and words for one that does not."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import TypeVar

from linkwork import vocabulary
from linkwork.errors import BadInput
from linkwork.register import MODES, YEARS

T = TypeVar("T")

_SLASHED = re.compile(r"\d{1,2}/\d{1,2}/(?:\d\d|\d{4})")
_ROUNDED = re.compile(r"[0-9]+(?:[.,][0-9]+)?[Ee][+-][0-9]+")
_SHOWN_AS = {"9": "digits shown as 9", "a": "letters as a"}
_ISO = re.compile(r"\d{4}-\d\d-\d\d")
_CODE = re.compile(r"[A-Z0-9/\\#+@&=!*.-]{1,3}")
_YES = frozenset({"y", "yes", "true", "1"})
_NO = frozenset({"n", "no", "false", "0"})
_LONGEST_SHAPE = 20
#: Words for special needs that say the same as a letter, whoever writes them.
_SEN = {
    **dict.fromkeys(("no special educational need", "no sen", "none"), "N"),
    "sen support": "K",
    **dict.fromkeys(("ehcp", "ehc plan", "education, health and care plan"), "E"),
}


class BadValue(ValueError):
    """A cell that cannot be read. `remedy` says what to write there; neither repeats the cell."""

    def __init__(self, problem: str, remedy: str) -> None:
        self.remedy = remedy
        super().__init__(problem)


class BadCell(Exception):
    """A `BadValue` with the column it stands in; None when the whole row is meant."""

    def __init__(self, column: str | None, error: BadValue) -> None:
        self.column, self.error = column, error
        super().__init__(str(error))

    def at(self, file: str, row: int) -> BadInput:
        """The error for a person, once the file and row are known."""
        return BadInput(
            str(self.error), remedy=self.error.remedy, file=file, row=row, column=self.column
        )


def cell(column: str, parse: Callable[[str], T], text: str) -> T:
    """`parse(text)`; what it raises becomes a BadCell of this column."""
    try:
        return parse(text)
    except BadValue as error:
        raise BadCell(column, error) from error


def shape(text: str) -> str:
    """What a cell looks like without what it says: "7B" is "9a", and how to read that."""
    signs = ("9" if s.isdigit() else "a" if s.isalpha() else s for s in text[:_LONGEST_SHAPE])
    shown = "".join(sign if sign.isprintable() else "?" for sign in signs)
    more = f" and {len(text) - len(shown)} more" if len(text) > len(shown) else ""
    kinds = [words for sign, words in _SHOWN_AS.items() if sign in shown]
    return f'"{shown}"{more}' + (f" ({', '.join(kinds)})" if kinds else "")


def day(text: str) -> date:
    """A date written YYYY-MM-DD and nothing else: 03/04/2026 could be two different days."""
    try:
        if _ISO.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError as error:
        raise BadValue("there is no such date", "Correct the date") from error
    if _SLASHED.fullmatch(text):
        raise BadValue(
            f"the date has the shape day/month/year, {shape(text)}",
            "Write it as YYYY-MM-DD; in Excel give the column the format yyyy-mm-dd and export "
            "again",
        )
    raise BadValue(f"the date looks like {shape(text)}", "Write it as YYYY-MM-DD")


def school_day(text: str) -> date:
    """A date of a calendar: `day`, of a year that a register can be of."""
    found = day(text)
    if found.year not in YEARS:
        raise BadValue(f"the year is not of {YEARS[0]} to {YEARS[-1]}", "Correct the year")
    return found


def identifier(text: str) -> str | None:
    """An id of the school system; None for an empty cell.

    A spreadsheet makes 1.23E+11 of a long number: the digits are gone, and two pupils become one.
    """
    if _ROUNDED.fullmatch(text):
        raise BadValue(
            "the id has an exponent, as in 1.23E+11: Excel has rounded a long number, and its last "
            "digits are lost",
            "Format the column as text in Excel before the numbers go in, or do not open the file "
            "in it, and export again",
        )
    return plain(text)


def optional_day(text: str) -> date | None:
    """A date, or None for an empty cell."""
    return day(text) if text else None


def half(text: str) -> str:
    """AM or PM, in any case."""
    upper = text.upper()
    if upper not in {"AM", "PM"}:
        raise BadValue(f"the session looks like {shape(text)}", "Write AM or PM")
    return upper


def code(text: str) -> str:
    """An attendance code of one to three signs, letters in capitals; empty means no mark.

    Whether the nation knows the code is not decided here: the core names unknown ones.
    """
    upper = text.upper()
    if upper and not _CODE.fullmatch(upper):
        raise BadValue(
            f"the code looks like {shape(text)}",
            "Write one attendance code, or nothing for no mark; a spreadsheet may have turned "
            "the mark into something else",
        )
    return upper


def minutes(text: str) -> int | None:
    """Whole minutes, 0 to 999; None for an empty cell."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 3):
        raise BadValue(f"minutes late looks like {shape(text)}", "Write whole minutes, or nothing")
    return int(text)


def yes_or_no(text: str) -> bool | None:
    """Yes, no, or None for an empty cell: the source does not say."""
    if not text:
        return None
    lower = text.lower()
    if lower in _YES:
        return True
    if lower in _NO:
        return False
    raise BadValue(f"the answer looks like {shape(text)}", "Write Y, N or nothing")


def year_group(text: str) -> str | None:
    """A year group in a usual spelling; None for an empty cell.

    Year groups go into the totals that leave the school. Anything else there, such as the names of
    a column out of place, is refused rather than counted.
    """
    if not text:
        return None
    found = vocabulary.year_group(text)
    if found is None:
        raise BadValue(
            f"the year group looks like {shape(text)}",
            "Write N1, N2, R, 1 to 14, X or other; Year 7, Yr 7, Reception and Nursery are read "
            "too. If the whole column is like this, columns may have changed places",
        )
    return found


def sex(text: str) -> str | None:
    """F, M, U or other, in a usual spelling; None for an empty cell."""
    if not text:
        return None
    found = vocabulary.sex(text)
    if found is None:
        raise BadValue(
            f"the sex looks like {shape(text)}",
            "Write F, M, U (not known) or other; Female, Male, Girl and Boy are read too. If the "
            "whole column is like this, columns may have changed places",
        )
    return found


def yes_no(text: str) -> str | None:
    """Y or N, in the ways that reports write it; None for an empty cell: it does not say."""
    lower = text.lower()
    if lower in {"t", "f"}:
        return "Y" if lower == "t" else "N"
    found = yes_or_no(text)
    return None if found is None else "Y" if found else "N"


def sen(text: str) -> str | None:
    """The census's letter of a pupil's special needs, alone or before its words; None for empty."""
    if not text:
        return None
    words = " ".join(text.lower().split())
    letter = _SEN.get(words) or words.partition(" - ")[0].upper()
    if letter not in vocabulary.SEN_STATUSES:
        raise BadValue(
            f"the special needs look like {shape(text)}",
            "Write N, K or E (A, P and S of earlier years are read too)",
        )
    return letter


def ethnicity(text: str) -> str | None:
    """A main code of the school census, such as WBRI; None for an empty cell."""
    upper = text.upper()
    if upper and upper not in vocabulary.ETHNICITIES:
        raise BadValue(f"the ethnicity looks like {shape(text)}", "Write the census's main code")
    return upper or None


def mode(text: str) -> str | None:
    """How a pupil is enrolled, as its letter; None for an empty cell."""
    if not text:
        return None
    upper = text.upper()
    if upper not in MODES:
        raise BadValue(
            f"the mode looks like {shape(text)}",
            "Write C (here alone), M (here as the main school), S (here as the other school), "
            "G (a guest) or F (of a college), or nothing",
        )
    return upper


def plain(text: str, longest: int = 200) -> str | None:
    """Text on one line, without the spaces around it; None for an empty cell."""
    if len(text) > longest:
        raise BadValue(f"the text is {len(text)} characters long", f"At most {longest} fit here")
    if not text.isprintable():
        raise BadValue(
            "the text holds a line break or a control character",
            "Keep each row on one line; look for a quotation mark that is never closed",
        )
    return text.strip() or None
