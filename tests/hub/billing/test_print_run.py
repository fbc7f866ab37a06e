"""A print run: each document in it is, page by page, the document as it is alone."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pypdf

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
