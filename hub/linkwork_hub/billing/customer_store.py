"""The SQL of customers: who they are from a day on, and who pays for a school from a day on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import func, insert, select

from linkwork.errors import Refused
from linkwork_hub.access.models import SchoolFacts
from linkwork_hub.billing.ledger import Customer, Payer
from linkwork_hub.billing.tables import customers as table
from linkwork_hub.billing.tables import payers as payer_table
from linkwork_hub.db import Scope, Tx

#: What the reference of a school that pays for itself begins with; no other may.
OWN = "school:"


def add_customer(scope: Scope, db: Tx, customer: Customer, from_day: date, by: str) -> None:
    """Say what is true of a customer from a day on; what held before stays known."""
    if customer.ref.startswith(OWN):
        raise Refused(f"A customer's reference does not begin with {OWN!r}: choose another.")
    col = table.c
    same = (col.ref == customer.ref) & (col.from_day == from_day)
    version = db.execute(select(func.count()).select_from(table).where(same)).scalar_one()
    db.execute(
        insert(table),
        {
            "ref": customer.ref,
            "from_day": from_day,
            "version": version,
            "name": customer.name,
            "kind": customer.kind,
            "purchase_order": customer.purchase_order,
            "cost_centre": customer.cost_centre,
            "subjective": customer.subjective,
            "added_by": by,
            "added": db.now,
        },
    )


def set_payers(
    scope: Scope, db: Tx, school_id: str, shares: Sequence[tuple[str, int]], from_day: date, by: str
) -> None:
    """Say who pays for a school from a day on: (customer's reference, share) each."""
    scope.require(school_id)
    if not shares or any(share <= 0 for _ref, share in shares):
        raise Refused("Each payer has a share above nothing.")
    col = payer_table.c
    same = (col.school_id == school_id) & (col.from_day == from_day)
    newest = db.execute(select(func.max(col.version)).where(same)).scalar_one()
    version = 0 if newest is None else newest + 1
    rows = [
        {
            "school_id": school_id,
            "from_day": from_day,
            "version": version,
            "ref": ref,
            "share": share,
            "added_by": by,
            "added": db.now,
        }
        for ref, share in shares
    ]
    db.execute(insert(payer_table), rows)


def customers(scope: Scope, db: Tx, day: date) -> dict[str, Customer]:
    """Every customer as on a day, by reference; of the earliest known where none had begun."""
    made: dict[str, Customer] = {}
    for row in db.all(select(table).order_by(table.c.ref, table.c.from_day, table.c.version)):
        if row.ref not in made or row.from_day <= day:
            made[row.ref] = Customer(
                row.ref, row.name, row.kind, row.purchase_order, row.cost_centre, row.subjective
            )
    return made


def payers(
    scope: Scope, db: Tx, facts: Mapping[str, Sequence[SchoolFacts]], day: date
) -> dict[str, dict[date, list[Payer]]]:
    """For each school the payers from each day on; without any the school pays for itself.

    `facts` are each school's dated facts, `day` that on which customers are looked up. A school
    that pays for itself is a customer of its own type, which a conversion changes.
    """
    known = customers(scope, db, day)
    made: dict[str, dict[date, list[Payer]]] = {}
    for school_id, dated in facts.items():
        made[school_id] = {
            one.from_day: [Payer(_own_customer(school_id, one, known))] for one in dated
        }
        made[school_id][date.min] = [Payer(_own_customer(school_id, dated[0], known))]
    col = payer_table.c
    rows = db.all(
        select(payer_table)
        .where(scope.where(col.school_id))
        .order_by(col.school_id, col.from_day, col.version, col.ref)
    )
    newest = {(row.school_id, row.from_day): row.version for row in rows}
    begun: dict[str, date] = {}
    for row in rows:
        if row.school_id not in made or newest[row.school_id, row.from_day] != row.version:
            continue
        own = made[row.school_id]
        if begun.get(row.school_id) != row.from_day:
            begun[row.school_id] = row.from_day
            # From here on those who were named pay; later facts of the school change nothing.
            for later in [day for day in own if day >= row.from_day]:
                del own[later]
            own[row.from_day] = []
        own[row.from_day].append(Payer(known[row.ref], row.share))
    return made


def _own_customer(school_id: str, facts: SchoolFacts, known: Mapping[str, Customer]) -> Customer:
    """The school as its own customer; a customer with its URN as reference adds the details."""
    told = known.get(facts.urn)
    kind = told.kind if told and told.kind else facts.school_type
    return Customer(
        f"{OWN}{school_id}",
        facts.name,
        kind,
        told.purchase_order if told else "",
        told.cost_centre if told else "",
        told.subjective if told else "",
    )
