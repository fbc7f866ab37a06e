"""Bills from what the hub holds: dated facts, cases, terms, additional costs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from linkwork.errors import NotAllowed, Refused
from linkwork_hub.access import store as access
from linkwork_hub.access.models import SchoolFacts, Term
from linkwork_hub.billing import store
from linkwork_hub.billing.models import Bill, ContractYear, Kind, NewCost, NotBillable, Outcome
from linkwork_hub.billing.rules import contract_year
from linkwork_hub.billing.tariff import Tariff
from linkwork_hub.cases import store as cases
from linkwork_hub.db import Database, Role, Scope, Tx

SYSTEM = Scope.system()
FACTS = SchoolFacts(
    school_id="",
    from_day=date(2020, 9, 1),
    urn="900001",
    name="Oak Lane Primary School",
    school_type="LA",
    phase="primary",
    roll=300,
    roll_date=date(2025, 1, 16),
)
COST = NewCost(date(2025, 11, 4), Kind.ADHOC, "An assembly", Decimal("1.50"), 3333)


def billed(outcome: Outcome) -> Bill:
    assert isinstance(outcome, Bill), outcome
    return outcome


def add_case(db: Tx, school_id: str, ref: str, opened: date, closed: date | None = None) -> None:
    cases.add_imported(SYSTEM, db, school_id, ref, opened, closed)


def test_a_bill_is_made_from_the_roll_the_cases_and_the_terms_that_are_held(
    database: Database, tariff: Tariff, year: ContractYear
) -> None:
    with database.write() as db:
        school = access.add_school(SYSTEM, db, FACTS)
        access.add_term(
            SYSTEM, db, Term("", "Summer 2025", "term", date(2025, 4, 22), date(2025, 7, 22))
        )
        access.add_term(
            SYSTEM, db, Term("", "Autumn 2025", "term", date(2025, 9, 2), date(2025, 12, 19))
        )
        access.add_term(
            SYSTEM,
            db,
            Term("", "Autumn 2025", "term", date(2025, 9, 2), date(2025, 12, 17), school),
        )
        add_case(db, school, "OLD-1", date(2024, 1, 1), date(2024, 8, 31))
        add_case(db, school, "OLD-2", date(2024, 1, 1), date(2024, 9, 1))
        add_case(db, school, "NEW-1", date(2025, 9, 1))
        made = billed(store.bill_of(SYSTEM, db, tariff, school, year))
    assert [line.amount_pence for line in made.lines] == [80000, 18000]
    assert [cause.what for cause in made.lines[1].cause] == ["OLD-2"]
    # The school ends its autumn term two days before the others.
    assert [(part.due, part.amount_pence) for part in made.instalments] == [
        (date(2025, 7, 22), 49000),
        (date(2025, 12, 17), 49000),
    ]


def test_a_schools_own_term_of_another_year_leaves_the_due_date_of_this_one(
    database: Database, tariff: Tariff, year: ContractYear
) -> None:
    with database.write() as db:
        school = access.add_school(SYSTEM, db, FACTS)
        for first, last, owner in (
            (date(2025, 9, 2), date(2025, 12, 19), None),
            (date(2024, 9, 4), date(2024, 12, 18), school),
        ):
            access.add_term(SYSTEM, db, Term("", "Autumn", "term", first, last, owner))
        made = billed(store.bill_of(SYSTEM, db, tariff, school, year))
    assert made.instalments[1].due == date(2025, 12, 19)


def test_a_count_later_than_the_tariffs_date_is_billed_with_a_warning_until_the_older_one_is_held(
    database: Database, tariff: Tariff, year: ContractYear
) -> None:
    counted = date(2025, 10, 2)
    with database.write() as db:
        school = access.add_school(
            SYSTEM, db, replace(FACTS, from_day=counted, roll_date=counted, roll=320)
        )
        late = billed(store.bill_of(SYSTEM, db, tariff, school, year))
        older = replace(FACTS, from_day=date(2025, 1, 16))
        access.put_facts(SYSTEM, db, school, older)
        right = billed(store.bill_of(SYSTEM, db, tariff, school, year))
    assert late.warnings[0].startswith("320 on roll and type LA are those counted 2 October 2025")
    assert "for 1 April 2025, the tariff's date" in late.warnings[0]
    assert not any("on roll" in warning for warning in right.warnings)


@pytest.mark.serves("R32")
def test_an_academy_conversion_changes_the_type_from_its_day_and_loses_no_case(
    database: Database, tariff: Tariff
) -> None:
    academy = replace(
        FACTS, from_day=date(2026, 1, 1), urn="900101", school_type="academy", roll=301
    )
    with database.write() as db:
        school = access.add_school(SYSTEM, db, FACTS)
        access.put_facts(SYSTEM, db, school, academy)
        add_case(db, school, "BEFORE", date(2025, 2, 1), date(2025, 3, 1))
        add_case(db, school, "OVER", date(2025, 7, 1))
        before, after = (
            billed(store.bill_of(SYSTEM, db, tariff, school, contract_year(tariff, label)))
            for label in ("2025-26", "2026-27")
        )
    assert (before.facts.urn, before.lines[0].amount_pence) == ("900001", 80000)
    assert (after.facts.urn, after.lines[0].amount_pence) == ("900101", 120000)
    assert (before.lines[1].unit_pence, after.lines[1].unit_pence) == (18000, 20000)
    assert [cause.what for cause in before.lines[1].cause] == ["BEFORE", "OVER"]
    assert [cause.what for cause in after.lines[1].cause] == ["OVER"]


def test_a_case_made_void_leaves_the_bill_and_is_named(
    database: Database, tariff: Tariff, year: ContractYear
) -> None:
    with database.write() as db:
        school = access.add_school(SYSTEM, db, FACTS)
        add_case(db, school, "WRONG", date(2025, 2, 1))
        wrong = cases.case_by_ref(SYSTEM, db, "WRONG")
        assert wrong is not None
        cases.void(SYSTEM, db, wrong, "A. Manager", "opened at the wrong school")
        made = billed(store.bill_of(SYSTEM, db, tariff, school, year))
    assert made.lines[1].quantity == Decimal(0)
    assert [item.what for item in made.excluded] == ["WRONG"]


def test_one_school_without_a_roll_keeps_no_other_from_its_bill(
    database: Database, tariff: Tariff, year: ContractYear
) -> None:
    with database.write() as db:
        access.add_school(SYSTEM, db, replace(FACTS, urn="900002", name="Ash", roll=None))
        access.add_school(SYSTEM, db, FACTS)
        ash, oak = store.bills(SYSTEM, db, tariff, year)
    assert isinstance(ash, NotBillable)
    assert "Fill roll" in ash.remedy
    assert billed(oak).total_pence == 80000


@pytest.mark.serves("R38")
def test_an_additional_cost_is_kept_exactly_and_billed_in_its_own_year(
    database: Database, tariff: Tariff, year: ContractYear
) -> None:
    with database.write() as db:
        school = access.add_school(SYSTEM, db, FACTS)
        ident = store.add_cost(SYSTEM, db, school, COST, "F. Clerk")
        store.add_cost(SYSTEM, db, school, replace(COST, day=date(2026, 4, 1)), "F. Clerk")
    with database.read() as db:
        made = billed(store.bill_of(SYSTEM, db, tariff, school, year))
    assert [(line.kind, line.amount_pence) for line in made.lines[2:]] == [(Kind.ADHOC, 5000)]
    assert made.lines[2].cause[0].what == ident
    assert made.instalments[-1].due == date(2026, 3, 31)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"what": "  "}, "what the cost is for"),
        ({"quantity": Decimal(0)}, "more than nothing"),
        ({"unit_pence": -1}, "only for a credit"),
        ({"unit_pence": 0}, "more than nothing"),
        ({"kind": Kind.CREDIT}, "only for a credit"),
        ({"kind": Kind.BASE}, "part of the annual bill"),
        ({"kind": Kind.CASES}, "part of the annual bill"),
    ],
)
def test_a_cost_that_cannot_be_charged_is_refused(
    sqlite_database: Database, change: dict[str, Any], words: str
) -> None:
    with sqlite_database.write() as db:
        school = access.add_school(SYSTEM, db, FACTS)
        with pytest.raises(Refused, match=words):
            store.add_cost(SYSTEM, db, school, replace(COST, **change), "F. Clerk")


def test_a_school_sees_its_own_bill_and_no_other(
    database: Database, tariff: Tariff, year: ContractYear
) -> None:
    with database.write() as db:
        mine = access.add_school(SYSTEM, db, FACTS)
        other = access.add_school(SYSTEM, db, replace(FACTS, urn="900002", name="Ash"))
        scope = Scope(Role.SCHOOL, "per_1", frozenset({mine}))
        assert [outcome.facts.school_id for outcome in store.bills(scope, db, tariff, year)] == [
            mine
        ]
        with pytest.raises(NotAllowed):
            store.bill_of(scope, db, tariff, other, year)
        with pytest.raises(NotAllowed):
            store.add_cost(scope, db, other, COST, "S. Clerk")
