"""The SQL of billing: additional costs, and what a bill is made from in the domains below."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import insert, select

from linkwork_hub.access import models as access_models
from linkwork_hub.access import store as access
from linkwork_hub.access.rules import facts_in_force
from linkwork_hub.billing import customer_store, order_store, rules
from linkwork_hub.billing.days import Order, extras_for
from linkwork_hub.billing.demands import with_vat
from linkwork_hub.billing.forecast import Forecast, forecast
from linkwork_hub.billing.models import (
    Bill,
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
    facts = {school_id: access.all_facts(scope, db, school_id)}
    return _bills(scope, db, tariff, year, facts)[school_id]


def bills(scope: Scope, db: Tx, tariff: Tariff, year: ContractYear) -> list[Outcome]:
    """The bill of every school within reach, by name."""
    facts = access.every_fact(scope, db)
    made = _bills(scope, db, tariff, year, facts)
    names = {key: facts_in_force(dated, db.today).name.casefold() for key, dated in facts.items()}
    return [made[key] for key in sorted(made, key=lambda key: (names[key], key))]


def _bills(
    scope: Scope,
    db: Tx,
    tariff: Tariff,
    year: ContractYear,
    facts: dict[str, list[access_models.SchoolFacts]],
) -> dict[str, Outcome]:
    """Bills of these schools, with each kind of record read once for all of them."""
    method = rules.method_for(tariff, year)
    day, period = rules.tariff_date(method, year), rules.cases_period(method, year)
    found = cases.billed_between(scope, db, period.first, period.last)
    terms = access.terms_in_force(scope, db, facts)
    added = _extras(scope, db, year, list(facts))
    payers = customer_store.payers(scope, db, facts, db.today) if tariff.vat else {}
    made = {
        school_id: rules.bill(
            tariff,
            _facts(facts_in_force(dated, day)),
            [BilledCase(*case) for case in found.get(school_id, ())],
            [term.last for term in terms[school_id] if term.kind == "term"],
            year,
            added[school_id],
            [_facts(one) for one in dated],
        )
        for school_id, dated in facts.items()
    }
    for school_id, by_day in payers.items():
        one = made[school_id]
        if isinstance(one, Bill):
            kinds = [payer.customer.kind for paying in by_day.values() for payer in paying]
            made[school_id] = with_vat(tariff, one, kinds, db.today)
    return made


def _facts(known: access_models.SchoolFacts) -> SchoolFacts:
    return SchoolFacts(
        school_id=known.school_id,
        urn=known.urn,
        name=known.name,
        school_type=known.school_type or None,
        roll=known.roll,
        roll_date=known.roll_date,
        roll_source="the authority's list of schools",
        from_day=known.from_day,
    )


def extras(scope: Scope, db: Tx, school_id: str, year: ContractYear) -> list[Extra]:
    """A school's additional costs and orders of a contract year, the earliest first."""
    scope.require(school_id)
    return _extras(scope, db, year, [school_id])[school_id]


def _extras(
    scope: Scope, db: Tx, year: ContractYear, school_ids: Sequence[str]
) -> dict[str, list[Extra]]:
    made: dict[str, list[Extra]] = {school_id: [] for school_id in school_ids}
    query = select(table).where(
        scope.where(table.c.school_id),
        table.c.day >= year.period.first,
        table.c.day <= year.period.last,
    )
    if len(school_ids) == 1:
        query = query.where(table.c.school_id == school_ids[0])
    for row in db.all(query):
        extra = Extra(
            charge_id=row.id,
            day=row.day,
            kind=Kind(row.kind),
            what=db.opened(table.c.what, row.id, row.what) or "",
            quantity=Decimal(row.quantity),
            unit_pence=row.unit_pence,
        )
        made[row.school_id].append(extra)
    for order in order_store.orders(scope, db, period=year.period):
        _add_order(made, order)
    return {
        key: sorted(found, key=lambda one: (one.day, one.charge_id)) for key, found in made.items()
    }


def _add_order(made: dict[str, list[Extra]], order: Order) -> None:
    for share in order.shares:
        if share.school_id in made:
            made[share.school_id] += extras_for(order, share.school_id)


def forecasts(scope: Scope, db: Tx, tariff: Tariff, year: ContractYear) -> list[Forecast]:
    """What the cases of a contract year will cost each school, by name, as known today."""
    method = rules.method_for(tariff, year)
    period = rules.cases_period(method, year)
    known = cases.billed_between(scope, db, period.first - timedelta(days=366), period.last)
    made = []
    for school_id, dated in access.every_fact(scope, db).items():
        facts = _facts(facts_in_force(dated, db.today))
        mine = [BilledCase(*case) for case in known.get(school_id, ())]
        one = forecast(tariff, facts, mine, year, db.today)
        made += [one] if one else []
    return sorted(made, key=lambda one: (one.facts.name.casefold(), one.facts.school_id))


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
