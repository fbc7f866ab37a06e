"""One engine, SQLite or PostgreSQL; transactions, scopes, and columns that are sealed."""

from __future__ import annotations

import base64
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    CursorResult,
    DateTime,
    Dialect,
    Engine,
    Executable,
    LargeBinary,
    MetaData,
    PoolProxiedConnection,
    Row,
    Table,
    TypeDecorator,
    create_engine,
    event,
    false,
    func,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from linkwork.errors import NotAllowed
from linkwork_hub.box import Box, Random

Clock = Callable[[], datetime]

#: Every table of the hub. The naming rule keeps constraint names equal on both databases.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Before 3.51.3 a write-ahead log can be damaged when two connections write and checkpoint.
_WAL_IS_SOUND = sqlite3.sqlite_version_info >= (3, 51, 3)
_BUSY_MS = 30_000
#: What the next transaction of a connection may do, and what its last one might (SQLite).
_WRITES, _MAY_WRITE = "writes", "may_write"
#: A connection nobody has given a reach is given none by the database itself (PostgreSQL).
_NO_REACH, _EVERY_SCHOOL = "", "*"
_PLAIN_ID = re.compile(r"[0-9A-Za-z_-]+")
_HERE = ZoneInfo("Europe/London")
_ID_ALPHABET = bytes.maketrans(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789abcdefghjkmnpqrstvwxyz"
)


class Role(StrEnum):
    """What a person is to the hub. One person has one role."""

    OFFICER = "officer"
    MANAGER = "manager"
    FINANCE = "finance"
    HUB_TEAM = "hub-team"
    HEALTH_NEEDS = "health-needs"
    SCHOOL = "school"
    SYSTEM = "system"


_SEES_NAMES = frozenset({Role.OFFICER, Role.MANAGER, Role.SCHOOL, Role.SYSTEM})
#: Sickness is for those who arrange education for children who are ill, not for enforcement.
_SEES_HEALTH = frozenset({Role.HEALTH_NEEDS, Role.MANAGER, Role.SYSTEM})


def day_of(moment: datetime) -> date:
    """The date of a moment in the United Kingdom."""
    return moment.astimezone(_HERE).date()


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose question it is and which schools it may reach. `schools` None = every school."""

    role: Role
    person_id: str | None = None
    schools: frozenset[str] | None = None

    @classmethod
    def system(cls) -> Scope:
        """The hub's own work: jobs, imports, the worker."""
        return cls(Role.SYSTEM)

    def reaches(self, school_id: str) -> bool:
        """Whether records of this school are within reach."""
        return self.schools is None or school_id in self.schools

    def require(self, school_id: str) -> None:
        """Raises NotAllowed when the school is out of reach."""
        if not self.reaches(school_id):
            raise NotAllowed("There is no such record within your schools.")

    def may_see_names(self) -> bool:
        """Whether this role may ever see whom a pseudonym stands for."""
        return self.role in _SEES_NAMES

    def may_see_health(self) -> bool:
        """Whether this role may see sickness returns, and whom they name."""
        return self.role in _SEES_HEALTH

    def where(self, column: ColumnElement[Any]) -> ColumnElement[bool]:
        """The SQL condition that keeps a query within reach; `column` holds school ids."""
        if self.schools is None:
            return true()
        return column.in_(sorted(self.schools)) if self.schools else false()


@dataclass(frozen=True, slots=True)
class Sealed:
    """Ciphertext of one column of one row. Only `Tx.opened` turns it back into words."""

    data: bytes


class SealedText(TypeDecorator[Sealed]):
    """A column for identifying text: takes only what `Tx.sealed` made, never a plain string."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Sealed | None, dialect: Dialect) -> bytes | None:
        """Refuses anything but Sealed, so a name cannot be written in clear by mistake."""
        if value is None:
            return None
        if not isinstance(value, Sealed):
            raise TypeError("an identifying column takes only db.sealed(...), never plain text")
        return value.data

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Sealed | None:
        """The stored bytes, still sealed."""
        return None if value is None else Sealed(bytes(value))


class Utc(TypeDecorator[datetime]):
    """A moment, always with its zone in Python and always UTC in the database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """SQLite keeps no zone: it gets the naive UTC time."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError("a moment without a zone cannot be stored")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The moment in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Tx:
    """One open transaction: everything a store function needs, and nothing global."""

    def __init__(self, conn: Connection, box: Box, now: datetime, random: Random) -> None:
        self.conn, self.now, self.random = conn, now, random
        self._box = box

    def execute(self, statement: Executable, values: Any = None) -> CursorResult[Any]:
        """Run one statement; `values` is a mapping or a sequence of mappings for many rows."""
        return self.conn.execute(statement, values)

    def first(self, statement: Executable, values: Any = None) -> Row[Any] | None:
        """The first row, or None; `values` are those of the statement's `bindparam`s."""
        return self.conn.execute(statement, values).first()

    def one(self, statement: Executable, values: Any = None) -> Row[Any]:
        """The one row there must be. Raises NoResultFound where there is none."""
        return self.conn.execute(statement, values).one()

    def change(self, statement: Executable, values: Mapping[str, Any]) -> int:
        """Insert, update or delete by a statement that is built once; how many rows it changed."""
        return self.conn.execute(statement, values).rowcount

    def all(self, statement: Executable, values: Any = None) -> list[Row[Any]]:
        """Every row; `values` are those of the statement's `bindparam`s."""
        return list(self.conn.execute(statement, values))

    def next_place(self, numbers: Column[int], *same: ColumnElement[bool]) -> int:
        """The number after the highest of the rows that are `same`; 1 where there is none."""
        return (self.execute(select(func.max(numbers)).where(*same)).scalar_one() or 0) + 1

    def add_once(self, table: Table, values: Mapping[str, Any]) -> bool:
        """Insert a row unless one with its key is there already; whether it was inserted."""
        statement = _once(table, self.conn.dialect.name)
        return self.first(statement, values) is not None

    @contextmanager
    def part(self) -> Iterator[None]:
        """What any error undoes by itself, while the rest of the transaction stands."""
        # Said in words of our own: a savepoint of the library's is compiled anew each time.
        self.conn.exec_driver_sql("SAVEPOINT part")
        try:
            yield
        except BaseException:
            self.conn.exec_driver_sql("ROLLBACK TO SAVEPOINT part")
            self.conn.exec_driver_sql("RELEASE SAVEPOINT part")
            raise
        self.conn.exec_driver_sql("RELEASE SAVEPOINT part")

    @property
    def today(self) -> date:
        """The date of this transaction in the United Kingdom."""
        return day_of(self.now)

    def new_id(self, prefix: str) -> str:
        """A fresh unguessable id: the prefix, "_" and 128 random bits in 26 characters."""
        body = base64.b32encode(self.random(16)).rstrip(b"=").translate(_ID_ALPHABET)
        return f"{prefix}_{body.decode()}"

    def sealed(self, column: Column[Any], row_id: str, plain: str | None) -> Sealed | None:
        """Seal a text for exactly this column of exactly this row."""
        if plain is None:
            return None
        return Sealed(self._box.seal(_place(column, row_id), plain))

    def opened(self, column: Column[Any], row_id: str, value: Sealed | None) -> str | None:
        """What `sealed` was given. Raises LinkworkError when it was moved or damaged."""
        return None if value is None else self._box.open(_place(column, row_id), value.data)


@cache
def _once(table: Table, dialect: str) -> Executable:
    made = (sqlite_insert if dialect == "sqlite" else postgresql_insert)(table)
    # Not by the row count: drivers differ in what they count after a conflict.
    return made.on_conflict_do_nothing().returning(*table.primary_key)


class Database:
    """The hub's database: an engine, the column key, a clock and a source of randomness.

    `scope` is how far its transactions reach: on PostgreSQL the database itself holds every
    query to it (`migrations.row_security`), on SQLite only the queries do.
    """

    def __init__(
        self, engine: Engine, box: Box, clock: Clock, random: Random, scope: Scope | None = None
    ) -> None:
        self.engine, self.box, self.clock, self.random = engine, box, clock, random
        self.scope = scope or Scope.system()
        # Threads of this process take turns here, in order; SQLite's own waiting is by chance.
        self._turn = threading.Lock() if self.one_writer else nullcontext()

    @property
    def one_writer(self) -> bool:
        """Whether only one process may write (SQLite)."""
        return self.engine.dialect.name == "sqlite"

    def within(self, scope: Scope) -> Database:
        """The same database, for what this scope may reach."""
        narrowed = Database(self.engine, self.box, self.clock, self.random, scope)
        narrowed._turn = self._turn
        return narrowed

    @contextmanager
    def write(self) -> Iterator[Tx]:
        """A transaction that commits at the end of the block and rolls back on any error."""
        with self._turn, self._connection(writes=True) as conn, conn.begin():
            yield Tx(conn, self.box, self.clock(), self.random)

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """A transaction that sees one state of the data and in which a write is an error."""
        with self._connection(writes=False) as conn, conn.begin():
            yield Tx(conn, self.box, self.clock(), self.random)

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()

    def _connection(self, *, writes: bool) -> Connection:
        if self.one_writer:
            connection = self.engine.connect()
            connection.info[_WRITES] = writes
            return connection
        options = {"writes": writes, "reach": _reach(self.scope)}
        return self.engine.connect().execution_options(**options)


def _reach(scope: Scope) -> str:
    """A scope as the database's row security reads it."""
    if scope.schools is None:
        return _EVERY_SCHOOL
    if not all(_PLAIN_ID.fullmatch(school) for school in scope.schools):
        raise ValueError("a school's id is made of letters, digits, _ and -")
    return ",".join(sorted(scope.schools))


def open_engine(url: str) -> Engine:
    """An engine with this project's rules for durability. `url` is SQLAlchemy's form."""
    # Parameters may be names of children: they never enter an error message or a log.
    if not url.startswith("sqlite"):
        engine = create_engine(url, hide_parameters=True, pool_pre_ping=True)
        event.listen(engine, "begin", _begin_postgresql)
        return engine
    engine = create_engine(url, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    # Not by a listener to "begin": one of these makes every statement of the engine dearer.
    engine.dialect.do_begin = _begin_sqlite  # type: ignore[method-assign, assignment]
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own BEGIN comes too late for a lock; ours is sent by _begin_sqlite.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout={_BUSY_MS}",
        "foreign_keys=ON",
        f"journal_mode={'WAL' if _WAL_IS_SOUND else 'DELETE'}",
        f"synchronous={'FULL' if _WAL_IS_SOUND else 'EXTRA'}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: PoolProxiedConnection) -> None:
    # `info` is the driver's connection's own and lives as long as what the pragma set.
    info, writes = connection.info, connection.info.pop(_WRITES, True)
    cursor = connection.cursor()
    if info.get(_MAY_WRITE) is not writes:
        cursor.execute(f"PRAGMA query_only={'OFF' if writes else 'ON'}")
        info[_MAY_WRITE] = writes
    # A write lock taken at once cannot fail half-way because another writer came between.
    cursor.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
    cursor.close()


def _begin_postgresql(conn: Connection) -> None:
    options = conn.get_execution_options()
    # One trip for both. A reach is ids of letters and digits, or "*": `_reach` sees to that.
    said = f"SET LOCAL linkwork.schools = '{options.get('reach', _NO_REACH)}'"
    if not options.get("writes", True):
        said = f"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; {said}"
    conn.exec_driver_sql(said)


def row_id(*keys: object) -> str:
    """How a row of several keys is named where one of its columns is sealed."""
    return " ".join(map(str, keys))


def _place(column: Column[Any], row_id: str) -> str:
    return f"{column.table.fullname}.{column.name}|{row_id}"
