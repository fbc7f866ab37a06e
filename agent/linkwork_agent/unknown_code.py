"""The sentence about a code nobody knows: where it stands first, and what to do."""

from __future__ import annotations

from linkwork.errors import BadInput
from linkwork.sheet import Sheet


def unknown_code(sheet: Sheet, code: str, more: str) -> BadInput:
    """Names the code, the file, row and column of its first mark; `more` says what became of it."""
    # A code that was known before its set was replaced first stands where it was right.
    known = any(code in each.codes for each in sheet.sets)
    place = sheet.register.first_seen.get(code)
    sets = " and ".join(sorted({each.title for each in sheet.sets if code not in each.codes}))
    return BadInput(
        f"{code} is no attendance code of {sets}; {more}",
        remedy=(
            f"Correct it in the school system and export again, or say what it means in [codes]: "
            f'{_key(code)} = "O", or "unknown" where nobody can tell{_main_code(sheet, code)}'
        ),
        file=place.file if place else None,
        row=place.row if place and not known else None,
        column="code",
    )


def _key(code: str) -> str:
    """The code as a key of a TOML table."""
    return code if code.isascii() and code.isalnum() else f"'{code}'"


def _main_code(sheet: Sheet, code: str) -> str:
    """A hint for what looks like a sub-code, such as X01; a person decides what it is."""
    main = code[:1]
    found = {each.codes[main].name for each in sheet.sets if main in each.codes}
    if len(code) < 2 or not code[1:].isdigit() or len(found) != 1:
        return ""
    return f'. If it is a kind of {main} ({found.pop()}), write {code} = "{main}"'
