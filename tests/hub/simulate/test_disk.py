"""A simulated disk keeps what was synced: the settings we use lose nothing, others do."""

from __future__ import annotations

import sqlite3
from random import Random

import pytest

from linkwork_agent.store.base import journal
from linkwork_hub.simulate import vfs
from linkwork_hub.simulate.disk import SECTOR, Disk, File

CUTS = 200


@pytest.fixture(autouse=True)
def _registered() -> None:
    vfs.register()


def connect(mode: str, synchronous: str) -> sqlite3.Connection:
    uri = f"file:/cut/a.db?vfs={vfs.NAME}"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None)
    connection.execute(f"PRAGMA journal_mode={mode}")
    connection.execute(f"PRAGMA synchronous={synchronous}")
    connection.execute("PRAGMA wal_autocheckpoint=20")
    return connection


def cut(seed: int, mode: str, synchronous: str) -> bool:
    """Commit until the power goes, start again: whether every commit is there and sound."""
    disk = vfs.disks["cut"] = Disk(Random(seed))
    committed = 0
    connection = connect(mode, synchronous)
    connection.execute("CREATE TABLE t (i INTEGER PRIMARY KEY, b BLOB)")
    disk.cut_at = disk.writes + Random(seed + 1000).randrange(1, 400)
    try:
        for number in range(60):
            connection.execute("INSERT INTO t VALUES (?, randomblob(700))", [number])
            committed = number + 1
    except sqlite3.OperationalError:
        assert disk.stopped
    connection.close()
    disk.start()
    connection = connect(mode, synchronous)
    try:
        (found,) = connection.execute("SELECT count(*) FROM t").fetchone()
        (sound,) = connection.execute("PRAGMA integrity_check").fetchone()
    except sqlite3.DatabaseError:
        return False
    finally:
        connection.close()
    return bool(sound == "ok" and found >= committed)


@pytest.mark.parametrize(("mode", "synchronous"), [("DELETE", "EXTRA"), ("WAL", "FULL")])
def test_a_power_cut_at_any_write_loses_no_commit(mode: str, synchronous: str) -> None:
    assert all(cut(seed, mode, synchronous) for seed in range(CUTS))


@pytest.mark.parametrize(
    ("mode", "synchronous"), [("WAL", "NORMAL"), ("DELETE", "FULL"), ("DELETE", "OFF")]
)
def test_a_setting_that_syncs_less_is_seen_to_lose(mode: str, synchronous: str) -> None:
    assert not all(cut(seed, mode, synchronous) for seed in range(CUTS // 2))


def test_the_agent_s_settings_are_among_those_that_lose_nothing() -> None:
    assert {journal((3, 40, 1)), journal((3, 51, 3))} == {("DELETE", "EXTRA"), ("WAL", "FULL")}


def test_an_unsynced_sector_is_the_new_one_or_the_old() -> None:
    file = File(bytearray(b"a" * SECTOR * 40), bytearray(b"a" * SECTOR * 40), named=True)
    file.write(0, b"b" * SECTOR * 40)
    left = bytes(file.after_cut(Random(1)).data)
    sectors = {left[at : at + SECTOR] for at in range(0, len(left), SECTOR)}
    assert sectors == {b"a" * SECTOR, b"b" * SECTOR}


def test_a_full_disk_refuses_what_grows_and_keeps_what_is_there() -> None:
    disk = vfs.disks["cut"] = Disk(Random(1))
    connection = connect("DELETE", "EXTRA")
    connection.execute("CREATE TABLE t (i INTEGER PRIMARY KEY)")
    connection.execute("INSERT INTO t VALUES (1)")
    disk.full = True
    with pytest.raises(sqlite3.OperationalError, match="full"):
        connection.execute("INSERT INTO t VALUES (2)")
    disk.full = False
    connection.execute("INSERT INTO t VALUES (3)")
    assert connection.execute("SELECT i FROM t").fetchall() == [(1,), (3,)]
    connection.close()
