"""A connected school and its officer."""

from __future__ import annotations

import pytest
from casework import Casework, casework
from hub_under_test import HubUnderTest


@pytest.fixture
def work(hub: HubUnderTest) -> Casework:
    """A hub with terms, a school whose agent is confirmed, and its link officer signed in."""
    return casework(hub)
