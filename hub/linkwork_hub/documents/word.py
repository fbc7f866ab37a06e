"""Blocks to a Word file (.docx): headings, paragraphs and tables that Word knows as such."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

from linkwork_hub.documents.models import Block, Grid, Heading, Para

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import _Cell

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
# What XML cannot hold at all: Word refuses a file with one of them.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_word(title: str, sender: str, blocks: Iterable[Block], *, on: date) -> bytes:
    """A paper as a Word file. The same input gives the same bytes; `on` is its date.

    Every text stands as text, never as markup or a field; a character that no XML may hold is
    left out. The look is that of Word's own styles, which a reader may change.
    """
    # Loaded here: only who asks for a Word file waits for the library.
    import docx
    from docx.enum.section import WD_ORIENT
    from docx.oxml.ns import qn
    from docx.shared import Mm

    made = docx.Document()
    page = made.sections[0]
    page.orientation = WD_ORIENT.LANDSCAPE
    page.page_width, page.page_height = Mm(297), Mm(210)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Mm(18)
    language = made.styles["Normal"].element.get_or_add_rPr()
    language.append(language.makeelement(qn("w:lang"), {qn("w:val"): "en-GB"}))
    at = datetime.combine(on, time(), tzinfo=UTC)
    facts = made.core_properties
    facts.title, facts.author, facts.language = _clean(title), _clean(sender), "en-GB"
    facts.created = facts.modified = at
    facts.last_modified_by, facts.comments = "", ""
    made.add_paragraph(_clean(sender))
    made.add_heading(_clean(title), level=0)
    for block in blocks:
        _add(made, block)
    return _dated(made, at)


def _add(made: Document, block: Block) -> None:
    match block:
        case Heading():
            made.add_heading(_clean(block.text), level=block.level)
        case Para():
            made.add_paragraph().add_run(_clean(block.text)).italic = block.empty
        case Grid():
            _table(made, block)


def _table(made: Document, grid: Grid) -> None:
    from docx.oxml.ns import qn

    table = made.add_table(rows=1, cols=len(grid.head), style="Table Grid")
    row = table.rows[0]
    # The head comes again on every page, and is read out as one.
    properties = row._tr.get_or_add_trPr()  # noqa: SLF001 - the library has no other way
    properties.append(properties.makeelement(qn("w:tblHeader"), {qn("w:val"): "true"}))
    for name, cell in zip(grid.head, row.cells, strict=True):
        _fill(cell, name, number=name in grid.numbers, bold=True)
    for texts in grid.rows:
        for name, text, cell in zip(grid.head, texts, table.add_row().cells, strict=True):
            _fill(cell, text, number=name in grid.numbers)
    made.add_paragraph()


def _fill(cell: _Cell, text: str, *, number: bool, bold: bool = False) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    line = cell.paragraphs[0]
    line.add_run(_clean(text)).bold = bold
    if number:
        line.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _clean(text: str) -> str:
    return _UNWRITABLE.sub("", text)


def _dated(made: Document, at: datetime) -> bytes:
    """The file's bytes, every part of it as of `at` and not of the machine's clock."""
    first, second = io.BytesIO(), io.BytesIO()
    made.save(first)
    with zipfile.ZipFile(first) as given, zipfile.ZipFile(second, "w") as dated:
        for part in given.infolist():
            info = zipfile.ZipInfo(part.filename, at.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            dated.writestr(info, given.read(part.filename))
    return second.getvalue()
