"""A school's own codes: what each means among the nation's, and which mean what nobody can tell."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from linkwork.codes import CodeSet
from linkwork.errors import BadInput, WrongUse
from linkwork.register import Register

#: Written instead of a national code: nobody can tell what the code means. It is then counted as
#: unknown, neither present nor absent nor "no mark", and stops nothing.
UNKNOWN = "unknown"

_TOKEN = re.compile(r"[!-~]{1,3}")
#: What the sources write where no register was taken. It always is "no mark".
_NO_MARK = "-"


@dataclass(frozen=True, slots=True)
class LocalCodes:
    """What a school's own codes mean; None for one that nobody can tell. `where` they are written.

    A code that the nation knows on the day always means itself there: no table of a school turns
    an absence into an attendance.
    """

    meanings: Mapping[str, str | None] = field(default_factory=lambda: MappingProxyType({}))
    where: str = "[codes]"

    def means(self, code: str, code_set: CodeSet) -> str:
        """The national code `code` is read as in the time of `code_set`; itself where none is."""
        meaning = self.meanings.get(code)
        if code in code_set.codes or meaning is None or meaning not in code_set.codes:
            return code
        return meaning

    @property
    def declared_unknown(self) -> frozenset[str]:
        """The codes a person has said nobody can tell the meaning of."""
        return frozenset(code for code, meaning in self.meanings.items() if meaning is None)

    def written_as(self) -> dict[str, tuple[str, ...]]:
        """The other way round: for each national code (or "unknown"), the school's own for it."""
        found: dict[str, list[str]] = {}
        for code, meaning in sorted(self.meanings.items()):
            found.setdefault(meaning or UNKNOWN, []).append(code)
        return {meaning: tuple(own) for meaning, own in sorted(found.items())}


#: A school that has no codes of its own.
NONE = LocalCodes()


def read(table: object, where: str) -> LocalCodes:
    """The `[codes]` table of a TOML file: own code to national code, or to "unknown".

    `where` names the file and table for a message. Raises WrongUse naming the key and the remedy.
    """
    if not isinstance(table, Mapping):
        raise WrongUse(f'{where} is not a table. Write one line a code, as X01 = "X".')
    meanings: dict[str, str | None] = {}
    for key, value in table.items():
        code = str(key).strip().upper()
        _refuse_odd(str(key), code, value, where)
        if code in meanings:
            raise WrongUse(f"{where}: {code} stands there twice. Keep the right line.")
        meaning = value.strip()
        meanings[code] = None if meaning.lower() == UNKNOWN else meaning.upper()
    return LocalCodes(MappingProxyType(meanings), where)


def _refuse_odd(key: str, code: str, value: Any, where: str) -> None:
    if not _TOKEN.fullmatch(code):
        raise WrongUse(f"{where}: {key[:20]!r} is no code. A code is one to three signs.")
    if code == _NO_MARK:
        raise WrongUse(f"{where}: {code} always is 'no mark'. Take that line out.")
    if not isinstance(value, str) or not value.strip():
        raise WrongUse(
            f"{where}: {code} has no meaning in quotes. Write the national code, as "
            f'{_quoted(code)} = "O", or {_quoted(code)} = "{UNKNOWN}".'
        )


def refuse_senseless(local: LocalCodes, sets: Sequence[CodeSet]) -> None:
    """Raise WrongUse for a meaning that none of `sets` has, or a code that all of them have."""
    for code, meaning in local.meanings.items():
        if all(code in each.codes for each in sets):
            raise WrongUse(
                f"{local.where}: {code} is a code of {_titles(sets)} and always means itself. "
                "Take that line out; correct the marks in the school system if they are wrong."
            )
        if meaning is not None and not any(meaning in each.codes for each in sets):
            raise WrongUse(
                f"{local.where}: {code} is said to mean {meaning}, which is no code of "
                f'{_titles(sets)}. Write one of theirs, or "{UNKNOWN}".'
            )


def nationally(register: Register, local: LocalCodes, sets: Sequence[CodeSet]) -> Register:
    """The register with the school's own codes read as the nation's, by each mark's date.

    How often each was read so stands in its warnings. A date that none of `sets` covers is left
    as it is. Raises BadInput when the register then holds more codes than a byte can tell apart.
    """
    if not any(code in local.meanings for code in register.codes):
        return register
    codes = _with_meanings(register, local)
    place = {code: index for index, code in enumerate(codes)}
    tables = {each.name: _table(register.codes, place, local, each) for each in sets}
    rows: list[bytearray] = []
    read_as: Counter[tuple[str, str]] = Counter()
    for session, row in zip(register.sessions, register.rows, strict=True):
        code_set = next((each for each in sets if each.in_force(session.date)), None)
        if code_set is None:
            rows.append(row)
            continue
        rows.append(row.translate(tables[code_set.name]))
        for code in set(register.codes) & local.meanings.keys():
            meaning = local.means(code, code_set)
            if meaning != code:
                read_as[code, meaning] += row.count(register.codes.index(code))
    said = tuple(_said(read_as))
    return replace(register, codes=codes, rows=rows, warnings=(*register.warnings, *said))


def _with_meanings(register: Register, local: LocalCodes) -> tuple[str, ...]:
    wanted = {local.meanings[code] for code in register.codes if code in local.meanings}
    new = sorted(code for code in wanted if code is not None and code not in register.codes)
    codes = (*register.codes, *new)
    if len(codes) > 256:
        raise BadInput(
            "more than 255 different codes in one register",
            remedy="Check that the code column really holds attendance codes",
            file=register.source or None,
            column="code",
        )
    return codes


def _table(
    codes: Sequence[str], place: Mapping[str, int], local: LocalCodes, code_set: CodeSet
) -> bytes:
    read_as = bytes(place[local.means(code, code_set)] for code in codes)
    return read_as + bytes(range(len(codes), 256))


def _said(read_as: Counter[tuple[str, str]]) -> Iterator[str]:
    for (code, meaning), count in sorted(read_as.items()):
        if count:
            marks = "1 mark is" if count == 1 else f"{count:,} marks are"
            yield f"{marks} written with the school's own code {code} and read as {meaning}"


def _titles(sets: Sequence[CodeSet]) -> str:
    return " or of ".join(sorted({each.title for each in sets}))


def _quoted(code: str) -> str:
    return code if code.isascii() and code.isalnum() else f"'{code}'"
