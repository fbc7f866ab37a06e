"""A worker beside a PostgreSQL that is cut off, read-only or out of connections goes on."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack

import pytest
from school_post import TAKE_ALL, SchoolPost
from sqlalchemy import Engine, text
from structlog.testing import capture_logs

from linkwork_hub.db import Database
from linkwork_hub.feeds.keys import HubKeys
from linkwork_hub.feeds.work import work_once
from linkwork_hub.jobs.background import Loop

_CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = :role"


@pytest.mark.needs("postgresql")
@pytest.mark.parametrize("what", ["read-only", "cut off", "no connection left"])
def test_a_worker_lives_through_a_postgresql_that_cannot_be_written_to(
    postgresql_database: Database, postgresql_engine: Engine, hub_keys: HubKeys, what: str
) -> None:
    """A standby, a restart, an exhausted pool: it goes on, and applies each message once."""
    database, owner = postgresql_database, postgresql_engine
    role = database.engine.url.username
    school = SchoolPost(database, hub_keys).joined()
    tried = threading.Semaphore(0)

    def step() -> int:
        try:
            return work_once(database, hub_keys.work, TAKE_ALL)
        finally:
            tried.release()

    def said(statement: str) -> None:
        with owner.begin() as conn:
            conn.execute(text(statement), {"role": role})

    school.send(school.summary())
    with ExitStack() as trouble, capture_logs() as lines:
        if what == "read-only":
            said(f"ALTER ROLE {role} SET default_transaction_read_only = on")
            trouble.callback(said, f"ALTER ROLE {role} RESET default_transaction_read_only")
            database.engine.dispose()
        elif what == "no connection left":
            pool = database.engine.pool
            pool._timeout = 0.05  # type: ignore[attr-defined]
            trouble.callback(setattr, pool, "_timeout", 30)
            for _ in range(15):
                trouble.callback(database.engine.connect().close)
        with Loop("work", step, 0.05, lambda: None) as loop:
            for _ in range(4):
                assert tried.acquire(timeout=10)
                if what == "cut off":
                    said(_CUT)
            assert not loop.failed
            trouble.close()
            database.engine.dispose()
            until = time.monotonic() + 20
            while count(database) < 1 and time.monotonic() < until:
                time.sleep(0.05)
            assert not loop.failed
    assert count(database) == 1
    if what != "cut off":
        assert {"will be tried again"} <= {line["event"] for line in lines}


def count(database: Database) -> int:
    """How many messages were applied."""
    with database.read() as db:
        found = text("SELECT count(*) FROM audit WHERE what = 'message applied'")
        return int(db.execute(found).scalar_one())
