"""Bills and documents as a workbook: what they sum to, each line, each cause."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

from linkwork.cells import inert
from linkwork_hub.billing.models import Bill, NotBillable, Outcome

Cell = str | int | float | None


def workbook(outcomes: Sequence[Outcome]) -> bytes:
    """An XLSX of bills: sheets `Schools`, `Lines`, `Causes`, `Not billed`. Money in pounds.

    No text can run as a formula. Causes are case references and dates, never a pupil.
    """
    bills = [one for one in outcomes if isinstance(one, Bill)]
    return _book(
        {
            "Schools": (
                ("URN", "School", "Period", "Cases of", "Method", "Total"),
                (
                    (
                        bill.facts.urn,
                        bill.facts.name,
                        bill.year.period.iso(),
                        bill.cases_period.iso(),
                        bill.method,
                        bill.total_pence / 100,
                    )
                    for bill in bills
                ),
            ),
            "Lines": (
                ("URN", "School", "Kind", "Line", "Quantity", "Price", "Amount", "VAT"),
                (
                    (
                        bill.facts.urn,
                        bill.facts.name,
                        line.kind.value,
                        line.what,
                        float(line.quantity),
                        line.unit_pence / 100,
                        line.amount_pence / 100,
                        line.vat_code,
                    )
                    for bill in bills
                    for line in bill.lines
                ),
            ),
            "Causes": (
                ("URN", "Line", "Cause", "Detail"),
                (
                    (bill.facts.urn, line.what, cause.what, cause.detail)
                    for bill in bills
                    for line in bill.lines
                    for cause in line.cause
                ),
            ),
            "Not billed": (
                ("URN", "School or case", "Reason"),
                _not_billed(outcomes),
            ),
        }
    )


def _not_billed(outcomes: Iterable[Outcome]) -> Iterable[tuple[Cell, ...]]:
    for one in outcomes:
        if isinstance(one, NotBillable):
            yield one.facts.urn, one.facts.name, f"{one.problem}. {one.remedy}"
        else:
            for item in one.excluded:
                yield one.facts.urn, item.what, item.reason


def _book(sheets: dict[str, tuple[Sequence[str], Iterable[Sequence[Cell]]]]) -> bytes:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    for name, (head, rows) in sheets.items():
        sheet = book.create_sheet(name)
        sheet.freeze_panes = "A2"
        sheet.append(list(head))
        for row in rows:
            sheet.append([inert(cell) if isinstance(cell, str) else cell for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
