"""The sentence about a code nobody knows: where it stands first, and what to do."""

from __future__ import annotations

from linkwork.errors import BadInput
from linkwork.sheet import Sheet


def unknown_code(sheet: Sheet, code: str, more: str) -> BadInput:
    """Names the code, the file, row and column of its first mark; `more` says what became of it."""
    place = sheet.register.first_seen.get(code)
    sets = " and ".join(sorted({each.title for each in sheet.sets}))
    return BadInput(
        f"{code} is no attendance code of {sets}; {more}",
        remedy="Correct it in the school system and export again",
        file=place.file if place else None,
        row=place.row if place else None,
        column="code",
    )
