"""Reading's kinds of meeting, and diaries to plan with."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hub_under_test import FixedClock, HubUnderTest
from southampton import Service, service, southampton

from linkwork_hub.db import Database
from linkwork_hub.feeds.keys import HubKeys
from linkwork_hub.meetings.kinds import Kind, MeetingRules, read_rules
from linkwork_hub.meetings.models import HalfDay, OfficerDiary, SchoolDiary


@pytest.fixture(scope="session")
def meetings_table(root: Path) -> dict[str, Any]:
    """The `[meetings]` table of the profile that ships, as written."""
    profile = root / "hub" / "linkwork_hub" / "authorities" / "reading.toml"
    table: dict[str, Any] = tomllib.loads(profile.read_text(encoding="utf-8"))["meetings"]
    return table


@pytest.fixture(scope="session")
def meeting_rules(meetings_table: dict[str, Any]) -> MeetingRules:
    return read_rules(meetings_table, file="reading.toml")


@pytest.fixture(scope="session")
def link(meeting_rules: MeetingRules) -> Kind:
    """The link meeting: an hour at 9:30 or 13:30, once a half term."""
    return meeting_rules.link


@pytest.fixture(scope="session")
def an_officer() -> Callable[..., OfficerDiary]:
    """An officer by their working half-days: `an_officer("mon-am mon-pm")`."""

    def make(
        works: str = "mon-am mon-pm tue-am tue-pm wed-am wed-pm thu-am thu-pm fri-am fri-pm",
        busy: Iterable[HalfDay] = (),
        person_id: str = "per_officer",
    ) -> OfficerDiary:
        return OfficerDiary(
            person_id=person_id,
            email=f"{person_id}@council.example",
            name="Olive Fenwick",
            works=frozenset(works.split()),
            busy=frozenset(busy),
        )

    return make


@pytest.fixture(scope="session")
def a_school() -> Callable[..., SchoolDiary]:
    """A school open on every weekday between two dates."""

    def make(
        first: date,
        last: date,
        wishes: str = "",
        closed: Iterable[date] = (),
        urn: str = "900001",
    ) -> SchoolDiary:
        days = (first + timedelta(n) for n in range((last - first).days + 1))
        return SchoolDiary(
            school_id=f"sch_{urn}",
            urn=urn,
            name="Oak Lane Primary School",
            open_days=frozenset(day for day in days if day.weekday() < 5) - frozenset(closed),
            wishes=frozenset(wishes.split()),
        )

    return make


@pytest.fixture
def served(sqlite_database: Database, clock: FixedClock, hub_keys: HubKeys) -> Iterator[Service]:
    """Southampton's service: a school, its officer, a manager and an open case."""
    with HubUnderTest.over(sqlite_database, clock, hub_keys, southampton()) as hub:
        yield service(hub)
