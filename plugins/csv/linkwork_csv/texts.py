"""Text files as tables: which encoding, which delimiter, with what shows it."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from linkwork.errors import BadInput
from linkwork_csv.files import CONTROLS, named_control
from linkwork_csv.layout import Rows, Seen, Table

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
ENCODINGS = ("utf-8-sig", "utf-16", "cp1252")
#: No register is larger; what is, is not one.
LARGEST = 512 << 20
#: The most columns a register may have: two sessions a day of a year, and the details.
MOST_COLUMNS = 1000
_BLOCK = 1 << 18
_UTF16 = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def tables(path: Path, encoding: str = "", delimiter: str = "") -> list[Table]:
    """The file under each delimiter it could have. Raises BadInput for what is no text."""
    found = Seen("encoding", encoding, "the profile says so") if encoding else detected(path)
    ways = {delimiter: DELIMITERS.get(delimiter, delimiter)} if delimiter else DELIMITERS
    return [_table(path, found, sign) for sign in ways]


def _table(path: Path, encoding: Seen, delimiter: str) -> Table:
    @contextmanager
    def rows() -> Iterator[Rows]:
        with opened(path, encoding.read_as, delimiter) as found:
            yield found

    return Table(path, "", delimiter, encoding.read_as, rows, (encoding,))


def detected(path: Path) -> Seen:
    """The encoding of a file, and what shows it. Raises BadInput naming what is wrong."""
    with path.open("rb") as file:
        start = file.read(4)
    if not start:
        raise BadInput(
            "the file is empty", remedy="Export it again; an export has a header", file=str(path)
        )
    if path.stat().st_size > LARGEST:
        raise BadInput(
            f"the file is larger than {LARGEST >> 20} MiB",
            remedy="Export one school year at a time",
            file=str(path),
        )
    if start[:2] in _UTF16:
        return Seen("encoding", "utf-16", "the file begins with UTF-16's mark")
    marked = start[:3] == codecs.BOM_UTF8
    if _is_utf8(path):
        why = "the file begins with UTF-8's mark" if marked else "every byte of it is UTF-8"
        return Seen("encoding", "utf-8-sig", why)
    return _windows(path)


def _is_utf8(path: Path) -> bool:
    """Whether all of it decodes. Raises BadInput for a control character."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        good = True
        while block := file.read(_BLOCK):
            if len(block.translate(None, CONTROLS)) != len(block):
                raise named_control(path)
            if good:
                try:
                    decoder.decode(block)
                except UnicodeDecodeError:
                    good = False
        if good:
            try:
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                good = False
    return good


def _windows(path: Path) -> Seen:
    """The encoding of Windows in Western Europe, when no byte contradicts it."""
    with path.open("rb") as file:
        for row, line in enumerate(file, 1):
            try:
                line.decode("cp1252")
            except UnicodeDecodeError as error:
                raise BadInput(
                    f"byte {error.start + 1} of the row is a letter in no encoding that is read",
                    remedy='Save it again as "CSV UTF-8"',
                    file=str(path),
                    row=row,
                ) from error
    return Seen("encoding", "cp1252", "it is not UTF-8, and every byte is a sign of Windows-1252")


class TextRows:
    """The rows of an open text cell by cell; or line by line, for whoever knows what a line says.

    Only one of the two ways goes on from where the other stopped: lines, once they were begun.
    """

    def __init__(self, lines: Iterator[str], delimiter: str) -> None:
        self.lines, self._delimiter = lines, delimiter
        self._reader = csv.reader(lines, delimiter=delimiter, strict=True)
        self._before = 0

    def __iter__(self) -> Iterator[list[str]]:
        return self._reader

    def __next__(self) -> list[str]:
        return next(self._reader)

    @property
    def line(self) -> int:
        """How many lines were taken so far; where rows are taken from lines, up to the last."""
        return self._before + self._reader.line_num

    def stand_at(self, line: int) -> None:
        """Say how many lines were taken by whoever takes `lines` alone."""
        self._before = line - self._reader.line_num

    def row_of(self, line: str, number: int) -> tuple[list[str], int]:
        """The row that begins in a line just taken, the file's `number`th; how many lines it has.

        Raises csv.Error.
        """
        self._before = number - 1
        self._reader = csv.reader(
            chain((line,), self.lines), delimiter=self._delimiter, strict=True
        )
        return next(self._reader), self._reader.line_num

    def place(self, line: str, row: Sequence[str], column: int) -> int | None:
        """Where in its line a column of a row begins; None where that is not plain.

        What stands before and what stands after can then be read apart: both are whole cells.
        """
        at = len(line)
        for _ in range(len(row) - column):
            at = line.rfind(self._delimiter, 0, at)
        if at < 0 or self._alone(line[:at]) != row[:column]:
            return None
        return at + 1 if self._alone(line[at + 1 :]) == row[column:] else None

    def _alone(self, part: str) -> list[str] | None:
        try:
            return next(csv.reader([part], delimiter=self._delimiter, strict=True))
        except csv.Error:
            return None


@contextmanager
def opened(path: Path, encoding: str, delimiter: str) -> Iterator[TextRows]:
    """The rows, as long as the block lasts. Raises BadInput while they are read."""
    with path.open(encoding=encoding, errors="strict", newline="") as text:
        rows = TextRows(text, delimiter)
        try:
            yield rows
        except csv.Error as error:
            raise BadInput(
                f"the row cannot be split into columns ({error})",
                remedy="Look for a quotation mark that is never closed, or write two where one "
                "is meant",
                file=str(path),
                row=rows.line,
            ) from error
        except UnicodeError as error:
            raise BadInput(
                f"the row is not {encoding} text",
                remedy='Save it again as "CSV UTF-8"',
                file=str(path),
                row=rows.line + 1,
            ) from error
