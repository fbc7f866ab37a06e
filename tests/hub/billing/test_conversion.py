"""A school that becomes an academy in the year: each part by the tariff's rule, a case once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from linkwork_hub.billing.models import Bill, BilledCase, ContractYear, Kind, SchoolFacts
from linkwork_hub.billing.rules import bill, contract_year
from linkwork_hub.billing.tariff import Tariff

School = Callable[..., SchoolFacts]
Case = Callable[..., BilledCase]
JANUARY = date(2026, 1, 1)


@pytest.fixture
def by_days(tariff: Tariff) -> Tariff:
    """Reading's prices, but each part of a year by the type it had."""
    method = tariff.methods[0].model_copy(update={"type_on": "by-days"})
    return tariff.model_copy(update={"methods": (method,)})


@pytest.fixture
def history(school: School) -> list[SchoolFacts]:
    """An LA school until 31 December 2025, an academy with a new URN from 1 January 2026."""
    before = replace(school("LA", 250), from_day=date(2020, 9, 1))
    return [before, replace(before, urn="900101", school_type="academy", from_day=JANUARY)]


def made(
    tariff: Tariff, cases: list[BilledCase], known: list[SchoolFacts], year: ContractYear
) -> Bill:
    outcome = bill(tariff, known[0], cases, [], year, (), known)
    assert isinstance(outcome, Bill), outcome
    return outcome


@pytest.mark.serves("R32")
def test_each_part_of_the_year_is_billed_by_the_type_it_had(
    by_days: Tariff, year: ContractYear, history: list[SchoolFacts]
) -> None:
    base = [line for line in made(by_days, [], history, year).lines if line.kind is Kind.BASE]
    # 275 days at £800 a year, 90 at £1,000.
    assert [line.amount_pence for line in base] == [60274, 24658]
    assert "275 of 365 days" in base[0].what
    assert "URN 900101, 1 January 2026 to 31 March 2026" in base[1].cause[1].detail


def test_under_the_printed_rule_the_type_of_the_tariffs_date_holds_all_year(
    tariff: Tariff, year: ContractYear, history: list[SchoolFacts]
) -> None:
    base = [line for line in made(tariff, [], history, year).lines if line.kind is Kind.BASE]
    assert [line.amount_pence for line in base] == [80000]


def test_a_case_open_over_the_conversion_is_counted_once(
    by_days: Tariff, history: list[SchoolFacts], a_case: Case
) -> None:
    later = contract_year(by_days, "2026-27")
    cases = [
        a_case("A-as-LA", "2025-10-01", "2025-11-01"),
        a_case("B-over", "2025-12-01", "2026-02-01"),
        a_case("C-as-academy", "2026-02-01"),
    ]
    lines = [line for line in made(by_days, cases, history, later).lines if line.kind is Kind.CASES]
    assert [(int(line.quantity), line.unit_pence) for line in lines] == [(2, 18000), (1, 20000)]
    refs = [cause.what for line in lines for cause in line.cause]
    assert sorted(refs) == ["A-as-LA", "B-over", "C-as-academy"]
