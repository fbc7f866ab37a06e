"""A database on SQLite and PostgreSQL, a fixed clock, and a whole hub to click through."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from hub_under_test import NOW, FixedClock, HubUnderTest
from sqlalchemy import Engine, text

from linkwork_hub import app, migrations
from linkwork_hub.access import profile
from linkwork_hub.box import Box
from linkwork_hub.db import Database, metadata, open_engine
from linkwork_hub.feeds import keys as feeds_keys
from linkwork_hub.jobs import store as job_store

#: Importing these declares every table there is.
DECLARED = (app.DOMAINS, job_store.job_runs)


@pytest.fixture
def clock() -> FixedClock:
    """Monday 2 March 2026, nine in the morning."""
    return FixedClock(NOW)


@pytest.fixture
def random_bytes() -> Random:
    """Seeded randomness; pass `random_bytes.randbytes`."""
    return Random(2026)


#: An account that owns no table, is no superuser and lacks BYPASSRLS: as the hub works.
ACCOUNT = "linkwork_test"


@pytest.fixture(scope="session")
def postgresql_engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """One PostgreSQL database with every table, for the whole run; as the tables' owner."""
    url = str(request.getfixturevalue("postgresql_url"))
    engine = open_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.begin() as conn:
        name = conn.execute(text("SELECT current_database()")).scalar_one()
        conn.execute(text(f'ALTER DATABASE "{name}" SET synchronous_commit = off'))
    engine.dispose()
    metadata.drop_all(engine)
    with engine.begin() as conn:
        conn.execute(text("DROP TABLE IF EXISTS alembic_version"))
    migrations.upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def working_engine(postgresql_engine: Engine) -> Iterator[Engine]:
    """The same database as the hub's own account: under row security."""
    with postgresql_engine.begin() as conn:
        conn.execute(text(f"DROP ROLE IF EXISTS {ACCOUNT}"))
        conn.execute(text(f"CREATE ROLE {ACCOUNT} LOGIN NOSUPERUSER NOBYPASSRLS"))
    migrations.upgrade(postgresql_engine, works_as=ACCOUNT)
    engine = open_engine(
        postgresql_engine.url.set(username=ACCOUNT).render_as_string(hide_password=False)
    )
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_database(tmp_path: Path, clock: FixedClock, random_bytes: Random) -> Iterator[Database]:
    """An empty SQLite database with every table."""
    engine = open_engine(f"sqlite:///{tmp_path / 'hub.db'}")
    metadata.create_all(engine)
    yield _database(engine, clock, random_bytes)
    engine.dispose()


@pytest.fixture
def postgresql_database(
    working_engine: Engine, postgresql_engine: Engine, clock: FixedClock, random_bytes: Random
) -> Database:
    """An empty PostgreSQL database, as the hub's own account works with it."""
    # Deleting a handful of rows is far quicker than truncating every table's file.
    with postgresql_engine.begin() as conn:
        # What is only ever added to is kept so by triggers; emptying everything leaves them out.
        conn.execute(text("SET LOCAL session_replication_role = replica"))
        for table in reversed(metadata.sorted_tables):
            conn.execute(table.delete())
    return _database(working_engine, clock, random_bytes)


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))]
)
def database(request: pytest.FixtureRequest) -> Database:
    """An empty database with every table: each test that asks runs on both kinds."""
    made: Database = request.getfixturevalue(f"{request.param}_database")
    return made


@pytest.fixture
def as_owner(request: pytest.FixtureRequest, database: Database) -> Database:
    """The same database as the account that owns the tables, whom nothing there stops."""
    if database.one_writer:
        return database
    engine: Engine = request.getfixturevalue("postgresql_engine")
    return Database(engine, database.box, database.clock, database.random)


@pytest.fixture(scope="session")
def hub_keys(tmp_path_factory: pytest.TempPathFactory) -> feeds_keys.HubKeys:
    """Every key of a hub, made from seeded randomness."""
    folder = tmp_path_factory.mktemp("keys")
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return feeds_keys.make_keys(folder, "Reading", start, Random(1).randbytes)


@pytest.fixture(scope="session")
def reading() -> profile.Profile:
    """Reading's profile as it comes with the hub."""
    return profile.loads(profile.builtin_text("reading"), "reading.toml")


@pytest.fixture
def hub(
    sqlite_database: Database,
    clock: FixedClock,
    hub_keys: feeds_keys.HubKeys,
    reading: profile.Profile,
) -> Iterator[HubUnderTest]:
    """A whole hub with Reading's profile and an empty database."""
    with HubUnderTest.over(sqlite_database, clock, hub_keys, reading) as made:
        yield made


@pytest.fixture(scope="module")
def lasting_hub(
    tmp_path_factory: pytest.TempPathFactory,
    hub_keys: feeds_keys.HubKeys,
    reading: profile.Profile,
) -> Iterator[HubUnderTest]:
    """As `hub`, one for a whole file of tests that change nothing another one looks at."""
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('hub') / 'hub.db'}")
    metadata.create_all(engine)
    clock = FixedClock(NOW)
    database = _database(engine, clock, Random(2026))
    with HubUnderTest.over(database, clock, hub_keys, reading) as made:
        yield made
    engine.dispose()


@pytest.fixture(scope="module")
def lasting_hub_on_postgresql(
    working_engine: Engine,
    postgresql_engine: Engine,
    hub_keys: feeds_keys.HubKeys,
    reading: profile.Profile,
) -> Iterator[HubUnderTest]:
    """As `lasting_hub`, under the row security of PostgreSQL."""
    with postgresql_engine.begin() as conn:
        # What is only ever added to is kept so by triggers; emptying everything leaves them out.
        conn.execute(text("SET LOCAL session_replication_role = replica"))
        for table in reversed(metadata.sorted_tables):
            conn.execute(table.delete())
    clock = FixedClock(NOW)
    database = _database(working_engine, clock, Random(2026))
    with HubUnderTest.over(database, clock, hub_keys, reading) as made:
        yield made


def _database(engine: Engine, clock: FixedClock, random_bytes: Random) -> Database:
    box = Box(b"k" * 32, random_bytes.randbytes)
    return Database(engine, box, clock, random_bytes.randbytes)
