"""Reading's bill, line by line, at every boundary of its tariff."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkwork.errors import WrongUse
from linkwork_hub.billing.models import (
    Bill,
    BilledCase,
    ContractYear,
    Extra,
    Kind,
    NotBillable,
    Outcome,
    SchoolFacts,
)
from linkwork_hub.billing.rules import (
    bill,
    cases_period,
    contract_year,
    contract_year_of,
    later_facts,
    split,
)
from linkwork_hub.billing.tariff import Share, Tariff

School = Callable[..., SchoolFacts]
Case = Callable[..., BilledCase]
Ends = tuple[date, ...]


def billed(outcome: Outcome) -> Bill:
    assert isinstance(outcome, Bill), outcome
    return outcome


def counted(outcome: Outcome) -> list[str]:
    cases = next(line for line in billed(outcome).lines if line.kind is Kind.CASES)
    assert cases.quantity == len(cases.cause)
    return [cause.what for cause in cases.cause]


BASE_RATES = [
    pytest.param("LA", 1, 80000, marks=pytest.mark.serves("R28")),
    pytest.param("LA", 300, 80000, marks=pytest.mark.serves("R28")),
    pytest.param("academy", 300, 100000, marks=pytest.mark.serves("R28")),
    pytest.param("LA", 301, 100000, marks=pytest.mark.serves("R29")),
    pytest.param("LA", 500, 100000, marks=pytest.mark.serves("R29")),
    pytest.param("academy", 301, 120000, marks=pytest.mark.serves("R29")),
    pytest.param("academy", 500, 120000, marks=pytest.mark.serves("R29")),
    pytest.param("LA", 501, 120000, marks=pytest.mark.serves("R30")),
    pytest.param("academy", 501, 140000, marks=pytest.mark.serves("R30")),
    pytest.param("academy", 2400, 140000, marks=pytest.mark.serves("R30")),
]


@pytest.mark.parametrize(("school_type", "roll", "pence"), BASE_RATES)
def test_the_base_rate_follows_roll_and_type_to_the_last_pupil(
    tariff: Tariff, year: ContractYear, school: School, school_type: str, roll: int, pence: int
) -> None:
    made = billed(bill(tariff, school(school_type, roll), [], [], year))
    assert (made.lines[0].kind, made.lines[0].amount_pence) == (Kind.BASE, pence)


@pytest.mark.serves("R31")
def test_the_base_line_names_the_roll_its_source_and_its_count_date(
    tariff: Tariff, year: ContractYear, school: School
) -> None:
    made = billed(bill(tariff, school(roll=301), [], [], year))
    roll, kind = made.lines[0].cause[:2]
    assert (roll.what, roll.detail) == ("301 on roll", "school census, counted 3 October 2024")
    assert (kind.what, kind.detail) == ("Type LA", "as at 1 April 2025")


@pytest.mark.serves("R33")
@pytest.mark.parametrize(("school_type", "pence"), [("LA", 18000), ("academy", 20000)])
def test_each_case_costs_what_its_school_type_pays(
    tariff: Tariff, year: ContractYear, school: School, a_case: Case, school_type: str, pence: int
) -> None:
    cases = [a_case(f"RDG-2025-000{n}", "2025-01-10") for n in (1, 2, 3)]
    line = billed(bill(tariff, school(school_type), cases, [], year)).lines[1]
    assert (line.quantity, line.unit_pence, line.amount_pence) == (Decimal(3), pence, 3 * pence)


@pytest.mark.serves("R34")
def test_a_case_counts_when_it_is_open_on_any_day_of_the_academic_year(
    tariff: Tariff, year: ContractYear, school: School, a_case: Case
) -> None:
    cases = [
        a_case("A-closed-the-day-before", "2024-03-01", "2024-08-31"),
        a_case("B-closed-on-the-first-day", "2024-03-01", "2024-09-01"),
        a_case("C-open-over-the-last-day", "2025-06-01", "2025-10-01"),
        a_case("D-opened-on-the-last-day", "2025-08-31"),
        a_case("E-opened-the-day-after", "2025-09-01"),
        a_case("F-opened-on-the-first-day", "2024-09-01", "2024-09-01"),
        a_case("G-closed-on-the-last-day", "2025-02-01", "2025-08-31"),
        a_case("H-open-before-and-after", "2023-01-01"),
    ]
    found = counted(bill(tariff, school(), cases, [], year))
    assert [ref[0] for ref in found] == ["B", "C", "D", "F", "G", "H"]


def test_a_case_open_over_31_august_counts_in_both_years(
    tariff: Tariff, year: ContractYear, school: School, a_case: Case
) -> None:
    case = a_case("RDG-2025-0009", "2025-07-01", "2025-09-02")
    after = contract_year(tariff, "2026-27")
    assert counted(bill(tariff, school(), [case], [], year)) == ["RDG-2025-0009"]
    assert counted(bill(tariff, school(), [case], [], after)) == ["RDG-2025-0009"]


def test_a_void_case_is_left_out_and_listed(
    tariff: Tariff, year: ContractYear, school: School, a_case: Case
) -> None:
    cases = [
        a_case("RDG-2025-0001", "2025-01-10"),
        a_case("RDG-2025-0002", "2025-01-10", void=True),
    ]
    made = billed(bill(tariff, school(), cases, [], year))
    assert counted(made) == ["RDG-2025-0001"]
    assert [item.what for item in made.excluded] == ["RDG-2025-0002"]
    assert "void" in made.excluded[0].reason


def test_a_case_given_twice_is_charged_once(
    tariff: Tariff, year: ContractYear, school: School, a_case: Case
) -> None:
    cases = [a_case("RDG-2025-0001", "2025-01-10")] * 2
    assert counted(bill(tariff, school(), cases, [], year)) == ["RDG-2025-0001"]


@pytest.mark.serves("R36")
@pytest.mark.serves("R37")
def test_half_is_due_as_the_summer_term_ends_and_half_as_the_autumn_term_ends(
    tariff: Tariff, year: ContractYear, school: School, term_ends: Ends
) -> None:
    made = billed(bill(tariff, school(), [], term_ends, year))
    assert [(part.due, part.amount_pence) for part in made.instalments] == [
        (date(2025, 7, 22), 40000),
        (date(2025, 12, 19), 40000),
    ]
    assert made.warnings == ()


def test_unknown_terms_leave_the_due_date_open_with_a_warning(
    tariff: Tariff, year: ContractYear, school: School
) -> None:
    made = billed(bill(tariff, school(), [], [date(2025, 7, 22)], year))
    assert [part.due for part in made.instalments] == [date(2025, 7, 22), None]
    assert sum(part.amount_pence for part in made.instalments) == made.total_pence
    assert len(made.warnings) == 1
    assert "import terms" in made.warnings[0]


def test_the_terms_of_another_year_set_no_date(
    tariff: Tariff, year: ContractYear, school: School
) -> None:
    made = billed(bill(tariff, school(), [], [date(2024, 7, 22), date(2026, 7, 22)], year))
    assert [part.due for part in made.instalments] == [None, None]


@pytest.mark.serves("R38")
def test_additional_costs_fall_due_at_the_end_of_the_financial_year(
    tariff: Tariff, year: ContractYear, school: School, term_ends: Ends
) -> None:
    extra = Extra("chg_1", date(2025, 11, 4), Kind.ADHOC, "Assembly", Decimal("1.5"), 3333)
    made = billed(bill(tariff, school(), [], term_ends, year, [extra]))
    assert (made.lines[-1].amount_pence, made.lines[-1].cause[0].what) == (5000, "chg_1")
    assert (made.instalments[-1].due, made.instalments[-1].amount_pence) == (
        date(2026, 3, 31),
        5000,
    )
    assert [part.amount_pence for part in made.instalments[:2]] == [40000, 40000]


@pytest.mark.serves("R35")
def test_another_year_can_have_another_method(
    tariff: Tariff, year: ContractYear, school: School
) -> None:
    first = tariff.methods[0]
    old = first.model_copy(update={"valid_to": date(2026, 3, 31)})
    dearer = first.model_copy(
        update={
            "version": "roll-and-cases-2",
            "valid_from": date(2026, 4, 1),
            "bands": tuple(
                band.model_copy(update={"pence": band.pence + 5000}) for band in first.bands
            ),
        }
    )
    both = tariff.model_copy(update={"methods": (old, dearer)})
    made = [
        billed(bill(both, school(), [], [], contract_year(both, label)))
        for label in ("2025-26", "2026-27")
    ]
    assert [(m.method, m.total_pence) for m in made] == [
        ("roll-and-cases-1", 80000),
        ("roll-and-cases-2", 85000),
    ]


@pytest.mark.parametrize(
    ("school_type", "roll", "word"),
    [(None, 250, "type"), ("LA", None, "roll"), ("LA", -1, "roll"), ("special", 250, "special")],
)
def test_a_school_without_what_the_tariff_asks_is_not_billable_and_says_why(
    tariff: Tariff,
    year: ContractYear,
    school: School,
    school_type: str | None,
    roll: int | None,
    word: str,
) -> None:
    made = bill(tariff, school(school_type, roll), [], [], year)
    assert isinstance(made, NotBillable)
    assert word in made.problem
    assert made.remedy


def test_the_contract_year_and_the_academic_year_have_both_ends_inside(
    tariff: Tariff, year: ContractYear
) -> None:
    assert year.period.iso() == "2025-04-01/2026-03-31"
    assert cases_period(tariff.methods[0], year).iso() == "2024-09-01/2025-08-31"
    earlier = tariff.methods[0].model_copy(
        update={"cases_of": "academic-year-ended-before-contract-year"}
    )
    assert cases_period(earlier, year).iso() == "2023-09-01/2024-08-31"


@pytest.mark.parametrize("label", ["2025", "2025-27", "25-26", "2025-2026", "2025/26", ""])
def test_a_label_that_is_no_contract_year_is_refused_with_an_example(
    tariff: Tariff, label: str
) -> None:
    with pytest.raises(WrongUse, match="2025-26"):
        contract_year(tariff, label)


def test_a_year_before_every_method_is_refused(tariff: Tariff, school: School) -> None:
    with pytest.raises(WrongUse, match="no method in force on 1 April 2001"):
        bill(tariff, school(), [], [], contract_year(tariff, "2001-02"))


@given(st.dates(date(2020, 4, 1), date(2060, 1, 1)))
def test_every_day_lies_in_the_contract_year_that_is_named_for_it(
    tariff: Tariff, day: date
) -> None:
    assert contract_year_of(tariff, day).period.holds(day)


cases_strategy = st.lists(
    st.builds(
        lambda n, opened, days, void: BilledCase(
            f"C{n}", opened, None if days is None else opened + timedelta(days), void
        ),
        st.integers(0, 40),
        st.dates(date(2023, 1, 1), date(2027, 1, 1)),
        st.none() | st.integers(0, 900),
        st.booleans(),
    ),
    max_size=30,
    unique_by=lambda case: case.ref,
)
extras_strategy = st.lists(
    st.builds(
        lambda n, kind, quantity, pence: Extra(
            f"chg_{n}", date(2025, 6, 1), kind, "Work", quantity, pence
        ),
        st.integers(0, 99),
        st.sampled_from([Kind.ADHOC, Kind.PACKAGE, Kind.SURCHARGE, Kind.CREDIT]),
        st.decimals("0.25", 40, places=2),
        st.integers(-(10**6), 10**6),
    ),
    max_size=6,
    unique_by=lambda extra: extra.charge_id,
)


@given(st.sampled_from(["LA", "academy"]), st.integers(0, 4000), cases_strategy, extras_strategy)
def test_lines_make_the_total_and_instalments_pay_exactly_it(
    tariff: Tariff,
    year: ContractYear,
    school: School,
    school_type: str,
    roll: int,
    cases: list[BilledCase],
    extras: list[Extra],
) -> None:
    made = billed(bill(tariff, school(school_type, roll), cases, [], year, extras))
    assert made.total_pence == sum(line.amount_pence for line in made.lines)
    assert sum(part.amount_pence for part in made.instalments) == made.total_pence
    first, second = (part.amount_pence for part in made.instalments[:2])
    assert first - second in {0, 1}


@given(st.sampled_from(["LA", "academy"]), st.integers(0, 4000), cases_strategy)
def test_every_case_is_charged_or_excluded_or_open_on_no_day_of_the_year(
    tariff: Tariff,
    year: ContractYear,
    school: School,
    school_type: str,
    roll: int,
    cases: list[BilledCase],
) -> None:
    made = billed(bill(tariff, school(school_type, roll), cases, [], year))
    period = made.cases_period
    days = [period.first + timedelta(n) for n in range((period.last - period.first).days + 1)]
    charged, excluded = set(counted(made)), {item.what for item in made.excluded}
    assert not charged & excluded
    for case in cases:
        # Day by day, so that this cannot share a mistake with the rule's own comparison.
        open_once = any(
            case.opened <= day and (not case.closed or day <= case.closed) for day in days
        )
        assert (case.ref in charged) == (open_once and not case.void)
        assert (case.ref in excluded) == (open_once and case.void)


@given(st.integers(0, 10**9))
def test_the_odd_penny_is_in_the_first_half(tariff: Tariff, total: int) -> None:
    first, second = split(total, tariff.methods[0].instalments)
    assert (first + second, first - second) == (total, total % 2)


@given(st.integers(0, 10**9), st.lists(st.integers(1, 30), min_size=1, max_size=4))
def test_any_split_adds_up(total: int, percents: list[int]) -> None:
    percents = [*percents, 100 - sum(percents)] if sum(percents) < 100 else [100]
    shares = [
        Share(what="part", percent=p, term_ends_from="06-01", term_ends_to="08-31")
        for p in percents
    ]
    assert sum(split(total, shares)) == total


@pytest.mark.parametrize(
    ("roll_date", "began", "said"),
    [
        (date(2025, 4, 1), date(2025, 4, 1), ""),
        (date(2025, 4, 2), date(2020, 9, 1), "those counted 2 April 2025, because no count"),
        (date(2024, 10, 3), date(2025, 9, 1), "3 October 2024, held from 1 September 2025"),
        (None, date(2025, 9, 1), "those without a count date, held from 1 September 2025"),
        (None, None, ""),
    ],
)
def test_facts_from_after_the_tariffs_date_are_named(
    school: School, roll_date: date | None, began: date | None, said: str
) -> None:
    facts = replace(school(), roll_date=roll_date, from_day=began)
    warned = later_facts(facts, date(2025, 4, 1))
    assert bool(warned) == bool(said)
    assert said in " ".join(warned)
