"""The price book: what can be bought and when, what is free, and what a faulty one is told."""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from linkwork.errors import BadInput
from linkwork_hub.access import profile
from linkwork_hub.billing.tariff import Tariff, read_tariff, tariff_mistakes
from linkwork_hub.cli.linting import lint_profile

Table = dict[str, Any]
DAY = date(2025, 10, 1)


@pytest.fixture(scope="module")
def southampton() -> Table:
    """The `[tariff]` of Southampton's profile, as written."""
    table: Table = tomllib.loads(profile.builtin_text("southampton"))["tariff"]
    return table


def read(table: Table) -> Tariff:
    tariff = read_tariff(table, file="authority.toml")
    assert tariff is not None
    return tariff


@pytest.mark.serves("S38")
@pytest.mark.serves("S39")
def test_a_day_of_an_officer_costs_382_pounds_and_at_least_one_is_bought(
    southampton: Table,
) -> None:
    day = read(southampton).item("ewo-day", DAY)
    assert day is not None
    assert [day.price_for(kind) for kind in ("LA", "academy")] == [38200, 38200]
    assert day.minimum == 1


def test_statutory_work_is_free_and_can_never_be_sold_too(southampton: Table) -> None:
    tariff = read(southampton)
    free = {one.id for one in tariff.statutory_free}
    assert {"initial-investigation", "court-work", "penalty-notices"} <= free
    assert not free & {one.id for one in tariff.items}
    both = copy.deepcopy(southampton)
    both["items"][0]["id"] = "court-work"
    with pytest.raises(BadInput, match="court-work is free by law and in the price book"):
        read(both)


@pytest.mark.serves("S42")
@pytest.mark.serves("S62")
def test_an_authority_adds_what_can_be_bought_each_with_its_unit(southampton: Table) -> None:
    table = copy.deepcopy(southampton)
    table["items"].append(
        {
            "id": "breakfast-club", "name": "Breakfast club", "kind": "adhoc", "unit": "morning",
            "duration": "two hours", "pence": 9000, "valid_from": date(2025, 9, 1),
        }
    )  # fmt: skip
    tariff = read(table)
    added, bespoke = tariff.item("breakfast-club", DAY), tariff.item("bespoke", DAY)
    assert added is not None
    assert (added.unit, added.duration, added.price_for("LA")) == ("morning", "two hours", 9000)
    assert bespoke is not None
    assert bespoke.price_for("LA") is None


@pytest.mark.serves("S48")
def test_the_termly_audit_is_free_and_one_more_is_bought_in_days(southampton: Table) -> None:
    tariff = read(southampton)
    free = next(one for one in tariff.statutory_free if one.id == "targeting-support-meeting")
    audit = tariff.item("attendance-audit", DAY)
    assert free.each_term == 1
    assert audit is not None
    assert audit.in_days_of == "ewo-day"


@pytest.mark.serves("S66")
def test_next_years_price_is_one_more_version_with_its_dates(southampton: Table) -> None:
    table = copy.deepcopy(southampton)
    table["items"].append(
        table["items"][0] | {"pence": 39500, "valid_from": date(2026, 4, 1), "valid_to": None}
    )
    tariff = read(table)
    found = [tariff.item("ewo-day", day) for day in (date(2026, 3, 31), date(2026, 4, 1))]
    assert [one and one.pence for one in found] == [38200, 39500]


def change(where: str, value: object) -> Callable[[Table], None]:
    """Set a value by its path, such as `items.0.pence`."""

    def apply(table: Table) -> None:
        at: Any = table
        *path, last = where.split(".")
        for part in path:
            at = at[int(part)] if part.isdigit() else at[part]
        at[last] = value

    return apply


def another_day(valid_from: date) -> Callable[[Table], None]:
    def apply(table: Table) -> None:
        table["items"].append(table["items"][0] | {"valid_from": valid_from, "valid_to": None})

    return apply


VAT = {
    "code": "OS", "rate": 0, "lines": ["day"], "customers": ["trust"],
    "valid_from": date(2025, 4, 1), "source": "x",
}  # fmt: skip
FAULTS = [
    ("prices that overlap", another_day(date(2026, 3, 1)), "end the first with valid_to = 2026-02"),
    ("prices with a gap", another_day(date(2026, 5, 1)), "no price of ewo-day is in force"),
    ("a negative price", change("items.0.pence", -1), r"items\[0\]\.pence: this is below nothing"),
    ("a price with a point", change("items.0.pence", 382.0), "write a whole number of pence"),
    ("a minimum of none", change("items.0.minimum", 0), "not more than nothing"),
    ("a minimum in words", change("items.0.minimum", "one"), "'one' is not a number"),
    ("a word nobody reads", change("items.0.colour", "red"), "nothing reads this"),
    ("days of nothing", change("items.1.in_days_of", "moon"), "names moon, which is no item"),
    ("two prices", change("items.1.pence", 5), "keep one"),
    ("an unknown customer", change("items.0.prices", {"moon": 1}), "customers moon"),
    ("vat for nobody known", change("vat", [VAT]), "customers trust"),
    ("a date in quotes", change("items.0.valid_from", "2025-04-01"), "write a day without quotes"),
    ("an end first", change("items.0.valid_to", date(2020, 1, 1)), "valid_to is before valid_from"),
    ("a name left out", change("items.0.name", ""), r"items\[0\]\.name"),
]


@pytest.mark.parametrize(
    ("spoil", "words"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS]
)
def test_a_faulty_price_book_is_refused_with_its_place(
    southampton: Table, spoil: Callable[[Table], None], words: str
) -> None:
    table = copy.deepcopy(southampton)
    spoil(table)
    with pytest.raises(BadInput) as refused:
        read_tariff(table, file="authority.toml")
    assert words in str(refused.value) or re.search(words, str(refused.value))
    assert str(refused.value).startswith("authority.toml: tariff")


def test_every_mistake_is_named_at_once(southampton: Table) -> None:
    table = copy.deepcopy(southampton)
    change("items.0.pence", -1)(table)
    change("items.3.colour", "red")(table)
    change("cancellation.notice_days", -4)(table)
    found = [str(one) for one in tariff_mistakes(table, file="authority.toml")]
    assert len(found) == 3
    assert any("items[3].colour" in one for one in found)
    assert tariff_mistakes(southampton, file="authority.toml") == []


def test_quantities_are_exact(southampton: Table) -> None:
    day = read(southampton).item("ewo-day", DAY)
    assert day is not None
    assert day.step == Decimal("0.5")


def test_every_tariff_in_the_docs_is_whole(root: Path) -> None:
    text = (root / "docs" / "charging.md").read_text(encoding="utf-8")
    examples = [tomllib.loads(one) for one in re.findall(r"```toml\n(.*?)```", text, re.DOTALL)]
    tariffs = [one["tariff"] for one in examples if "contract_year" in one.get("tariff", {})]
    assert len(tariffs) >= 6
    names = [read(table).name for table in tariffs]
    assert {"By the hour", "Sessions by the term", "Hour, half day or day", "By the review"} <= set(
        names
    )


@pytest.mark.parametrize("name", ["southampton", "reading", "iewo", "cardiff", "st-helens"])
def test_each_of_the_five_profiles_is_sound(name: str, tmp_path: Path) -> None:
    path = tmp_path / "authority.toml"
    path.write_text(profile.builtin_text(name), encoding="utf-8")
    first, *doubts = lint_profile(path)
    assert "is sound" in first
    assert ("so nothing is billed" in first) == (name in {"iewo", "cardiff", "st-helens"})
    assert bool(doubts) == (name == "reading")


def own(tmp_path: Path, old: str, new: str) -> list[str]:
    text = profile.builtin_text("reading")
    assert old in text
    path = tmp_path / "own.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return lint_profile(path)[1:]


COVERS = 'covers = ["communication-and-advice", "legal-intervention", "casework"]'


def test_an_english_tariff_that_charges_for_a_core_function_is_warned_with_the_source(
    tmp_path: Path,
) -> None:
    said = own(tmp_path, COVERS, 'covers = ["legal-intervention"]')
    assert len(said) == 1
    assert "charges for legal intervention" in said[0]
    assert "Working together to improve school attendance" in said[0]
    assert "19 August 2024" in said[0]


@pytest.mark.parametrize(
    ("old", "new", "warned"),
    [
        (COVERS, 'covers = ["casework"]', False),
        (COVERS, "", True),
        ("valid_from = 2020-04-01\n", "valid_from = 2020-04-01\nvalid_to = 2024-08-18\n", False),
        ('body = "authority"', 'body = "provider"', False),
        ('nation = "england"', 'nation = "wales"', False),
    ],
    ids=["only casework", "not said", "ended before", "a provider", "wales"],
)
def test_the_warning_is_for_english_authorities_after_the_day_only(
    tmp_path: Path, old: str, new: str, warned: bool
) -> None:
    assert bool(own(tmp_path, old, new)) is warned


def test_a_sold_penalty_notice_is_known_by_its_name(tmp_path: Path) -> None:
    sold = (
        '[[tariff.items]]\nid = "pn"\nname = "Penalty notice"\nkind = "adhoc"\nunit = "notice"\n'
        "pence = 50_00\nvalid_from = 2025-04-01\n"
    )
    said = own(tmp_path, "# How schools refer", f"{sold}\n# How schools refer")
    assert any("item pn (Penalty notice) charges for legal intervention" in one for one in said)
