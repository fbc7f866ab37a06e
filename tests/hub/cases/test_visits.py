"""A visit is recorded on a case with the reason for it, from the profile's list."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from casework import Casework, casework
from hub_under_test import FixedClock, HubUnderTest

from linkwork_hub.access import profile
from linkwork_hub.db import Database
from linkwork_hub.feeds.keys import HubKeys


@pytest.fixture
def southampton(
    sqlite_database: Database, clock: FixedClock, hub_keys: HubKeys
) -> Iterator[Casework]:
    """A school with its officer, at a hub with Southampton's profile."""
    chosen = profile.loads(profile.builtin_text("southampton"), "southampton.toml")
    with HubUnderTest.over(sqlite_database, clock, hub_keys, chosen) as hub:
        yield casework(hub)


@pytest.mark.serves("S45")
@pytest.mark.parametrize("kind", ["unannounced-visit", "home-visit"])
def test_a_visit_unannounced_or_not_is_recorded_with_its_reason_and_not_without(
    southampton: Casework, kind: str
) -> None:
    work = southampton
    case = work.accepted()
    place = f"/cases/{case.id}"
    page = work.officer.get(place).text
    assert "Needed for: Home visit, Unannounced visit" in page
    for reason in ("Non-attendance", "Safeguarding concern", "Prolonged non-attendance"):
        assert f'<option value="{reason}">' in page
    form = {"kind": kind, "on": "2026-03-02", "note": "Nobody answered the door."}
    refused = work.officer.post(f"{place}/work", form)
    assert refused.status_code == 409
    assert "choose why" in refused.text
    assert "Nobody answered the door." in refused.text, "what was typed is not lost"
    done = work.officer.post(f"{place}/work", form | {"why": "Safeguarding concern"})
    assert done.status_code == 303
    history = work.officer.get(place).text
    words = {"unannounced-visit": "Unannounced visit", "home-visit": "Home visit"}[kind]
    assert f"{words}: Safeguarding concern" in history
    assert "Nobody answered the door." in history


def test_work_without_reasons_takes_none(southampton: Casework) -> None:
    work = southampton
    case = work.accepted()
    form = {"kind": "school-contact", "on": "2026-03-02", "note": "Rang."}
    refused = work.officer.post(f"/cases/{case.id}/work", form | {"why": "Non-attendance"})
    assert refused.status_code == 409
    assert "takes no reason" in refused.text
    assert work.officer.post(f"/cases/{case.id}/work", form).status_code == 303
