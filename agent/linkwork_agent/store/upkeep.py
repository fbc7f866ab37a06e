"""What keeps a store usable: room on the disk, a copy for each day, and a way back from damage."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from linkwork_agent.store.base import BALLAST, COPIES, Store, StoreFull, full, keep_copy, open_store

#: A file that only takes up room. On a full disk even deleting needs some: then it goes.
BALLAST_BYTES = 4 << 20
#: The most a store may come to. Three weeks of waiting messages are some megabytes.
QUOTA_BYTES = 256 << 20
#: Above this part of its quota, or with less free than a ballast, no register is read.
READ_BELOW = 0.9
COPIES_KEPT = 7
#: How long one can go back to the version of before an update that changed the store.
BEFORE_UPDATE_KEPT = timedelta(days=30)

#: Free bytes where a path is.
Free = Callable[[Path], int]


def free_bytes(path: Path) -> int:
    """Free bytes on the disk of a path."""
    return shutil.disk_usage(path).free


def keep_ballast(folder: Path, size: int = BALLAST_BYTES, free: Free = free_bytes) -> bool:
    """Have the ballast beside the store, when there is room for it twice; whether it is there."""
    path = folder / BALLAST
    if path.exists() and path.stat().st_size >= size:
        return True
    if free(folder) < 2 * size:
        return False
    with path.open("wb") as file:
        # Written out: a file with holes would give nothing back.
        for _ in range(size >> 16):
            file.write(bytes(1 << 16))
        file.flush()
        os.fsync(file.fileno())
    path.chmod(0o600)
    return True


def refuse_to_read(store: Store, quota: int = QUOTA_BYTES, free: Free = free_bytes) -> None:
    """Raise StoreFull when what is read now might find no room. What waits is still sent."""
    size = store.path.stat().st_size
    left = free(store.path.parent)
    if size > quota * READ_BELOW:
        raise StoreFull(
            f"{store.path} has {size} bytes of the {quota} it may have, so the register is not "
            "read. What waits in it is kept and sent; look at why with: linkwork-agent status"
        )
    if left < BALLAST_BYTES and not (store.path.parent / BALLAST).exists():
        raise full(store.path, left)


def copy_of_the_day(store: Store, now: datetime) -> None:
    """Keep a whole copy of the store, once a day; the newest seven stay."""
    folder = store.path.parent / COPIES
    path = folder / f"agent-{now.date().isoformat()}.db"
    if path.exists():
        return
    keep_copy(store.read, path)
    for old in sorted(folder.glob("agent-*.db"))[:-COPIES_KEPT]:
        old.unlink()
    for old in (*folder.glob("*-before-update.db"), *folder.glob("making-*")):
        if old.stat().st_mtime < (now - BEFORE_UPDATE_KEPT).timestamp():
            old.unlink()


def is_sound(path: Path) -> bool:
    """Whether SQLite finds nothing wrong in a store."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as found:
            return bool(found.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok")
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        # What SQLite says of a damaged name quotes it, and that may be no text any more.
        return False


def recover(path: Path, now: datetime) -> str:
    """Move a damaged store aside and put the newest sound copy in its place; what was done.

    Nothing is deleted. What was told since the copy is seen by the hub's own numbers at the next
    call, and the register is read whole again.
    """
    stamp = now.strftime("%Y%m%dT%H%M%S")
    aside = path.with_name(f"{path.name}.corrupt-{stamp}")
    for ending in ("", "-journal", "-wal", "-shm"):
        part = path.with_name(path.name + ending)
        if part.exists():
            part.replace(aside.with_name(aside.name + ending))
    said = f"The store {path} was damaged; it was moved to {aside.name} beside it and is kept. "
    copies = sorted((path.parent / COPIES).glob("agent-*.db"), reverse=True)
    for copy in copies:
        if is_sound(copy):
            taking = path.with_name(path.name + ".taking")
            shutil.copyfile(copy, taking)
            taking.chmod(0o600)
            taking.replace(path)
            return (
                f"{said}The copy of {copy.stem.removeprefix('agent-')} is in its place, and the "
                "register is read whole again. Have the disk of this machine looked at."
            )
    open_store(path).close()
    return (
        f"{said}There was no sound copy, so an empty one is in its place: ask the authority for a "
        "join string and run linkwork-agent join. The school system still holds every mark."
    )
