"""After any history the ledger is the bill, to the penny, and the past is never edited."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledgers import whole_tariff

from linkwork_hub.billing.days import Order, Share, extras_for
from linkwork_hub.billing.demands import School, owed, plan, units, vat_pence
from linkwork_hub.billing.ledger import Charge, Customer, Draft, Payer
from linkwork_hub.billing.models import Bill, BilledCase, Extra, Kind, SchoolFacts
from linkwork_hub.billing.rules import bill, contract_year
from linkwork_hub.billing.shares import first_row_absorbs, largest_remainder, odd_to_the_first
from linkwork_hub.billing.tariff import Tariff

YEAR = contract_year(whole_tariff("reading"), "2025-26")
ENDS = (date(2025, 7, 22), date(2025, 12, 19))
DAYS = (date(2025, 4, 1), date(2025, 7, 22), date(2025, 12, 19), date(2026, 3, 31))
CUSTOMERS = [Customer(f"C{n}", f"Customer {n}", "trust") for n in range(3)]


def odd_prices(base: int, case: int) -> Tariff:
    """Reading's shape with prices that do not halve."""
    tariff = whole_tariff("reading")
    method = tariff.methods[0]
    bands = tuple(band.model_copy(update={"pence": base}) for band in method.bands)
    prices = dict.fromkeys(method.per_case, case)
    method = method.model_copy(update={"bands": bands, "per_case": prices})
    return tariff.model_copy(update={"methods": (method,)})


def case(number: int, *, void: bool = False) -> BilledCase:
    return BilledCase(f"RDG-{number:03}", date(2025, 2, 3), None, void)


def billed(tariff: Tariff, cases: dict[int, bool], extras: list[Extra]) -> Bill:
    facts = SchoolFacts("sch_1", "900001", "Oak Lane", "LA", 300, date(2024, 10, 3))
    known = [case(number, void=void) for number, void in cases.items()]
    made = bill(tariff, facts, known, ENDS, YEAR, extras)
    assert isinstance(made, Bill)
    return made


def written(drafts: tuple[Draft, ...], before: int) -> list[Charge]:
    """The charges of these documents, as the ledger would keep them."""
    return [
        replace(charge, document_id=f"doc_{before}_{number}")
        for number, draft in enumerate(drafts)
        for charge in draft.charges
    ]


COST = st.tuples(st.sampled_from(DAYS), st.integers(-20_000, 20_000).filter(bool))
STEP = st.one_of(
    st.tuples(st.just("case"), st.integers(0, 6)),
    st.tuples(st.just("void"), st.integers(0, 6)),
    st.tuples(st.just("cost"), COST),
    st.tuples(st.just("payers"), st.lists(st.integers(1, 5), min_size=1, max_size=3)),
    st.tuples(st.just("issue"), st.sampled_from(DAYS)),
)


@given(st.lists(STEP, max_size=14), st.integers(1, 100_001), st.integers(1, 20_001))
def test_after_any_history_the_ledger_equals_what_is_due_and_an_issue_again_does_nothing(
    steps: list[tuple[str, Any]], base: int, price: int
) -> None:
    tariff = odd_prices(base, price)
    cases: dict[int, bool] = {}
    extras: list[Extra] = []
    payers = [Payer(CUSTOMERS[0])]
    booked: list[Charge] = []
    documents: list[Draft] = []
    for name, value in [*steps, ("issue", DAYS[-1])]:
        if name == "case":
            cases.setdefault(value, False)
        elif name == "void" and value in cases:
            cases[value] = True
        elif name == "cost":
            day, pence = value
            kind = Kind.CREDIT if pence < 0 else Kind.ADHOC
            extras.append(Extra(f"chg_{len(extras)}", day, kind, "x", Decimal(1), pence))
        elif name == "payers":
            payers = [Payer(c, share) for c, share in zip(CUSTOMERS, value, strict=False)]
        elif name == "issue":
            past = list(booked)
            made = billed(tariff, cases, extras)
            school = School(made, {date.min: payers}, tuple(booked))
            found = plan(tariff, [school], up_to=value, today=value)
            assert found.problems == ()
            booked += written(found.drafts, len(documents))
            documents += found.drafts
            assert booked[: len(past)] == past
            school = replace(school, booked=tuple(booked))
            again = plan(tariff, [school], up_to=value, today=value)
            assert again.drafts == ()
    made = billed(tariff, cases, extras)
    assert sum(one.amount_pence for one in booked) == made.total_pence
    assert sum(draft.net_pence for draft in documents) == made.total_pence
    for part in made.instalments:
        assert sum(c.amount_pence for c in booked if c.part == part.key) == part.amount_pence
    for draft in documents:
        assert (draft.kind.value == "credit") == (draft.net_pence < 0)


@given(st.lists(st.integers(0, 6)), st.integers(0, 100_001), st.integers(0, 20_001))
def test_the_parts_of_every_cause_add_up_to_the_bill_and_to_its_instalments(
    numbers: list[int], base: int, price: int
) -> None:
    made = billed(odd_prices(base, price), dict.fromkeys(numbers, False), [])
    found = owed(made)
    assert sum(one.amount_pence for one in found) == made.total_pence
    for part in made.instalments:
        assert sum(o.amount_pence for o in found if o.part == part.key) == part.amount_pence
    for line in made.lines:
        assert sum(unit.amount_pence for unit in units(line)) == line.amount_pence


def test_one_more_case_changes_no_other_cases_part() -> None:
    tariff = odd_prices(80001, 18001)
    before = {(o.unit, o.part): o.amount_pence for o in owed(billed(tariff, {1: False}, []))}
    both = {1: False, 0: False}
    after = {(o.unit, o.part): o.amount_pence for o in owed(billed(tariff, both, []))}
    assert {key: after[key] for key in before if key[0] != "base"} == {
        key: pence for key, pence in before.items() if key[0] != "base"
    }


@given(st.integers(-(10**9), 10**9), st.lists(st.integers(0, 1000), min_size=1, max_size=9))
def test_the_largest_remainder_divides_whole_pence_without_losing_one(
    total: int, weights: list[int]
) -> None:
    if not any(weights):
        with pytest.raises(ValueError, match="not all 0"):
            largest_remainder(total, weights)
        return
    parts = largest_remainder(total, weights)
    assert sum(parts) == total
    exact = [total * weight / sum(weights) for weight in weights]
    assert all(abs(part - ought) < 1.001 for part, ought in zip(parts, exact, strict=True))
    assert all(part == 0 for part, weight in zip(parts, weights, strict=True) if weight == 0)


PERCENTS = st.sampled_from([(50, 50), (34, 33, 33), (100,), (10, 20, 30, 40)])


@given(st.lists(st.integers(-(10**6), 10**6), max_size=12), PERCENTS)
def test_rows_and_columns_of_instalments_add_up(
    amounts: list[int], percents: tuple[int, ...]
) -> None:
    rows = first_row_absorbs(amounts, percents)
    assert [sum(row) for row in rows] == amounts
    if rows:
        columns = tuple(sum(column) for column in zip(*rows, strict=True))
        assert columns == odd_to_the_first(sum(amounts), percents)


@pytest.mark.serves("S40")
@given(st.integers(1, 10**6), st.lists(st.integers(1, 9), min_size=1, max_size=6))
def test_a_shared_order_adds_up_over_its_schools(pence: int, shares: list[int]) -> None:
    schools = tuple(Share(f"sch_{n}", share) for n, share in enumerate(shares))
    order = Order(
        "ord_1", "ewo-day", Kind.DAY, "Day", "day", DAYS[0], Decimal("1.5"), pence, 777, "Travel",
        None, schools,
    )  # fmt: skip
    found = [extra for one in schools for extra in extras_for(order, one.school_id)]
    facts = SchoolFacts("sch_1", "900001", "Oak Lane", "LA", 300)
    made = bill(whole_tariff("southampton"), facts, [], [], YEAR, found)
    assert isinstance(made, Bill)
    assert made.total_pence == order.amount_pence + order.surcharge_pence


@given(st.lists(st.integers(-5000, 5000), max_size=8))
def test_the_vat_of_a_document_is_rounded_once_and_a_credit_mirrors_it(nets: list[int]) -> None:
    charge = Charge("s", "y", "1", "u", "p", Kind.BASE, "", "x", (), 0, "S", 2000)
    charges = [replace(charge, amount_pence=net) for net in nets]
    mirrored = [replace(charge, amount_pence=-net) for net in nets]
    assert vat_pence(charges) == -vat_pence(mirrored)
    assert abs(vat_pence(charges) - sum(nets) / 5) <= 0.5
