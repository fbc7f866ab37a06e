"""Reading's own tariff, and schools and cases to bill by it."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from linkwork_hub.billing.models import BilledCase, ContractYear, SchoolFacts
from linkwork_hub.billing.rules import contract_year
from linkwork_hub.billing.tariff import Tariff, read_tariff

School = Callable[..., SchoolFacts]


@pytest.fixture(scope="session")
def tariff_table(root: Path) -> dict[str, Any]:
    """The `[tariff]` table of the profile that ships, as written."""
    profile = root / "hub" / "linkwork_hub" / "authorities" / "reading.toml"
    table: dict[str, Any] = tomllib.loads(profile.read_text(encoding="utf-8"))["tariff"]
    return table


@pytest.fixture(scope="session")
def tariff(tariff_table: dict[str, Any]) -> Tariff:
    """Reading's tariff."""
    found = read_tariff(tariff_table, file="reading.toml")
    assert found is not None
    return found


@pytest.fixture(scope="session")
def year(tariff: Tariff) -> ContractYear:
    """1 April 2025 to 31 March 2026; its cases: 1 September 2024 to 31 August 2025."""
    return contract_year(tariff, "2025-26")


@pytest.fixture(scope="session")
def school() -> School:
    """A fictional school with the type and roll a test needs."""

    def make(school_type: str | None = "LA", roll: int | None = 250) -> SchoolFacts:
        return SchoolFacts(
            school_id="sch_oak",
            urn="900001",
            name="Oak Lane Primary School",
            school_type=school_type,
            roll=roll,
            roll_date=date(2024, 10, 3),
            roll_source="school census",
        )

    return make


@pytest.fixture(scope="session")
def term_ends() -> tuple[date, ...]:
    """Six half-term blocks: the summer one ends 22 July 2025, the autumn one 19 December 2025."""
    return (
        date(2025, 4, 4),
        date(2025, 5, 23),
        date(2025, 7, 22),
        date(2025, 10, 24),
        date(2025, 12, 19),
        date(2026, 2, 13),
    )


@pytest.fixture(scope="session")
def a_case() -> Callable[..., BilledCase]:
    """A case by its dates: `a_case("RDG-2025-0001", "2024-09-10", "2025-02-01")`."""

    def make(ref: str, opened: str, closed: str | None = None, *, void: bool = False) -> BilledCase:
        return BilledCase(
            ref=ref,
            opened=date.fromisoformat(opened),
            closed=date.fromisoformat(closed) if closed else None,
            void=void,
        )

    return make
