"""Excel workbooks as tables, one a sheet: streamed, bounded, formulas as they stand."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from linkwork.errors import BadInput
from linkwork_csv.layout import Rows, Seen, Table
from linkwork_csv.texts import MOST_COLUMNS

#: Bounds of a workbook, which is a zip archive: parts, their whole size, and how far one unfolds.
MOST_PARTS, LARGEST, HIGHEST_RATIO = 500, 512 << 20, 200
_LOOKED_AT = 1 << 16


def tables(path: Path) -> list[Table]:
    """Each sheet of a workbook. Raises BadInput for a damaged or hostile one, or without openpyxl.

    What is needed to read workbooks is an extra: `linkwork-csv[xlsx]`.
    """
    _refuse_hostile(path)
    with _open(path) as book:
        names = [sheet.title for sheet in book.worksheets]
    return [_table(path, name) for name in names]


def _table(path: Path, name: str) -> Table:
    @contextmanager
    def rows() -> Iterator[Rows]:
        with _open(path) as book:
            yield _rows(path, book[name])

    return Table(
        path, name, "", "", rows, (Seen("file", "workbook", "it is a zip of sheets"),), True
    )


@contextmanager
def _open(path: Path) -> Iterator[Any]:
    try:
        import openpyxl
    except ImportError:
        raise BadInput(
            "the file is an Excel workbook, and reading those needs one more library",
            remedy="Install it with: pip install 'linkwork-csv[xlsx]', or save the sheet as "
            '"CSV UTF-8"',
            file=str(path),
        ) from None
    with warnings.catch_warnings():
        # It warns of styles and drawings that it leaves out; none of them is a mark.
        warnings.simplefilter("ignore")
        try:
            book = openpyxl.load_workbook(path, read_only=True, data_only=False, keep_links=False)
        except Exception as error:
            raise _damaged(path) from error
        try:
            yield book
        finally:
            book.close()


def _rows(path: Path, sheet: Any) -> Iterator[list[str]]:
    # What a sheet says of its own size is not to be believed.
    sheet.reset_dimensions()
    rows = sheet.iter_rows(values_only=True)
    while True:
        try:
            cells = next(rows, None)
        except Exception as error:
            raise _damaged(path) from error
        if cells is None:
            return
        row = [_text(one) for one in cells]
        while row and not row[-1]:
            row.pop()
        if len(row) > MOST_COLUMNS:
            raise BadInput(
                f"a row of sheet {sheet.title} has more than {MOST_COLUMNS} columns",
                remedy="Export one school year at a time",
                file=str(path),
            )
        yield row


def _text(value: object) -> str:
    """A cell as a text export would have it, but for dates, which say themselves what they are."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _refuse_hostile(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            reason = _reason(archive, parts)
    except Exception as error:
        raise _damaged(path) from error
    if reason:
        raise BadInput(
            f"the workbook {reason}", remedy="Export it again; this is no register", file=str(path)
        )


def _reason(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo]) -> str:
    if len(parts) > MOST_PARTS:
        return f"has more than {MOST_PARTS} parts"
    if sum(part.file_size for part in parts) > LARGEST:
        return f"unfolds to more than {LARGEST >> 20} MiB"
    for part in parts:
        if part.file_size > HIGHEST_RATIO * max(part.compress_size, 1) and part.file_size > 1 << 20:
            return f"has a part that unfolds {HIGHEST_RATIO} times"
        if part.filename.startswith(("/", "\\")) or ".." in part.filename:
            return "has a part that would stand outside it"
        if part.filename.lower().endswith((".zip", ".xlsx", ".gz")):
            return "holds another archive"
        if part.filename.lower().endswith((".xml", ".rels")):
            with archive.open(part) as file:
                start = file.read(_LOOKED_AT).replace(b"\x00", b"").upper()
            if b"<!DOCTYPE" in start or b"<!ENTITY" in start:
                return "has a DOCTYPE, which no workbook has"
    return ""


def _damaged(path: Path) -> BadInput:
    return BadInput(
        "the workbook is damaged or is none",
        remedy="Export it again; a copy may have been cut short",
        file=str(path),
    )
