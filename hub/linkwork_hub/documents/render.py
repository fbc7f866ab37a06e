"""A template and its data to a PDF, by typst: the same input gives the same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import typst

from linkwork.errors import BadInput
from linkwork_hub.documents.models import Block, as_data

# Templates import each other by a path from here, so typst may read nothing above it.
ROOT = Path(__file__).resolve().parents[1]
_BLOCKS = ROOT / "documents" / "templates" / "blocks.typ"


@cache
def _fonts() -> typst.Fonts:
    """The fonts that come with typst, looked through once: a sixth of the time of a short paper."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)


def render_pdf(template: Path, data: Mapping[str, object], *, on: date, root: Path = ROOT) -> bytes:
    """Render `template` (a .typ file below `root`) with `data` as a PDF/A-2a file.

    `data` is JSON data; it reaches the template as one string, `sys.inputs.data`, and is never
    pasted into typst's own language, so no name or address can be read as markup or code.
    `on` is the document's date: the machine's clock is not asked. Only the fonts that come
    with typst are used, so a page looks the same on every machine.
    Raises BadInput naming the template and typst's own words when it cannot be laid out.
    """
    payload = json.dumps({**data, "on": on.isoformat()}, ensure_ascii=False, allow_nan=False)
    try:
        return typst.compile(
            template,
            root=root,
            ignore_system_fonts=True,
            font_paths=_fonts(),
            sys_inputs={"data": payload},
            format="pdf",
            pdf_standards=["a-2a"],
            timestamp=datetime(on.year, on.month, on.day, tzinfo=UTC),
        )
    except typst.TypstError as error:
        raise BadInput(
            f"the page could not be laid out: {error.message}",
            file=template.name,
            remedy="Correct the template, or the data it was given",
        ) from error


def render_blocks(title: str, sender: str, blocks: Iterable[Block], *, on: date) -> bytes:
    """A paper made of blocks as PDF/A-2a; `word.render_word` makes a Word file of the same."""
    data = {"title": title, "sender": sender, "blocks": [as_data(block) for block in blocks]}
    return render_pdf(_BLOCKS, data, on=on)
