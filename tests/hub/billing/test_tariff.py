"""A tariff with a hole in it is refused with the place and the remedy; nothing is guessed."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkwork.errors import BadInput
from linkwork_hub.billing.tariff import Band, Tariff, read_tariff

Table = dict[str, Any]


def band(school_type: str, first: int, last: int | None, pence: int = 100) -> Table:
    made: Table = {"type": school_type, "from": first, "pence": pence}
    return made if last is None else made | {"to": last}


def set_bands(*bands: Table) -> Callable[[Table], None]:
    def change(table: Table) -> None:
        table["methods"][0]["bands"] = [*bands, band("academy", 0, None)]

    return change


def second_method(valid_from: date, first_ends: date | None) -> Callable[[Table], None]:
    def change(table: Table) -> None:
        first = table["methods"][0]
        table["methods"].append(first | {"version": "later", "valid_from": valid_from})
        if first_ends:
            table["methods"][0] = first | {"valid_to": first_ends}

    return change


def set_in_method(name: str, value: object) -> Callable[[Table], None]:
    def change(table: Table) -> None:
        table["methods"][0][name] = value

    return change


def set_in_first_band(name: str, value: object) -> Callable[[Table], None]:
    def change(table: Table) -> None:
        table["methods"][0]["bands"][0][name] = value

    return change


FAULTS = [
    ("a gap", set_bands(band("LA", 0, 300), band("LA", 302, None)), "leave out 301 to 301"),
    ("an overlap", set_bands(band("LA", 0, 301), band("LA", 301, None)), "overlap at 301"),
    ("two open ends", set_bands(band("LA", 0, None), band("LA", 301, None)), "overlap at 301"),
    ("no small schools", set_bands(band("LA", 1, None)), "leave out 0 to 0"),
    ("no large schools", set_bands(band("LA", 0, 300)), "every roll over 300"),
    ("a type without a case price", set_bands(band("PRU", 0, None)), "per_case"),
    ("a negative price", set_in_first_band("pence", -1), r"bands\[0\]\.pence"),
    ("pence with a fraction", set_in_first_band("pence", 800.5), r"bands\[0\]\.pence"),
    ("a misspelt key", set_in_first_band("price", 80000), r"bands\[0\]\.price"),
    ("a price as words", set_in_method("per_case", {"LA": "180"}), r"per_case\.LA"),
    ("dates that overlap", second_method(date(2026, 4, 1), None), "valid_to = 2026-03-31"),
    ("dates with a gap", second_method(date(2026, 4, 1), date(2026, 3, 1)), "close the gap"),
    ("an end before its start", set_in_method("valid_to", date(2001, 1, 1)), "before valid_from"),
    ("a day that is none", set_in_method("as_at", "04-31"), r"as_at: '04-31' is not a day"),
    ("29 February", set_in_method("additional_due", "02-29"), "not a day of every year"),
    ("no instalments", set_in_method("instalments", []), "instalments"),
    ("an unknown cases_of", set_in_method("cases_of", "the moon"), "cases_of"),
]


@pytest.mark.parametrize(
    ("change", "words"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS]
)
def test_a_faulty_tariff_is_refused_with_its_place(
    tariff_table: Table, change: Callable[[Table], None], words: str
) -> None:
    table = copy.deepcopy(tariff_table)
    change(table)
    with pytest.raises(BadInput, match=words) as refused:
        read_tariff(table, file="authority.toml")
    assert str(refused.value).startswith("authority.toml: tariff")
    assert "nothing is billed" in refused.value.remedy


def test_instalments_that_are_not_the_whole_are_refused(tariff_table: Table) -> None:
    table = copy.deepcopy(tariff_table)
    table["methods"][0]["instalments"][0]["percent"] = 49
    with pytest.raises(BadInput, match="do not add up to 100"):
        read_tariff(table, file="authority.toml")


def test_the_tariff_that_ships_is_whole(tariff_table: Table) -> None:
    assert read_tariff(tariff_table, file="reading.toml") is not None


def test_a_profile_without_a_tariff_has_none() -> None:
    assert read_tariff({}, file="authority.toml") is None
    assert read_tariff(None, file="authority.toml") is None


def test_two_methods_that_meet_are_both_kept(tariff_table: Table) -> None:
    table = copy.deepcopy(tariff_table)
    second_method(date(2026, 4, 1), date(2026, 3, 31))(table)
    tariff = read_tariff(table, file="authority.toml")
    assert tariff is not None
    on = [tariff.method_on(day) for day in (date(2026, 3, 31), date(2026, 4, 1))]
    assert [method.version if method else "" for method in on] == ["roll-and-cases-1", "later"]


@given(st.sampled_from(["LA", "academy"]), st.integers(0, 10_000))
def test_every_roll_falls_in_exactly_one_band(tariff: Tariff, school_type: str, roll: int) -> None:
    method = tariff.methods[0]
    assert sum(b.school_type == school_type and b.holds(roll) for b in method.bands) == 1


@given(st.lists(st.integers(0, 30), min_size=1, max_size=6), st.data())
def test_bands_are_accepted_exactly_when_every_roll_has_one(
    tariff_table: Table, starts: list[int], data: st.DataObject
) -> None:
    ends = [data.draw(st.none() | st.integers(0, 31)) for _ in starts]
    bands = [band("LA", first, last) for first, last in zip(starts, ends, strict=True)]
    models = [Band.model_validate(b) for b in bands]
    # 40 lies above every drawn bound: it stands for "every roll over the last".
    sound = all(sum(m.holds(roll) for m in models) == 1 for roll in range(41))
    turned = any(
        last is not None and last < first for first, last in zip(starts, ends, strict=True)
    )
    table = copy.deepcopy(tariff_table)
    set_bands(*bands)(table)
    try:
        read_tariff(table, file="authority.toml")
        accepted = True
    except BadInput:
        accepted = False
    assert accepted == (sound and not turned)


def test_the_tariff_in_the_docs_is_whole(root: Path) -> None:
    text = (root / "docs" / "charging.md").read_text(encoding="utf-8")
    example = text.partition("```toml\n")[2].partition("```")[0]
    assert read_tariff(tomllib.loads(example)["tariff"], file="charging.md") is not None
