"""A PDF is its template and its data, and nothing of the machine it was made on."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pypdf
import pytest

from linkwork.errors import BadInput
from linkwork_hub.documents.render import ROOT, render_pdf

DAY = date(2026, 1, 5)


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A one-line page of the shared paper, in a folder that stands for the hub's own."""
    paper = ROOT / "documents" / "templates" / "paper.typ"
    folder = tmp_path / "documents" / "templates"
    folder.mkdir(parents=True)
    (folder / "paper.typ").write_text(paper.read_text(encoding="utf-8"), encoding="utf-8")
    page = tmp_path / "page.typ"
    page.write_text(
        '#import "/documents/templates/paper.typ": data, paper, long-date\n'
        "#show: paper.with(title: data.title, sender: data.sender)\n"
        "#data.words\n\n#long-date(data.on)\n",
        encoding="utf-8",
    )
    return page


def given(**values: str) -> dict[str, object]:
    return {"title": "A page", "sender": "Fictional Council", "words": "Plain words.", **values}


def read(pdf: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(pdf))


def test_the_page_carries_its_title_its_date_and_its_words(template: Path) -> None:
    page = read(render_pdf(template, given(), on=DAY, root=template.parent))
    assert page.metadata is not None
    assert page.metadata.title == "A page"
    assert page.metadata.creation_date is not None
    assert page.metadata.creation_date.date() == DAY
    assert "5 January 2026" in page.pages[0].extract_text()


def test_the_same_input_gives_the_same_bytes(template: Path) -> None:
    assert render_pdf(template, given(), on=DAY, root=template.parent) == render_pdf(
        template, given(), on=DAY, root=template.parent
    )


def test_another_date_gives_another_file(template: Path) -> None:
    other = render_pdf(template, given(), on=date(2026, 1, 6), root=template.parent)
    assert render_pdf(template, given(), on=DAY, root=template.parent) != other


@pytest.mark.parametrize(
    "words",
    ["#panic()", "= Heading", "$x + y$", "#{1+1}", '"quoted" \\ slash', "*bold* _it_ `code`", "#"],
)
def test_words_that_look_like_typst_stay_words(template: Path, words: str) -> None:
    text = (
        read(render_pdf(template, given(words=words), on=DAY, root=template.parent))
        .pages[0]
        .extract_text()
    )
    assert words in text


def test_a_template_that_asks_for_missing_data_is_named(template: Path) -> None:
    with pytest.raises(BadInput, match=r"page\.typ: the page could not be laid out: .*words"):
        render_pdf(
            template,
            {"title": "A page", "sender": "Fictional Council"},
            on=DAY,
            root=template.parent,
        )


def test_a_template_reads_nothing_outside_the_hub(template: Path) -> None:
    template.write_text('#read("../../../../../../etc/hostname")\n', encoding="utf-8")
    with pytest.raises(BadInput, match="laid out"):
        render_pdf(template, given(), on=DAY, root=template.parent)
