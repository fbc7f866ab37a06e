"""The store: whole transactions, one writer, and files it will not touch."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from linkwork.errors import WrongUse
from linkwork_agent.store import base, inbox, outbox, schedule, upkeep
from linkwork_agent.store.base import Store, StoreDamaged, journal, open_existing, open_store
from linkwork_agent.store.version import APPLICATION_ID, SCHEMA_VERSION

NOW = datetime(2026, 2, 27, 16, 0, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "school" / "agent.db"


def test_an_sqlite_with_the_wal_fault_uses_the_journal_that_loses_no_commit() -> None:
    assert journal((3, 40, 1)) == ("DELETE", "EXTRA")
    assert journal((3, 51, 2)) == ("DELETE", "EXTRA")
    assert journal((3, 51, 3)) == ("WAL", "FULL")
    assert journal((3, 60, 0)) == ("WAL", "FULL")


def test_a_store_is_set_up_as_its_sqlite_needs(path: Path) -> None:
    mode, synchronous = journal(sqlite3.sqlite_version_info)
    with open_store(path) as store:
        pragma = {
            name: store.read.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys", "application_id")
        }
    assert pragma["journal_mode"].upper() == mode
    assert pragma["synchronous"] == {"FULL": 2, "EXTRA": 3}[synchronous]
    assert pragma["foreign_keys"] == 1
    assert pragma["application_id"] == APPLICATION_ID
    assert (path.stat().st_mode & 0o777) == 0o600
    assert (path.parent.stat().st_mode & 0o777) == 0o700


def test_a_transaction_is_written_whole_or_not_at_all(path: Path) -> None:
    def half(store: Store) -> None:
        with store.write() as tx:
            base.put(tx, state="active")
            schedule.report(tx, "collect", "broken", "broken", NOW)
            raise KeyError("in the middle")

    with open_store(path) as store:
        with pytest.raises(KeyError):
            half(store)
        assert base.text(store.read, "state") is None
        assert schedule.problems(store.read) == []


def test_a_second_writer_waits_for_the_first(path: Path) -> None:
    open_store(path).close()
    holding, order = threading.Event(), []

    def first() -> None:
        with open_store(path) as store, store.write() as tx:
            base.put(tx, a="1")
            holding.set()
            threading.Event().wait(0.2)
            order.append("first")

    thread = threading.Thread(target=first)
    thread.start()
    assert holding.wait(5)
    with open_store(path) as store, store.write() as tx:
        order.append("second")
        base.put(tx, b="2")
    thread.join()
    assert order == ["first", "second"]


def test_many_may_make_the_same_store_at_once(tmp_path: Path) -> None:
    for round_ in range(25):
        path = tmp_path / str(round_) / "agent.db"
        counted: list[int] = []
        together = threading.Barrier(4)

        def make(
            path: Path = path, counted: list[int] = counted, together: threading.Barrier = together
        ) -> None:
            together.wait(5)
            with open_store(path) as store:
                counted.append(base.number(store.read, "never set"))

        threads = [threading.Thread(target=make) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert counted == [0, 0, 0, 0]


def test_looking_never_writes(path: Path) -> None:
    assert open_existing(path) is None
    assert not path.exists()
    open_store(path).close()
    store = open_existing(path)
    assert store is not None
    with store, pytest.raises(sqlite3.OperationalError, match="readonly"), store.write():
        store.read.execute("DELETE FROM state")


def test_a_store_others_can_read_is_refused(path: Path) -> None:
    open_store(path).close()
    path.chmod(0o644)
    with pytest.raises(WrongUse, match="chmod 600"):
        open_existing(path)
    with pytest.raises(WrongUse, match="chmod 600"):
        open_store(path)


def test_another_programs_database_is_left_alone(path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE theirs (x)")
        other.execute("PRAGMA application_id=1234")
    other.close()
    path.chmod(0o600)
    with pytest.raises(WrongUse, match="is not an agent's store"):
        open_store(path)


def test_a_store_of_a_newer_agent_is_left_alone(path: Path) -> None:
    with open_store(path) as store:
        store.read.execute("PRAGMA user_version=99")
    with pytest.raises(WrongUse, match="newer agent"):
        open_store(path)


def test_a_store_is_kept_as_it_was_before_an_update_changes_it_and_for_a_month(
    path: Path,
) -> None:
    with open_store(path) as store, store.write() as tx:
        base.put(tx, word="before")
    with closing(sqlite3.connect(path)) as older:
        older.execute(f"PRAGMA user_version = {SCHEMA_VERSION - 1}")
    now = datetime.now(UTC)
    kept = base.before_update(path, SCHEMA_VERSION - 1)
    with open_store(path) as store, closing(sqlite3.connect(kept)) as copy:
        assert copy.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION - 1,)
        assert copy.execute("SELECT value FROM state WHERE key = 'word'").fetchone() == ("before",)
        assert kept.stat().st_mode & 0o077 == 0
        upkeep.copy_of_the_day(store, now)
        assert kept.exists()
        upkeep.copy_of_the_day(store, now + timedelta(days=31))
    assert not kept.exists()


def test_a_damaged_store_says_what_to_do_and_is_kept(path: Path) -> None:
    open_store(path).close()
    path.write_bytes(b"this is no database at all" * 100)
    with pytest.raises(StoreDamaged, match="move the file aside"):
        open_store(path)
    assert path.read_bytes().startswith(b"this is no")


def row(epoch: int, seq: int, message_id: str) -> outbox.Row:
    """A message for a place."""
    at = NOW.isoformat()
    return outbox.Row(epoch, seq, "summary", message_id, at, b"sealed", "words", {}, None, None)


def test_messages_are_numbered_without_a_gap(path: Path) -> None:
    with open_store(path) as store:
        with store.write() as tx:
            outbox.add(tx, row(1, 1, "m_1"), b"body")
        with store.write() as tx, pytest.raises(ValueError, match="is next"):
            outbox.add(tx, row(1, 3, "m_3"), b"body")
        assert outbox.next_place(store.read) == outbox.Place(1, 2)


def test_a_slot_that_is_done_is_never_claimed_again(path: Path) -> None:
    with open_store(path) as store, store.write() as tx:
        assert schedule.claim(tx, "collect", "2026-02-27T10:15", NOW)
        # A process that died in between left it undone: it may be claimed again.
        assert schedule.claim(tx, "collect", "2026-02-27T10:15", NOW)
        schedule.finish(tx, "collect", "2026-02-27T10:15", NOW)
        assert not schedule.claim(tx, "collect", "2026-02-27T10:15", NOW)
        assert schedule.last_done(tx, "2026-02-28") == {"collect": "2026-02-27T10:15"}


def test_a_problem_keeps_the_time_it_began(path: Path) -> None:
    with open_store(path) as store, store.write() as tx:
        schedule.report(tx, "deliver", "The hub is away.", "away", NOW)
        schedule.report(tx, "deliver", "The hub is away.", "away", NOW.replace(hour=20))
        (problem,) = schedule.problems(tx)
        assert problem.since == NOW.isoformat()
        schedule.solved(tx, "deliver")
        assert schedule.problems(tx) == []


def test_an_item_sealed_anew_may_take_the_place_of_one_that_could_not_be_opened(
    path: Path,
) -> None:
    with open_store(path) as store, store.write() as tx:
        inbox.keep(tx, inbox.Item("i", "action", b"old"), NOW.isoformat())
        inbox.claim(tx, "i", NOW.isoformat(), "recipient")
        inbox.keep(tx, inbox.Item("i", "action", b"new"), NOW.isoformat())
        assert [item.sealed for item in inbox.waiting(tx)] == [b"new"]
        assert inbox.claim(tx, "i", NOW.isoformat())
        inbox.keep(tx, inbox.Item("i", "action", b"newest"), NOW.isoformat())
        assert inbox.waiting(tx) == []


def test_a_store_in_a_folder_others_can_enter_is_refused(path: Path) -> None:
    open_store(path).close()
    path.parent.chmod(0o755)
    for opened in (open_store, open_existing):
        with pytest.raises(WrongUse, match="chmod 700"):
            opened(path)
    # The control: once it is closed again, it opens.
    path.parent.chmod(0o700)
    open_store(path).close()
