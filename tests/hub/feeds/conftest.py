"""A school that writes to the hub."""

from __future__ import annotations

import pytest
from school_post import SchoolPost

from linkwork_hub.db import Database
from linkwork_hub.feeds.keys import HubKeys


@pytest.fixture
def newcomer(database: Database, hub_keys: HubKeys) -> SchoolPost:
    """A school the hub knows, without an agent."""
    return SchoolPost(database, hub_keys).add_school()


@pytest.fixture
def school(database: Database, hub_keys: HubKeys) -> SchoolPost:
    """A school whose agent is confirmed."""
    return SchoolPost(database, hub_keys).joined()
