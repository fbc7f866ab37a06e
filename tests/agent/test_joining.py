"""Joining an authority: what is checked before anything is sent, and what is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from live_hub import App, LiveHub, Message, Receive, Send
from school_desk import SchoolDesk

from linkwork.errors import JoinRefused, NotTheHub
from linkwork.join import JoinString, parse
from linkwork_agent import joining
from linkwork_agent.hub_client import HubClient
from linkwork_agent.store import base, registers
from linkwork_agent.work import office_of

JOIN = joining.Release(("return",), "A. Head")


def enrol(school: SchoolDesk, string: JoinString) -> joining.Joined:
    """What the `join` command does, with a worker that looks at once."""
    place = school.place
    with place.store() as store, HubClient(string.url) as hub:
        office = office_of(place, store)
        joining.begin(office, hub, string, "a-machine", JOIN)
        return joining.enrol(office, hub, sleep=lambda _seconds: school.hub.work())


def test_both_sides_show_the_same_six_words(school: SchoolDesk, live: LiveHub) -> None:
    joined = school.join("return")
    assert joined.state == "pending"
    assert joined.words == live.six_words(school.school_id)
    assert len(joined.words.split()) == 6


def test_another_root_key_stops_the_joining_before_the_code_is_sent(
    school: SchoolDesk, live: LiveHub
) -> None:
    calls: list[str] = []

    async def watch(scope: Message, receive: Receive, send: Send, hub: App) -> None:
        calls.append(scope["path"])
        await hub(scope, receive, send)

    live.between = watch
    string = parse(live.join_string(school.school_id))
    other = JoinString(string.url, string.code, "0" * 24)
    with pytest.raises(NotTheHub, match="Nothing was sent"):
        enrol(school, other)
    assert calls == ["/v1/keyset"]


def test_a_used_join_string_is_refused(
    school: SchoolDesk, new_school: Callable[[], SchoolDesk], live: LiveHub
) -> None:
    string = parse(live.join_string(school.school_id))
    enrol(school, string)
    with pytest.raises(JoinRefused, match="used before"):
        enrol(new_school(), string)


def test_an_expired_join_string_is_refused(school: SchoolDesk, live: LiveHub) -> None:
    string = parse(live.join_string(school.school_id))
    school.later(hours=73)
    with pytest.raises(JoinRefused, match="older than 72 hours"):
        enrol(school, string)


def test_a_join_string_of_another_school_is_refused(
    school: SchoolDesk, new_school: Callable[[], SchoolDesk], live: LiveHub
) -> None:
    with pytest.raises(JoinRefused, match="another school"):
        enrol(school, parse(live.join_string(new_school().school_id)))


def test_a_join_string_the_hub_never_made_is_refused(school: SchoolDesk, live: LiveHub) -> None:
    string = parse(live.join_string(school.school_id))
    with pytest.raises(JoinRefused, match="not known"):
        enrol(school, JoinString(string.url, "0" * 16, string.root_fingerprint))


def test_the_release_is_kept_with_name_and_date(school: SchoolDesk) -> None:
    school.join("return", "meeting-list")
    with school.open() as store:
        kept = registers.releases(store.read)
    assert [(release.what, release.who) for release in kept] == [
        ("return", "A. Head"),
        ("meeting-list", "A. Head"),
    ]
    assert kept[0].given_on == school.now.isoformat()


def test_a_worker_that_is_away_leaves_the_enrolment_waiting_and_the_agent_keeps_asking(
    school: SchoolDesk, live: LiveHub
) -> None:
    string = parse(live.join_string(school.school_id))
    with school.open() as store, HubClient(string.url) as hub:
        place = school.place
        office = office_of(place, store)
        joining.begin(office, hub, string, "a-machine", JOIN)
        joined = joining.enrol(office, hub, sleep=lambda _seconds: None)
    assert joined.state == "waiting"
    assert any("not looked" in line for line in school.status()["problems"])
    live.work()
    assert "pending" in school.run("instruct").sentence


def test_nothing_of_a_pupil_leaves_with_an_enrolment(school: SchoolDesk) -> None:
    school.join("return")
    assert [row["kind"] for row in school.sent()] == ["enrol"]
    assert "No pupil" in school.sent()[0]["words"]


def test_joining_again_takes_new_keys_and_keeps_what_waits(
    school: SchoolDesk, live: LiveHub
) -> None:
    school.joined("return").run("collect")
    before = school.place.keys.seed("sign")
    school.join("return")
    assert school.place.keys.seed("sign") != before
    assert school.status()["waiting"] == 2
    with school.open() as store:
        assert base.number(store.read, "epoch") == 2
