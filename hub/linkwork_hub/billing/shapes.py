"""A bill as JSON, as CSV, as a table in a terminal, and as the data of its PDF."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from linkwork.cells import inert
from linkwork_hub.billing.demands import vat_pence
from linkwork_hub.billing.forecast import Forecast
from linkwork_hub.billing.ledger import Draft
from linkwork_hub.billing.models import Bill, Instalment, Line, NotBillable, Outcome
from linkwork_hub.documents.words import long_date, plain_number, pounds

CSV_COLUMNS = (
    "urn", "name", "period", "cases_period", "kind", "what", "quantity",
    "unit_pence", "amount_pence", "vat_code", "cause",
)  # fmt: skip


def as_json(outcome: Outcome) -> dict[str, Any]:
    """One school's entry in `billing preview --format json`.

    A school that cannot be billed has no lines, `total_pence` and `instalments` null, and says
    why in `not_billable`; it is never a bill of nothing.
    """
    head = {
        "urn": outcome.facts.urn,
        "name": outcome.facts.name,
        "period": outcome.year.period.iso(),
        "cases_period": outcome.cases_period.iso(),
    }
    if isinstance(outcome, NotBillable):
        return head | {
            "lines": [],
            "total_pence": None,
            "instalments": None,
            "excluded": [],
            "warnings": [],
            "not_billable": f"{outcome.problem}. {outcome.remedy}",
        }
    return head | {
        "lines": [_line(line) for line in outcome.lines],
        "total_pence": outcome.total_pence,
        "instalments": [_instalment(instalment) for instalment in outcome.instalments],
        "excluded": [{"case": item.what, "reason": item.reason} for item in outcome.excluded],
        "warnings": list(outcome.warnings),
        "not_billable": None,
    }


def document_json(number: str | None, draft: Draft) -> dict[str, Any]:
    """One document that was issued, or with `number` None would be."""
    return {
        "number": number,
        "kind": draft.kind.value,
        "customer": draft.customer.name,
        "what": draft.what,
        "issued": draft.issued.isoformat(),
        "due": draft.due.isoformat(),
        "net_pence": draft.net_pence,
        "vat_pence": vat_pence(draft.charges),
    }


def issued_json(outcome: Outcome, documents: Sequence[tuple[str | None, Draft]]) -> dict[str, Any]:
    """A school's entry in `billing issue --format json`: its preview, and the documents made."""
    mine = [
        (number, draft)
        for number, draft in documents
        if any(charge.school_id == outcome.facts.school_id for charge in draft.charges)
    ]
    return as_json(outcome) | {"documents": [document_json(*one) for one in mine]}


def forecast_json(one: Forecast) -> dict[str, Any]:
    """A school's entry in `billing forecast --format json`."""
    return {
        "urn": one.facts.urn,
        "name": one.facts.name,
        "period": one.year.period.iso(),
        "cases_period": one.cases_period.iso(),
        "as_of": one.as_of.isoformat(),
        "counted": one.counted,
        "counted_pence": one.counted_pence,
        "expected": one.expected,
        "expected_pence": one.expected_pence,
        "quieter": one.quieter,
    }


def as_csv(outcomes: Sequence[Outcome]) -> str:
    """One row a line, with a header; no cell can be read as a formula by a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for outcome in outcomes:
        if isinstance(outcome, Bill):
            for line in outcome.lines:
                writer.writerow([inert(cell) for cell in _csv_row(outcome, line)])
    return out.getvalue()


def as_table(outcomes: Sequence[Outcome]) -> str:
    """Plain text for a terminal: each school with its lines, total and instalments."""
    parts = [_table_of(outcome) for outcome in outcomes]
    billed = [outcome for outcome in outcomes if isinstance(outcome, Bill)]
    total = sum(outcome.total_pence for outcome in billed)
    schools = "school" if len(outcomes) == 1 else "schools"
    parts.append(f"{len(billed)} of {len(outcomes)} {schools} billed, {pounds(total)} in all")
    return "\n\n".join(parts) + "\n"


def for_paper(bill: Bill, sender: str) -> dict[str, Any]:
    """The data of `templates/bill.typ`: every figure already in words, nothing left to compute."""
    return {
        "sender": sender,
        "school": bill.facts.name,
        "urn": bill.facts.urn,
        "year": bill.year.label,
        "period": f"{long_date(bill.year.period.first)} to {long_date(bill.year.period.last)}",
        "method": bill.method,
        "vat": vat_words(bill),
        "total": pounds(bill.total_pence),
        "lines": [
            {
                "what": line.what,
                "quantity": plain_number(line.quantity),
                "unit": pounds(line.unit_pence),
                "amount": pounds(line.amount_pence),
                "cause": [[cause.what, cause.detail] for cause in line.cause],
            }
            for line in bill.lines
        ],
        "instalments": [
            [part.what, due_words(part), pounds(part.amount_pence)] for part in bill.instalments
        ],
        "excluded": [[item.what, item.reason] for item in bill.excluded],
        "warnings": list(bill.warnings),
    }


def vat_words(bill: Bill) -> str:
    """What of VAT is settled, and what keeps the bill from being issued. Amounts are before it."""
    unset = list(dict.fromkeys(one.what for one in bill.lines if one.vat_code is None))
    codes = sorted({one.vat_code for one in bill.lines if one.vat_code})
    if not unset:
        return f"Before VAT, which is added when it is issued (treatment {', '.join(codes)})."
    which = "any line" if len(unset) == len(bill.lines) else ", ".join(unset)
    return (
        f"Before VAT. How {which} is treated is not stated for whoever pays, so it cannot be "
        "issued yet: add it to [[tariff.vat]] in authority.toml."
    )


def due_words(instalment: Instalment) -> str:
    """The due date as it is read, or that it is not known."""
    return long_date(instalment.due) if instalment.due else "date not known"


def _line(line: Line) -> dict[str, Any]:
    return {
        "kind": line.kind.value,
        "quantity": plain_number(line.quantity),
        "unit_pence": line.unit_pence,
        "amount_pence": line.amount_pence,
        "vat_code": line.vat_code,
        "cause": [cause.what for cause in line.cause],
    }


def _instalment(instalment: Instalment) -> dict[str, Any]:
    due = instalment.due.isoformat() if instalment.due else None
    return {"due": due, "amount_pence": instalment.amount_pence}


def _csv_row(bill: Bill, line: Line) -> list[str]:
    return [
        bill.facts.urn,
        bill.facts.name,
        bill.year.period.iso(),
        bill.cases_period.iso(),
        line.kind.value,
        line.what,
        plain_number(line.quantity),
        str(line.unit_pence),
        str(line.amount_pence),
        line.vat_code or "",
        "; ".join(cause.what for cause in line.cause),
    ]


def _table_of(outcome: Outcome) -> str:
    title = f"{outcome.facts.name} ({outcome.facts.urn}), {outcome.year.label}"
    if isinstance(outcome, NotBillable):
        return f"{title}\n  Not billable: {outcome.problem}. {outcome.remedy}"
    rows = [
        f"  {line.what:<62.62} {plain_number(line.quantity):>6} x {pounds(line.unit_pence):>10}"
        f" {pounds(line.amount_pence):>12}"
        for line in outcome.lines
    ]
    rows.append(f"  {'Total':<82} {pounds(outcome.total_pence):>12}")
    rows += [
        f"  {part.what}: {due_words(part)}, {pounds(part.amount_pence)}"
        for part in outcome.instalments
    ]
    rows += [f"  Not charged: {item.what}: {item.reason}" for item in outcome.excluded]
    rows += [f"  Warning: {warning}" for warning in outcome.warnings]
    rows.append(f"  {vat_words(outcome)}")
    return "\n".join([title, *rows])
