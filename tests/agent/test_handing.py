"""A plugin that shows the agreed actions is given all, until it took them, and no pupil."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import odd_plugins
import pytest
from live_hub import LiveHub
from school_desk import SchoolDesk

from linkwork import wire
from linkwork.errors import SourceUnavailable
from linkwork.plugin import MisSettings
from linkwork_agent import handing
from linkwork_agent.store import inbox

TAKING = """
        pass


@hookimpl
def receive_actions(settings, actions):
    from linkwork.errors import SourceUnavailable
    import json
    from dataclasses import asdict

    with open(settings.options["notes"], "a") as notes:
        notes.write(json.dumps([asdict(each) for each in actions], default=str) + chr(10))
    if settings.options.get("away"):
        raise SourceUnavailable("the system is away", remedy="Wait")
"""
RING = wire.ActionItem(
    action_id="act_1",
    what="Ring home on the first day",
    who="Attendance officer",
    due=date(2026, 3, 6),
    agreed_on=date(2026, 2, 27),
)
VISIT = RING.model_copy(
    update={"action_id": "act_2", "what": "Visit Quill Larkspur", "pseudonym": "p" * 26}
)


@pytest.fixture
def taker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An installed plugin with the hook."""
    folder = tmp_path / "installed"
    folder.mkdir()
    odd_plugins.install(folder, "taker", TAKING)
    monkeypatch.syspath_prepend(str(folder))
    return "taker"


def given(notes: Path) -> list[list[dict[str, Any]]]:
    """What the plugin was given, call by call."""
    if not notes.exists():
        return []
    return [json.loads(line) for line in notes.read_text(encoding="utf-8").splitlines()]


def test_actions_reach_the_plugin_once_for_each_change_and_name_no_pupil(
    school: SchoolDesk, live: LiveHub, taker: str, tmp_path: Path
) -> None:
    school.joined("return")
    notes = tmp_path / "notes"
    settings = MisSettings(school.urn, {"notes": str(notes)})
    with school.open() as store:
        assert handing.hand_over(store, taker, lambda: settings) == 0
    live.issue(school.school_id, RING, "handing-1")
    live.issue(school.school_id, VISIT, "handing-2")
    school.run("instruct")
    with school.open() as store:
        assert [handing.hand_over(store, taker, lambda: settings) for _ in range(2)] == [2, 0]
        with store.write() as tx:
            inbox.set_action_state(tx, "act_1", "done", "")
        assert handing.hand_over(store, taker, lambda: settings) == 2
    first, second = given(notes)
    by_id = {each["action_id"]: each for each in first}
    assert by_id["act_1"]["what"] == "Ring home on the first day"
    assert (by_id["act_2"]["what"], by_id["act_2"]["about_a_pupil"]) == ("", True)
    assert "Larkspur" not in notes.read_text(encoding="utf-8")
    assert "p" * 26 not in notes.read_text(encoding="utf-8")
    assert {each["action_id"]: each["state"] for each in second}["act_1"] == "done"


def test_actions_that_could_not_be_taken_come_again(
    school: SchoolDesk, live: LiveHub, taker: str, tmp_path: Path
) -> None:
    school.joined("return")
    live.issue(school.school_id, RING, "handing-3")
    school.run("instruct")
    notes = tmp_path / "notes"
    away = MisSettings(school.urn, {"notes": str(notes), "away": True})
    back = MisSettings(school.urn, {"notes": str(notes)})
    with school.open() as store:
        for _ in range(2):
            with pytest.raises(SourceUnavailable):
                handing.hand_over(store, taker, lambda: away)
        assert handing.hand_over(store, taker, lambda: back) == 1
    assert len(given(notes)) == 3


def test_a_plugin_without_the_hook_is_left_alone(school: SchoolDesk, live: LiveHub) -> None:
    school.joined("return")
    live.issue(school.school_id, RING, "handing-4")
    assert school.run("instruct").exit_code == 0
    with school.open() as store:
        settings = MisSettings(school.urn, {"path": "register.csv"})
        assert handing.hand_over(store, "csv", lambda: settings) == 0
