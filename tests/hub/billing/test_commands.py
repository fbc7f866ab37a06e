"""`linkwork-hub billing preview`: the documented JSON, a table, CSV and PDF files."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from linkwork.errors import BadInput, WrongUse
from linkwork_hub.cli.main import app

SCHOOLS = """urn,name,school_type,phase,roll,roll_date,link_officer,latitude,longitude
900001,Oak Lane,LA,primary,300,2024-10-03,,51.4,-0.9
900002,Ash Park,academy,secondary,501,2024-10-03,,51.4,-0.9
900003,Yew Tree,academy,secondary,,,,51.4,-0.9
"""
CASES = """case_ref,urn,opened,closed
OLD-1,900001,2024-01-01,2024-08-31
OLD-2,900001,2024-01-01,2024-09-01
OLD-3,900001,2025-08-31,
OLD-4,900001,2025-09-01,
"""
TERMS = """name,first,last,kind,urn
Summer 2025,2025-04-22,2025-07-22,term,
Autumn 2025,2025-09-02,2025-12-19,term,
"""


@pytest.fixture(scope="module")
def hub_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hub's home made by its own commands: three schools, four cases, no terms."""
    folder = tmp_path_factory.mktemp("hub")
    home = folder / "home"
    assert run(home, "init", "--profile", "reading").exit_code == 0
    for kind, text in (("schools", SCHOOLS), ("cases", CASES)):
        load(home, kind, text)
    return home


def load(home: Path, kind: str, text: str) -> None:
    file = home.parent / f"{kind}.csv"
    file.write_text(text, encoding="utf-8")
    result = run(home, "import", kind, str(file))
    assert result.exit_code == 0, result.output


def run(home: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["--home", str(home), *words])


def bills(home: Path, *words: str) -> tuple[list[dict[str, Any]], str]:
    result = run(home, "billing", "preview", "--year", "2025-26", "--format", "json", *words)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout), result.stderr


@pytest.mark.serves("R28")
@pytest.mark.serves("R33")
@pytest.mark.serves("R34")
def test_the_json_bills_each_school_and_says_which_cannot_be(hub_home: Path) -> None:
    found, said = bills(hub_home)
    ash, oak, yew = found
    assert (oak["urn"], oak["total_pence"]) == ("900001", 80000 + 2 * 18000)
    assert oak["lines"][1]["cause"] == ["OLD-2", "OLD-3"]
    assert oak["cases_period"] == "2024-09-01/2025-08-31"
    assert (ash["total_pence"], ash["lines"][1]["quantity"]) == (140000, "0")
    assert yew["total_pence"] is None
    assert "Fill roll" in yew["not_billable"]
    assert "900003: not billable" in said
    assert "import terms" in said


def test_terms_give_the_instalments_their_dates(hub_home: Path) -> None:
    [before], _ = bills(hub_home, "--urn", "900001")
    assert before["instalments"] == [
        {"due": None, "amount_pence": 58000},
        {"due": None, "amount_pence": 58000},
    ]
    assert len(before["warnings"]) == 2
    load(hub_home, "terms", TERMS)
    [after], said = bills(hub_home, "--urn", "900001")
    assert [part["due"] for part in after["instalments"]] == ["2025-07-22", "2025-12-19"]
    assert (after["warnings"], said) == ([], "")


def test_csv_and_pdf_hold_the_same_total(hub_home: Path, tmp_path: Path) -> None:
    words = ("billing", "preview", "--year", "2025-26", "--format", "csv", "--pdf", str(tmp_path))
    result = run(hub_home, *words)
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert sum(int(row["amount_pence"]) for row in rows) == 140000 + 116000
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["bill-900001-2025-26.pdf", "bill-900002-2025-26.pdf"]
    assert all((tmp_path / name).read_bytes().startswith(b"%PDF") for name in files)


def test_the_table_is_for_people(hub_home: Path) -> None:
    text = run(hub_home, "billing", "preview", "--year", "2025-26").stdout
    assert "2 of 3 schools billed, £2,560.00 in all" in text
    assert "Not billable" in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--year", "2025-27"), "Write it like 2025-26"),
        (("--year", "2001-02"), "no method in force on 1 April 2001"),
        (("--year", "2025-26", "--urn", "123"), "No school has URN 123"),
    ],
)
def test_a_wrong_year_or_school_is_one_sentence(
    hub_home: Path, words: tuple[str, ...], said: str
) -> None:
    result = run(hub_home, "billing", "preview", *words)
    assert isinstance(result.exception, WrongUse)
    assert said in str(result.exception)


def test_a_count_after_the_tariffs_date_is_named_in_the_json_and_table_and_an_import_mends_it(
    tmp_path: Path,
) -> None:
    home = tmp_path / "home"
    assert run(home, "init", "--profile", "reading").exit_code == 0
    for kind, text in (("schools", SCHOOLS.replace("2024-10-03", "2025-10-02")), ("terms", TERMS)):
        load(home, kind, text)
    _ash, oak, _yew = bills(home)[0]
    (warning,) = oak["warnings"]
    assert "counted 2 October 2025" in warning
    assert "1 April 2025" in warning
    assert f"Warning: {warning}" in run(home, "billing", "preview", "--year", "2025-26").stdout
    load(home, "schools", SCHOOLS)
    assert bills(home)[0][1]["warnings"] == []


def test_a_gap_in_an_authoritys_own_tariff_stops_every_bill(hub_home: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert run(home, "init", "--profile", "reading").exit_code == 0
    profile = home / "authority.toml"
    text = profile.read_text(encoding="utf-8")
    assert "from = 301" in text
    profile.write_text(text.replace("from = 301", "from = 302", 1), encoding="utf-8")
    result = run(home, "billing", "preview", "--year", "2025-26")
    assert isinstance(result.exception, BadInput)
    assert "authority.toml: tariff.methods[0]: the bands of type LA leave out 301 to 301" in str(
        result.exception
    )


@pytest.mark.parametrize("name", ["southampton", "reading", "iewo", "cardiff", "st-helens"])
def test_a_hub_begins_with_each_of_the_five_profiles(name: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert run(home, "init", "--profile", name).exit_code == 0
    load(home, "schools", SCHOOLS)
    result = run(home, "billing", "preview", "--year", "2025-26", "--format", "json")
    if name in {"southampton", "reading"}:
        assert result.exit_code == 0, result.output
        assert len(json.loads(result.stdout)) == 3
    else:
        assert isinstance(result.exception, WrongUse)
        assert "has no tariff" in str(result.exception)


def test_where_only_days_are_sold_a_school_without_orders_owes_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert run(home, "init", "--profile", "southampton").exit_code == 0
    load(home, "schools", SCHOOLS)
    found, _said = bills(home)
    assert {school["total_pence"] for school in found} == {0}
    assert all(school["not_billable"] is None for school in found)


@pytest.mark.parametrize(
    ("kind", "text", "place", "says"),
    [
        ("schools", SCHOOLS.replace("300", "-1"), "row 2, column roll", "'-1' is not a number"),
        ("schools", SCHOOLS.replace("900002", "900001"), "row 3, column urn", "stands in row 2"),
        ("schools", SCHOOLS.replace(",LA,", ",,"), "row 2, column school_type", "is empty"),
        ("cases", CASES.replace("900001", "900009", 1), "row 2, column urn", "900009"),
    ],
    ids=["a negative roll", "two schools with one URN", "no type", "a case of an unknown URN"],
)
def test_what_a_bill_is_made_from_is_refused_with_its_place_and_nothing_is_half_applied(
    hub_home: Path, tmp_path: Path, kind: str, text: str, place: str, says: str
) -> None:
    before, _ = bills(hub_home)
    file = tmp_path / f"{kind}.csv"
    file.write_text(text, encoding="utf-8")
    result = run(hub_home, "import", kind, str(file))
    assert result.exit_code == 3
    assert place in result.stderr
    assert says in result.stderr
    assert bills(hub_home)[0] == before
