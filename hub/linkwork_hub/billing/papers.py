"""A document as it stands on paper and on its page: lines for people, each with its causes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from linkwork_hub.billing.ledger import Charge, Document, DocumentKind
from linkwork_hub.billing.models import Cause
from linkwork_hub.documents.words import long_date, pounds

#: How much text fits beside the margins of a cell of "What each line counts", in em of its type.
_FITS_EM = (14.0, 29.0)
#: No character of the type is wider, in em: the widest letters, other capitals, all others.
_WIDEST, _CAPITAL, _OTHER = 1.1, 0.85, 0.63
_WIDE = frozenset("mwMWQ@%&")

TITLES = {
    DocumentKind.INVOICE: "Invoice",
    DocumentKind.JOURNAL: "Journal",
    DocumentKind.CREDIT: "Credit note",
}


@dataclass(frozen=True)
class PaperLine:
    """What one school is asked for under one heading, and everything that it counts."""

    school: str
    what: str
    count: int
    amount_pence: int
    vat_code: str
    cause: tuple[Cause, ...]


def lines(charges: Sequence[Charge], schools: Mapping[str, str]) -> list[PaperLine]:
    """The charges of a document, those of one kind and school together. `schools`: names by id."""

    def heading(charge: Charge) -> tuple[str, str, str, str]:
        return charge.school_id, charge.kind.value, charge.what, charge.vat_code or ""

    made = []
    for (school_id, _kind, what, vat), group in groupby(charges, heading):
        mine = list(group)
        made.append(
            PaperLine(
                school=schools[school_id],
                what=what,
                count=len(mine),
                amount_pence=sum(charge.amount_pence for charge in mine),
                vat_code=vat,
                cause=tuple(cause for charge in mine for cause in charge.cause),
            )
        )
    return made


def one_line(text: str, fits_em: float) -> bool:
    """Whether a text surely stands on one line of so many em, whatever its letters.

    A row that needs no second line has a height that is known beforehand: a table of such rows is
    laid out in half the time.
    """
    return sum(map(_width, text)) <= fits_em


def _width(character: str) -> float:
    if character in _WIDE or not character.isascii():
        return _WIDEST
    return _CAPITAL if character.isupper() else _OTHER


def for_paper(
    document: Document,
    charges: Sequence[Charge],
    schools: Mapping[str, str],
    corrected: str,
) -> dict[str, Any]:
    """The data of one document in `templates/document.typ`: every figure in words.

    `corrected` is the number of the document this one puts right, or empty.
    """
    customer = document.customer
    details = [
        ["To", customer.name],
        ["Number", document.number],
        ["Date", long_date(document.issued)],
        ["Due", long_date(document.due)],
        ["For", f"{document.what}, {document.year}"],
    ]
    for name, value in (
        ("Purchase order", customer.purchase_order),
        ("Cost centre", customer.cost_centre),
        ("Subjective code", customer.subjective),
        ("Puts right", corrected),
        ("Because", document.reason),
    ):
        details += [[name, value]] if value else []
    return {
        "title": f"{TITLES[document.kind]} {document.number}",
        "details": details,
        "lines": [
            {
                "what": f"{line.school}: {line.what}",
                "vat": line.vat_code,
                "amount": pounds(line.amount_pence),
                "cause": [[cause.what, cause.detail] for cause in line.cause],
                "short": all(
                    one_line(cause.what, _FITS_EM[0]) and one_line(cause.detail, _FITS_EM[1])
                    for cause in line.cause
                ),
            }
            for line in lines(charges, schools)
        ],
        "net": pounds(document.net_pence),
        "vat": pounds(document.vat_pence),
        "total": pounds(document.total_pence),
    }


def print_run(made: Sequence[dict[str, Any]], sender: str, contact: str) -> dict[str, Any]:
    """The data of a print run, or of a single paper: the first document's title is the file's."""
    return {
        "title": made[0]["title"],
        "sender": sender,
        "contact": contact,
        "documents": list(made),
    }
