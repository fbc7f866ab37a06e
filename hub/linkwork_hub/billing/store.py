"""The SQL of billing: additional costs, and what a bill is made from in the domains below."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import insert, select

from linkwork_hub.access import store as access
from linkwork_hub.access.rules import in_force
from linkwork_hub.billing import rules
from linkwork_hub.billing.models import (
    BilledCase,
    ContractYear,
    Extra,
    Kind,
    NewCost,
    Outcome,
    SchoolFacts,
)
from linkwork_hub.billing.tables import additional_costs as table
from linkwork_hub.billing.tariff import Tariff
from linkwork_hub.cases import store as cases
from linkwork_hub.db import Scope, Tx


def bill_of(scope: Scope, db: Tx, tariff: Tariff, school_id: str, year: ContractYear) -> Outcome:
    """One school's bill for a contract year, from everything the hub holds about it now."""
    method = rules.method_for(tariff, year)
    facts = access.facts_on(scope, db, school_id, rules.tariff_date(method, year))
    period = rules.cases_period(method, year)
    found = cases.cases_open_between(scope, db, school_id, period.first, period.last)
    return rules.bill(
        tariff,
        SchoolFacts(
            school_id=school_id,
            urn=facts.urn,
            name=facts.name,
            school_type=facts.school_type or None,
            roll=facts.roll,
            roll_date=facts.roll_date,
            roll_source="the authority's list of schools",
            from_day=facts.from_day,
        ),
        [BilledCase(case.ref, case.opened, case.closed, case.void) for case in found],
        _term_ends(scope, db, school_id),
        year,
        extras(scope, db, school_id, year),
    )


def bills(scope: Scope, db: Tx, tariff: Tariff, year: ContractYear) -> list[Outcome]:
    """The bill of every school within reach, by name."""
    return [bill_of(scope, db, tariff, school.id, year) for school in access.schools(scope, db)]


def extras(scope: Scope, db: Tx, school_id: str, year: ContractYear) -> list[Extra]:
    """A school's additional costs of a contract year, the earliest first."""
    scope.require(school_id)
    rows = db.all(
        select(table)
        .where(
            table.c.school_id == school_id,
            table.c.day >= year.period.first,
            table.c.day <= year.period.last,
        )
        .order_by(table.c.day, table.c.id)
    )
    return [
        Extra(
            charge_id=row.id,
            day=row.day,
            kind=Kind(row.kind),
            what=db.opened(table.c.what, row.id, row.what) or "",
            quantity=Decimal(row.quantity),
            unit_pence=row.unit_pence,
        )
        for row in rows
    ]


def add_cost(scope: Scope, db: Tx, school_id: str, cost: NewCost, by: str) -> str:
    """Add an additional cost; its id. Raises Refused for a cost that cannot be charged."""
    scope.require(school_id)
    rules.check_cost(cost)
    ident = db.new_id("chg")
    db.execute(
        insert(table),
        {
            "id": ident,
            "school_id": school_id,
            "day": cost.day,
            "kind": cost.kind.value,
            "what": db.sealed(table.c.what, ident, cost.what.strip()),
            "quantity": str(cost.quantity),
            "unit_pence": cost.unit_pence,
            "added_by": by,
            "added": db.now,
        },
    )
    return ident


def _term_ends(scope: Scope, db: Tx, school_id: str) -> list[date]:
    """The last days of the terms that hold for a school."""
    terms = in_force(access.terms(scope, db, school_id), school_id)
    return [term.last for term in terms if term.kind == "term"]
