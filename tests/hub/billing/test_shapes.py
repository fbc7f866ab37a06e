"""The same bill as JSON, CSV, terminal text and PDF: one set of figures."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pypdf
import pytest

from linkwork_hub import billing
from linkwork_hub.billing.models import (
    Bill,
    BilledCase,
    ContractYear,
    Extra,
    Kind,
    Outcome,
    SchoolFacts,
)
from linkwork_hub.billing.rules import bill
from linkwork_hub.billing.shapes import as_csv, as_json, as_table, for_paper
from linkwork_hub.billing.tariff import Tariff
from linkwork_hub.documents.render import render_pdf


@pytest.fixture
def made(
    tariff: Tariff,
    year: ContractYear,
    school: Callable[..., SchoolFacts],
    a_case: Callable[..., BilledCase],
    term_ends: tuple[date, ...],
) -> Outcome:
    cases = [
        a_case("RDG-2025-0001", "2025-01-10", "2025-02-10"),
        a_case("RDG-2025-0002", "2025-03-01"),
        a_case("RDG-2025-0003", "2025-03-01", void=True),
    ]
    credit = Extra("chg_1", date(2025, 12, 1), Kind.CREDIT, "=Goodwill", Decimal(1), -5000)
    return bill(tariff, school("academy", 501), cases, term_ends, year, [credit])


def test_the_json_has_the_documented_keys_and_figures(made: Outcome) -> None:
    shape = as_json(made)
    assert (shape["urn"], shape["period"]) == ("900001", "2025-04-01/2026-03-31")
    assert shape["cases_period"] == "2024-09-01/2025-08-31"
    assert shape["total_pence"] == 140000 + 2 * 20000 - 5000
    assert shape["lines"][1] == {
        "kind": "cases",
        "quantity": "2",
        "unit_pence": 20000,
        "amount_pence": 40000,
        "vat_code": None,
        "cause": ["RDG-2025-0001", "RDG-2025-0002"],
    }
    assert shape["instalments"] == [
        {"due": "2025-07-22", "amount_pence": 90000},
        {"due": "2025-12-19", "amount_pence": 90000},
        {"due": "2026-03-31", "amount_pence": -5000},
    ]
    assert shape["excluded"][0]["case"] == "RDG-2025-0003"
    assert (shape["warnings"], shape["not_billable"]) == ([], None)


def test_a_school_that_is_not_billable_is_never_a_bill_of_nothing(
    tariff: Tariff, year: ContractYear, school: Callable[..., SchoolFacts]
) -> None:
    outcome = bill(tariff, school(None), [], [], year)
    shape = as_json(outcome)
    assert (shape["total_pence"], shape["instalments"], shape["lines"]) == (None, None, [])
    assert "school_type" in shape["not_billable"]
    assert "Not billable" in as_table([outcome])
    assert as_csv([outcome]).count("\n") == 1


def test_the_csv_adds_up_and_holds_no_formula(made: Outcome) -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv([made]))))
    assert sum(int(row["amount_pence"]) for row in rows) == as_json(made)["total_pence"]
    assert rows[1]["cause"] == "RDG-2025-0001; RDG-2025-0002"
    assert rows[2]["what"] == "'=Goodwill"
    assert not any(cell[:1] in set("=+@") for row in rows for cell in row.values())


def test_the_table_says_every_figure_and_what_is_lacking_before_it_can_be_issued(
    made: Outcome,
) -> None:
    text = as_table([made])
    for words in ("£1,400.00", "£400.00", "-£50.00", "£1,750.00", "22 July 2025"):
        assert words in text
    assert "How any line is treated is not stated for whoever pays, so it cannot be issued" in text


def test_a_bill_names_the_lines_without_a_vat_treatment_and_the_treatment_of_the_others(
    made: Outcome,
) -> None:
    assert isinstance(made, Bill)
    first, *rest = made.lines
    some = replace(made, lines=(first, *(replace(one, vat_code="OS") for one in rest)))
    assert f"How {first.what} is treated is not stated" in as_table([some])
    all_set = replace(made, lines=tuple(replace(one, vat_code="OS") for one in made.lines))
    assert "Before VAT, which is added when it is issued (treatment OS)" in as_table([all_set])


@pytest.mark.serves("R34")
def test_the_pdf_prints_the_cases_it_counts_and_its_own_date(made: Outcome) -> None:
    assert isinstance(made, Bill)
    template = Path(billing.__file__).parent / "templates" / "bill.typ"
    pdf = render_pdf(template, for_paper(made, "Fictional Council"), on=date(2026, 1, 5))
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    text = "\n".join(page.extract_text() for page in reader.pages)
    for words in (
        "RDG-2025-0001",
        "opened 10 January 2025, closed 10 February 2025",
        "school census, counted 3 October 2024",
        "£1,750.00",
        "19 December 2025",
        "5 January 2026",
    ):
        assert words in text
    assert reader.metadata is not None
    assert reader.metadata.title == "Bill preview 2025-26: Oak Lane Primary School"
