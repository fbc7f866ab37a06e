"""Joining once more: what works goes on working until the hub has accepted the new enrolment."""

from __future__ import annotations

import io
import json
import signal
from argparse import Namespace
from collections.abc import Callable

import pytest
from live_hub import LiveHub
from school_desk import SchoolDesk
from sudden_death import run

from linkwork import wire
from linkwork.errors import JoinRefused, Refused, WrongUse
from linkwork.join import parse
from linkwork_agent import doctor, joining, post
from linkwork_agent.hub_client import HubClient
from linkwork_agent.join_command import join_school
from linkwork_agent.store import base
from linkwork_agent.work import office_of


@pytest.fixture
def working(school: SchoolDesk, live: LiveHub) -> SchoolDesk:
    """A school whose agent has delivered and has more to deliver."""
    school.joined("return").run("collect")
    live.working.set()
    return school


def again(school: SchoolDesk, string: str) -> str:
    """What `join STRING --again` prints."""
    said = io.StringIO()
    given = Namespace(string=string, again=True, release="none", released_by="B. Deputy")
    join_school(school.place.config, school.place.school, given, io.StringIO(), said)
    return said.getvalue()


def used(school: SchoolDesk, live: LiveHub) -> str:
    string = live.join_string(school.school_id)
    with live.db.write() as db:
        db.conn.exec_driver_sql("UPDATE join_codes SET used = expires WHERE used IS NULL")
    return string


def withdrawn(school: SchoolDesk, live: LiveHub) -> str:
    string = live.join_string(school.school_id)
    live.join_string(school.school_id)
    return string


def too_old(school: SchoolDesk, live: LiveHub) -> str:
    string = live.join_string(school.school_id)
    school.later(hours=73)
    return string


def kept(school: SchoolDesk) -> dict[str, str]:
    """Everything about the connection that a refused enrolment must not touch."""
    with school.open() as store:
        rows = store.read.execute("SELECT key, value FROM state WHERE key != 'hub_time'")
        values = {row["key"]: str(row["value"]) for row in rows}
        releases = store.read.execute("SELECT * FROM releases").fetchall()
        waiting = store.read.execute("SELECT message_id, envelope FROM outbox").fetchall()
    seeds = {path.name: path.read_bytes().hex() for path in school.place.keys.folder.iterdir()}
    rest = {"releases": str([tuple(r) for r in releases]), "out": str([tuple(w) for w in waiting])}
    return values | seeds | rest


@pytest.mark.parametrize("string_of", [used, withdrawn, too_old])
def test_a_join_string_that_is_refused_leaves_everything_as_it_was_and_delivering(
    working: SchoolDesk, live: LiveHub, string_of: Callable[[SchoolDesk, LiveHub], str]
) -> None:
    string = string_of(working, live)
    before = kept(working)
    with pytest.raises(JoinRefused):
        again(working, string)
    assert kept(working) == before
    assert "sent 2, 0 waiting" in working.run("deliver").sentence
    assert working.status()["problems"] == []


def test_a_new_join_string_moves_to_new_keys_and_delivers_what_waited(
    working: SchoolDesk, live: LiveHub
) -> None:
    before = working.place.keys.seed("sign")
    assert "pending" in again(working, live.join_string(working.school_id))
    assert working.place.keys.seed("sign") != before
    assert sorted(path.name for path in working.place.keys.folder.iterdir()) == [
        "seal.seed",
        "sign.seed",
    ]
    assert "has not confirmed" in working.run("deliver").sentence
    live.confirm(working.school_id)
    assert "active" in working.run("instruct").sentence
    assert "sent 2, 0 waiting" in working.run("deliver").sentence
    live.work()
    returns = "SELECT count(*) FROM returns WHERE school_id = :s"
    assert live.count(returns, s=working.school_id) == 1
    with working.open() as store:
        assert base.number(store.read, "epoch") == 2


def test_while_the_hub_has_not_looked_the_agent_goes_on_delivering(
    working: SchoolDesk, live: LiveHub
) -> None:
    live.working.clear()
    string = parse(live.join_string(working.school_id))
    with working.open() as store, HubClient(string.url) as hub:
        office = office_of(working.place, store)
        joining.begin(office, hub, string, "a-machine", joining.Release((), "B. Deputy"))
        assert joining.enrol(office, hub, sleep=lambda _seconds: None).state == "waiting"
    assert "sent 2, 0 waiting" in working.run("deliver").sentence
    assert "called the hub: active" in working.run("instruct").sentence
    assert any("not looked" in line for line in working.status()["problems"])
    live.work()
    assert "called the hub: pending" in working.run("instruct").sentence


def test_a_refusal_that_comes_later_is_a_problem_in_words_and_stops_nothing(
    working: SchoolDesk, live: LiveHub
) -> None:
    live.working.clear()
    string = parse(withdrawn(working, live))
    with working.open() as store, HubClient(string.url) as hub:
        office = office_of(working.place, store)
        joining.begin(office, hub, string, "a-machine", joining.Release((), "B. Deputy"))
        joining.enrol(office, hub, sleep=lambda _seconds: None)
    live.work()
    assert "called the hub: active" in working.run("instruct").sentence
    (problem,) = working.status()["problems"]
    assert "replaced or withdrawn" in problem
    assert "goes on working" in problem
    assert "sent 2, 0 waiting" in working.run("deliver").sentence


POINTS = ["keys written beside", "enrolment written", "accepted", "in force", "one key in place"]


@pytest.mark.parametrize("point", POINTS)
def test_killed_while_joining_again_either_connection_is_whole(
    working: SchoolDesk, live: LiveHub, point: str
) -> None:
    string = live.join_string(working.school_id)
    (working.home / "string").write_text(string, encoding="utf-8")
    assert run(working, "join", point) == -signal.SIGKILL
    outcome = working.run("instruct")
    assert outcome.exit_code == 0, outcome.sentence
    if "pending" in outcome.sentence:
        live.confirm(working.school_id)
        assert "active" in working.run("instruct").sentence
    assert "sent 2, 0 waiting" in working.run("deliver").sentence
    assert working.run("collect").exit_code == 0


def test_a_wrong_way_of_swapping_keys_is_caught(working: SchoolDesk, live: LiveHub) -> None:
    string = live.join_string(working.school_id)
    (working.home / "string").write_text(string, encoding="utf-8")
    assert run(working, "join, key files first", "files swapped") == -signal.SIGKILL
    outcome = working.run("instruct")
    assert outcome.exit_code == 2
    assert "is not the one this school joined with" in outcome.sentence


def test_a_job_that_began_with_the_old_keys_seals_nothing_with_them(
    working: SchoolDesk, live: LiveHub
) -> None:
    with working.open() as store:
        old = working.desk(store)
        again(working, live.join_string(working.school_id))
        with pytest.raises(Refused, match="has new keys"), store.write() as tx:
            post.enqueue(tx, old, wire.Acknowledge(items=()), "of before")
    assert working.status()["waiting"] == 2


def test_a_first_join_string_that_is_refused_fails_in_doctor_too(
    school: SchoolDesk, live: LiveHub
) -> None:
    live.working.set()
    with pytest.raises(JoinRefused):
        again(school, withdrawn(school, live))
    place = school.place
    place.config.path.touch(mode=0o600)
    rows = doctor.examine(place.config, [place.school], place.clock, place.random)
    (row,) = [row for row in rows if row["what"] == f"{school.urn} hub"]
    assert not row["ok"]
    assert "replaced or withdrawn" in json.dumps(row)
    assert "new join string" in row["remedy"]
    assert any("refused the join string" in line for line in school.status()["problems"])
    # And the next string, without --again, starts afresh.
    given = Namespace(
        string=live.join_string(school.school_id),
        again=False,
        release="return",
        released_by="A. Head",
    )
    assert join_school(place.config, place.school, given, io.StringIO(), io.StringIO()) == 0


def test_a_key_file_of_another_time_is_named_with_the_remedy(working: SchoolDesk) -> None:
    working.place.keys.new_seed("seal", lambda size: b"x" * size)
    with (
        working.open() as store,
        pytest.raises(WrongUse, match="is not the one this school joined with"),
    ):
        working.desk(store)
