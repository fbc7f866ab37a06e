"""Opening a CSV file so that a damaged one is named and never half understood."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from linkwork.errors import BadInput

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_BLOCK = 1 << 18
#: Control characters that no register holds; tab, line feed and carriage return may stay.
CONTROLS = bytes(sign for sign in (*range(32), 127) if sign not in b"\t\n\r")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_START = 1 << 16
_SAVE_AS_UTF8 = 'Save it again as "CSV UTF-8"'


class _Guarded(io.RawIOBase):
    """A file whose bytes are looked at as they pass: control characters end the read."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        self._path = path

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        size = self._file.readinto(buffer) or 0
        data = memoryview(buffer)[:size].tobytes()
        if len(data.translate(None, CONTROLS)) != size:
            raise named_control(self._path)
        if size == _BLOCK and b"\n" not in data and b"\r" not in data:
            raise BadInput(
                f"a row is longer than {_BLOCK} bytes",
                remedy="Export the file again; this is not a register",
                file=str(self._path),
            )
        return size

    def close(self) -> None:
        self._file.close()
        super().close()


@dataclass(frozen=True, slots=True)
class Opened:
    """An open file past its header: `lines` as text, or the same through `rows`, cell by cell."""

    header: list[str]
    lines: Iterator[str]
    rows: Iterator[list[str]]


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """Open `path` as UTF-8, with or without a byte order mark.

    Raises BadInput, with row and remedy, for an empty file, another encoding, control
    characters, a quotation mark that is never closed; also while the rows are read.
    """
    _refuse_other_encodings(path)
    buffered = io.BufferedReader(_Guarded(path), _BLOCK)
    with io.TextIOWrapper(buffered, encoding="utf-8-sig") as text:
        reader = csv.reader(text, strict=True)
        try:
            header = next(reader, None)
            if header is None:
                raise BadInput(
                    "the file is empty",
                    remedy="Export it again; the first row must name the columns",
                    file=str(path),
                )
            yield Opened(header, text, reader)
        except UnicodeDecodeError as error:
            raise _named_byte(path) from error
        except csv.Error as error:
            raise BadInput(
                f"the row cannot be split into columns ({error})",
                remedy="Look for a quotation mark that is never closed, or write two where one "
                "is meant",
                file=str(path),
                row=_first_odd_quotes(path) or reader.line_num,
            ) from error


def columns(
    header: list[str], known: tuple[str, ...], required: tuple[str, ...], path: Path
) -> dict[str, int]:
    """Where each column stands.

    Raises BadInput for a first row that is no header, and naming unnamed, doubled, missing and
    unknown columns.
    """
    names = [name.strip().lower() for name in header]
    refuse = _refuser(path, names)
    if len(names) == 1 and (";" in header[0] or "\t" in header[0]):
        raise refuse(
            "the columns are not separated by commas", "Save it as CSV with commas between columns"
        )
    if not any(name in known for name in names):
        raise refuse(
            "the first row is not the header: it names no column of this file",
            f"Remove the rows above the header; it must name at least {', '.join(required)}",
        )
    if "" in names:
        raise refuse(
            f"column {names.index('') + 1} of the header has no name",
            "Name it, or remove it; a spreadsheet may have added empty columns",
        )
    doubled = sorted({name for name in names if name and names.count(name) > 1})
    if doubled:
        raise refuse(f"the header names {_listed(doubled)} twice", "Keep one column of each name")
    missing = [name for name in required if name not in names]
    if missing:
        raise refuse(
            f"the column {_listed(missing)} is missing"
            if len(missing) == 1
            else f"the columns {_listed(missing)} are missing",
            f"The first row must name at least {', '.join(required)}",
        )
    unknown = [name for name in names if name not in known]
    if unknown:
        raise refuse(
            f"the header names {_listed(unknown)}, which is not a column of this file",
            f"Take it out, or rename it to one of {', '.join(known)}",
        )
    return {name: place for place, name in enumerate(names)}


def _refuser(path: Path, names: list[str]) -> Callable[[str, str], BadInput]:
    def refuse(problem: str, remedy: str) -> BadInput:
        return BadInput(problem, remedy=remedy, file=str(path), row=1)

    return refuse


def _listed(names: list[str]) -> str:
    """Column names for a message: a header may hold anything, so each is cut short."""
    shown = [name[:40] for name in names[:8]]
    more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
    return ", ".join(shown) + more


def start_of(path: Path) -> bytes:
    """The first bytes of a file. Raises BadInput when it is not there or cannot be opened."""
    try:
        with path.open("rb") as file:
            return file.read(_START)
    except FileNotFoundError as error:
        raise BadInput("there is no such file", remedy="Check the path", file=str(path)) from error
    except OSError as error:
        raise BadInput(
            f"the file cannot be opened ({error.strerror})",
            remedy="Give this account the right to read it, and close it in other programs",
            file=str(path),
        ) from error


def names_columns(start: bytes, known: tuple[str, ...], needed: tuple[str, ...]) -> bool:
    """Whether a file begins with a canonical header, spelt as documented, commas between.

    It has every needed column, or the first needed one and no column that is not known.
    """
    first = start.removeprefix(b"\xef\xbb\xbf").splitlines()[:1]
    names = {
        name.strip(' "').lower() for line in first for name in line.decode("latin-1").split(",")
    }
    return names.issuperset(needed) or (needed[0] in names and names.issubset(known))


def _refuse_other_encodings(path: Path) -> None:
    start = start_of(path)
    if start[:2] in _UTF16:
        raise BadInput("the file is UTF-16", remedy=_SAVE_AS_UTF8, file=str(path))
    if start[:4] == b"PK\x03\x04":
        raise BadInput(
            "the file is a workbook or zip archive, not CSV", remedy=_SAVE_AS_UTF8, file=str(path)
        )


def _first_odd_quotes(path: Path) -> int | None:
    """The first line with an odd number of quotation marks: where an unclosed one began."""
    with path.open("rb") as file:
        return next((row for row, line in enumerate(file, 1) if line.count(b'"') % 2), None)


def _named_byte(path: Path) -> BadInput:
    """Where the bytes stop being UTF-8: found by a second look, since the first is in blocks."""
    row = 1
    offset = 0
    with path.open("rb") as file:
        for line in file:
            try:
                line.decode()
            except UnicodeDecodeError as error:
                offset += error.start
                break
            offset += len(line)
            row += 1
    return BadInput(
        f"byte {offset} is not UTF-8 text", remedy=_SAVE_AS_UTF8, file=str(path), row=row
    )


def named_control(path: Path) -> BadInput:
    """The first control character, with its row and column, from a second look."""
    with path.open("rb") as file:
        for row, line in enumerate(file, 1):
            place = next((i for i, sign in enumerate(line) if sign in CONTROLS), None)
            if place is not None:
                name = "a NUL" if line[place] == 0 else f"control character {line[place]}"
                return BadInput(
                    f"there is {name} in the row, at byte {place + 1} of it",
                    remedy="Export the file again; a copy may have been damaged or cut short",
                    file=str(path),
                    row=row,
                )
    return BadInput(
        "the file changed while it was read", remedy="Wait until it is written", file=str(path)
    )
