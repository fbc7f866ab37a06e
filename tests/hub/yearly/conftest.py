"""A connected school, its officer, and somebody of the school."""

from __future__ import annotations

import pytest
from casework import Casework, casework
from hub_under_test import Browser, HubUnderTest

from linkwork_hub.db import Role


@pytest.fixture
def work(hub: HubUnderTest) -> Casework:
    """A hub with terms, a school whose agent is confirmed, and its link officer signed in."""
    return casework(hub)


@pytest.fixture
def at_school(work: Casework) -> Browser:
    """The school's attendance lead at a browser."""
    return work.hub.sign_in(Role.SCHOOL, schools=(work.school_id,))
