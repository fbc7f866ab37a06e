"""The database's content as files, one state of it, and back again: SQLite whole, else by table."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, Table, create_engine, func, inspect, select

from linkwork.errors import WrongUse
from linkwork_hub import migrations
from linkwork_hub.backup.models import SQLITE, TABLES

_CHUNK = 1 << 20
#: Written by the migrations themselves.
_OWN = "alembic_version"


def files_of(engine: Engine, beside: Path, rows: dict[str, int]) -> Iterator[tuple[str, Path]]:
    """The database's files by name, written under `beside` one at a time; the caller deletes.

    `rows` is filled with the number of rows of each table, as they stand in the files.
    """
    if engine.dialect.name == "sqlite":
        copy = beside / SQLITE
        with closing(sqlite3.connect(str(engine.url.database))) as source:
            # One state of the database, also while a hub is writing.
            source.execute("VACUUM INTO ?", [str(copy)])
        made = create_engine(f"sqlite:///{copy}")
        rows.update(counts(made))
        made.dispose()
        yield SQLITE, copy
        return
    with engine.connect().execution_options(writes=False) as conn, conn.begin():
        for name in _tables(engine):
            path = beside / name
            rows[name] = _copy_out(conn, name, path)
            yield f"{TABLES}{name}", path


def load(engine: Engine, revision: str, folder: Path) -> None:
    """Fill an empty PostgreSQL database from the files of a backup, all of it or nothing.

    Raises WrongUse when the database holds tables already.
    """
    if inspect(engine).get_table_names():
        raise WrongUse(
            "The database named for the restore is not empty. Make an empty one: nothing is ever "
            "restored over something."
        )
    migrations.upgrade(engine, revision)
    names = _tables(engine)
    with engine.begin() as conn:
        for name in names:
            _copy_in(conn, name, folder / name)


def _copy_out(conn: Connection, name: str, path: Path) -> int:
    """Write one table; how many rows: PostgreSQL writes each as one line."""
    rows = 0
    cursor: Any = _driver(conn).cursor()
    with cursor, path.open("wb") as file, cursor.copy(f'COPY "{name}" TO STDOUT') as copied:
        for part in copied:
            rows += bytes(part).count(b"\n")
            file.write(part)
    return rows


def _copy_in(conn: Connection, name: str, path: Path) -> None:
    cursor: Any = _driver(conn).cursor()
    with cursor, path.open("rb") as file, cursor.copy(f'COPY "{name}" FROM STDIN') as copied:
        while part := file.read(_CHUNK):
            copied.write(part)


def _driver(conn: Connection) -> Any:
    # COPY is the driver's own: SQLAlchemy has no word for it.
    return conn.connection.driver_connection


def counts(engine: Engine) -> dict[str, int]:
    """How many rows each table has."""
    tables = _reflected(engine)
    with engine.connect() as conn:
        return {
            table.name: int(conn.execute(select(func.count()).select_from(table)).scalar_one())
            for table in tables
        }


def _tables(engine: Engine) -> list[str]:
    return [table.name for table in _reflected(engine)]


def _reflected(engine: Engine) -> list[Table]:
    found = MetaData()
    found.reflect(engine)
    return [table for table in found.sorted_tables if table.name != _OWN]
