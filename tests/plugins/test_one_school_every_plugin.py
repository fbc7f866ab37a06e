"""The same school read through every plugin is the same register, with the same findings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import sims_reports

import linkwork_arbor.plugin
import linkwork_csv.plugin
import linkwork_sims.plugin
from demo.fakes.arbor import TOKEN, USER, FakeArbor, school_tables, serving
from linkwork import policy, triggers
from linkwork.plugin import Mis
from linkwork.register import Register
from linkwork.sample import SampleSchool, make_school
from linkwork.testing import open_mis, read

FIRST, LAST = date(2026, 9, 1), date(2026, 11, 20)


@pytest.fixture(scope="module")
def school() -> SampleSchool:
    """60 pupils over an autumn."""
    return make_school(11, phase="primary", pupils=60, first=FIRST, last=LAST)


@pytest.fixture(params=["csv", "sims", "graphql", "rest"])
def mis(request: pytest.FixtureRequest, school: SampleSchool, tmp_path: Path) -> Iterator[Mis]:
    """The school behind each plugin in turn."""
    if request.param == "csv":
        school.write_csv(tmp_path)
        yield open_mis(linkwork_csv.plugin, path=tmp_path)
    elif request.param == "sims":
        path = sims_reports.write(school.register, tmp_path / "report.xml")
        yield open_mis(linkwork_sims.plugin, path=str(path))
    else:
        with serving(FakeArbor(*school_tables(school))) as address:
            secrets = {"username": USER, "password": TOKEN}
            yield open_mis(
                linkwork_arbor.plugin, secrets=secrets, base_url=address, api=request.param
            )


def marked(register: Register) -> dict[tuple[str, object], str]:
    return {
        (pupil.pupil_id, session): code
        for place, pupil in enumerate(register.pupils)
        for session, code in register.marks(place)
        if code
    }


def test_pupils_marks_and_findings_are_the_same(mis: Mis, school: SampleSchool) -> None:
    register = read(mis, FIRST, LAST)
    england = policy.builtin("england-2024")
    assert register.pupils == school.register.pupils
    assert marked(register) == marked(school.register)
    assert triggers.evaluate(register, england, LAST) == triggers.evaluate(
        school.register, england, LAST
    )
