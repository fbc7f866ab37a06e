"""What is on offer: read from the profile, suggested for a pupil, counted for a school."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from casework import OTHER, SYSTEM, Casework, Telling, casework, notice, severe
from hub_under_test import FixedClock, HubUnderTest

from linkwork.errors import BadInput
from linkwork_hub.access import profile
from linkwork_hub.cli.linting import lint_profile
from linkwork_hub.db import Database, Role, Scope
from linkwork_hub.feeds.keys import HubKeys
from linkwork_hub.referrals import store
from linkwork_hub.referrals.strategies import (
    Standing,
    for_groups,
    read_strategies,
    standing_triggers,
    suggested,
)

IEWO = profile.builtin_text("iewo")
VISIT = {"id": "visit", "name": "Visit", "about": "At home", "who": "An officer"}
TABLE: dict[str, Any] = {
    "source": "Made up",
    "offers": [
        VISIT | {"triggers": ["not-seen", "irregular"]},
        VISIT | {"id": "group", "triggers": ["severe-absence"]},
        VISIT | {"id": "gate"},
    ],
}
OFFERS = read_strategies(TABLE, file="authority.toml")


def ids(*triggers: str) -> dict[str, tuple[str, ...]]:
    return {each.strategy.id: each.because for each in suggested(OFFERS, triggers)}


def test_a_strategy_is_suggested_with_the_triggers_that_stand_and_no_other() -> None:
    assert ids("irregular") == {"visit": ("irregular",)}
    assert ids("irregular", "not-seen", "severe-absence") == {
        "visit": ("not-seen", "irregular"),
        "group": ("severe-absence",),
    }
    assert ids("penalty-window") == {}
    assert ids() == {}


def test_a_referral_stands_only_for_whom_it_brought() -> None:
    assert standing_triggers("referral", []) == {"referral"}
    assert standing_triggers("irregular", ["not-seen"]) == {"not-seen"}


def test_a_group_is_counted_by_school_and_strategy_each_pupil_once() -> None:
    both = frozenset({"not-seen", "irregular"})
    pupils = [Standing("sch_1", "c1", both), Standing("sch_1", "c2", both)]
    pupils.append(Standing("sch_2", "c3", frozenset({"severe-absence"})))
    assert for_groups(OFFERS, pupils) == {("sch_1", "visit"): 2, ("sch_2", "group"): 1}


def test_without_the_table_nothing_is_on_offer() -> None:
    assert read_strategies({}, file="authority.toml") == ()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"source": "x"}, "strategies.offers: Field required"),
        ({"source": "x", "offers": []}, "strategies.offers: "),
        ({"offers": [VISIT]}, "strategies.source: "),
        ({"sorce": "x", "offers": [VISIT]}, "strategies.sorce: "),
        ({"source": "x", "offers": [VISIT, VISIT | {"who": ""}]}, "strategies.offers[1].who: "),
        ({"source": "x", "offers": [VISIT | {"price": 1}]}, "strategies.offers[0].price: "),
        ({"source": "x", "offers": [VISIT | {"id": "A b"}]}, "strategies.offers[0].id: "),
        ({"source": "x", "offers": [VISIT, VISIT]}, "have the id 'visit'; give each its own"),
        (
            {"source": "x", "offers": [VISIT | {"triggers": ["irregular", "irregular"]}]},
            "strategies.offers[0]: one of `triggers` stands there twice; write it once",
        ),
        (
            {"source": "x", "offers": [VISIT, VISIT | {"id": "b", "triggers": ["iregular"]}]},
            "strategies.offers[1].triggers: by 'iregular' no pupil comes to the hub",
        ),
    ],
)
def test_a_mistake_is_named_with_file_place_and_remedy(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_strategies(wrong, file="authority.toml", known={"irregular"})
    assert said in str(refused.value)
    assert str(refused.value).startswith("authority.toml: ")
    assert refused.value.remedy


@pytest.mark.parametrize("stays", ["late-pattern", "persistent-absence", "sickness"])
def test_lint_refuses_a_trigger_that_brings_no_pupil_to_consider(
    stays: str, tmp_path: Path
) -> None:
    path = tmp_path / "authority.toml"
    path.write_text(IEWO.replace('triggers = ["irregular"', f'triggers = ["{stays}"', 1))
    with pytest.raises(BadInput, match=rf"strategies\.offers\[0\]\.triggers: by '{stays}'") as no:
        lint_profile(path)
    assert no.value.file == "authority.toml"
    assert "irregular" in str(no.value.remedy)
    assert "referral" in str(no.value.remedy)


def test_what_stands_is_open_within_reach_and_not_finished(telling: Telling) -> None:
    db = telling.school.db
    telling.tell(notice(), severe(), severe(episode="e3", trigger="irregular"))
    with db.read() as tx:
        found = {one.triggers for one in store.standing(SYSTEM, tx)}
    assert found == {
        frozenset({"continuous-unauthorised"}),
        frozenset({"severe-absence", "irregular"}),
    }
    telling.tell(severe(event="withdrawn"))
    with db.read() as tx:
        (other,) = [one for one in store.standing(SYSTEM, tx) if "irregular" in one.triggers]
        assert other.triggers == {"irregular"}
        assert store.standing(Scope(Role.OFFICER, "per_x", frozenset()), tx) == []


@pytest.fixture
def provider(sqlite_database: Database, clock: FixedClock, hub_keys: HubKeys) -> Iterator[Casework]:
    """A hub with the profile that has a catalogue, a school, and its link officer."""
    chosen = profile.loads(IEWO, "authority.toml")
    with HubUnderTest.over(sqlite_database, clock, hub_keys, chosen) as hub:
        yield casework(hub)


@pytest.mark.serves("I9")
def test_a_pupils_page_suggests_from_the_catalogue_and_says_because_of_what(
    provider: Casework,
) -> None:
    provider.tell(severe())
    page = provider.officer.get(provider.pupil()).text
    part = page.partition('id="on-offer"')[2].partition('id="decide"')[0]
    assert "Less formal home visits, one to one, group work, parent support" in part
    assert "Early Help" in part
    assert "who can be the Lead Professional" in part
    assert "Severe absence</td>" in part
    for other in ("Formal casework", "Late Gate", "Unplanned home visit", "regularly</td>"):
        assert other not in part


@pytest.mark.serves("I9")
def test_a_page_counts_the_group_of_each_school_for_each_strategy(provider: Casework) -> None:
    third = "p_" + "y" * 26
    provider.tell(notice(), severe(), severe(episode="e4", pseudonym=third))
    assert 'href="/on-offer"' in provider.officer.get("/pupils").text
    page = provider.officer.get("/on-offer").text
    listed, _, groups = page.partition("Groups of pupils, by school</h2>")
    assert "Late Gate support" in listed
    assert "Your own judgement" in listed
    assert ">2</td>" in groups.partition("Early Help")[2].partition("</tr>")[0]
    assert ">1</td>" in groups.partition("Formal casework")[2].partition("</tr>")[0]
    assert "Late Gate" not in groups
    stranger = provider.hub.sign_in(Role.OFFICER)
    assert "Nothing is suggested now" in stranger.get("/on-offer").text


def test_nothing_is_suggested_any_more_when_the_matter_is_finished(provider: Casework) -> None:
    provider.tell(severe())
    pupil = provider.pupil()
    provider.officer.post(f"{pupil}/decide", {"choice": "no-action", "reason": "Settled"})
    assert 'id="on-offer"' not in provider.officer.get(pupil).text
    assert "Nothing is suggested now" in provider.officer.get("/on-offer").text


def test_a_profile_without_a_catalogue_shows_nothing(work: Casework) -> None:
    work.tell(severe(pseudonym=OTHER))
    assert "on-offer" not in work.officer.get("/pupils").text
    assert "on offer" not in work.officer.get(work.pupil()).text
    assert "lists nothing on offer" in work.officer.get("/on-offer").text


def test_what_an_authority_writes_is_escaped(
    sqlite_database: Database, clock: FixedClock, hub_keys: HubKeys
) -> None:
    text = IEWO.replace('"Early Help"', '"Early <b>Help</b>"')
    chosen = profile.loads(text, "authority.toml")
    with HubUnderTest.over(sqlite_database, clock, hub_keys, chosen) as hub:
        work = casework(hub)
        work.tell(severe())
        for address in (work.pupil(), "/on-offer"):
            page = work.officer.get(address).text
            assert "Early &lt;b&gt;Help&lt;/b&gt;" in page
            assert "<b>Help" not in page
