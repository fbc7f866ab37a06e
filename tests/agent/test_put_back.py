"""An agent or a hub that was put back to an older state: seen at the next call, nothing lost."""

from __future__ import annotations

import os
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from live_hub import LiveHub, copy, live_hub, restore
from on_the_way import instead
from school_desk import FRIDAY, SchoolDesk

from linkwork import wire
from linkwork_agent import judge
from linkwork_agent.ports import fresh_id
from linkwork_agent.store import base, inbox, outbox


@pytest.fixture
def ready(school: SchoolDesk) -> SchoolDesk:
    """A school with a summary and a nil return in its outbox."""
    return tell(school.joined("return"), 0)


def tell(school: SchoolDesk, days: int) -> SchoolDesk:
    """Collect so many days later."""
    if days:
        school.later(days=days)
    school.run("collect")
    return school


def at_hub(hub: LiveHub, school_id: str) -> list[tuple[int, int]]:
    """Epoch and number of all that the hub holds of the feed."""
    with hub.db.read() as db:
        found = db.conn.exec_driver_sql(
            "SELECT epoch, seq FROM inbox WHERE school_id = ? AND stream = 'feed'"
            " ORDER BY epoch, seq",
            (school_id,),
        )
        return [(row[0], row[1]) for row in found]


def alarms(hub: LiveHub, school_id: str) -> str:
    """The kinds of alarms of a school."""
    with hub.db.read() as db:
        found = db.conn.exec_driver_sql(
            "SELECT what FROM feed_alarms WHERE school_id = ?", (school_id,)
        )
        return " ".join(sorted(row[0] for row in found))


def test_a_store_put_back_is_seen_by_the_next_sign_of_life_and_starts_a_new_epoch(
    ready: SchoolDesk, live: LiveHub
) -> None:
    store_file = ready.place.folder / "agent.db"
    earlier = store_file.read_bytes()
    tell(ready, 3).run("deliver")
    held = at_hub(live, ready.school_id)
    store_file.write_bytes(earlier)
    ready.run("instruct")
    assert any("put back to an older state" in line for line in ready.status()["problems"])
    ready.run("deliver")
    with ready.open() as store:
        assert outbox.next_place(store.read).epoch == 2
    # Numbers that the hub held before are given to nothing else: no conflict, nothing mixed.
    assert at_hub(live, ready.school_id)[: len(held)] == held
    assert "conflict" not in alarms(live, ready.school_id)
    assert ready.status()["waiting"] == 0
    ready.run("instruct")
    assert not any("put back" in line for line in ready.status()["problems"])


def test_what_a_restored_hub_has_lost_goes_again_byte_for_byte(
    tmp_path: Path, ready: SchoolDesk, live: LiveHub
) -> None:
    ready.run("deliver")
    live.work()
    before = at_hub(live, ready.school_id)
    backup = tmp_path / "backup.db"
    copy(live, backup)
    tell(ready, 3).run("deliver")
    live.work()
    # The school is shown a record that the backup does not have.
    ready.run("instruct")
    after = at_hub(live, ready.school_id)
    assert len(after) > len(before)
    restore(live, backup)
    assert at_hub(live, ready.school_id) == before
    ready.run("instruct")
    assert ready.status()["waiting"] == len(after) - len(before)
    ready.run("deliver")
    live.work()
    assert at_hub(live, ready.school_id) == after
    assert ready.status()["waiting"] == 0
    # A receipt that names an entry the restored hub never had makes the school its witness.
    assert "record-changed" in alarms(live, ready.school_id)


def test_what_is_no_longer_kept_is_not_waited_for_for_ever(
    tmp_path: Path, ready: SchoolDesk, live: LiveHub
) -> None:
    ready.run("deliver")
    backup = tmp_path / "backup.db"
    copy(live, backup)
    tell(ready, 3).run("deliver")
    tell(ready, 31).run("deliver")
    restore(live, backup)
    with ready.open() as store:
        # Purged: receipts older than thirty days.
        assert outbox.hole(store.read, outbox.Place(1, 2))
    ready.run("instruct")
    ready.run("deliver")
    live.work()
    assert at_hub(live, ready.school_id)[-1][0] == 2
    waits = "SELECT count(*) FROM inbox WHERE school_id = :s AND applied IS NULL"
    assert live.count(waits, s=ready.school_id) == 0
    assert "tail-lost" in alarms(live, ready.school_id)


def test_what_came_down_after_the_store_that_was_put_back_comes_again(
    ready: SchoolDesk, live: LiveHub
) -> None:
    store_file = ready.place.folder / "agent.db"
    ready.run("deliver")
    ready.run("instruct")
    live.work()
    earlier = store_file.read_bytes()
    issue(live, ready, "act-1")
    ready.run("instruct")
    live.work()
    assert not open_items(live, ready)
    store_file.write_bytes(earlier)
    # Issued since: its acknowledgement must not hide the one that was lost.
    issue(live, ready, "act-2")
    for _ in range(3):
        ready.run("deliver")
        ready.run("instruct")
        live.work()
    assert actions_of(ready) == ["act-1", "act-2"]
    assert not open_items(live, ready)
    assert "put-back" in alarms(live, ready.school_id)


def test_what_came_sealed_to_keys_that_a_store_put_back_has_not_is_no_item_it_has(
    ready: SchoolDesk, live: LiveHub
) -> None:
    """It could not be read, and the hub, put back in its turn, holds it as acknowledged."""
    store_file = ready.place.folder / "agent.db"
    ready.run("deliver")
    ready.run("instruct")
    live.work()
    earlier = store_file.read_bytes()
    issue(live, ready, "act-1")
    ready.run("instruct")
    live.work()
    store_file.write_bytes(earlier)
    with ready.open() as store, store.write() as tx:
        inbox.keep(tx, inbox.Item("item-act-1", "action", b"sealed to newer keys"), "2026-02-27")
        inbox.claim(tx, "item-act-1", "2026-02-27", "recipient")
    for _ in range(3):
        ready.run("deliver")
        ready.run("instruct")
        live.work()
    assert actions_of(ready) == ["act-1"]
    assert not open_items(live, ready)


def test_a_store_put_back_twice_has_everything_although_it_acknowledged_the_lost_ones_together(
    ready: SchoolDesk, live: LiveHub
) -> None:
    store_file = ready.place.folder / "agent.db"

    def calls() -> None:
        for _ in range(3):
            ready.run("deliver")
            ready.run("instruct")
            live.work()

    calls()
    without = store_file.read_bytes()
    issue(live, ready, "act-1")
    calls()
    with_one = store_file.read_bytes()
    ready.later(hours=1)
    issue(live, ready, "act-2")
    calls()
    store_file.write_bytes(without)
    calls()
    assert actions_of(ready) == ["act-1", "act-2"]
    assert not open_items(live, ready)
    store_file.write_bytes(with_one)
    calls()
    assert actions_of(ready) == ["act-1", "act-2"]


def test_what_a_restored_hub_sends_again_is_acknowledged_again_and_taken_once(
    tmp_path: Path, ready: SchoolDesk, live: LiveHub
) -> None:
    issue(live, ready, "act-1")
    backup = tmp_path / "backup.db"
    copy(live, backup)
    ready.run("instruct")
    live.work()
    with ready.open() as store, store.write() as tx:
        inbox.set_action_state(tx, "act-1", "done", "")
    restore(live, backup)
    assert open_items(live, ready)
    ready.later(hours=2)
    ready.run("instruct")
    live.work()
    assert not open_items(live, ready)
    with ready.open() as store:
        assert [each.state for each in inbox.actions(store.read)] == ["done"]


def issue(hub: LiveHub, school: SchoolDesk, name: str) -> None:
    """Send an action down."""
    day = FRIDAY.date()
    item = wire.ActionItem(action_id=name, what="Ring home", who="A.", due=day, agreed_on=day)
    hub.issue(school.school_id, item, f"item-{name}")


def actions_of(school: SchoolDesk) -> list[str]:
    """The actions a school has."""
    with school.open() as store:
        return [each.action_id for each in inbox.actions(store.read)]


def open_items(hub: LiveHub, school: SchoolDesk) -> int:
    """How many actions the hub still sends."""
    query = "SELECT count(*) FROM downlink WHERE school_id = :s AND acknowledged IS NULL"
    return hub.count(f"{query} AND kind = 'action'", s=school.school_id)


def test_two_copies_of_one_agent_are_told_of_and_lose_nothing(
    ready: SchoolDesk, live: LiveHub, tmp_path: Path
) -> None:
    clone = SchoolDesk(tmp_path / "clone", live, ready.urn, ready.school_id)
    shutil.copytree(ready.home, clone.home)
    ready.run("deliver")
    tell(ready, 1).run("deliver")
    clone.now = ready.now
    clone.run("instruct")
    assert any("another machine runs" in line for line in clone.status()["problems"])
    clone.run("deliver")
    assert clone.status()["waiting"] == 0
    ready.run("instruct")
    assert any("another machine runs" in line for line in ready.status()["problems"])
    # Whatever either of them told is at the hub under its own number, and took effect once.
    live.work()
    told = {each for one in (ready, clone) for each in message_ids(one)}
    with live.db.read() as db:
        rows = db.conn.exec_driver_sql(
            "SELECT message_id, applied FROM inbox WHERE school_id = ? AND stream = 'feed'",
            (ready.school_id,),
        ).all()
    assert {row[0] for row in rows} == told
    assert all(row[1] for row in rows)
    audited = (
        "SELECT count(*) FROM audit JOIN inbox ON inbox.id = audit.record_id"
        " WHERE audit.what = 'message applied' AND inbox.school_id = :s"
    )
    assert live.count(audited, s=ready.school_id) == len(rows)


def message_ids(school: SchoolDesk) -> list[str]:
    """What a school's outbox holds, told or not."""
    with school.open() as store:
        return [row.message_id for row in outbox.latest(store.read, 1000)]


def test_a_conflict_that_is_not_signed_changes_no_number(ready: SchoolDesk, live: LiveHub) -> None:
    live.between = instead(409, b"conflict")
    assert ready.run("deliver").exit_code == 1
    with ready.open() as store:
        assert outbox.next_place(store.read).epoch == 1
        assert outbox.counts(store.read).waiting == 2


def test_three_weeks_offline_arrive_in_order_and_nothing_is_too_old(
    ready: SchoolDesk, live: LiveHub
) -> None:
    with ready.open() as store, store.write() as tx:
        base.put(tx, hub_url="http://127.0.0.1:9")
    for day in range(21):
        if (ready.now + timedelta(days=1)).weekday() < 5:
            # A child is away without leave from the first Monday on; the others are there.
            ready.stories |= {name: f"{ready.stories[name]} /" for name in ready.stories}
            ready.stories["P1"] = ready.stories["P1"][:-1] + "O"
            ready.write()
        tell(ready, 1).run("deliver")
        assert ready.status()["waiting"] >= day
    waiting = ready.status()["waiting"]
    assert waiting >= 21
    with ready.open() as store, store.write() as tx:
        base.put(tx, hub_url=live.url, hub_wait_until=None)
    assert ready.run("deliver").sentence == f"sent {waiting}, 0 waiting"
    live.work()
    assert at_hub(live, ready.school_id) == [(1, n) for n in range(1, waiting + 1)]
    # Each day was judged as it was then: the spell is told on its tenth day, with ten days.
    summaries = [each for each in ready.messages() if isinstance(each, wire.Summary)]
    days = [each.as_of for each in summaries]
    assert days == sorted(days)
    assert len(set(days)) == 16
    (opened,) = [
        each
        for each in ready.messages()
        if isinstance(each, wire.Return | wire.Summary)
        for notice in each.notices
        if (notice.trigger, notice.event) == ("continuous-unauthorised", "opened")
    ]
    (notice,) = [n for n in opened.notices if n.trigger == "continuous-unauthorised"]
    assert (notice.value, (notice.last - FRIDAY.date()).days) == (10, 14)
    assert live.count(SPELLS, s=ready.school_id) == 1
    refused = "SELECT count(*) FROM inbox WHERE school_id = :s AND refused IS NOT NULL"
    assert live.count(refused, s=ready.school_id) == 0


@pytest.mark.parametrize("step", [timedelta(hours=-1), timedelta(hours=1), timedelta(days=3650)])
def test_a_clock_that_is_wrong_changes_neither_order_nor_number(
    ready: SchoolDesk, live: LiveHub, step: timedelta
) -> None:
    ready.now = FRIDAY + step
    assert ready.run("deliver").sentence == "sent 2, 0 waiting"
    live.work()
    assert at_hub(live, ready.school_id) == [(1, 1), (1, 2)]
    # What `doctor` says of: signed in every answer, so that nobody on the way can set it.
    with ready.open() as store:
        assert base.number(store.read, "clock_offset") == -round(step.total_seconds())


@pytest.fixture
def live(tmp_path_factory: pytest.TempPathFactory) -> object:
    """A hub of one's own: it is put back, and with it every school it has."""
    with live_hub(tmp_path_factory.mktemp("hub")) as hub:
        hub.clock.fixed = FRIDAY
        yield hub


ABSENT = "/*26 G*14"
#: Spells of absence of one kind, of one pupil, that the hub shows.
SPELLS = (
    "SELECT count(*) FROM episodes WHERE school_id = :s AND trigger = 'continuous-unauthorised'"
)


def told_again(school: SchoolDesk, live: LiveHub) -> int:
    """A return has named a pupil, the store is put back to before it, and it is told again.

    How many spells the hub shows of it.
    """
    school.joined("return")
    store_file = school.place.folder / "agent.db"
    earlier = store_file.read_bytes()
    school.stories["P1"] = ABSENT
    school.write()
    for job in ("collect", "deliver"):
        assert school.run(job).exit_code == 0
    live.work()
    assert live.count(SPELLS, s=school.school_id) == 1
    store_file.write_bytes(earlier)
    # A day later, the spell a day longer: other numbers, the same spell.
    school.stories["P1"] = f"{ABSENT} G"
    school.write()
    school.later(days=3)
    for job in ("instruct", "collect", "deliver"):
        school.run(job)
    live.work()
    assert school.status()["waiting"] == 0
    waits = "SELECT count(*) FROM inbox WHERE school_id = :s AND applied IS NULL"
    assert live.count(waits, s=school.school_id) == 0
    return live.count(SPELLS, s=school.school_id)


def test_a_spell_told_before_a_store_was_put_back_is_the_same_spell_when_it_is_told_again(
    school: SchoolDesk, live: LiveHub
) -> None:
    assert told_again(school, live) == 1
    longer = "SELECT value FROM episodes WHERE school_id = :s AND trigger = :t"
    with live.db.read() as db:
        found = db.conn.exec_driver_sql(
            longer.replace(":s", "?").replace(":t", "?"),
            (school.school_id, "continuous-unauthorised"),
        ).scalar()
    assert found == 15


def test_with_ids_by_chance_the_same_spell_would_stand_there_twice(
    school: SchoolDesk, live: LiveHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judge, "spell_id", lambda *_named: fresh_id(os.urandom, "ep"))
    assert told_again(school, live) == 2
