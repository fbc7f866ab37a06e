"""Which pupil is meant: by MIS id, UPN, pseudonym or name, and near matches where nobody is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from linkwork import pseudonyms
from linkwork.errors import WrongUse
from linkwork.register import Pupil, Register

#: How many pupils a message names at most.
MOST_NAMED = 5


def find(register: Register, asked: str, pseudonym_of: Mapping[str, str]) -> int:
    """The position of the one pupil that `asked` means; `pseudonym_of` is by MIS id.

    An id is tried first, then UPN and pseudonym (whole or its short form), then the whole name;
    capitals and spaces do not matter. Raises WrongUse naming near matches when nobody is meant,
    and naming them all when several are.
    """
    wanted = _plain(asked)
    for names in _by_kind(register, pseudonym_of):
        found = [index for index, name in names if name and _plain(name) == wanted]
        if len(found) == 1:
            return found[0]
        if found:
            raise _several(register, asked, found)
    raise _nobody(register, asked, pseudonym_of)


def told(pupil: Pupil) -> str:
    """The pupil's id, name and form, as far as the register has them."""
    words = ", ".join(part for part in (full_name(pupil), pupil.form) if part)
    return f"{pupil.pupil_id}  {words or '(no name given)'}"


def full_name(pupil: Pupil) -> str:
    """Forename and surname; empty when the register has neither."""
    return " ".join(part for part in (pupil.forename, pupil.surname) if part)


def _by_kind(
    register: Register, pseudonym_of: Mapping[str, str]
) -> Iterator[list[tuple[int, str | None]]]:
    numbered = list(enumerate(register.pupils))
    yield [(index, pupil.pupil_id) for index, pupil in numbered]
    yield [(index, pupil.upn) for index, pupil in numbered]
    whole = [(index, pseudonym_of.get(pupil.pupil_id)) for index, pupil in numbered]
    yield [*whole]
    yield [(index, pseudonyms.short(name)) for index, name in whole if name]
    yield [(index, full_name(pupil)) for index, pupil in numbered]
    yield [(index, pupil.surname) for index, pupil in numbered]


def _plain(text: str) -> str:
    return "".join(text.split()).casefold()


def _several(register: Register, asked: str, found: list[int]) -> WrongUse:
    return WrongUse(
        f"{asked!r} is {len(found)} pupils: {_named(register, found)}. "
        "Ask by the id, which stands before the name"
    )


def _nobody(register: Register, asked: str, pseudonym_of: Mapping[str, str]) -> WrongUse:
    known: dict[str, int] = {}
    for names in _by_kind(register, pseudonym_of):
        known |= {_plain(name): index for index, name in names if name}
    close = get_close_matches(_plain(asked), known, MOST_NAMED, 0.7)
    near = list(dict.fromkeys(known[name] for name in close))
    if near:
        remedy = f"Near: {_named(register, near)}"
    else:
        first = register.pupils[0].pupil_id if register.pupils else "none"
        remedy = (
            "Nothing is near it. Ask by the school system's id, the UPN, the pseudonym or the "
            f"whole name; the first id of this register is {first}"
        )
    return WrongUse(f"No pupil {asked!r} in this register. {remedy}")


def _named(register: Register, found: list[int]) -> str:
    shown = "; ".join(told(register.pupils[index]) for index in found[:MOST_NAMED])
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    return shown + more
