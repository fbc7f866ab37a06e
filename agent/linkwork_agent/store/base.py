"""Open a school's store, write in whole transactions, and keep small named values."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NewType, Self

from linkwork.errors import LinkworkError, WrongUse
from linkwork_agent.keys import permissions_here
from linkwork_agent.store.version import APPLICATION_ID, SCHEMA_VERSION

BUSY_SECONDS = 20.0
#: What SQLite may call a full disk when it cannot even begin its journal.
_NO_ROOM = frozenset({sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN})

#: From this release on, SQLite is free of a fault that can damage a WAL with two writers.
SAFE_WAL = (3, 51, 3)

Db = sqlite3.Connection
#: A connection inside `Store.write`: what every function that changes something asks for.
Tx = NewType("Tx", sqlite3.Connection)


class StoreDamaged(LinkworkError):
    """The store cannot be read: move it aside and join again; nothing in it is deleted."""


class StoreFull(LinkworkError):
    """There is no room to write: nothing of what was being written is kept, all from before is."""


#: The file beside a store that gives its room back when the disk is full.
BALLAST = "ballast"
#: The folder beside a store in which copies of it stay.
COPIES = "copies"


def full(path: Path, free: int) -> StoreFull:
    """Said of a full disk: where, how much is left, and what to do."""
    return StoreFull(
        f"There is no room left to write to {path} ({free} bytes free). Everything in it is kept. "
        "Free some room on that disk; the agent goes on by itself."
    )


def journal(version: tuple[int, ...]) -> tuple[str, str]:
    """The journal mode and synchronous setting that lose no commit in a power cut.

    Before SAFE_WAL the rollback journal with EXTRA is the one safe choice: FULL leaves the
    unlink of the journal unsynced, which brings the last transaction back to life undone.
    """
    return ("WAL", "FULL") if version >= SAFE_WAL else ("DELETE", "EXTRA")


class Store:
    """One open store. `read` is for looking; changes go through `write`."""

    def __init__(
        self, connection: Db, path: Path, free: Callable[[Path], int] | None = None
    ) -> None:
        self.read = connection
        self.path = path
        self._free_at = free

    @contextmanager
    def write(self) -> Iterator[Tx]:
        """One transaction, all of it or nothing; a second writer waits for the first."""
        try:
            self.read.execute("BEGIN IMMEDIATE")
            yield Tx(self.read)
            self.read.execute("COMMIT")
        except BaseException as problem:
            # SQLite has undone it already when it found no room.
            if self.read.in_transaction:
                self.read.execute("ROLLBACK")
            if self._no_room(problem):
                raise self._make_room() from problem
            raise

    def _no_room(self, problem: BaseException) -> bool:
        if not isinstance(problem, sqlite3.OperationalError):
            return False
        code = problem.sqlite_errorcode & 0xFF
        return code == sqlite3.SQLITE_FULL or (code in _NO_ROOM and self._free() == 0)

    def _make_room(self) -> StoreFull:
        # Acknowledging and deleting need room as well: this is what was set aside for them.
        (self.path.parent / BALLAST).unlink(missing_ok=True)
        return full(self.path, self._free())

    def _free(self) -> int:
        if self._free_at is not None:
            return self._free_at(self.path.parent)
        # Imported only here: it is heavy for a command as short as `status`.
        import shutil

        return shutil.disk_usage(self.path.parent).free

    def close(self) -> None:
        """Close the connection."""
        self.read.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_store(path: Path) -> Store:
    """Open a store for work, making or upgrading it when needed.

    Raises WrongUse when others can read it or its folder or it is no store, StoreDamaged when
    SQLite finds it broken.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        permissions_here().restrict(path)
    _refuse_wider(path)
    connection = _connect(path)
    try:
        _prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return Store(connection, path)


def open_uri(uri: str, path: Path, free: Callable[[Path], int]) -> Store:
    """Open a store at an SQLite URI, where no file of this machine holds it: in a simulation.

    `path` is where it would be, and `free` tells how many bytes are left there. Raises WrongUse
    and StoreDamaged as `open_store` does.
    """
    connection = _connected(uri)
    try:
        _prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return Store(connection, path, free)


def open_existing(path: Path) -> Store | None:
    """Open a store only to look into it; None when there is none yet. Never writes.

    Raises WrongUse and StoreDamaged as `open_store` does.
    """
    if not path.exists():
        return None
    _refuse_wider(path)
    connection = _connect(path)
    try:
        version = _version(connection, path)
        connection.execute("PRAGMA query_only=ON")
    except BaseException:
        connection.close()
        raise
    if version == SCHEMA_VERSION:
        return Store(connection, path)
    connection.close()
    if version == 0:
        return None
    # Only an upgrade can make it readable to this version, and that is a write.
    open_store(path).close()
    return open_existing(path)


def _refuse_wider(path: Path) -> None:
    # SQLite keeps its journal beside the store, so the folder must be as private.
    permissions_here().refuse_wider(path.parent)
    permissions_here().refuse_wider(path)


def _connect(path: Path) -> Db:
    # Opened for writing even to look: a journal left by a killed process is rolled back first.
    return _connected(f"{path.absolute().as_uri()}?mode=rw")


def _connected(uri: str) -> Db:
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    connection.row_factory = sqlite3.Row
    return connection


def keep_copy(connection: Db, path: Path) -> None:
    """Keep a whole copy of a store at `path`, for this account alone."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    making = path.with_name(f"making-{os.getpid()}")
    making.unlink(missing_ok=True)
    # Made by this account, for this account: SQLite would give it the usual permissions.
    os.close(os.open(making, os.O_CREAT | os.O_RDWR, 0o600))
    connection.execute("VACUUM INTO ?", [str(making)])
    making.replace(path)


def before_update(path: Path, version: int) -> Path:
    """Where a store is kept as its agent of `version` left it, for who goes back to that."""
    return path.parent / COPIES / f"store-{version}-before-update.db"


def _version(connection: Db, path: Path) -> int:
    try:
        # One statement is one moment: between two, another process may have made the tables.
        application, version = connection.execute(
            "SELECT application_id, user_version FROM pragma_application_id, pragma_user_version"
        ).fetchone()
    except sqlite3.DatabaseError as problem:
        raise StoreDamaged(
            f"{path} cannot be read ({problem}). Stop the agent, move the file aside and keep it, "
            "and join again; the school system still holds every mark."
        ) from problem
    if (application, version) != (0, 0) and application != APPLICATION_ID:
        raise WrongUse(f"{path} is not an agent's store. Move it aside and start again.")
    if version > SCHEMA_VERSION:
        before = before_update(path, SCHEMA_VERSION)
        instead = f" Or put {before} in its place." if before.exists() else ""
        raise WrongUse(
            f"{path} was written by a newer agent (store {version}, this one knows "
            f"{SCHEMA_VERSION}). Install that version again.{instead}"
        )
    return int(version)


def _prepare(connection: Db, path: Path) -> None:
    mode, synchronous = journal(sqlite3.sqlite_version_info)
    version = _version(connection, path)
    connection.execute(f"PRAGMA journal_mode={mode}")
    connection.execute(f"PRAGMA synchronous={synchronous}")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA secure_delete=ON")
    if version != SCHEMA_VERSION:
        # Imported only here: it is heavy, and a store is made or upgraded once.
        from linkwork_agent.store.schema import upgrade

        if version:
            keep_copy(connection, before_update(path, version))
        upgrade(connection)


def text(db: Db, key: str) -> str | None:
    """A small named value, or None."""
    row = db.execute("SELECT value FROM state WHERE key = ?", [key]).fetchone()
    return None if row is None else str(row["value"])


def number(db: Db, key: str) -> int:
    """A small named count; 0 when it was never set."""
    return int(text(db, key) or 0)


def blob(db: Db, key: str) -> bytes | None:
    """A small named value kept as bytes, or None."""
    row = db.execute("SELECT value FROM state WHERE key = ?", [key]).fetchone()
    return None if row is None else bytes(row["value"])


def put(tx: Tx, **values: str | int | bytes | None) -> None:
    """Keep small named values; None forgets one."""
    for key, value in values.items():
        if value is None:
            tx.execute("DELETE FROM state WHERE key = ?", [key])
        else:
            tx.execute(
                "INSERT INTO state (key, value) VALUES (?, ?) "
                "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                [key, value],
            )
