"""A disk that is full, a store that is damaged: nothing lost, and a sentence that says where."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from live_hub import LiveHub
from school_desk import SchoolDesk

from linkwork.errors import WrongUse
from linkwork_agent.store import base, outbox, upkeep
from linkwork_agent.store.base import BALLAST, Store, StoreFull, open_store


@pytest.fixture
def ready(school: SchoolDesk) -> SchoolDesk:
    """A school with a summary and a nil return in its outbox."""
    school.joined("return").run("collect")
    return school


def fill(store: Store, pages: int) -> None:
    """Let this connection find the disk full after so many more pages."""
    used = store.read.execute("PRAGMA page_count").fetchone()[0]
    store.read.execute(f"PRAGMA max_page_count={used + pages}")


def test_a_full_disk_keeps_what_is_there_names_itself_and_gives_the_ballast_back(
    ready: SchoolDesk,
) -> None:
    assert (ready.place.folder / BALLAST).stat().st_size == upkeep.BALLAST_BYTES
    with ready.open() as store:
        before = outbox.counts(store.read)
        fill(store, 0)
        with pytest.raises(StoreFull, match=r"agent\.db \(\d+ bytes free\)"), store.write() as tx:
            base.put(tx, padding="x" * 500_000)
        assert not (ready.place.folder / BALLAST).exists()
        assert not store.read.in_transaction
        assert base.text(store.read, "padding") is None
        assert outbox.counts(store.read) == before
    # It goes on by itself, and sets room aside again.
    assert ready.run("deliver").sentence == "sent 2, 0 waiting"
    assert (ready.place.folder / BALLAST).exists()


def test_no_register_is_read_into_a_disk_without_room_and_what_waits_is_still_sent(
    ready: SchoolDesk,
) -> None:
    with ready.open() as store:
        (ready.place.folder / BALLAST).unlink()
        with pytest.raises(StoreFull, match="7 bytes free"):
            upkeep.refuse_to_read(store, free=lambda _path: 7)
        with pytest.raises(StoreFull, match="the register is not read"):
            upkeep.refuse_to_read(store, quota=1000)
        assert not upkeep.keep_ballast(ready.place.folder, free=lambda _path: 6 << 20)
    assert ready.run("deliver").sentence == "sent 2, 0 waiting"


@pytest.fixture
def tmpfs(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes."""
    disk = tmp_path / "disk"
    disk.mkdir(mode=0o700)
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("a disk of two megabytes was not found; it is mounted by root alone")
    options = "size=2m,mode=0700"
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", disk], check=False)
    if made.returncode:
        pytest.skip("a disk of two megabytes was not found; it cannot be mounted here")
    yield disk
    subprocess.run(["umount", disk], check=True)


@pytest.mark.parametrize("ballast", [512 << 10, 0])
def test_on_a_real_full_disk_all_that_was_committed_is_there_and_can_be_acknowledged(
    tmpfs: Path, ballast: int
) -> None:
    store = open_store(tmpfs / "agent.db")
    if ballast:
        assert upkeep.keep_ballast(tmpfs, ballast)
    kept = 0
    with pytest.raises(StoreFull, match=r"0 bytes free|bytes free"):  # noqa: PT012
        while True:
            with store.write() as tx:
                place = outbox.next_place(tx)
                outbox.add(tx, row(place), os.urandom(3000))
            kept += 1
    assert kept > 20
    assert outbox.counts(store.read).waiting == kept
    (first, *_) = outbox.waiting(store.read, 1)
    now = datetime(2026, 3, 2, tzinfo=UTC)
    if ballast:
        for _ in range(3):
            with store.write() as tx:
                outbox.acked(tx, first, now)
        assert outbox.counts(store.read).waiting == kept - 1
    else:
        # The control: without it nothing can be acknowledged, and still nothing is lost.
        (tmpfs / "rest").write_bytes(b"x" * upkeep.free_bytes(tmpfs))
        with pytest.raises(StoreFull), store.write() as tx:
            outbox.acked(tx, first, now)
        assert outbox.counts(store.read).waiting == kept
    store.close()


def row(place: outbox.Place) -> outbox.Row:
    """A message of three kilobytes."""
    return outbox.Row(
        place.epoch,
        place.seq,
        "summary",
        f"m{place.epoch}-{place.seq}",
        "2026-03-02",
        os.urandom(3000),
        "words",
        {},
        None,
        None,
    )


def test_a_copy_is_made_each_day_for_this_account_alone_and_seven_stay(ready: SchoolDesk) -> None:
    for _ in range(9):
        ready.later(days=1)
        ready.run("deliver")
    copies = sorted((ready.place.folder / base.COPIES).iterdir())
    assert len(copies) == upkeep.COPIES_KEPT
    assert {path.stat().st_mode & 0o077 for path in copies} == {0}
    assert all(upkeep.is_sound(path) for path in copies)


def test_a_damaged_store_is_moved_aside_and_the_school_goes_on_from_its_copy(
    ready: SchoolDesk, live: LiveHub
) -> None:
    ready.run("deliver")
    ready.later(days=3)
    path = ready.place.folder / "agent.db"
    damage(path, random.Random(1))
    outcome = ready.run("collect")
    assert outcome.exit_code == 0, outcome
    (aside,) = ready.place.folder.glob("agent.db.corrupt-*")
    assert aside.stat().st_size > 0
    # What was told since the copy has the same numbers: the hub says so, and a new epoch begins.
    assert "conflict" in ready.run("deliver").sentence
    assert ready.run("deliver").exit_code == 0
    live.work()
    # The hub has the day that was read after the damage, and nothing of before twice.
    told = "SELECT count(*) FROM summaries WHERE school_id = :s"
    assert live.count(told, s=ready.school_id) >= 1
    waits = "SELECT count(*) FROM inbox WHERE school_id = :s AND applied IS NULL"
    assert live.count(waits, s=ready.school_id) == 0
    assert ready.status()["waiting"] == 0


def test_a_damaged_store_without_a_copy_says_that_the_school_has_to_join_again(
    ready: SchoolDesk,
) -> None:
    shutil.rmtree(ready.place.folder / base.COPIES)
    (ready.place.folder / "agent.db").write_bytes(b"this is no database at all" * 1000)
    outcome = ready.run("collect")
    assert outcome.exit_code != 0
    (said,) = [line for line in ready.status()["problems"] if "was damaged" in line]
    assert said.count("ask the authority for a join string") == 1
    assert list(ready.place.folder.glob("agent.db.corrupt-*"))


@pytest.mark.parametrize("seed", range(40))
def test_bytes_flipped_in_a_store_are_found_or_every_read_is_right(
    tmp_path: Path, seed: int
) -> None:
    (tmp_path / "s").mkdir(mode=0o700)
    path = tmp_path / "s" / "agent.db"
    with open_store(path) as store:
        for _ in range(30):
            with store.write() as tx:
                outbox.add(tx, row(outbox.next_place(tx)), os.urandom(300))
        told = [(one.seq, one.message_id) for one in outbox.waiting(store.read, 100)]
    damage(path, random.Random(seed), count=1)
    if not upkeep.is_sound(path):
        return
    try:
        with open_store(path) as store:
            found = [(one.seq, one.message_id) for one in outbox.waiting(store.read, 100)]
    except (base.StoreDamaged, WrongUse, sqlite3.DatabaseError, ValueError):
        return
    # SQLite keeps no sums over what is in a row: one value may differ, and its envelope's own
    # signature is what finds that. No row is gone and none is there twice.
    assert len(found) == len(told)
    assert sum(one != other for one, other in zip(found, told, strict=True)) <= 1


def damage(path: Path, dice: random.Random, count: int = 400) -> None:
    """Write other bytes into the middle of a file."""
    data = bytearray(path.read_bytes())
    for _ in range(count):
        data[dice.randrange(100, len(data))] ^= 1 << dice.randrange(8)
    path.write_bytes(bytes(data))
