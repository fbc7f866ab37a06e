"""A mark is of a date and a half of the day, whatever zone the machine is in and its clocks do."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from arbor_answers import answering, opened

import linkwork_csv.plugin
import linkwork_sims.plugin
from demo.fakes.arbor import FakeArbor, school_tables
from demo.fakes.sims import reports
from linkwork.register import Register
from linkwork.sample import SampleSchool, make_school
from linkwork.testing import open_mis, read, serving

#: The school days on both sides of a change of clocks.
FIRST, LAST = date(2026, 10, 19), date(2026, 11, 6)


@pytest.fixture(params=["Europe/London", "Pacific/Auckland", "America/Los_Angeles"])
def zone(request: pytest.FixtureRequest) -> Iterator[None]:
    """This process in another zone."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = str(request.param)
    time.tzset()
    yield
    os.environ.pop("TZ") if before is None else os.environ.update(TZ=before)
    time.tzset()


def of_csv(made: SampleSchool, folder: Path) -> Register:
    made.write_csv(folder)
    return read(open_mis(linkwork_csv.plugin, path=str(folder)), FIRST, LAST)


def of_sims(made: SampleSchool, folder: Path) -> Register:
    path = reports.write(made.register, folder / "register.xml")
    return read(open_mis(linkwork_sims.plugin, path=str(path)), FIRST, LAST)


def of_arbor(made: SampleSchool, _folder: Path) -> Register:
    with serving(answering(FakeArbor(*school_tables(made)))) as address:
        return read(opened(address, "graphql"), FIRST, LAST)


@pytest.mark.usefixtures("zone")
@pytest.mark.parametrize("source", [of_csv, of_sims, of_arbor])
def test_no_mark_moves_to_another_day(
    source: Callable[[SampleSchool, Path], Register], tmp_path: Path
) -> None:
    made = make_school(5, phase="primary", pupils=40, first=FIRST, last=LAST)
    found = source(made, tmp_path)
    whole = made.register
    assert found.sessions == whole.sessions
    assert [list(found.marks(place)) for place in range(5)] == [
        list(whole.marks(whole.pupil_index(found.pupils[place].pupil_id))) for place in range(5)
    ]
