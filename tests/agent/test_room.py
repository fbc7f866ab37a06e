"""A disk that is full, a store that is damaged: nothing lost, and a sentence that says where."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from live_hub import LiveHub
from school_desk import SchoolDesk
from small_disk import small_disk

from linkwork.errors import WrongUse
from linkwork_agent import work
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
    with small_disk(tmp_path / "disk", "2m") as disk:
        yield disk


@pytest.fixture
def disk_of_a_school(tmp_path: Path) -> Iterator[Path]:
    """A disk that holds a school's agent with what it sets aside, and little more."""
    with small_disk(tmp_path / "disk", "24m") as disk:
        yield disk


#: Every point of collecting and delivering at which the last free byte may be taken.
FILLED_AT = [
    *(
        ("collect", at)
        for at in ("register read", "notices made", "state written", "before commit")
    ),
    *(
        ("deliver", at)
        for at in ("asked first", "before sending", "answer in hand", "receipt kept")
    ),
]


@pytest.mark.parametrize(("job", "point"), FILLED_AT)
def test_a_real_disk_that_fills_up_in_the_middle_of_a_job_loses_and_doubles_nothing(
    new_school: Callable[[], SchoolDesk],
    live: LiveHub,
    disk_of_a_school: Path,
    job: str,
    point: str,
) -> None:
    school = new_school()
    school.home = disk_of_a_school
    school.stories["P3"] = "/*30 O*10"
    school.joined("return")
    junk = disk_of_a_school / "junk"
    if job == "deliver":
        assert school.run("collect").exit_code == 0

    def fill(reached: str) -> None:
        if reached == point and not junk.exists():
            junk.write_bytes(b"x" * upkeep.free_bytes(disk_of_a_school))

    outcome = work.run_job(replace(school.place, at=fill), job)
    assert junk.exists()
    assert outcome is not None
    assert outcome.exit_code == 1
    assert f"{school.place.folder / 'agent.db'} (" in outcome.sentence
    assert "bytes free)" in outcome.sentence
    assert outcome.sentence in school.status()["problems"]
    assert not (school.place.folder / BALLAST).exists()
    # With what was set aside everything that waits goes, the disk full as it is.
    assert school.run("deliver").exit_code == 0
    assert school.status()["waiting"] == 0
    # Freed, it goes on by itself and sets room aside again.
    junk.unlink()
    assert school.run("collect").exit_code == 0
    assert school.run("deliver").exit_code == 0
    assert (school.place.folder / BALLAST).exists()
    live.work()
    mine = {"s": school.school_id}
    returns = "SELECT count(*) FROM returns WHERE school_id = :s AND pupils = 1"
    assert live.count(returns, **mine) == 1
    assert live.count("SELECT count(*) FROM episodes WHERE school_id = :s", **mine) == 5
    assert school.status() | {"problems": []} == school.status()


@pytest.mark.parametrize("ballast", [512 << 10, 0])
def test_on_a_real_full_disk_all_that_was_committed_is_there_and_can_be_acknowledged(
    tmpfs: Path, ballast: int
) -> None:
    store = open_store(tmpfs / "agent.db")
    if ballast:
        assert upkeep.keep_ballast(tmpfs, ballast)
    kept = 0
    with pytest.raises(StoreFull, match=r"disk/agent\.db \(\d+ bytes free\)"):  # noqa: PT012
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
    ready.stories["P3"] = "/*30 O*10"
    ready.write()
    ready.run("collect")
    ready.run("deliver")
    live.work()
    path = ready.place.folder / "agent.db"
    # Its newest sound copy is of the Friday before.
    (ready.place.folder / base.COPIES / "agent-2026-03-02.db").unlink()
    damage(path, random.Random(1))
    outcome = ready.run("collect")
    assert outcome.exit_code == 0, outcome
    (aside,) = ready.place.folder.glob("agent.db.corrupt-*")
    assert aside.stat().st_size > 0
    # The hub holds what was told since the copy: the next call shows it, and a new epoch begins.
    assert ready.run("deliver").exit_code == 0
    live.work()
    # The hub has every day that was read, before the damage and after, and no spell twice.
    told = "SELECT count(*) FROM inbox WHERE school_id = :s AND kind = 'summary'"
    assert live.count(told, s=ready.school_id) == 3
    assert live.count("SELECT count(*) FROM episodes WHERE school_id = :s", s=ready.school_id) == 5
    spells = (
        "SELECT count(*) FROM "
        "(SELECT DISTINCT pseudonym, trigger, first FROM episodes WHERE school_id = :s)"
    )
    assert live.count(spells, s=ready.school_id) == 5
    with ready.open() as store:
        assert outbox.next_place(store.read).epoch == 2
    assert any(aside.name in line for line in ready.status()["problems"])
    waits = "SELECT count(*) FROM inbox WHERE school_id = :s AND applied IS NULL"
    assert live.count(waits, s=ready.school_id) == 0
    assert ready.status()["waiting"] == 0


def test_a_text_that_is_none_any_more_is_damage_too_and_its_bytes_are_in_no_sentence(
    ready: SchoolDesk, live: LiveHub
) -> None:
    """SQLite's own check looks at no text, so that it is met only where it is read."""
    path = ready.place.folder / "agent.db"
    data = path.read_bytes()
    told = b"Statutory return"
    words = next(one.words for one in waiting(ready) if one.kind == "return").encode()[:16]
    assert data.count(words) >= 1, told
    path.write_bytes(data.replace(words, b"Thornappl\xff\xfe" + words[11:]))
    assert upkeep.is_sound(path)
    outcome = ready.run("deliver")
    assert outcome.exit_code == 0
    (aside,) = ready.place.folder.glob("agent.db.corrupt-*")
    assert any(aside.name in line for line in ready.status()["problems"])
    assert "Thornappl" not in " ".join(ready.status()["problems"]) + outcome.shared
    ready.run("collect")
    ready.run("deliver")
    live.work()
    returns = "SELECT count(*) FROM returns WHERE school_id = :s"
    assert live.count(returns, s=ready.school_id) == 1


def waiting(school: SchoolDesk) -> list[outbox.Row]:
    """What waits in a school's outbox."""
    with school.open() as store:
        return outbox.waiting(store.read)


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


def read_back(path: Path) -> list[tuple[int, str, bytes]] | None:
    """The messages of a store as the agent reads them; None when it finds the store damaged."""
    try:
        with open_store(path) as store:
            rows = outbox.waiting(store.read, 100)
    except (base.StoreDamaged, WrongUse, sqlite3.DatabaseError, ValueError):
        return None
    return [(one.seq, one.message_id, one.envelope) for one in rows]


def test_bytes_flipped_in_a_store_are_found_or_every_read_is_right(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir(mode=0o700)
    path = tmp_path / "s" / "agent.db"
    with open_store(path) as store:
        for _ in range(30):
            with store.write() as tx:
                outbox.add(tx, row(outbox.next_place(tx)), os.urandom(300))
    whole, told = path.read_bytes(), read_back(path)
    assert told is not None
    found_by_check = gone_on_with = 0
    for seed in range(1000):
        path.write_bytes(whole)
        # One bit, and a run of them as a failing disk makes.
        damage(path, random.Random(seed), count=1 if seed % 2 else 40)
        sound = upkeep.is_sound(path)
        found = read_back(path) if sound or seed % 10 == 0 else None
        if not sound:
            found_by_check += 1
            gone_on_with += found is not None
            continue
        if found is None:
            continue
        # SQLite keeps no sums over what is in a row: one value may differ, and its envelope's own
        # signature is what finds that. No row is gone and none is there twice.
        assert len(found) == len(told), seed
        differing = sum(one != other for one, other in zip(found, told, strict=True))
        assert differing <= (1 if seed % 2 else 40), seed
    assert found_by_check > 300
    # The control: without the check some of these would have been gone on with.
    assert gone_on_with > 0


def damage(path: Path, dice: random.Random, count: int = 400) -> None:
    """Write other bytes into the middle of a file."""
    data = bytearray(path.read_bytes())
    for _ in range(count):
        data[dice.randrange(100, len(data))] ^= 1 << dice.randrange(8)
    path.write_bytes(bytes(data))
