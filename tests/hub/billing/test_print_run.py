"""A print run: each document in it is, page by page, the document as it is alone."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pypdf
import pytest

from linkwork_hub.billing import papers
from linkwork_hub.billing.ledger import Charge, Customer, Document, DocumentKind
from linkwork_hub.billing.models import Cause, Kind
from linkwork_hub.billing.pages import DOCUMENT
from linkwork_hub.documents.render import render_pdf

DAY = date(2026, 3, 2)


def paper(number: int, cases: int) -> dict[str, Any]:
    """An invoice for so many cases."""
    charges = [
        Charge(
            f"sch_{number}",
            "2025-26",
            "1",
            f"case:{number}-{place}",
            f"C{number}",
            Kind.CASES,
            "",
            "Cases open in the year",
            (Cause(f"REF-{number}-{place}", f"opened {place % 27 + 1} May 2025, still open"),),
            9_000,
            "OS",
            0,
        )
        for place in range(cases)
    ]
    document = Document(
        id=f"doc_{number}",
        letters="INV",
        serial=number,
        kind=DocumentKind.INVOICE,
        customer=Customer(f"C{number}", f"Customer {number}", "academy", "PO-1"),
        year="2025-26",
        part="1",
        what="First half",
        issued=DAY,
        due=DAY,
        corrects=None,
        reason="",
        net_pence=9_000 * cases,
        vat_pence=0,
    )
    return papers.for_paper(document, charges, {f"sch_{number}": f"School {number}"}, "")


def pages(*made: dict[str, Any]) -> list[str]:
    """The words of each page."""
    data = papers.print_run(made, "Reading", "finance@reading.example")
    pdf = render_pdf(DOCUMENT, data, on=DAY)
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def test_each_document_of_a_run_reads_page_by_page_as_it_does_alone() -> None:
    made = [paper(number, cases) for number, cases in ((1, 3), (2, 90), (3, 1), (4, 43))]
    together = pages(*made)
    assert together == [page for one in made for page in pages(one)]
    # One page, three, one, two: each begins again at 1, under its own number.
    feet = [page.splitlines()[-1].removeprefix("Reading ") for page in together]
    assert feet[:5] == [
        "Invoice INV-000001, page 1",
        "Invoice INV-000002, page 1",
        "Invoice INV-000002, page 2",
        "Invoice INV-000002, page 3",
        "Invoice INV-000003, page 1",
    ]
    assert "End of Invoice INV-000002." in together[3]


def widest(fits_em: float) -> list[str]:
    """Letter by letter the longest text that the rule takes for one line."""
    return [
        letter * next(n for n in range(60, 0, -1) if papers.one_line(letter * n, fits_em))
        for letter in "WMm@%QADOHGNwi0.x"
    ]


def with_cause(what: str, detail: str) -> dict[str, Any]:
    """An invoice of one cause in these words."""
    charge = Charge(
        "sch_1", "2025-26", "1", "c", "C1", Kind.CASES, "", "Cases",
        (Cause(what, detail),), 9_000, "OS", 0,
    )  # fmt: skip
    document = Document(
        id="doc_1", letters="INV", serial=1, kind=DocumentKind.INVOICE,
        customer=Customer("C1", "Customer", "academy", "PO-1"), year="2025-26", part="1",
        what="First half", issued=DAY, due=DAY, corrects=None, reason="", net_pence=9_000,
        vat_pence=0,
    )  # fmt: skip
    return papers.for_paper(document, [charge], {"sch_1": "School"}, "")


@pytest.mark.parametrize(("what", "detail"), [*zip(widest(14.0), widest(29.0), strict=True)])
def test_a_row_of_a_known_height_holds_its_texts_on_one_line_whatever_their_letters(
    what: str, detail: str
) -> None:
    made = with_cause(what, detail)
    (line,) = made["lines"]
    assert line["short"] is True
    assert f"{what} {detail}" in pages(made)[0].splitlines()


def test_a_text_that_may_need_a_second_line_gets_a_row_as_high_as_it_needs() -> None:
    long = "opened 3 October 2024, handed to another service and opened again " * 6
    made = with_cause("R-1", long.strip())
    (line,) = made["lines"]
    assert line["short"] is False
    shown = " ".join(" ".join(pages(made)).split())
    assert long.strip() in shown
    # In a row of the known height it would run over what follows: the rule is needed.
    assert end_of(made) < end_of({**made, "lines": [{**line, "short": True}]}) - 12


def end_of(made: dict[str, Any]) -> float:
    """How far above the foot of the page the document ends, in points."""
    data = papers.print_run([made], "Reading", "finance@reading.example")
    (page,) = pypdf.PdfReader(io.BytesIO(render_pdf(DOCUMENT, data, on=DAY))).pages
    found: list[float] = []

    def visit(text: str, cm: Any, tm: Any, _font: Any, _size: Any) -> None:
        if "Questions" in text:
            found.append(float(tm[4] * cm[1] + tm[5] * cm[3] + cm[5]))

    page.extract_text(visitor_text=visit)
    return found[0]
