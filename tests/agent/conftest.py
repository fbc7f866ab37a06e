"""A hub that listens, and schools that talk to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from changing import ABSENT
from live_hub import LiveHub, live_hub
from school_desk import FRIDAY, SchoolDesk

_URNS = count(100001)


@pytest.fixture(scope="session")
def listening_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    """One hub for all tests here; each uses schools of its own."""
    with live_hub(tmp_path_factory.mktemp("hub")) as hub:
        yield hub


@pytest.fixture
def live(listening_hub: LiveHub) -> Iterator[LiveHub]:
    """The hub, with nothing in between, on the Friday of `school_desk`."""
    listening_hub.clock.fixed = FRIDAY
    yield listening_hub
    listening_hub.between = None
    listening_hub.working.clear()


@pytest.fixture
def new_school(live: LiveHub, tmp_path: Path) -> Callable[[], SchoolDesk]:
    """Makes schools that the hub knows and that have not joined."""

    def make() -> SchoolDesk:
        urn = str(next(_URNS))
        home = tmp_path / urn
        home.mkdir(mode=0o700)
        return SchoolDesk(home, live, urn, live.add_school(urn))

    return make


@pytest.fixture
def school(new_school: Callable[[], SchoolDesk]) -> SchoolDesk:
    """A school with two pupils who always come; it has not joined."""
    made = new_school()
    made.write()
    return made


@pytest.fixture
def absent(school: SchoolDesk) -> SchoolDesk:
    """A school of three whose P3 was told absent for ten days: a small change is a mass change."""
    school.stories["P3"] = ABSENT
    school.joined("return").run("collect")
    return school
