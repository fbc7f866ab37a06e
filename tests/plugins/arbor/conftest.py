"""What the tests of the Arbor plugin share: a made-up school behind a server on this computer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from demo.fakes.arbor import TOKEN, USER, FakeArbor, school_tables, serving
from linkwork.sample import SampleSchool, make_school
from linkwork_arbor.client.exchange import Ports
from linkwork_arbor.options import Options
from linkwork_arbor.plugin import ArborMis

#: Opens the school at the fake server; keywords are settings, `token`, `urn` and `slept`.
Opening = Callable[..., ArborMis]


@pytest.fixture(scope="session")
def arbor_school() -> SampleSchool:
    """60 pupils over six weeks."""
    return make_school(
        5, phase="primary", pupils=60, first=date(2026, 9, 1), last=date(2026, 10, 9)
    )


@pytest.fixture
def arbor(arbor_school: SampleSchool) -> FakeArbor:
    """The school's lists; faults, gaps and paging can be set before it is asked."""
    return FakeArbor(*school_tables(arbor_school))


def opened(
    address: str,
    *,
    token: str = TOKEN,
    urn: str = "999001",
    slept: list[float] | None = None,
    **options: Any,
) -> ArborMis:
    """The school as the plugin opens it, on 10 October 2026; waiting is noted, not done."""
    settings = {"base_url": address, "patience": 0, "timeout": 10} | options
    ports = Ports((slept if slept is not None else []).append, lambda: NOON)
    return ArborMis(Options.of(settings, {"username": USER, "password": token}), urn, ports)


NOON = datetime(2026, 10, 10, 12, tzinfo=UTC)


@pytest.fixture
def open_arbor(arbor: FakeArbor) -> Iterator[Opening]:
    """Open the school at a server that runs as long as the test."""
    with serving(arbor) as address:
        yield lambda **options: opened(address, **options)


@pytest.fixture(params=["graphql", "rest"])
def api(request: pytest.FixtureRequest) -> str:
    """Each of the two interfaces."""
    return str(request.param)
