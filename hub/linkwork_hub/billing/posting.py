"""A document as balanced postings, and as the rows the finance system imports."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from linkwork.cells import inert
from linkwork.errors import Refused
from linkwork_hub.billing.ledger import Charge, Document
from linkwork_hub.billing.price_book import Column, Finance
from linkwork_hub.billing.tariff import Tariff


@dataclass(frozen=True)
class Posting:
    """One side of a document: `amount_pence` above nothing is a debit, below it a credit."""

    document: str
    day: date
    account: str
    cost_centre: str
    subjective: str
    amount_pence: int
    vat_code: str
    description: str
    purchase_order: str


def postings(
    tariff: Tariff, finance: Finance, document: Document, charges: Sequence[Charge]
) -> list[Posting]:
    """What a document does in the books; the postings of a document add up to nothing.

    An invoice debits the debtors, a journal the customer's own cost centre; both credit income by
    kind of line, and VAT. A credit does the opposite. Descriptions hold numbers and kinds, never
    what somebody wrote. Raises Refused for an internal customer without a cost centre.
    """
    customer = document.customer
    kind = tariff.customer_kind(customer.kind)
    inside = kind is not None and kind.settle == "journal"
    if inside and not (customer.cost_centre and customer.subjective):
        raise Refused(
            f"{customer.name} is posted to by journal and has no cost centre or subjective code: "
            "add them with linkwork-hub billing customers FILE."
        )
    words = f"{document.number} {document.year}"

    def posting(account: str, centre: str, subjective: str, pence: int, vat: str) -> Posting:
        return Posting(
            document=document.number,
            day=document.issued,
            account=account,
            cost_centre=centre,
            subjective=subjective,
            amount_pence=pence,
            vat_code=vat,
            description=words,
            purchase_order=customer.purchase_order,
        )

    first = (
        posting("", customer.cost_centre, customer.subjective, document.total_pence, "")
        if inside
        else posting(finance.debtors, "", "", document.total_pence, "")
    )
    income: dict[tuple[str, str], int] = {}
    for charge in charges:
        subjective = finance.subjective_of.get(charge.kind.value, finance.income_subjective)
        key = (subjective, charge.vat_code or "")
        income[key] = income.get(key, 0) + charge.amount_pence
    rest = [
        posting("", finance.income_cost_centre, subjective, -net, code)
        for (subjective, code), net in income.items()
    ]
    if document.vat_pence:
        rest.append(posting(finance.vat, "", "", -document.vat_pence, ""))
    return [first, *(one for one in rest if one.amount_pence)]


def as_rows(finance: Finance, found: Iterable[Posting]) -> str:
    """The CSV the finance system imports, in its own columns; no cell can run as a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([inert(column.heading) for column in finance.columns])
    for one in found:
        writer.writerow([_cell(column, one) for column in finance.columns])
    return out.getvalue()


def _cell(column: Column, one: Posting) -> str:
    match column.value:
        case "debit":
            return _pounds(one.amount_pence) if one.amount_pence > 0 else ""
        case "credit":
            return _pounds(-one.amount_pence) if one.amount_pence < 0 else ""
        case "amount":
            # A figure with its sign: made here of digits alone, so no cell of somebody's words.
            sign = "-" if one.amount_pence < 0 else ""
            return sign + _pounds(abs(one.amount_pence))
        case "date":
            return one.day.isoformat()
        case "fixed":
            return inert(column.fixed)
        case _:
            return inert(str(getattr(one, column.value)))


def _pounds(pence: int) -> str:
    return f"{pence // 100}.{pence % 100:02d}"
