"""A connected school, on both databases and with pages."""

from __future__ import annotations

import pytest
from casework import Casework, Telling, add_terms, casework
from hub_under_test import HubUnderTest
from school_post import SchoolPost

from linkwork_hub.db import Database
from linkwork_hub.feeds.keys import HubKeys


@pytest.fixture
def work(hub: HubUnderTest) -> Casework:
    """A hub with terms, a school whose agent is confirmed, and its link officer signed in."""
    return casework(hub)


@pytest.fixture
def telling(database: Database, hub_keys: HubKeys) -> Telling:
    """A connected school without pages, on each kind of database."""
    add_terms(database)
    return Telling(SchoolPost(database, hub_keys).joined())
