"""A migrated database and the tables the code declares are one and the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, text
from sqlalchemy.exc import DatabaseError

from linkwork.errors import WrongUse
from linkwork_hub import app, migrations
from linkwork_hub.db import metadata, open_engine
from linkwork_hub.jobs import store as job_store

#: Importing these declares every table there is.
DECLARED = (app.DOMAINS, job_store.job_runs)


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))]
)
def empty_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        engine = open_engine(f"sqlite:///{tmp_path / 'fresh.db'}")
        yield engine
        engine.dispose()
        return
    shared: Engine = request.getfixturevalue("postgresql_engine")
    with shared.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("DROP DATABASE IF EXISTS fresh WITH (FORCE)"))
        conn.execute(text("CREATE DATABASE fresh"))
    engine = open_engine(shared.url.set(database="fresh").render_as_string(hide_password=False))
    yield engine
    engine.dispose()


def test_a_migrated_database_is_what_the_code_declares(empty_engine: Engine) -> None:
    migrations.upgrade(empty_engine)
    with empty_engine.connect() as conn:
        assert compare_metadata(MigrationContext.configure(conn), metadata) == []


def test_the_comparison_notices_a_missing_column(empty_engine: Engine) -> None:
    migrations.upgrade(empty_engine)
    with empty_engine.begin() as conn:
        conn.execute(text("ALTER TABLE people DROP COLUMN longitude"))
    with empty_engine.connect() as conn:
        assert compare_metadata(MigrationContext.configure(conn), metadata) != []


def test_upgrading_twice_changes_nothing(empty_engine: Engine) -> None:
    assert not migrations.is_current(empty_engine)
    migrations.upgrade(empty_engine)
    assert migrations.is_current(empty_engine)
    migrations.upgrade(empty_engine)


def test_a_database_of_a_newer_version_is_refused_in_words(empty_engine: Engine) -> None:
    migrations.upgrade(empty_engine)
    with empty_engine.begin() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(WrongUse, match="written by a newer one"):
        migrations.upgrade(empty_engine)


def test_a_migrated_ledger_refuses_to_be_changed_too(empty_engine: Engine) -> None:
    migrations.upgrade(empty_engine)
    row = "('T', '2025-04-01', 0, 'T', 'LA', '', '', '', 'x', '2025-04-01 00:00:00')"
    with empty_engine.begin() as conn:
        conn.execute(text(f"INSERT INTO customers VALUES {row}"))  # noqa: S608
    for statement in ("UPDATE customers SET name = 'U'", "DELETE FROM customers"):
        with pytest.raises(DatabaseError, match="only ever added to"), empty_engine.begin() as conn:
            conn.execute(text(statement))
