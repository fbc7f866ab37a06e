"""From the command line: customers in, documents out, postings that balance, a year to come."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledgers import FINANCE, vat, whole_tariff
from typer.testing import CliRunner, Result

from linkwork.errors import Refused, WrongUse
from linkwork_hub.billing import posting, sheets
from linkwork_hub.billing.forecast import forecast, next_year
from linkwork_hub.billing.ledger import Charge, Customer, Document, DocumentKind
from linkwork_hub.billing.models import Bill, BilledCase, Cause, Kind, Line, Period, SchoolFacts
from linkwork_hub.billing.price_book import Finance
from linkwork_hub.billing.rules import contract_year
from linkwork_hub.cli.main import app

SCHOOLS = """urn,name,school_type,phase,roll,roll_date,link_officer,latitude,longitude
900001,Oak Lane,LA,primary,300,2024-10-03,,51.4,-0.9
900002,Ash Park,academy,secondary,501,2024-10-03,,51.4,-0.9
"""
CASES = """case_ref,urn,opened,closed
OLD-1,900001,2025-01-01,2025-03-31
OLD-2,900002,2025-01-01,
"""
TERMS = """name,first,last,kind,urn
Summer 2025,2025-04-22,2025-07-22,term,
Autumn 2025,2025-09-02,2025-12-19,term,
"""
CUSTOMERS = """customer,name,kind,from,purchase_order,cost_centre,subjective,urn,share
900001,Oak Lane,LA,2020-09-01,,SCH001,44000,,
T1,=Elm Trust,academy,2025-04-01,PO-7,,,900002,1
"""


def run(home: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["--home", str(home), *words])


def done(home: Path, *words: str) -> str:
    result = run(home, *words)
    assert result.exit_code == 0, f"{result.output} {result.exception}"
    return result.stdout


def toml(name: str, table: dict[str, Any]) -> str:
    lines = [name]
    for key, value in table.items():
        lines.append(f"{key} = {value.isoformat() if isinstance(value, date) else inline(value)}")
    return "\n".join(lines)


def inline(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {inline(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(inline, value)) + "]"
    return json.dumps(value)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Reading's hub with VAT and accounts written in, two schools, two cases, terms."""
    home = tmp_path / "home"
    done(home, "init", "--profile", "reading")
    profile = home / "authority.toml"
    treated = toml("[[tariff.vat]]", vat(customers=("LA", "academy")))
    added = f"{treated}\n\n{toml('[tariff.finance]', FINANCE)}\n"
    profile.write_text(profile.read_text("utf-8") + "\n" + added, encoding="utf-8")
    for kind, text in (("schools", SCHOOLS), ("cases", CASES), ("terms", TERMS)):
        file = tmp_path / f"{kind}.csv"
        file.write_text(text, encoding="utf-8")
        done(home, "import", kind, str(file))
    return home


def customers(home: Path, text: str, *words: str) -> Result:
    file = home.parent / "customers.csv"
    file.write_text(text, encoding="utf-8")
    return run(home, "billing", "customers", str(file), *words)


def issue(home: Path, *words: str) -> list[dict[str, Any]]:
    told = done(home, "billing", "issue", "--year", "2025-26", "--format", "json", *words)
    found: list[dict[str, Any]] = json.loads(told)
    return found


@pytest.mark.serves("S65")
def test_issuing_makes_documents_once_and_the_dry_run_says_the_same(home: Path) -> None:
    dry = issue(home, "--up-to", "2025-07-22", "--dry-run")
    made = issue(home, "--up-to", "2025-07-22")
    again = issue(home, "--up-to", "2025-07-22")
    numbers = [d["number"] for school in made for d in school["documents"]]
    assert numbers == ["INV-000001", "JNL-000001"]
    for before, after in zip(dry, made, strict=True):
        [planned], [real] = before.pop("documents"), after.pop("documents")
        assert planned | {"number": real["number"]} == real
        assert before == after
    assert [school["documents"] for school in again] == [[], []]


def test_issue_prints_what_preview_prints_with_keys_added(home: Path) -> None:
    words = ("billing", "preview", "--year", "2025-26", "--format", "json")
    previewed = json.loads(done(home, *words))
    issued = issue(home, "--up-to", "2026-03-31")
    assert [{k: v for k, v in one.items() if k != "documents"} for one in issued] == previewed


def test_customers_are_imported_whole_and_pay(home: Path) -> None:
    assert customers(home, CUSTOMERS, "--dry-run").exit_code == 0
    assert customers(home, CUSTOMERS).exit_code == 0
    _oak, ash = sorted(issue(home, "--up-to", "2025-07-22"), key=lambda s: s["urn"])
    assert [d["customer"] for d in ash["documents"]] == ["=Elm Trust"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (",900002,1", ",999999,1", "no school has URN 999999"),
        (",900002,1", ",900002,-1", "'-1' is no share"),
        ("academy,2025-04-01", "guild,2025-04-01", "'guild' is not a kind"),
        ("2025-04-01", "soon", "'soon' is not a date"),
        (",900002,1\n", ",900002,1\nT1,Other,academy,2025-04-01,,,,,\n", "says something else"),
        ("1\n", "1\nT1,=Elm Trust,academy,2025-04-01,PO-7,,,900002,2\n", "two rows"),
    ],
)
def test_a_bad_row_of_customers_is_named_and_nothing_is_half_applied(
    home: Path, old: str, new: str, words: str
) -> None:
    said = customers(home, new.join(CUSTOMERS.rsplit(old, 1)))
    assert said.exit_code == 3
    assert words in said.stderr
    assert "customers.csv, row" in said.stderr
    assert customers(home, CUSTOMERS, "--dry-run").exit_code == 0
    with_ash = sorted(issue(home, "--up-to", "2025-07-22"), key=lambda s: s["urn"])[1]
    assert [d["customer"] for d in with_ash["documents"]] == ["Ash Park"]


def test_the_journal_balances_in_the_finance_systems_own_columns(home: Path) -> None:
    customers(home, CUSTOMERS)
    issue(home, "--up-to", "2026-03-31")
    rows = list(csv.DictReader(io.StringIO(done(home, "billing", "journal", "--year", "2025-26"))))
    assert list(rows[0]) == [column["heading"] for column in FINANCE["columns"]]
    debit, credit = (
        sum(round(float(row[side] or 0) * 100) for row in rows) for side in ("Debit", "Credit")
    )
    assert debit == credit == 80000 + 18000 + 140000 + 20000
    assert {row["Cost centre"] for row in rows} == {"SCH001", "EWS100", ""}
    assert {row["Subjective"] for row in rows if row["Credit"]} == {"93000", "93010"}
    assert {row["Source"] for row in rows} == {"LINKWORK"}
    assert not any("Elm" in cell for row in rows for cell in row.values())


def test_an_internal_customer_without_a_cost_centre_is_named(home: Path) -> None:
    issue(home, "--up-to", "2026-03-31")
    result = run(home, "billing", "journal", "--year", "2025-26")
    assert isinstance(result.exception, Refused)
    assert "Oak Lane is posted to by journal and has no cost centre" in str(result.exception)


def test_a_print_run_is_one_pdf_with_every_document_and_its_causes(
    home: Path, tmp_path: Path
) -> None:
    issue(home, "--up-to", "2025-07-22")
    out = tmp_path / "run.pdf"
    said = done(home, "billing", "print", "--year", "2025-26", "--out", str(out))
    assert said.startswith("2 documents")
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(out).pages)
    for words in ("INV-000001", "JNL-000001", "OLD-1", "£800.00", "300 on roll"):
        assert words in text


def test_preview_writes_a_workbook_no_cell_of_which_can_run(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "bills.xlsx"
    done(home, "billing", "preview", "--year", "2025-26", "--xlsx", str(out))
    book = openpyxl.load_workbook(out)
    totals = [row[5].value for row in book["Schools"].iter_rows(min_row=2)]
    assert sum(totals) == 800 + 180 + 1400 + 200
    refs = [row[2].value for row in book["Causes"].iter_rows(min_row=2)]
    assert {"OLD-1", "OLD-2"} <= set(refs)


def test_a_schools_name_that_looks_like_a_formula_stays_words() -> None:
    period = Period(date(2025, 4, 1), date(2026, 3, 31))
    line = Line(Kind.ADHOC, "=1+1", "1", 1, 1, (Cause("@x", "+y"),))  # type: ignore[arg-type]
    year = contract_year(whole_tariff("reading"), "2025-26")
    facts = SchoolFacts("s", "900001", "=cmd|' /C calc'!A0", "LA", 1)
    data = sheets.workbook([Bill(facts, year, "m", period.first, period, (line,), ())])
    book = openpyxl.load_workbook(io.BytesIO(data))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert any(cell.value == "'=1+1" for cell in cells)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("issue", "--year", "2025-26", "--up-to", "soon"), "is not a day"),
        (("issue", "--year", "2025-26", "--urn", "1"), "No school has URN 1"),
        (("print", "--year", "2025-26", "--out", "x.pdf"), "No document of 2025-26 was issued"),
    ],
)
def test_wrong_use_is_one_sentence(home: Path, words: tuple[str, ...], said: str) -> None:
    result = run(home, "billing", *words)
    assert isinstance(result.exception, WrongUse)
    assert said in str(result.exception)


def test_the_profile_as_shipped_refuses_to_issue_until_accounts_are_written(tmp_path: Path) -> None:
    home = tmp_path / "home"
    done(home, "init", "--profile", "reading")
    result = run(home, "billing", "issue", "--year", "2025-26")
    assert isinstance(result.exception, WrongUse)
    assert "add [tariff.finance]" in str(result.exception)


TARIFF = whole_tariff("reading", vat=[vat("S", 2000)])
AMOUNTS = st.lists(
    st.tuples(st.sampled_from(list(Kind)), st.integers(-(10**6), 10**6)), min_size=1, max_size=9
)


@given(AMOUNTS, st.sampled_from(["LA", "academy"]), st.integers(-5000, 5000))
def test_the_postings_of_any_document_add_up_to_nothing(
    amounts: list[tuple[Kind, int]], kind: str, tax: int
) -> None:
    charges = [
        Charge("s", "2025-26", "1", "u", "p", one, "", "x", (), pence, "S", 2000)
        for one, pence in amounts
    ]
    net = sum(pence for _kind, pence in amounts)
    document = Document(
        "doc", "INV", 7, DocumentKind.INVOICE, Customer("p", "P", kind, "PO", "CC", "SUB"),
        "2025-26", "1", "Half", date(2025, 7, 22), date(2025, 8, 21), None, "", net, tax,
    )  # fmt: skip
    assert TARIFF.finance is not None
    made = posting.postings(TARIFF, TARIFF.finance, document, charges)
    assert sum(one.amount_pence for one in made) == 0
    rows = list(csv.DictReader(io.StringIO(posting.as_rows(TARIFF.finance, made))))
    pounds = [round(100 * (float(r["Debit"] or 0) - float(r["Credit"] or 0))) for r in rows]
    assert pounds == [one.amount_pence for one in made]


def test_a_column_of_signed_amounts_and_fixed_words_cannot_run() -> None:
    columns = [
        {"heading": "=Amount", "value": "amount"},
        {"heading": "Fixed", "value": "fixed", "fixed": "@SUM(1)"},
    ]
    finance = Finance.model_validate(FINANCE | {"columns": columns})
    row = posting.Posting("INV-1", date(2025, 7, 22), "", "", "", -1234, "", "x", "")
    assert posting.as_rows(finance, [row]) == "'=Amount,Fixed\n-12.34,'@SUM(1)\n"
    assert asdict(row)["amount_pence"] == -1234


FACTS = SchoolFacts("sch_1", "900001", "Oak Lane", "LA", 300)


def cases(*opened: str) -> list[BilledCase]:
    return [BilledCase(f"C-{n}", date.fromisoformat(day), None) for n, day in enumerate(opened)]


def test_next_years_cases_are_certain_where_open_and_expected_at_todays_pace() -> None:
    tariff = whole_tariff("reading")
    year = next_year(tariff, contract_year(tariff, "2025-26"))
    assert year.label == "2026-27"
    # Two open when the counted year began, two opened in its first 182 or 183 days.
    known = cases("2025-03-01", "2025-06-01", "2025-10-01", "2026-01-10", "2026-09-02")
    found = forecast(tariff, FACTS, known, year, date(2026, 3, 1))
    assert found is not None
    assert found.cases_period == Period(date(2025, 9, 1), date(2026, 8, 31))
    assert (found.counted, found.counted_pence) == (4, 4 * 18000)
    assert (found.expected, found.expected_pence) == (6, 6 * 18000)


def test_a_school_that_stopped_referring_is_named() -> None:
    tariff = whole_tariff("reading")
    year = contract_year(tariff, "2026-27")
    before = ("2024-10-01", "2024-11-01", "2024-12-02", "2025-01-10")
    quiet = forecast(tariff, FACTS, cases(*before, "2025-10-01"), year, date(2026, 3, 1))
    steady = forecast(
        tariff, FACTS, cases(*before, "2025-10-01", "2025-11-03"), year, date(2026, 3, 1)
    )
    assert quiet is not None
    assert steady is not None
    assert (quiet.quieter, steady.quieter) == (True, False)


def test_the_forecast_command_tells_each_school(home: Path) -> None:
    told = done(home, "billing", "forecast", "--year", "2025-26", "--format", "json")
    rows = {row["urn"]: row for row in json.loads(told)}
    assert rows["900001"]["counted"] == 1
    assert rows["900002"]["counted_pence"] == 20000
    assert done(home, "billing", "remaining").strip() == "Nothing was bought that can lapse."
