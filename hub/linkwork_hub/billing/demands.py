"""From bills and the ledger to documents: what is owed by now, less what was asked already.

One function makes the preview and the issue. It compares; it never edits: what was asked too much
comes back as a credit, what was asked too little is asked once more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby

from linkwork_hub.billing.ledger import Charge, Customer, DocumentKind, Draft, Owed, Payer, Plan
from linkwork_hub.billing.models import Bill, Cause, Kind, Line
from linkwork_hub.billing.price_book import vat_of
from linkwork_hub.billing.shares import first_row_absorbs, largest_remainder
from linkwork_hub.billing.tariff import Tariff


@dataclass(frozen=True)
class Unit:
    """What a line is made of: one case, or the line itself."""

    key: str
    cause: tuple[Cause, ...]
    amount_pence: int
    line: Line


def units(line: Line) -> list[Unit]:
    """A line's causes that are charged one by one; together they are the line's amount."""
    if line.kind is Kind.CASES:
        return [Unit(f"case:{c.what}", (c,), line.unit_pence, line) for c in line.cause]
    return [Unit(line.key, line.cause, line.amount_pence, line)]


def owed(bill: Bill) -> list[Owed]:
    """Every part of every cause of a bill; they add up to the bill and to its instalments."""
    annual = [unit for line in bill.lines if line.day is None for unit in units(line)]
    added = [unit for line in bill.lines if line.day is not None for unit in units(line)]
    parts = [part for part in bill.instalments if part.percent is not None]
    rows = first_row_absorbs(
        [unit.amount_pence for unit in annual], [part.percent or 0 for part in parts]
    )
    found = []
    for unit, amounts in zip(annual, rows if parts else [], strict=bool(parts)):
        for part, amount in zip(parts, amounts, strict=True):
            found.append(_owed(bill, unit, part.key, part.what, part.due, amount))
    for unit in added:
        day = unit.line.day.isoformat() if unit.line.day else ""
        part = next(p for p in bill.instalments if p.key in {"additional", day})
        found.append(_owed(bill, unit, part.key, part.what, part.due, unit.amount_pence))
    return [one for one in found if one.amount_pence]


def _owed(bill: Bill, unit: Unit, part: str, name: str, due: date | None, pence: int) -> Owed:
    line = unit.line
    return Owed(
        school_id=bill.facts.school_id,
        part=part,
        part_name=name,
        due=due,
        unit=unit.key,
        kind=line.kind,
        item=line.item,
        what=line.what,
        cause=unit.cause,
        amount_pence=pence,
    )


@dataclass(frozen=True)
class School:
    """What is asked about one school: its bill, who pays on a day, what stands in the ledger."""

    bill: Bill
    payers: Mapping[date, Sequence[Payer]]
    booked: Sequence[Charge]

    def payers_on(self, day: date) -> Sequence[Payer]:
        """Who pays on a day; of the earliest known before the first."""
        begun = [start for start in self.payers if start <= day] or [min(self.payers)]
        return self.payers[max(begun)]


def plan(tariff: Tariff, schools: Iterable[School], *, up_to: date, today: date) -> Plan:
    """The documents that make the ledger equal to the bills, for all that is due by `up_to`.

    A part that was asked once is looked at again each time, whatever its date. Problems name each
    line without a VAT treatment and each customer whose kind the tariff does not describe; with
    any, nothing may be issued. Nothing is left to do when nothing changed since the last issue.
    """
    changes: list[_Change] = []
    for school in schools:
        changes += _changes(school, up_to)
    problems: dict[str, None] = {}
    treated = [_with_vat(tariff, change, today, problems) for change in changes]
    drafts = [
        _draft(tariff, list(group), today)
        for _key, group in groupby(sorted(treated, key=_document_key), _document_key)
    ]
    return Plan(tuple(drafts), tuple(problems))


@dataclass(frozen=True)
class _Change:
    charge: Charge
    customer: Customer
    part_name: str
    due: date
    corrects: str | None


def _changes(school: School, up_to: date) -> list[_Change]:
    booked: dict[tuple[str, str, str, str], list[Charge]] = {}
    for charge in school.booked:
        booked.setdefault(charge.key, []).append(charge)
    # The first document of a part for a payer is the one that later ones correct.
    asked = {(c.part, c.payer): c.document_id for c in reversed(school.booked)}
    parts = {part for part, _payer in asked}
    wanted = _wanted(school, up_to, parts)
    found = []
    for key, (charge, customer, name, due) in wanted.items():
        before = booked.get(key, [])
        rest = charge.amount_pence - sum(c.amount_pence for c in before)
        if before and sum(c.amount_pence for c in before):
            # More or less of the same thing is treated as it was; a new start is looked up anew.
            charge = replace(charge, vat_code=before[0].vat_code, vat_rate=before[0].vat_rate)
        if rest:
            corrects = asked.get((charge.part, charge.payer))
            found.append(_Change(replace(charge, amount_pence=rest), customer, name, due, corrects))
    for key in booked.keys() - wanted.keys():
        rest = -sum(c.amount_pence for c in booked[key])
        if rest:
            found.append(_taken_back(school, booked[key][0], rest, up_to))
    return found


def _wanted(
    school: School, up_to: date, parts: set[str]
) -> dict[tuple[str, str, str, str], tuple[Charge, Customer, str, date]]:
    wanted = {}
    for one in owed(school.bill):
        due = one.due or up_to
        if one.part not in parts and (one.due is None or one.due > up_to):
            continue
        payers = school.payers_on(due)
        amounts = largest_remainder(one.amount_pence, [payer.share for payer in payers])
        for payer, amount in zip(payers, amounts, strict=True):
            charge = Charge(
                school_id=one.school_id,
                year=school.bill.year.label,
                part=one.part,
                unit=one.unit,
                payer=payer.customer.ref,
                kind=one.kind,
                item=one.item,
                what=one.what,
                cause=one.cause,
                amount_pence=amount,
                vat_code=None,
                vat_rate=0,
            )
            wanted[charge.key] = charge, payer.customer, one.part_name, due
    return wanted


def _taken_back(school: School, first: Charge, rest: int, up_to: date) -> _Change:
    """A charge that the bill no longer knows: given back, with the reason where there is one."""
    reasons = {item.what: item.reason for item in school.bill.excluded}
    cause = tuple(
        Cause(one.what, reasons.get(one.what, "no longer charged")) for one in first.cause
    )
    known = [payer.customer for payers in school.payers.values() for payer in payers]
    customer = next((one for one in known if one.ref == first.payer), None)
    customer = customer or Customer(first.payer, first.payer, "")
    name = next((p.what for p in school.bill.instalments if p.key == first.part), first.part)
    charge = replace(first, amount_pence=rest, cause=cause, document_id="")
    return _Change(charge, customer, name, up_to, first.document_id)


def _with_vat(tariff: Tariff, change: _Change, today: date, problems: dict[str, None]) -> _Change:
    """The change with its VAT treatment: a stated one, or that of the charge it takes back."""
    charge, customer = change.charge, change.customer
    if charge.vat_code is not None:
        return change
    if tariff.customer_kind(customer.kind) is None:
        problems[
            f"{customer.name} is a customer of kind {customer.kind or 'not recorded'!r}, which "
            "[[tariff.customers]] does not describe. Add it there, or correct the customer"
        ] = None
        return change
    names = tuple(name for name in (charge.item, charge.kind.value) if name)
    stated = vat_of(tariff.vat, names, customer.kind, today)
    if stated is None:
        problems[
            f"No VAT treatment is stated for {names[0]} to customers of kind {customer.kind}. Add "
            "it to [[tariff.vat]] in authority.toml: there is no default"
        ] = None
        return change
    return replace(change, charge=replace(charge, vat_code=stated.code, vat_rate=stated.rate))


def _document_key(change: _Change) -> tuple[str, ...]:
    """What stands on one document: one payer, one part, one day due, one document corrected."""
    back = change.corrects is not None and change.charge.amount_pence < 0
    return (
        change.customer.ref,
        change.charge.part,
        change.due.isoformat() if change.corrects is None else "",
        change.corrects or "",
        "back" if back else "",
    )


def _draft(tariff: Tariff, changes: list[_Change], today: date) -> Draft:
    first = changes[0]
    charges = tuple(
        change.charge
        for change in sorted(changes, key=lambda c: (c.charge.school_id, *_order(c.charge)))
    )
    kind = tariff.customer_kind(first.customer.kind)
    net = sum(charge.amount_pence for charge in charges)
    settle = DocumentKind(kind.settle) if kind else DocumentKind.INVOICE
    return Draft(
        kind=settle if net >= 0 else DocumentKind.CREDIT,
        customer=first.customer,
        year=first.charge.year,
        part=first.charge.part,
        what=first.part_name,
        issued=today,
        due=today + timedelta(days=kind.terms_days if kind else 0),
        charges=charges,
        corrects=first.corrects,
    )


def _order(charge: Charge) -> tuple[int, str]:
    return list(Kind).index(charge.kind), charge.unit


def with_vat(tariff: Tariff, bill: Bill, kinds: Iterable[str], day: date) -> Bill:
    """The bill with the VAT code of each line, where one is stated and the same for all payers.

    `kinds` are those of the customers who pay; a line without a code is refused at the issue.
    """
    asked = sorted(set(kinds))

    def code(line: Line) -> str | None:
        names = tuple(name for name in (line.item, line.kind.value) if name)
        found = {vat_of(tariff.vat, names, kind, day) for kind in asked}
        stated = {one.code for one in found if one is not None}
        return stated.pop() if len(stated) == 1 and None not in found else None

    if not tariff.vat:
        return bill
    return replace(bill, lines=tuple(replace(one, vat_code=code(one)) for one in bill.lines))


def vat_pence(charges: Iterable[Charge]) -> int:
    """The VAT of a document: of each code's net sum at its rate, rounded half up once."""
    nets: dict[tuple[str, int], int] = {}
    for charge in charges:
        key = (charge.vat_code or "", charge.vat_rate)
        nets[key] = nets.get(key, 0) + charge.amount_pence
    return sum(
        int((Decimal(net) * rate / 10_000).quantize(Decimal(1), ROUND_HALF_UP))
        for (_code, rate), net in nets.items()
    )
