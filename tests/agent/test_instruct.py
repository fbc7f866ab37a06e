"""Hub to school: what came down takes effect once, and the hub is told."""

from __future__ import annotations

from datetime import date

from live_hub import LiveHub
from on_the_way import changing
from school_desk import SchoolDesk

from linkwork import wire
from linkwork.seal import SUITE, Signer, seal
from linkwork_agent import agreed, post
from linkwork_agent.hub_client import HubClient
from linkwork_agent.instruct import acknowledge, apply_waiting
from linkwork_agent.store import base, inbox

ACTION = wire.ActionItem(
    action_id="act_1",
    what="Ring home on the first day",
    who="Attendance officer",
    due=date(2026, 3, 6),
    agreed_on=date(2026, 2, 27),
)


def states(school: SchoolDesk) -> list[str]:
    """The states of the school's actions."""
    rows = agreed.action_rows(school.place.config, school.place.school, date(2026, 3, 2))
    return [row["state"] for row in rows]


def owed(live: LiveHub, school: SchoolDesk) -> int:
    """How many items the hub does not know to have arrived."""
    live.work()
    sql = "SELECT count(*) FROM downlink WHERE school_id = :s AND acknowledged IS NULL"
    return live.count(sql, s=school.school_id)


def test_the_policy_is_the_first_thing_a_confirmed_school_is_given(
    school: SchoolDesk, live: LiveHub
) -> None:
    school.joined("return")
    with school.open() as store:
        assert base.text(store.read, "policy_name") == "england-2024"
    assert owed(live, school) == 0


def test_an_agreed_action_arrives_and_the_hub_knows_it(school: SchoolDesk, live: LiveHub) -> None:
    school.joined("return")
    live.issue(school.school_id, ACTION, "item-1")
    assert "1 new from the authority" in school.run("instruct").sentence
    assert states(school) == ["open"]
    assert owed(live, school) == 0


def test_an_item_that_comes_twice_takes_effect_once(school: SchoolDesk, live: LiveHub) -> None:
    school.joined("return")
    live.issue(school.school_id, ACTION, "item-2")
    school.run("instruct")
    with school.open() as store, store.write() as tx:
        inbox.set_action_state(tx, "act_1", "done", "")
        # As if the hub had not heard of it and sent it once more.
        tx.execute("UPDATE inbox SET acked_at = NULL WHERE id = 'item-2'")
        (again,) = tx.execute("SELECT id, kind, sealed FROM inbox WHERE id = 'item-2'").fetchall()
        inbox.keep(tx, inbox.Item(*again), school.now.isoformat())
    with school.open() as store:
        assert apply_waiting(school.desk(store)) == (0, 0)
    assert states(school) == ["done"]


def test_a_withdrawn_action_says_so_and_is_not_opened_again(
    school: SchoolDesk, live: LiveHub
) -> None:
    school.joined("return")
    for item_id, state in (("item-3", "open"), ("item-4", "withdrawn"), ("item-5", "open")):
        live.issue(school.school_id, ACTION.model_copy(update={"state": state}), item_id)
    school.run("instruct")
    assert states(school) == ["withdrawn"]


def test_an_acknowledgement_that_was_lost_is_said_again(school: SchoolDesk, live: LiveHub) -> None:
    school.joined("return")
    live.issue(school.school_id, ACTION, "item-6")
    calls: list[bytes] = []
    live.between = changing(lambda body: b"" if len(calls) > 1 else body, calls)
    assert school.run("instruct").exit_code == 1
    live.between = None
    with school.open() as store:
        assert inbox.to_acknowledge(store.read)[-1] == "item-6"
    school.run("deliver")
    with school.open() as store:
        assert inbox.to_acknowledge(store.read) == []
    assert owed(live, school) == 0


def test_an_item_signed_by_another_key_changes_nothing_and_is_named(
    school: SchoolDesk, live: LiveHub
) -> None:
    school.joined("return")
    with school.open() as store:
        desk = school.desk(store)
        header = wire.Header(
            urn=school.urn,
            stream="downlink",
            epoch=0,
            seq=0,
            message_id="forged",
            recipient=desk.opener.key_id,
            suite=SUITE,
            kind="action",
            time=school.now,
        )
        forged = seal(ACTION.to_bytes(), header, Signer(b"f" * 32), desk.opener.public)
        with store.write() as tx:
            inbox.keep(tx, inbox.Item("forged", "action", forged), school.now.isoformat())
        assert apply_waiting(desk) == (0, 1)
        with HubClient(live.url) as hub:
            acknowledge(desk, hub)
    assert states(school) == []
    assert any("could not be read" in line for line in school.status()["problems"])


def test_an_item_for_another_school_is_refused(school: SchoolDesk, live: LiveHub) -> None:
    school.joined("return")
    with school.open() as store:
        desk = school.desk(store)
        header = wire.Header(
            urn="199999",
            stream="downlink",
            epoch=0,
            seq=0,
            message_id="astray",
            recipient=desk.opener.key_id,
            suite=SUITE,
            kind="action",
            time=school.now,
        )
        signer = live.keys.issuer.signer
        astray = seal(ACTION.to_bytes(), header, signer, desk.opener.public)
        with store.write() as tx:
            inbox.keep(tx, inbox.Item("astray", "action", astray), school.now.isoformat())
        assert apply_waiting(desk) == (0, 1)
    assert states(school) == []


def test_a_heartbeat_carries_problems_without_any_value_of_the_register(
    school: SchoolDesk, live: LiveHub
) -> None:
    school.joined("return")
    text = school.register.read_text().replace("2026-01-06,AM", "Thornapple,AM", 1)
    school.register.write_text(text)
    school.run("collect")
    from linkwork_agent.signs import heartbeat

    with school.open() as store:
        said = heartbeat(school.desk(store))
    assert said.problems
    assert "Thornapple" not in said.to_bytes().decode()


def test_an_older_keyset_is_never_taken_back(school: SchoolDesk, live: LiveHub) -> None:
    school.joined("return")
    with school.open() as store:
        with store.write() as tx:
            base.put(tx, keyset_version=2)
        item = wire.KeysetItem(keyset="")
        live.issue(school.school_id, item, "item-7")
    assert "could not be read" in school.run("instruct").sentence
    with school.open() as store:
        assert post.keyset(store.read).version == 1


def test_a_withdrawn_action_is_told_once_with_the_reason_and_then_gone(
    school: SchoolDesk, live: LiveHub
) -> None:
    school.joined("return")
    live.issue(school.school_id, ACTION, "item-told-1")
    gone = {"state": "withdrawn", "why_withdrawn": "The pupil moved", "version": 1}
    live.issue(school.school_id, ACTION.model_copy(update=gone), "item-told-2")
    school.run("instruct")
    where = (school.place.config, school.place.school, date(2026, 3, 2))
    (row,) = agreed.action_rows(*where)
    assert row["standing"] == "withdrawn: The pupil moved"
    agreed.seen(school.place)
    assert agreed.action_rows(*where) == []
    # Nothing is lost: it is only not shown again by itself.
    assert [each["why_withdrawn"] for each in agreed.action_rows(*where, every=True)] == [
        "The pupil moved"
    ]


def test_an_older_version_that_comes_late_changes_nothing(
    school: SchoolDesk, live: LiveHub
) -> None:
    school.joined("return")
    later = {"due": date(2026, 4, 20), "version": 1, "carried": 1}
    live.issue(school.school_id, ACTION.model_copy(update=later), "item-late-1")
    live.issue(school.school_id, ACTION, "item-late-2")
    school.run("instruct")
    place = school.place
    (row,) = agreed.action_rows(place.config, place.school, date(2026, 4, 21))
    assert (row["due"], row["carried"]) == ("2026-04-20", 1)
    assert row["standing"] == "open, overdue, carried once"


def test_of_an_item_that_took_effect_long_ago_only_that_it_came_is_kept(
    school: SchoolDesk, live: LiveHub
) -> None:
    school.joined("return")
    live.issue(school.school_id, ACTION, "item-9")
    school.run("instruct")
    live.work()
    school.later(days=31)
    school.run("instruct")
    school.run("deliver")
    with school.open() as store:
        rows = store.read.execute("SELECT length(sealed) AS size FROM inbox").fetchall()
        assert {row["size"] for row in rows} == {0}
        with store.write() as tx:
            again = inbox.Item("item-9", "action", b"sealed anew")
            inbox.keep(tx, again, school.now.isoformat())
        assert apply_waiting(school.desk(store)) == (0, 0)
    assert states(school) == ["open"]
