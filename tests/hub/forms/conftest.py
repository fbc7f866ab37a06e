"""A referred pupil's case, at a hub with the profile of Reading or of another authority."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from casework import Casework, casework
from hub_under_test import FixedClock, HubUnderTest

from linkwork_hub.access import profile
from linkwork_hub.cases.models import Case
from linkwork_hub.db import Database
from linkwork_hub.feeds.keys import HubKeys


@pytest.fixture
def named() -> str:
    """Whose profile the hub has; a test file says another one."""
    return "cardiff"


@pytest.fixture
def work(
    sqlite_database: Database, clock: FixedClock, hub_keys: HubKeys, named: str
) -> Iterator[Casework]:
    """A school with its officer at a hub."""
    chosen = profile.loads(profile.builtin_text(named), f"{named}.toml")
    with HubUnderTest.over(sqlite_database, clock, hub_keys, chosen) as hub:
        yield casework(hub)


@pytest.fixture
def case(work: Casework) -> Case:
    """A referred pupil's case."""
    return work.accepted()
