"""`linkwork-hub meetings`: a term planned, saved once, and an invitation printed."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import icalendar
import pytest
from typer.testing import CliRunner, Result

from linkwork.errors import WrongUse
from linkwork_hub.access import account_store, duty_store
from linkwork_hub.access import store as access
from linkwork_hub.access.home import Home
from linkwork_hub.access.models import Person
from linkwork_hub.cli.main import app
from linkwork_hub.db import Role, Scope
from linkwork_hub.meetings import store

STAFF = """email,name,role,latitude,longitude,days
olive@council.example,Olive Fenwick,officer,51.4,-0.9,tue-am thu-am
"""
SCHOOLS = """urn,name,school_type,phase,roll,roll_date,link_officer,latitude,longitude
900001,Oak Lane,LA,primary,210,2024-10-03,olive@council.example,51.4,-0.9
900002,Ash Park,academy,secondary,1050,2024-10-03,olive@council.example,51.4,-0.9
900003,Yew Tree,academy,secondary,501,2024-10-03,,51.4,-0.9
"""
# Far ahead, because a command reads the real clock and plans nothing in the past.
TERMS = """name,first,last,kind,urn
Spring 2090,2090-01-03,2090-03-31,term,
Break,2090-02-13,2090-02-17,half-term,
INSET,2090-01-24,2090-01-24,inset,900001
"""


@pytest.fixture(scope="module")
def hub_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hub's home made by its own commands: three schools, one officer, one term."""
    folder = tmp_path_factory.mktemp("hub")
    home = folder / "home"
    assert run(home, "init", "--profile", "reading").exit_code == 0
    for kind, text in (("staff", STAFF), ("schools", SCHOOLS), ("terms", TERMS)):
        file = folder / f"{kind}.csv"
        file.write_text(text, encoding="utf-8")
        assert run(home, "import", kind, str(file)).exit_code == 0
    return home


def run(home: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["--home", str(home), *words])


def planned(home: Path, *words: str) -> dict[str, Any]:
    result = run(home, "meetings", "plan", "--term", "spring 2090", "--format", "json", *words)
    assert result.exit_code == 0, result.output
    shape: dict[str, Any] = json.loads(result.stdout)
    return shape


@pytest.mark.serves("C40")
def test_the_plan_has_the_documented_shape_and_one_meeting_in_each_half(hub_home: Path) -> None:
    shape = planned(hub_home)
    assert list(shape) == ["term", "meetings", "unplaced", "cost", "bound"]
    assert sorted((m["urn"], m["date"] > "2090-02-17") for m in shape["meetings"]) == [
        ("900001", False),
        ("900001", True),
        ("900002", False),
        ("900002", True),
    ]
    for meeting in shape["meetings"]:
        day = date.fromisoformat(meeting["date"])
        assert f"{day:%a}-{meeting['session']}".lower() in {"tue-am", "thu-am"}
        assert (meeting["officer"], meeting["type"]) == ("olive@council.example", "link")
        assert (meeting["start"], meeting["end"]) == ("09:30", "10:30")
        assert meeting["reason"]
    assert shape["bound"] <= shape["cost"]
    assert [left["urn"] for left in shape["unplaced"]] == ["900003"]
    assert "link_officer" in shape["unplaced"][0]["reason"]


def test_a_plan_is_written_only_when_asked_and_only_once(hub_home: Path) -> None:
    before = planned(hub_home)
    assert planned(hub_home) == before
    assert not any(m["reason"].startswith("Stood already") for m in before["meetings"])
    saved = planned(hub_home, "--save")
    again = planned(hub_home, "--save")
    assert [m["date"] for m in again["meetings"]] == [m["date"] for m in saved["meetings"]]
    assert all(m["reason"].startswith("Stood already") for m in again["meetings"])


def test_a_term_nobody_imported_is_refused_with_those_there_are(hub_home: Path) -> None:
    result = run(hub_home, "meetings", "plan", "--term", "Spring 1990")
    assert isinstance(result.exception, WrongUse)
    assert "Known: Spring 2090" in str(result.exception)


def test_the_programme_lists_each_schools_meetings_of_a_term_and_what_is_missing(
    hub_home: Path,
) -> None:
    shown = run(hub_home, "meetings", "programme", "--term", "Spring 2090", "--format", "json")
    rows = json.loads(shown.stdout)
    assert {(row["urn"], row["first"], row["last"]) for row in rows} == {
        (urn, *half)
        for urn in ("900001", "900002", "900003")
        for half in (("2090-01-03", "2090-02-12"), ("2090-02-18", "2090-03-31"))
    }
    assert {(row["stands"], row["day"]) for row in rows if row["urn"] == "900003"} == {
        ("to come, none is planned", None)
    }
    assert "Spring 2090: 0 of 6 missing." in shown.stderr
    left = run(hub_home, "meetings", "programme", "--missing")
    assert left.exit_code == 0
    assert "No meeting is missing." in left.output
    wrong = run(hub_home, "meetings", "programme", "--term", "Spring 1990")
    assert isinstance(wrong.exception, WrongUse)
    assert "Known: Spring 2090." in str(wrong.exception)


def test_a_meeting_prints_as_an_invitation(hub_home: Path) -> None:
    planned(hub_home, "--save")
    with Home(hub_home).db.read() as db:
        one = store.meetings_from(Scope.system(), db, date(2090, 1, 1), limit=1)[0]
    result = run(hub_home, "meetings", "ics", one.meeting_id)
    [event] = icalendar.Calendar.from_ical(result.stdout_bytes).walk("VEVENT")
    assert str(event["SUMMARY"]).startswith("Link meeting, ")
    unknown = run(hub_home, "meetings", "ics", "mtg_nothing")
    assert isinstance(unknown.exception, WrongUse)


def test_the_duty_rota_lists_its_days_and_who_is_missing(hub_home: Path) -> None:
    home = Home(hub_home)
    with home.db.write() as db:
        olive = access.person_by_email(Scope.system(), db, "olive@council.example")
        assert olive is not None
        dora = Person("", "dora@council.example", "Dora", Role.OFFICER, True)
        ident = account_store.add_person(Scope.system(), db, dora, password="")
        duty_store.set_duty(Scope.system(), db, date(2090, 1, 3), ident, "A manager")
        duty_store.set_duty(Scope.system(), db, date(2090, 1, 4), olive.id, "A manager")
    home.db.close()
    without = run(hub_home, "meetings", "duty")
    assert "The profile has no duty rota. Add [meetings.duty]" in str(without.exception)
    with (hub_home / "authority.toml").open("a", encoding="utf-8") as profile:
        profile.write("\n[meetings.duty]\nstarts = 09:00:00\nends = 16:00:00\n")
    result = run(hub_home, "meetings", "duty", "--term", "Spring 2090", "--format", "json")
    rows = json.loads(result.stdout)
    assert len(rows) == 59, "the days of the term on which any school is open"
    by_day = {row["day"]: row for row in rows}
    assert by_day["2090-01-03"] == {
        "day": "2090-01-03",
        "officer": "dora@council.example",
        "gap": None,
    }
    # Olive works two mornings a week, and a duty is of a whole day.
    assert by_day["2090-01-04"]["gap"] == "Olive Fenwick does not work that day."
    assert "nobody on 58 of the 59 days to come" in result.stderr
    gaps = run(hub_home, "meetings", "duty", "--gaps", "--format", "json")
    assert len(json.loads(gaps.stdout)) == 58
    unknown = run(hub_home, "meetings", "duty", "--term", "Autumn 1999")
    assert isinstance(unknown.exception, WrongUse)
    assert "Known: Spring 2090" in str(unknown.exception)
