"""What the tests of the Arbor plugin share: a made-up school behind a server on this computer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import fake_arbor
import pytest

import linkwork_arbor.plugin
from linkwork.plugin import Mis
from linkwork.sample import SampleSchool, make_school
from linkwork.testing import open_mis

Opening = Callable[..., Mis]


@pytest.fixture(scope="session")
def arbor_school() -> SampleSchool:
    """60 pupils over six weeks."""
    return make_school(
        5, phase="primary", pupils=60, first=date(2026, 9, 1), last=date(2026, 10, 9)
    )


@pytest.fixture
def arbor(arbor_school: SampleSchool) -> fake_arbor.FakeArbor:
    """The school's lists; its faults and paging can be set before it is asked."""
    return fake_arbor.FakeArbor(fake_arbor.lists_of(arbor_school.register, "999001"))


@pytest.fixture
def open_arbor(arbor: fake_arbor.FakeArbor) -> Iterator[Opening]:
    """Open the school as the agent does."""
    with fake_arbor.serving(arbor) as address:

        def opening(*, token: str = fake_arbor.TOKEN, urn: str = "999001", **options: Any) -> Mis:
            return open_mis(
                linkwork_arbor.plugin,
                urn=urn,
                secrets={"username": fake_arbor.USER, "password": token},
                base_url=address,
                **options,
            )

        yield opening
