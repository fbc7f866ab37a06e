"""Importing customers and who pays for which school: checked first, then whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from itertools import groupby
from pathlib import Path

from linkwork_hub.access import store as access
from linkwork_hub.access.csv_files import CsvRow, read_csv
from linkwork_hub.access.import_plan import Plan, Reading, Step, make_plan
from linkwork_hub.billing import customer_store
from linkwork_hub.billing.ledger import Customer
from linkwork_hub.billing.tariff import Tariff
from linkwork_hub.db import Scope, Tx

NEEDED = ("customer", "name", "kind", "from")
OPTIONAL = ("purchase_order", "cost_centre", "subjective", "urn", "share")


def plan_customers(tariff: Tariff, by: str) -> Callable[[Scope, Tx, Path], Plan]:
    """A planner of a file of customers: one row each, or one for each school a customer pays for.

    `kind` is one of the tariff's; `urn` and `share` say for which school, with which part.
    """

    def plan(scope: Scope, db: Tx, path: Path) -> Plan:
        rows = read_csv(path, NEEDED, OPTIONAL)
        paid: list[tuple[str, date, str, int]] = []
        told: dict[tuple[str, date], tuple[int, Customer]] = {}

        def one(row: CsvRow) -> list[Step]:
            reading = Reading()
            from_day = reading.part(lambda: row.needed_day("from"), date.min)
            customer = reading.part(lambda: _customer(row, tariff), None)
            payer = reading.part(lambda: _payer(scope, db, row), None)
            reading.part(lambda: _same_again(row, customer, from_day, told), None)
            reading.done()
            if payer is not None and customer is not None:
                if any(known[:3] == (payer[0], from_day, customer.ref) for known in paid):
                    told_twice = f"{customer.ref} pays for this school in two rows"
                    raise row.wrong("urn", told_twice, "Keep one row, with the whole share")
                paid.append((payer[0], from_day, customer.ref, payer[1]))
            return []

        made = make_plan(rows, one)
        steps = [
            Step(f"{c.ref} {c.name} from {day.isoformat()}", _adder(c, day, by))
            for (_ref, day), (_row, c) in told.items()
        ]
        for (school, day), group in groupby(sorted(paid), lambda p: (p[0], p[1])):
            shares = [(ref, share) for _school, _day, ref, share in group]
            steps.append(Step(f"{len(shares)} paying from {day}", _setter(school, day, shares, by)))
        return Plan(tuple(steps), made.problems)

    return plan


def _customer(row: CsvRow, tariff: Tariff) -> Customer:
    return Customer(
        ref=row.needed("customer", "the customer's reference"),
        name=row.needed("name", "the customer's name"),
        kind=row.one_of("kind", [one.kind for one in tariff.customers]),
        purchase_order=row.text("purchase_order"),
        cost_centre=row.text("cost_centre"),
        subjective=row.text("subjective"),
    )


def _payer(scope: Scope, db: Tx, row: CsvRow) -> tuple[str, int] | None:
    urn, share = row.text("urn"), row.text("share")
    if not urn:
        if share:
            raise row.wrong("urn", "a share without a school", "Write the school's URN")
        return None
    school = access.school_by_urn(scope, db, urn)
    if school is None:
        raise row.wrong("urn", f"no school has URN {urn}", "Import schools first")
    if share and not (share.isascii() and share.isdigit() and 0 < int(share) <= 1_000_000):
        raise row.wrong("share", f"{share!r} is no share", "Write a whole number above 0")
    return school.id, int(share or 1)


def _same_again(
    row: CsvRow,
    customer: Customer | None,
    day: date,
    told: dict[tuple[str, date], tuple[int, Customer]],
) -> None:
    if customer is None:
        return
    number, before = told.setdefault((customer.ref, day), (row.number, customer))
    if before != customer:
        raise row.wrong(
            "customer",
            f"row {number} says something else of {customer.ref} from the same day",
            "Say the same in both rows",
        )


def _adder(customer: Customer, day: date, by: str) -> Callable[[Scope, Tx], None]:
    return lambda scope, db: customer_store.add_customer(scope, db, customer, day, by)


def _setter(
    school: str, day: date, shares: Sequence[tuple[str, int]], by: str
) -> Callable[[Scope, Tx], None]:
    return lambda scope, db: customer_store.set_payers(scope, db, school, shares, day, by)
