"""A school on any system may name a calendar file of its own, and it stands for the system's."""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from arbor_answers import answering, opened

from demo.fakes.arbor import FakeArbor, school_tables
from demo.fakes.sims import reports
from linkwork.errors import WrongUse
from linkwork.register import Register
from linkwork.sample import SampleSchool, make_school
from linkwork.testing import read, serving
from linkwork_agent import config, setup
from linkwork_agent.own_calendar import WithCalendar
from linkwork_agent.work import Place, mis_of

FIRST, LAST = date(2026, 9, 7), date(2026, 9, 11)
OPEN = frozenset(date(2026, 9, day) for day in (7, 8, 11))


@pytest.fixture(scope="module")
def made() -> SampleSchool:
    return make_school(5, phase="primary", pupils=40, first=FIRST, last=LAST)


@pytest.fixture
def days(tmp_path: Path) -> Path:
    """Thursday was a staff day."""
    rows = [f"{day},school" for day in sorted(OPEN)] + ["2026-09-10,inset"]
    path = tmp_path / "days.csv"
    path.write_text("\n".join(["date,kind", *rows, ""]), encoding="utf-8")
    return path


def through(home: Path) -> Register:
    """The school in this home, as the service opens it."""
    found = config.load(home)
    place = Place(found, found.schools[0], lambda: datetime.now(UTC), secrets.token_bytes)
    return read(mis_of(place), FIRST, LAST)


def test_a_school_on_sims_has_the_days_of_its_file(
    made: SampleSchool, days: Path, tmp_path: Path
) -> None:
    report = reports.write(made.register, tmp_path / "register.xml")
    home = tmp_path / "home"
    settings = setup.settings_of(str(report), None, None, [])
    setup.add_school(home, "999001", "Quillbury Primary School", "sims", settings)
    assert through(home).calendar is None
    (home / "agent.toml").unlink()
    settings = setup.settings_of(str(report), None, str(days), [])
    setup.add_school(home, "999001", "Quillbury Primary School", "sims", settings)
    register = through(home)
    assert register.calendar == OPEN
    assert str(days) in register.calendar_from
    place = Place(config.load(home), config.load(home).schools[0], lambda: datetime.now(UTC), bytes)
    [check] = [each for each in mis_of(place).check() if each.name == "calendar"]
    assert check.ok
    assert "3 school days" in check.seen
    days.write_text("date,kind\n2026-09-09,holliday\n", encoding="utf-8")
    [check] = [each for each in mis_of(place).check() if each.name == "calendar"]
    assert not check.ok
    assert "row 2" in check.remedy


def test_the_file_stands_for_the_days_that_arbor_gives(made: SampleSchool, days: Path) -> None:
    with serving(answering(FakeArbor(*school_tables(made)))) as address:
        mis = opened(address, "graphql")
        theirs = read(mis, FIRST, LAST)
        ours = read(WithCalendar(mis, str(days)), FIRST, LAST)
    assert theirs.calendar
    assert date(2026, 9, 10) in theirs.calendar
    assert ours.calendar == OPEN
    assert ours.rows == theirs.rows


def test_one_file_may_be_for_every_school_and_a_schools_own_stands_for_it(tmp_path: Path) -> None:
    school = {"urn": "100001", "name": "Ashby Vale", "mis": "sims"}
    other = {"urn": "100002", "name": "Brook", "mis": "sims", "calendar": "brook.csv"}
    raw = {"calendar": "terms.csv", "school": [school, other]}
    found = config.read(raw, tmp_path)
    assert [each.calendar for each in found.schools] == ["terms.csv", "brook.csv"]
    with pytest.raises(
        WrongUse, match=r"calendar of school 100002 names .*brook.csv, which is not"
    ):
        found.calendar(found.school("100002"))
    with pytest.raises(WrongUse, match="calendar is not text"):
        config.read({"school": [school | {"calendar": 7}]}, tmp_path)
